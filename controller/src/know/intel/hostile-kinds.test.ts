import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectOk } from "@breakwater/shared/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FEED_KINDS, type IntelSet, readIntelDirectory } from "./index.ts";
import { ONE_OF_EACH } from "./one-of-each.testing.ts";
import { redHat } from "./testing.ts";

/** 45 MB of zeros in 49 bytes of bzip2. */
const BZIP2_BOMB = Buffer.from("QlpoOTFBWSZTWckBtsgBWKtAIMAAEAAACCAAMMwFKaZSSFJsVJIUni7kinChIZIDbZA=", "base64");
const HEALTHY = JSON.stringify({
  id: "DSA-9-9",
  modified: "2026-01-01T00:00:00Z",
  upstream: ["CVE-2026-9999"],
  affected: [
    { package: { ecosystem: "Debian:12", name: "well" }, ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed: "1-1" }] }] },
  ],
});
const MEMORY_MIB = 400;

/** Reads one hostile file that lies beside a healthy one, whatever that comes to. */
async function beside(name: string, content: Uint8Array | string): Promise<IntelSet> {
  const folder = await mkdtemp(join(tmpdir(), "breakwater-test-"));
  await writeFile(join(folder, name), content);
  await writeFile(join(folder, "zz-healthy.json"), HEALTHY);
  if (name.startsWith("m.")) await writeFile(join(folder, `${name}.mapping.yaml`), "vulnerability: flaw\ndate: seen\n");
  const before = process.memoryUsage().rss;
  const set = expectOk(await readIntelDirectory(folder));
  expect((process.memoryUsage().rss - before) / 1024 ** 2).toBeLessThan(MEMORY_MIB);
  return set;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get in.
const UNFIT = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/;
/** What must hold of everything that was taken and of everything that was refused. */
function holds(set: IntelSet): void {
  expect(set.advisories.some((a) => a.id === "DSA-9-9")).toBe(true);
  for (const { id, vulnerabilities, affected, published, modified } of set.advisories) {
    const names = [
      id,
      ...vulnerabilities,
      ...affected.flatMap((r) => [r.package, r.introduced, r.fixed ?? "", r.lastAffected ?? "", ...(r.versions ?? [])]),
    ];
    expect(names.filter((n) => UNFIT.test(n) || n.length > 1_000)).toEqual([]);
    for (const moment of [published, modified]) expect(moment === null || Date.parse(moment) < Date.parse("2100-01-02")).toBe(true);
  }
  for (const { value } of set.signals) expect(Number.isFinite(value)).toBe(true);
  for (const { record, reason } of [...set.refused, ...set.rejects]) {
    expect(record).not.toBe("");
    expect(reason).not.toBe("");
    expect(reason.length).toBeLessThanOrEqual(1_000);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal would obey these.
    expect(`${record} ${reason}`).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  }
}

type Mutation = (content: Buffer) => Buffer;
const textual =
  (change: (text: string) => string): Mutation =>
  (content) =>
    Buffer.from(change(content.toString("latin1")), "latin1");
const at = (content: Buffer, share: number) => Math.floor(content.length * share);
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }).map(
    (s): Mutation =>
      (c) =>
        c.subarray(0, at(c, s)),
  ),
  fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.uint8Array({ minLength: 1, maxLength: 6 })).map(
    ([s, bytes]): Mutation =>
      (c) => {
        const i = at(c, s);
        return Buffer.concat([c.subarray(0, i), bytes, c.subarray(i + bytes.length)]);
      },
  ),
  fc.double({ min: 0.2, max: 0.9, noNaN: true }).map(
    (s): Mutation =>
      (c) =>
        Buffer.concat([c.subarray(0, at(c, s)), Buffer.from([0xc3, 0x28]), c.subarray(at(c, s))]),
  ),
  fc
    .constantFrom(
      "tool\\u0007\\u001b[2J<img src=x onerror=alert(1)>",
      "tool\\u202egnp",
      "'; drop table finding; --",
      "../../etc/passwd",
      "a".repeat(5_000),
    )
    .map((name): Mutation => textual((t) => t.replaceAll(/tool|bash|glibc/g, name))),
  fc
    .constantFrom("no version at all", "9".repeat(3_000), "1:2:3:4~~^^", "\\u0000", "NaN", "-1")
    .map((v): Mutation => textual((t) => t.replaceAll(/\b2-1\b|1\.2-r1|version="2"/g, v))),
  fc
    .constantFrom("9999-12-31", "+275760-09-13", "0000-00-00", "yesterday")
    .map((d): Mutation => textual((t) => t.replaceAll("2026-01-01", d))),
  fc
    .constantFrom<[RegExp, string]>(
      [/"([^"]{1,40})"/g, "7"],
      [/\[/g, "{"],
      [/"[^"]*":/g, '"__proto__":'],
      [/:\s*"[^"]*"/g, ": null"],
      [/\d+/g, "1e999"],
    )
    .map(([from, to]): Mutation => textual((t) => t.replaceAll(from, to))),
);

describe.each(FEED_KINDS)("a hostile %s", (kind) => {
  const [name, content] = ONE_OF_EACH[kind];
  const bytes = Buffer.from(content);

  it("costs itself only, with a record of what was refused and why, however it is damaged or forged", async () => {
    await fc.assert(
      fc.asyncProperty(mutation, async (mutate) => holds(await beside(name, mutate(bytes)))),
      { numRuns: 25 },
    );
  });

  it("of one endless line, or nested without end, is refused in little memory", async () => {
    const long = await beside(name, Buffer.concat([bytes, Buffer.alloc(40_000_000, "a")]));
    holds(long);
    const open = name.endsWith(".xml") ? "<a>" : "[";
    const deep = await beside(
      name,
      Buffer.concat([bytes.subarray(0, at(bytes, 0.5)), Buffer.from(open.repeat(500_000)), bytes.subarray(at(bytes, 0.5))]),
    );
    holds(deep);
  });
});

describe("bzip2", () => {
  it("that unpacks to very much is given up after the first blocks, and refused for what it is", async () => {
    const bomb = Buffer.concat(Array.from({ length: 4 }, () => BZIP2_BOMB));
    const set = await beside("a.json.bz2", bomb);
    holds(set);
    expect(set.refused.map((r) => r.reason)).toEqual([expect.stringContaining(`500 times its ${bomb.length} bytes`)]);
  });

  it("that is cut or damaged anywhere is refused with its reason", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 5, max: BZIP2_BOMB.length - 1 }), fc.integer({ min: 0, max: 255 }), async (place, byte) => {
        const damaged = Buffer.from(BZIP2_BOMB);
        damaged[place] = byte;
        for (const given of [damaged, BZIP2_BOMB.subarray(0, place)]) holds(await beside("a.json.bz2", given));
      }),
      { numRuns: 8 },
    );
  });
});

describe("OVAL", () => {
  it("with entities of its own, which could grow or reach out, is refused", async () => {
    const entities = `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>`;
    const set = await beside(
      "n.xml",
      redHat()
        .replace(/^(<\?xml[^>]*>)?/, `$1${entities}`)
        .replace("<title>", "<title>&b;&c;"),
    );
    holds(set);
    expect(set.refused.map((r) => r.reason).join()).toContain("entity");
  });
});
