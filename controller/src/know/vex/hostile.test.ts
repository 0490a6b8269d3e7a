import { instant } from "@breakwater/shared/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readVex } from "./read.ts";
import { VEX_FORMATS } from "./statement.ts";
import { type OwnStatement, writeVex } from "./write.ts";

const at = instant(Date.parse("2026-03-02T08:00:00Z"));
const statement: OwnStatement = {
  ...{ vulnerabilityId: "CVE-2026-1001", status: "not_affected", justification: "component_not_present", note: "none", timestamp: at },
  ...{ purl: "pkg:deb/debian/tool@2-1?distro=debian-12", endpointId: null },
};
// biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal would obey these.
const UNFIT = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;

/** Taken with sound names, or refused with code, sentence and next step. */
function holds(text: string): void {
  const read = readVex(text);
  if (!read.ok) {
    expect(read.problem).toMatchObject({ code: "bad-vex", next: expect.stringMatching(/\S/) });
    expect(read.problem.message.length).toBeLessThan(5_000);
    expect(read.problem.message).not.toMatch(UNFIT);
    return;
  }
  for (const s of read.value.statements) expect(`${s.vulnerabilityId} ${s.purl}`).not.toMatch(UNFIT);
  for (const l of read.value.leftOut) expect(l).toMatchObject({ place: expect.stringMatching(/\S/), reason: expect.stringMatching(/\S/) });
}

const change = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }).map((s) => (t: string) => t.slice(0, Math.floor(t.length * s))),
  fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom("\u0000", "\\u0007", '"', "{", "[[[[", "\u202e", "\ufffd")).map(
    ([s, piece]) =>
      (t: string) =>
        t.slice(0, Math.floor(t.length * s)) + piece + t.slice(Math.floor(t.length * s)),
  ),
  fc
    .constantFrom(
      "pkg:deb/debian/to%07ol@2?distro=debian-12",
      "pkg:deb/debian/to\\u001b[2Jol@2",
      "pkg:",
      "",
      `pkg:deb/debian/${"a".repeat(100_000)}@1`,
    )
    .map((purl) => (t: string) => t.replaceAll(/pkg:deb[^"]*/g, purl)),
  fc
    .constantFrom("CVE-2026-1001\\u001b[2J", "<img src=x onerror=alert(1)>", "CVE-9999-1", "")
    .map((id) => (t: string) => t.replaceAll("CVE-2026-1001", id)),
  fc
    .constantFrom("9999-12-31T00:00:00Z", "+275760-09-13T00:00:00Z", "yesterday")
    .map((d) => (t: string) => t.replaceAll(/2026-03-02T[\d:.]*Z/g, d)),
  fc
    .constantFrom<[RegExp, string]>(
      [/"[^"]*"(?=[,}\]])/g, "7"],
      [/\[/g, "{"],
      [/"[^"]*":/g, '"__proto__":'],
      [/:"[^"]*"/g, ":null"],
      [/"version":1/g, '"version":1e999'],
    )
    .map(
      ([from, to]) =>
        (t: string) =>
          t.replaceAll(from, to),
    ),
);

describe.each(VEX_FORMATS)("a hostile document in %s", (format) => {
  const text = JSON.stringify(writeVex(format, [statement], { author: "A", namespace: "https://a.example", at, toolVersion: "1" }));

  it("is taken with sound names, or refused with place and reason", () => {
    fc.assert(
      fc.property(change, (mutate) => holds(mutate(text))),
      { numRuns: 200 },
    );
  });

  it("that nests without end, or is one endless text, is refused", () => {
    holds(text.replace('"A"', `${'{"a":'.repeat(200_000)}1${"}".repeat(200_000)}`));
    holds(text.replace('"A"', `"${"a".repeat(20_000_000)}"`));
    holds("[".repeat(1_000_000));
  });
});
