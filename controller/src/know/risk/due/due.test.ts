import { addMs, days, type Instant, instant } from "@breakwater/shared/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bodTimeline } from "./bod-26-04.ts";
import { DEFAULT_DUE_RULES, type DueFacts, dueOf, POLICIES } from "./index.ts";
import { DEFAULT_PRIORITY_MATRIX, daysByMatrix, severityOf } from "./priority-matrix.ts";
import { cisaLevel, deployerPriority, HUMAN_IMPACTS, MISSION_IMPACTS } from "./ssvc-tables.ts";

const EXPLOITATION = ["none", "poc", "active"] as const;

describe("the published tables", () => {
  it("of BOD 26-04 stand row by row", () => {
    const rows = `no no no partial: fix on system upgrade
yes no no partial: 14 days
no yes no partial: 60 days
no no yes partial: 60 days
no no no total: fix on system upgrade
yes yes no partial: 14 days
yes no yes partial: 14 days
no yes yes partial: 14 days
yes no no total: 14 days
no yes no total: 14 days
no no yes total: 60 days
yes yes yes partial: 3 days
yes yes no total: 3 days & forensic investigation
yes no yes total: 3 days & forensic investigation
no yes yes total: 3 days
yes yes yes total: 3 days & forensic investigation`.split("\n");
    expect(rows).toHaveLength(16);
    for (const row of rows) {
      const [kev, exposed, automatable, impact] = row.split(":")[0]?.split(" ") ?? [];
      const said = bodTimeline({
        kev: kev === "yes",
        exposed: exposed === "yes",
        automatable: automatable === "yes",
        totalImpact: impact === "total",
      });
      const text = said.days === null ? "fix on system upgrade" : `${said.days} days${said.forensic ? " & forensic investigation" : ""}`;
      expect(`${row.split(":")[0]}: ${text}`).toBe(row);
    }
  });
  it("of CISA's coordinator stand, 36 in the published order", () => {
    // t track, s track*, a attend, A act.
    const published = "tttttsttattattstsattatsattataAaaAaAA";
    const letter = { track: "t", "track*": "s", attend: "a", act: "A" };
    const ours = EXPLOITATION.flatMap((exploitation) =>
      [false, true].flatMap((automatable) =>
        [false, true].flatMap((totalImpact) =>
          MISSION_IMPACTS.map((mission) => letter[cisaLevel({ exploitation, automatable, totalImpact, mission })]),
        ),
      ),
    );
    expect(ours.join("")).toBe(published);
  });
  it("of the deployer stand, 72 in the published order", () => {
    // d defer, s scheduled, o out-of-cycle, i immediate.
    const published = "ddssdsssdsssssssdssssssodsssssssdssssssosssossoossoosooossoooooosooiooii";
    const letter = { defer: "d", scheduled: "s", "out-of-cycle": "o", immediate: "i" };
    const ours = EXPLOITATION.flatMap((exploitation) =>
      (["small", "controlled", "open"] as const).flatMap((exposure) =>
        [false, true].flatMap((automatable) =>
          HUMAN_IMPACTS.map((humanImpact) => letter[deployerPriority({ exploitation, exposure, automatable, humanImpact })]),
        ),
      ),
    );
    expect(ours.join("")).toBe(published);
  });
});

const NOW = instant(Date.parse("2026-08-01T12:00:00Z"));
const ago = (n: number): Instant => addMs(NOW, -days(n));
const base: DueFacts = {
  detectedAt: NOW,
  kev: null,
  publicExploit: false,
  exposure: "private",
  ssvc: null,
  severity: 7.5,
  criticality: 3,
};
const only = (policy: (typeof POLICIES)[number], facts: DueFacts) => dueOf(facts, { ...DEFAULT_DUE_RULES, follow: [policy] }).first;

