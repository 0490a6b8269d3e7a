import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AdvisoryRecord, AffectedRange } from "../intel/index.ts";
import { indexAdvisories, type MatchPackage } from "./index.ts";
import { findingsOf, judgePackage } from "./verdict.ts";

const version = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })).map(([a, b]) => `${a}.${b}-1`);
const bound = fc.oneof(version, fc.constant(null), fc.constant("0"), fc.constant("no version"));
const range: fc.Arbitrary<AffectedRange> = fc.record({
  distribution: fc.constant("debian:12"),
  ecosystem: fc.constant("deb"),
  package: fc.constantFrom("shop", "shop-source"),
  introduced: fc.oneof(fc.constant("0"), version),
  fixed: bound,
  lastAffected: fc.oneof(fc.constant(null), version),
  urgency: fc.constantFrom("", "unimportant", "under-investigation"),
  channel: fc.constantFrom("", "esm"),
}) as fc.Arbitrary<AffectedRange>;
const advisories: fc.Arbitrary<AdvisoryRecord[]> = fc
  .array(
    fc.record({
      withdrawn: fc.boolean(),
      vulnerabilities: fc.uniqueArray(fc.constantFrom("CVE-2026-1", "CVE-2026-2", "CVE-2026-3"), { minLength: 1 }),
      affected: fc.array(range, { minLength: 1, maxLength: 3 }),
    }),
    { maxLength: 6 },
  )
  .map((all) => all.map((a, i) => ({ id: `A-${i}`, summary: "", published: null, modified: null, ...a }) as AdvisoryRecord));
const installed: fc.Arbitrary<MatchPackage> = fc.record({
  ecosystem: fc.constant("deb"),
  name: fc.constant("shop"),
  version,
  architecture: fc.constant("amd64"),
  sourceName: fc.constantFrom("shop", "shop-source"),
  sourceVersion: version,
  vendor: fc.constantFrom("", "Debian", "Somebody"),
  distribution: fc.constant("debian:12"),
});

describe("findings alone", () => {
  it("are those of all verdicts that are findings, in every word", () => {
    let found = 0;
    fc.assert(
      fc.property(installed, advisories, fc.subarray(["CVE-2026-1", "CVE-2026-2"]), (pkg, given, rejected) => {
        const index = indexAdvisories(given, new Set(rejected));
        const all = judgePackage(pkg, index).filter((v) => v.state === "open" || v.state === "no-fix");
        found += all.length;
        const order = (list: typeof all) => [...list].sort((a, b) => (a.vulnerability < b.vulnerability ? -1 : 1));
        expect(order(findingsOf(pkg, index))).toEqual(order(all));
      }),
      { numRuns: 500 },
    );
    expect(found).toBeGreaterThan(50);
  });
});
