import type { Instant } from "@breakwater/shared/core";
import type { MetricName, Sample } from "@breakwater/shared/health";
import { createLogger } from "@breakwater/shared/log";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Store } from "../../../store/index.ts";
import { openTestStore } from "../../../store/testing.ts";
import { createHealth } from "../health.ts";
import { normal, seeded } from "../judge/sample-fleet.ts";
import type { Health } from "../types.ts";
import type { WaveRules } from "./types.ts";
import { createWaveJudge } from "./wave-judge.ts";

const PATCHED = Date.UTC(2026, 2, 4, 3, 0) as Instant;
const MINUTE = 60_000;
const log = createLogger("test", "silent");
const rules: WaveRules = { gate: { bakeMs: 15 * MINUTE, bakeLimitMs: 15 * MINUTE } };
let store: Store;
let fleets = 0;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

/** A canary and four others with eight minutes of past; `patched` changes what the canary samples after the patch. */
function smallFleet(
  minutes: number,
  patched: (metric: MetricName, value: number, minute: number) => number | undefined,
  starting: (metric: MetricName, value: number) => number = (_, value) => value,
) {
  const random = seeded(++fleets);
  const now = (PATCHED + minutes * MINUTE) as Instant;
  const clock = { now: () => now };
  const health = createHealth({ store, clock, log });
  const ids = ["canary", "c1", "c2", "c3", "c4"].map((name) => `${name}-${fleets}`);
  for (let at = PATCHED - 8 * MINUTE - 5_000; at <= now; at += 15_000)
    for (const [i, id] of ids.entries()) {
      const since = (at - PATCHED) / MINUTE;
      const samples: Sample[] = [
        { metric: "check_latency_ms", subject: "shop", value: 21 * Math.exp(0.05 * normal(random)) },
        { metric: "check_up", subject: "shop", value: 1 },
        { metric: "cpu_percent", subject: "", value: 4 + 2 * random.next() },
        { metric: "memory_used_percent", subject: "", value: 40 + random.next() },
        { metric: "unit_active", subject: "nginx.service", value: 1 },
        { metric: "unit_restarts_total", subject: "nginx.service", value: 0 },
        { metric: "units_failed", subject: "", value: 0 },
        { metric: "oom_kills_total", subject: "", value: 0 },
      ];
      const sent = samples.flatMap((s) => {
        const value = i === 0 && since >= 0 ? patched(s.metric, s.value, since) : since < -6.5 ? starting(s.metric, s.value) : s.value;
        return value === undefined ? [] : [{ ...s, value }];
      });
      health.take(id, at as Instant, sent);
    }
  return { health, clock, ids };
}

function ask({ health, clock, ids }: ReturnType<typeof smallFleet>, over: { rules?: WaveRules; health?: Health; until?: Instant } = {}) {
  return createWaveJudge({ health: over.health ?? health, store, clock }).judge({
    deploymentId: "dp_1",
    wave: 0,
    treated: [{ endpointId: ids[0] as string, patchedAt: PATCHED, ...(over.until === undefined ? {} : { until: over.until }) }],
    control: ids.slice(1),
    now: clock.now(),
    rules: over.rules ?? rules,
  });
}

