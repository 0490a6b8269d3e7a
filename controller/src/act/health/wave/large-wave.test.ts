import type { Instant } from "@breakwater/shared/core";
import type { MetricName, Sample } from "@breakwater/shared/health";
import { createLogger } from "@breakwater/shared/log";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Store } from "../../../store/index.ts";
import { openTestStore } from "../../../store/testing.ts";
import { createHealth } from "../health.ts";
import { normal, seeded } from "../judge/sample-fleet.ts";
import { createWaveJudge } from "./wave-judge.ts";

const PATCHED = Date.UTC(2026, 2, 4, 3, 0) as Instant;
const MINUTE = 60_000;
const TREATED = 60;
const CONTROL = 8;
let store: Store;
let fleets = 0;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

type Change = (endpoint: number, metric: MetricName, value: number, minute: number) => number | undefined;

/** Judges a wave of sixty, more than are compared one by one; all minutes but the last are in the database. */
async function judgeLarge(minutes: number, change: Change) {
  const random = seeded(++fleets);
  const now = (PATCHED + minutes * MINUTE) as Instant;
  const clock = { now: () => now };
  const health = createHealth({ store, clock, log: createLogger("test", "silent") });
  const ids = Array.from({ length: TREATED + CONTROL }, (_, i) => `large-${fleets}-${i}`);
  for (let at = PATCHED - 8 * MINUTE - 5_000; at <= now; at += 15_000)
    for (const [i, id] of ids.entries()) {
      const samples: Sample[] = [
        { metric: "check_latency_ms", subject: "shop", value: 21 * Math.exp(0.05 * normal(random)) },
        { metric: "check_up", subject: "shop", value: 1 },
        { metric: "unit_active", subject: "nginx.service", value: 1 },
        { metric: "unit_restarts_total", subject: "nginx.service", value: 0 },
        { metric: "units_failed", subject: "", value: 1 },
        { metric: "oom_kills_total", subject: "", value: 0 },
      ];
      const minute = (at - PATCHED) / MINUTE;
      const sent = samples.flatMap((s) => {
        const value = i < TREATED && minute >= 0 ? change(i, s.metric, s.value, minute) : s.value;
        return value === undefined ? [] : [{ ...s, value }];
      });
      health.take(id, at as Instant, sent);
    }
  await health.flush();
  const verdict = await createWaveJudge({ health, store, clock }).judge({
    deploymentId: `dp_${fleets}`,
    wave: 1,
    treated: ids.slice(0, TREATED).map((endpointId) => ({ endpointId, patchedAt: PATCHED })),
    control: ids.slice(TREATED),
    now,
    rules: { gate: { bakeMs: 10 * MINUTE, bakeLimitMs: 15 * MINUTE } },
  });
  return { ids, verdict };
}

describe("wave judge on a large wave", () => {
  it("compares the levels of some, and says so", async () => {
    const { verdict } = await judgeLarge(16, (_, __, value) => value);
    expect(verdict.verdict).toBe("healthy");
    expect(verdict.summary).toContain(
      "60 patched endpoints stayed within what is accepted, levels of 40 of them compared with 8 unpatched",
    );
    expect(verdict.evidence.basis).toMatchObject({ treated: 60, compared: 40, control: 8 });
  });

  it("finds what slows all of them down", async () => {
    const { verdict } = await judgeLarge(8, (_, metric, value) => (metric === "check_latency_ms" ? value * 2 : value));
    expect(verdict.verdict).toBe("harmful");
    expect(verdict.summary).toContain("Check shop took");
  });

  it.each<[string, (metric: MetricName, value: number, minute: number) => number | undefined, string]>([
    ["a check that fails", (m, v, minute) => (m === "check_up" && minute > 3 ? 0 : v), "check-down"],
    ["a unit that stopped", (m, v) => (m === "unit_active" ? 0 : v), "unit-down"],
    ["one more failed unit", (m, v) => (m === "units_failed" ? 2 : v), "units-failed"],
    ["a crash loop", (m, v, minute) => (m === "unit_restarts_total" ? Math.floor(minute * 2) : v), "crash-loop"],
    ["processes killed for lack of memory", (m, v, minute) => (m === "oom_kills_total" && minute > 4 ? 2 : v), "out-of-memory"],
    ["an endpoint that went silent", (_, v, minute) => (minute > 1 ? undefined : v), "endpoint-gone"],
  ])("knows %s on any single endpoint", async (_, patched, rule) => {
    // Six of sixty: with forty compared one by one, some of these are not among them.
    const ill = new Set([11, 12, 13, 14, 15, 16]);
    const { ids, verdict } = await judgeLarge(10, (i, metric, value, minute) => (ill.has(i) ? patched(metric, value, minute) : value));
    expect(verdict.verdict).toBe("harmful");
    const found = verdict.evidence.hard.filter((h) => h.rule === rule).map((h) => h.endpointId);
    expect(found.sort()).toEqual([...ill].map((i) => ids[i]).sort());
  });
});
