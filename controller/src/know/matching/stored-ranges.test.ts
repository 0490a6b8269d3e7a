import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readOsvRecord } from "../intel/osv/index.ts";
import { storedRanges } from "../intel/stored-ranges.ts";
import { indexAdvisories } from "./advisory-index.ts";
import { judgePackage } from "./verdict.ts";

const version = fc
  .tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 3 }), fc.constantFrom("", "rc1", ".post1", ".0"))
  .map(([a, b, end]) => `${a}.${b}${end}`);
const events = fc
  .array(fc.tuple(fc.constantFrom("introduced", "fixed", "last_affected"), version), { maxLength: 4 })
  .map((all) => [{ introduced: "0" }, ...all.map(([kind, v]) => ({ [kind]: v }))]);

describe("what is stored of a record", () => {
  it("says of every version what the record itself says", () => {
    let beside = 0;
    fc.assert(
      fc.property(fc.array(events, { maxLength: 2 }), fc.array(version, { maxLength: 5 }), version, (ranges, versions, installed) => {
        const { advisory } = readOsvRecord({
          id: "PYSEC-2026-1",
          aliases: ["CVE-2026-1001"],
          affected: [
            {
              package: { ecosystem: "PyPI", name: "lib" },
              ranges: ranges.map((e) => ({ type: "ECOSYSTEM", events: e })),
              versions,
            },
          ],
        });
        const pkg = {
          ...{ ecosystem: "pypi", name: "lib", version: installed, architecture: "", sourceName: "lib", sourceVersion: installed },
          ...{ vendor: "", distribution: "" },
        };
        const stateOf = (affected: typeof advisory.affected) =>
          judgePackage(pkg, indexAdvisories([{ ...advisory, affected }])).map((v) => /open|no-fix/.exec(v.state)?.[0] ?? "");
        const stored = storedRanges(advisory.affected);
        if (stored.some((r) => r.versions)) beside++;
        // A version that is listed alone has no fix; one that a stretch holds too has that of the stretch.
        expect(stateOf(stored).join()).toBe(stateOf(advisory.affected).join());
      }),
      { numRuns: 2_000 },
    );
    expect(beside).toBeGreaterThan(50);
  });
});