describe("wave judge on a small fleet", () => {
  it("finds a doubled check latency on the only canary and says it plainly", async () => {
    const verdict = await ask(smallFleet(7, (metric, value) => (metric === "check_latency_ms" ? value * 2 : value)));
    expect(verdict.verdict).toBe("harmful");
    expect(((verdict.decidedAt as number) - PATCHED) / MINUTE).toBeLessThanOrEqual(6);
    expect(verdict.summary).toMatch(
      /^Check shop took 4\d(\.\d)? ms after the patch instead of 2\d(\.\d)? ms before; the 4 unpatched endpoints went from 2\d/,
    );
    expect(verdict.evidence.bands[0]).toMatchObject({ metric: "check_latency_ms:shop" });
    expect(JSON.parse(JSON.stringify(verdict.evidence))).toEqual(verdict.evidence);
  });

  it("is not blinded by what the agents' own start did to the first minutes", async () => {
    const storm = (metric: MetricName, value: number) => (metric === "check_latency_ms" ? value * 20 : value);
    const slow = smallFleet(7, (metric, value) => (metric === "check_latency_ms" ? value * 2 : value), storm);
    const verdict = await ask(slow);
    expect(verdict.verdict).toBe("harmful");
    // Single samples, not minutes: leaving out the start is no gap in what memory holds.
    expect(verdict.evidence.basis).toMatchObject({ resolutionMs: 15_000, historyMs: 350_000 });
    expect((await ask(smallFleet(7, (_, value) => value, storm))).verdict).toBe("undecided");
  });

  it("says the same after a restart, from the minutes in the database", async () => {
    const fleet = smallFleet(9, (metric, value) => (metric === "check_latency_ms" ? value * 2 : value));
    await fleet.health.stop();
    const restarted = createHealth({ store, clock: fleet.clock, log });
    expect((await ask(fleet, { health: restarted })).verdict).toBe("harmful");
  });

  it("calls a patch that changes nothing healthy when the bake is over, undecided before", async () => {
    expect((await ask(smallFleet(7, (_, value) => value))).verdict).toBe("undecided");
    const verdict = await ask(smallFleet(16, (_, value) => value));
    expect(verdict.verdict).toBe("healthy");
    expect(verdict.summary).toContain("4 unpatched");
  });

  it.each<[string, (metric: MetricName, value: number, minute: number) => number | undefined, string]>([
    [
      "a check that fails",
      (m, v, minute) => (m === "check_up" && minute > 3 ? 0 : m === "check_latency_ms" && minute > 3 ? undefined : v),
      "check-down",
    ],
    ["a unit that stopped", (m, v) => (m === "unit_active" ? 0 : v), "unit-down"],
    ["a failed unit", (m, v) => (m === "units_failed" ? 1 : v), "units-failed"],
    ["a crash loop", (m, v, minute) => (m === "unit_restarts_total" ? Math.floor(minute * 2) : v), "crash-loop"],
    ["processes killed for lack of memory", (m, v, minute) => (m === "oom_kills_total" && minute > 4 ? 2 : v), "out-of-memory"],
    ["an endpoint that went silent", (_, v, minute) => (minute > 1 ? undefined : v), "endpoint-gone"],
  ])("knows %s without statistics", async (_, patched, rule) => {
    const verdict = await ask(smallFleet(10, patched));
    expect(verdict.verdict).toBe("harmful");
    expect(verdict.evidence.hard.map((h) => h.rule)).toContain(rule);
  });

  it("blames nobody's silence when nobody else sends either", async () => {
    const fleet = smallFleet(12, (_, v, minute) => (minute > 1 ? undefined : v));
    const question = {
      deploymentId: "dp_1",
      wave: 0,
      treated: [{ endpointId: fleet.ids[0] as string, patchedAt: PATCHED }],
      now: fleet.clock.now(),
      rules,
    };
    const verdict = await createWaveJudge({ ...fleet, store }).judge({ ...question, control: [] });
    expect(verdict.evidence.hard).toEqual([]);
  });

  it("knows the rhythm of slow samplers before it calls them silent", async () => {
    const now = (PATCHED + 34 * MINUTE) as Instant;
    const clock = { now: () => now };
    const health = createHealth({ store, clock, log });
    for (let at = PATCHED - 240 * MINUTE; at <= PATCHED + 30 * MINUTE; at += 5 * MINUTE)
      for (const id of ["slow-1", "slow-2", "slow-3"]) health.take(id, at as Instant, [{ metric: "cpu_percent", subject: "", value: 20 }]);
    const treated = [{ endpointId: "slow-1", patchedAt: PATCHED }];
    const judge = createWaveJudge({ health, store, clock });
    const verdict = await judge.judge({ deploymentId: "dp_1", wave: 0, treated, control: ["slow-2", "slow-3"], now, rules });
    expect(verdict.evidence.hard).toEqual([]);
  });

  it("does not hold against the patch what the restart does within the grace", async () => {
    const verdict = await ask(
      smallFleet(8, (m, v, minute) =>
        minute >= 2.5 ? v : m === "check_up" || m === "unit_active" ? 0 : m === "check_latency_ms" ? v * 5 : v,
      ),
    );
    expect(verdict.verdict).not.toBe("harmful");
  });

  it("holds nothing against the patch that came after another deployment's change to the same endpoint", async () => {
    const slowLater = smallFleet(16, (m, v, minute) => (m === "check_latency_ms" && minute > 8 ? v * 3 : v));
    const failsLater = smallFleet(16, (m, v, minute) => (m === "check_up" && minute > 8 ? 0 : v));
    const silentLater = smallFleet(16, (_, v, minute) => (minute > 8 ? undefined : v));
    for (const fleet of [slowLater, failsLater, silentLater]) {
      expect((await ask(fleet)).verdict).toBe("harmful");
      const verdict = await ask(fleet, { until: (PATCHED + 8 * MINUTE) as Instant });
      expect(verdict).toMatchObject({ verdict: "undecided", harmed: [] });
    }
    const slowBefore = smallFleet(16, (m, v) => (m === "check_latency_ms" ? v * 3 : v));
    expect((await ask(slowBefore, { until: (PATCHED + 8 * MINUTE) as Instant })).verdict).toBe("harmful");
  });

  it("says so when nobody has been patched or nothing was sampled", async () => {
    const fleet = smallFleet(1, (_, v) => v);
    const judge = createWaveJudge({ ...fleet, store });
    const question = { deploymentId: "dp_1", wave: 0, control: [], now: fleet.clock.now(), rules };
    expect((await judge.judge({ ...question, treated: [] })).verdict).toBe("undecided");
    const unknown = await judge.judge({ ...question, treated: [{ endpointId: "nobody", patchedAt: PATCHED }] });
    expect(unknown).toMatchObject({ verdict: "undecided", summary: "There are no samples of the patched endpoints to judge." });
  });
});