describe("a due date", () => {
  it("is the earliest of what the followed policies ask, and says which set it and why", () => {
    const { first, demands } = dueOf({ ...base, criticality: 5, kev: { since: NOW }, exposure: "public" });
    expect(demands.map((d) => d.policy)).toEqual(["cisa-bod-26-04", "priority-matrix"]);
    expect(first).toMatchObject({ policy: "cisa-bod-26-04", dueAt: addMs(NOW, days(3)), forensic: true });
    expect(first?.why).toContain("automatable and impact not stated by CISA: assumed");
    expect(dueOf(base).first).toMatchObject({ policy: "priority-matrix", dueAt: addMs(NOW, days(30)) });
  });
  it("counts from the listing where there is one, else from the day of detection", () => {
    const listed = { ...base, kev: { since: ago(10) }, detectedAt: ago(1) };
    expect(only("cisa-bod-26-04", listed)?.dueAt).toBe(addMs(ago(10), days(3)));
    expect(only("priority-matrix", listed)?.dueAt).toBe(addMs(ago(1), days(30)));
    expect(only("cisa-bod-26-04", { ...listed, kev: { since: null } })?.dueAt).toBe(addMs(ago(1), days(3)));
  });
  it("takes what CISA states over what is assumed", () => {
    const ssvc = { exploitation: "active", automatable: false, totalImpact: false } as const;
    expect(only("cisa-bod-26-04", { ...base, kev: { since: NOW }, ssvc })?.dueAt).toBe(addMs(NOW, days(14)));
    expect(only("cisa-bod-26-04", base)).toMatchObject({ dueAt: null, why: expect.stringContaining("with the next upgrade") });
    expect(only("ssvc-cisa", { ...base, criticality: 5, ssvc })?.why).toContain("attend");
    expect(only("ssvc-deployer", { ...base, criticality: 5, exposure: "public", kev: { since: NOW } })?.why).toContain("immediate");
  });
  it("never comes later when anything gets worse", () => {
    const facts = fc.record({
      detectedAt: fc.constant(NOW),
      kev: fc.constantFrom(null, { since: NOW }),
      publicExploit: fc.boolean(),
      exposure: fc.constantFrom("public", "private", "loopback", "not-loaded"),
      ssvc: fc.record({
        exploitation: fc.constantFrom("none" as const, "poc" as const, "active" as const),
        automatable: fc.boolean(),
        totalImpact: fc.boolean(),
      }),
      severity: fc.option(fc.double({ min: 0, max: 10, noNaN: true })),
      criticality: fc.integer({ min: 1, max: 5 }),
    });
    const at = (f: DueFacts, policy: (typeof POLICIES)[number]) => only(policy, f)?.dueAt ?? Number.POSITIVE_INFINITY;
    fc.assert(
      fc.property(facts, (f) => {
        const worse: DueFacts[] = [
          { ...f, kev: { since: NOW } },
          { ...f, publicExploit: true },
          { ...f, exposure: "public" },
          { ...f, ssvc: { ...f.ssvc, automatable: true } },
          { ...f, ssvc: { ...f.ssvc, totalImpact: true } },
          { ...f, ssvc: { ...f.ssvc, exploitation: "active" } },
          { ...f, severity: f.severity === null ? null : Math.min(10, f.severity + 2) },
          { ...f, criticality: Math.min(5, f.criticality + 1) },
        ];
        for (const w of worse) for (const policy of POLICIES) expect(at(w, policy)).toBeLessThanOrEqual(at(f, policy));
      }),
    );
  });
  it("reads an unknown severity as high, and every cell of the matrix as stricter the more critical", () => {
    expect(severityOf(null)).toBe("unknown");
    expect([0, 4, 7, 9].map(severityOf)).toEqual(["low", "medium", "high", "critical"]);
    for (const level of [1, 2, 3, 4, 5]) {
      expect(daysByMatrix(DEFAULT_PRIORITY_MATRIX, "unknown", level)).toBe(daysByMatrix(DEFAULT_PRIORITY_MATRIX, "high", level));
      if (level > 1)
        for (const severity of ["low", "medium", "high", "critical"] as const)
          expect(daysByMatrix(DEFAULT_PRIORITY_MATRIX, severity, level)).toBeLessThanOrEqual(
            daysByMatrix(DEFAULT_PRIORITY_MATRIX, severity, level - 1),
          );
    }
  });
});
