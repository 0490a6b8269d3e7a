import { instant } from "@breakwater/shared/core";
import { isOpen, type MaintenanceWindow, occurrences } from "@breakwater/shared/window";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planDocumentSchema } from "./document.ts";
import type { PlanningFleet, PlanningUnit } from "./fleet-view.ts";
import { planRollout } from "./plan-rollout.ts";
import { RECOMMENDED } from "./policy.ts";

const NOW = instant(Date.parse("2026-03-27T09:00:00Z"));
const anyUnit = fc.record({
  tier: fc.constantFrom("development" as const, "production" as const),
  exposure: fc.constantFrom("public" as const, "private" as const, "unknown" as const),
  zone: fc.constantFrom("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"),
  criticality: fc.integer({ min: 1, max: 5 }),
  group: fc.constantFrom(undefined, "g1", "g2"),
  window: fc.constantFrom<(MaintenanceWindow | undefined)[]>(
    undefined,
    { days: ["sun", "wed"], from: "02:30", to: "05:00" },
    { days: ["fri"], from: "22:00", to: "04:00" },
  ),
  tags: fc.constantFrom([], ["shop"], ["finance"]),
  configuration: fc.constantFrom("a", "b", "c"),
  risk: fc.integer({ min: 1, max: 100 }),
});

type Part = Pick<PlanningUnit, "tier" | "exposure" | "zone" | "criticality" | "window" | "tags" | "configuration" | "risk"> & {
  group: string | undefined;
};

function fleetOf(parts: readonly Part[], minHealthy: number): PlanningFleet {
  const units = parts.map(
    (p, i): PlanningUnit => ({
      ...p,
      id: `e${i}`,
      count: 1,
      group: p.tier,
      site: "default",
      redundancyGroup: p.group,
      residualRisk: 0,
      downloadBytes: 1_000,
      executionMs: 300_000,
      downtimeMs: 5_000,
    }),
  );
  const members = (id: string) => units.filter((u) => u.redundancyGroup === id).map((u) => u.id);
  return {
    units,
    redundancyGroups: Object.fromEntries(
      ["g1", "g2"].map((id) => [id, { minHealthy: Math.min(minHealthy, members(id).length), members: members(id) }]),
    ),
    calendar: [
      { name: "Shop peak", zone: "Europe/Berlin", rule: { kind: "daily", from: "18:00", to: "23:00" }, tags: ["shop"] },
      { name: "Closing", zone: "UTC", rule: { kind: "monthly", fromDay: 28, toDay: 2 }, tags: ["finance"] },
    ],
    excluded: [],
    vulnerabilities: [],
    riskFactors: [],
    assumptions: [],
    contradictions: [],
    notes: [],
    change: "openssl 3",
    checks: [],
  };
}
const request = { title: "A plan", policy: RECOMMENDED, notBefore: NOW, onHarmful: "rollback-wave" as const, reversible: true };

describe("the planner", () => {
  it("keeps windows, events, order and redundancy, on days when the clock changes too", () => {
    fc.assert(
      fc.property(fc.array(anyUnit, { minLength: 1, maxLength: 40 }), fc.integer({ min: 0, max: 5 }), (parts, minHealthy) => {
        const fleet = fleetOf(parts, minHealthy);
        const made = planRollout(fleet, request, NOW);
        if (!made.ok) return;
        planDocumentSchema.parse(made.value.document);
        const seen = new Set<string>();
        let ready = NOW as number;
        for (const wave of made.value.waves) {
          expect(wave.start).toBeGreaterThanOrEqual(ready);
          ready = wave.end + wave.bakeMs;
          const down = new Map<string, number>();
          for (const slot of wave.slots) {
            const busy = (unit: PlanningUnit) =>
              fleet.calendar
                .filter((e) => e.tags.some((t) => unit.tags.includes(t)))
                .flatMap((e) => occurrences(e.rule, e.zone, instant(slot.from), instant(slot.to)));
            for (const { unit } of slot.parts) {
              expect(seen.has(unit.id)).toBe(false);
              seen.add(unit.id);
              expect(busy(unit)).toEqual([]);
              if (unit.window) for (const at of [slot.from, slot.to - 1]) expect(isOpen(unit.window, unit.zone, instant(at))).toBe(true);
              if (unit.redundancyGroup) down.set(unit.redundancyGroup, (down.get(unit.redundancyGroup) ?? 0) + 1);
            }
          }
          for (const [id, n] of down) {
            const group = fleet.redundancyGroups[id];
            expect((group?.members.length ?? 0) - n).toBeGreaterThanOrEqual(group?.minHealthy ?? 0);
          }
        }
        expect(seen.size + made.value.excluded.reduce((n, e) => n + e.endpoints, 0)).toBe(fleet.units.length);
        const tiers = made.value.waves.map((w) => w.tier);
        expect(tiers.lastIndexOf("development")).toBeLessThan(tiers.includes("production") ? tiers.indexOf("production") : tiers.length);
      }),
      { numRuns: 40 },
    );
  });

  it("covers each configuration with the canary, never by the only member of a group or the most critical", () => {
    const unit = { tier: "production", exposure: "private", zone: "UTC", window: undefined, tags: [], risk: 10 } as const;
    const parts = [
      { ...unit, criticality: 5, group: undefined, configuration: "a" },
      { ...unit, criticality: 3, group: "g1", configuration: "a" },
      { ...unit, criticality: 3, group: undefined, configuration: "a" },
      { ...unit, criticality: 3, group: undefined, configuration: "b" },
    ];
    const made = planRollout(
      fleetOf(
        parts.map((p) => ({ ...p, tags: [] })),
        0,
      ),
      { ...request, policy: { ...RECOMMENDED, canary: 2 } },
      NOW,
    );
    expect(made.ok && made.value.waves[0]?.parts.map((p) => p.unit.id)).toEqual(["e2", "e3"]);
  });

  it("has nothing to say for an empty fleet", () => {
    expect(planRollout(fleetOf([], 0), request, NOW)).toMatchObject({ ok: false, problem: { code: "nothing-to-plan" } });
  });
});
