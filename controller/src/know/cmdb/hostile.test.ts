import { expectOk } from "@breakwater/shared/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCmdbMapping } from "./mapping.ts";
import { readCmdb } from "./reading.ts";
import { formatOf } from "./table.ts";

const CSV = [
  "name,ip_address,serial_number,mac_address,managed_by,location,install_status,last_discovered,software",
  'web-1,10.0.0.5,VMware-42,52:54:00:AA:BB:01,Ada,Berlin,Installed,2026-02-28 08:15:00,"OpenSSL 3.0.11"',
  "db-1,10.0.0.6,SN-2,52:54:00:AA:BB:02,Grace,Paris,Retired,2026-02-27 08:15:00,nginx 1.22",
].join("\r\n");
const JSON_LIST = JSON.stringify({
  result: [{ name: "web-1", ip_address: "10.0.0.5", serial_number: "S1", location: { display_value: "Berlin" } }],
});
// biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal would obey these.
const UNFIT = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/;

async function holds(content: string): Promise<void> {
  const read = await readCmdb(content, formatOf(content), expectOk(parseCmdbMapping({})));
  if (!read.ok) {
    expect(read.problem.message).toMatch(/\S/);
    expect(read.problem.next).toMatch(/\S/);
    expect(read.problem.message.length).toBeLessThan(5_000);
    return;
  }
  for (const { names, owner, site, status, serial, addresses } of read.value.entries)
    for (const text of [...names, owner, site, status, serial, ...addresses]) expect(text).not.toMatch(UNFIT);
  for (const { name, version } of read.value.software) expect(`${name} ${version}`).not.toMatch(UNFIT);
  for (const { place, reason } of read.value.setAside) expect([place >= 0, reason.trim() !== ""]).toEqual([true, true]);
}

const change = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }).map((s) => (t: string) => t.slice(0, Math.floor(t.length * s))),
  fc
    .tuple(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.constantFrom("\u0000", "\u0007", "\u001b[2J", '"', ",", "\n", "\u202e", "\ufffd", "{", "=cmd|' /C calc'!A0"),
    )
    .map(
      ([s, piece]) =>
        (t: string) =>
          t.slice(0, Math.floor(t.length * s)) + piece + t.slice(Math.floor(t.length * s)),
    ),
  fc
    .constantFrom("web\\u0007-1", "web\u001b[2J", "<img src=x onerror=alert(1)>", "a".repeat(50_000), "")
    .map((n) => (t: string) => t.replaceAll("web-1", n)),
  fc.constantFrom<[RegExp, string]>([/"[^"]*"(?=[,}])/g, "7"], [/\[/g, "{"], [/:"[^"]*"/g, ":null"], [/,/g, ";"], [/\r\n/g, "\n\n"]).map(
    ([from, to]) =>
      (t: string) =>
        t.replaceAll(from, to),
  ),
);

describe("a hostile export", () => {
  it.each([
    ["CSV", CSV],
    ["JSON", JSON_LIST],
  ])("in %s is taken row by row, or refused with the reason", async (_, content) => {
    await fc.assert(
      fc.asyncProperty(change, (mutate) => holds(mutate(content))),
      { numRuns: 150 },
    );
  });

  it("of one endless line, of nothing but rows, or nested without end, is bounded", async () => {
    await holds(`${CSV}\r\n${"a".repeat(30_000_000)}`);
    await holds(`${CSV}\r\n"${"a,".repeat(5_000_000)}`);
    await holds(`name\n${"x\n".repeat(2_000_000)}`);
    await holds(JSON_LIST.replace('"Berlin"', `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`));
  });
});
