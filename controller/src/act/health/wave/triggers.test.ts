import type { Instant } from "@breakwater/shared/core";
import { describe, expect, it } from "vitest";
import { SETTLING_MS, type Trigger } from "../../../decide/planning/index.ts";
import type { MetricVerdict } from "../judge/index.ts";
import type { HealthSeries } from "../types.ts";
import { DEFAULT_GRACE_MS } from "./judge-series.ts";
import { blindness, holdingTriggers } from "./triggers.ts";

const PATCHED = Date.UTC(2026, 2, 4, 3, 0) as Instant;
const MINUTE = 60_000;
const at = (minute: number) => (PATCHED + minute * MINUTE) as Instant;
const trigger = (metric: string, over: Partial<Trigger> = {}): Trigger => ({
  metric,
  kind: "count",
  threshold: 1,
  forMs: 0,
  action: "rollback-wave",
  ...over,
});

/** A sample each minute from ten minutes before the patch. */
function series(endpointId: string, metric: string, value: (minute: number) => number, subject = "", until = 20): HealthSeries {
  const points = [];
  for (let minute = -10; minute <= until; minute += 1) {
    const v = value(minute);
    points.push({ at: at(minute), mean: v, min: v, max: v, last: v, count: 1 });
  }
  return { endpointId, metric, subject, points };
}
const input = (all: readonly HealthSeries[], control: readonly string[] = [], now = at(20)) => ({
  treated: new Map([
    ["a", PATCHED],
    ["b", PATCHED],
  ]),
  control,
  series: all,
  now,
  graceMs: DEFAULT_GRACE_MS,
});
const hold = (t: Trigger, all: readonly HealthSeries[], control: readonly string[] = []) =>
  holdingTriggers([t], input(all, control), [])[0];

describe("a counted trigger", () => {
  it("holds since the break that lasts, on the endpoints where it is seen", () => {
    const failing = series("a", "check_up", (m) => (m >= 5 && m !== 8 ? 0 : 1), "shop");
    expect(hold(trigger("check_up"), [failing])).toMatchObject({ trigger: 0, since: at(9), endpointIds: ["a"] });
    expect(hold(trigger("check_up"), [series("a", "check_up", (m) => (m === 6 ? 0 : 1), "shop")])).toBeUndefined();
  });

  it("counts the failing checks of one endpoint, not of all together", () => {
    const failing = ["a", "b"].map((id) => series(id, "check_up", (m) => (m >= 5 ? 0 : 1), "shop"));
    expect(hold(trigger("check_up", { threshold: 2 }), failing)).toBeUndefined();
    const both = [...failing, series("a", "check_up", (m) => (m >= 7 ? 0 : 1), "login")];
    expect(hold(trigger("check_up", { threshold: 2 }), both)).toMatchObject({ since: at(7), endpointIds: ["a"] });
  });

  it("does not blame the patch for what failed before, for what it does to itself while settling, or for what the unpatched suffer too", () => {
    expect(hold(trigger("check_up"), [series("a", "check_up", () => 0, "shop")])).toBeUndefined();
    expect(hold(trigger("units_failed"), [series("a", "units_failed", (m) => (m >= 0 && m < 3 ? 1 : 0))])).toBeUndefined();
    const outage = ["a", "c"].map((id) => series(id, "check_up", (m) => (m >= 5 ? 0 : 1), "shop"));
    expect(hold(trigger("check_up"), outage, ["c"])).toBeUndefined();
  });

  it("reads counters by their growth and states by their rise", () => {
    expect(hold(trigger("oom_kills_total", { threshold: 2 }), [series("b", "oom_kills_total", (m) => (m >= 6 ? 5 : 3))])).toMatchObject({
      since: at(6),
      endpointIds: ["b"],
    });
    expect(hold(trigger("units_failed"), [series("b", "units_failed", (m) => (m >= 6 ? 2 : 1))])?.since).toBe(at(6));
    expect(hold(trigger("units_failed", { threshold: 2 }), [series("b", "units_failed", (m) => (m >= 6 ? 2 : 1))])).toBeUndefined();
  });
});

describe("a trigger on a change", () => {
  const judged = (over: Partial<MetricVerdict>): MetricVerdict => ({
    metric: "check_latency_ms:shop",
    verdict: "harmful",
    effect: 0.3,
    evidence: { kind: "against-control", sentence: "It took 30 % longer.", treated: 1, control: 4 },
    ...over,
  });
  const change = (action: Trigger["action"], threshold = 250) =>
    trigger("check_latency_ms", { kind: "change-permille", threshold, action });
  const holds = (t: Trigger, m: MetricVerdict) => holdingTriggers([t], input([]), [m]).length === 1;

  it("takes proven harm of its size for a rollback, and likely harm of its size for a pause", () => {
    expect(holds(change("rollback-wave"), judged({}))).toBe(true);
    expect(holds(change("rollback-wave", 400), judged({}))).toBe(false);
    const likely = judged({ verdict: "undecided", suspected: true });
    expect(holds(change("rollback-wave"), likely)).toBe(false);
    expect(holds(change("pause"), likely)).toBe(true);
    expect(holds(change("pause"), judged({ verdict: "undecided" }))).toBe(false);
  });
});

describe("blindness", () => {
  const latency = (id: string, until = 20) => series(id, "cpu_percent", () => 10, "", until);

  it("is said where endpoints still settle or send nothing, and not where all were watched", () => {
    expect(blindness(input([latency("a"), latency("b")]))).toBeUndefined();
    expect(blindness(input([latency("a")]))).toBe("it has watched 1 of 2 patched endpoints; their samples do not come");
    expect(blindness(input([latency("a", 1), latency("b", 1)], [], at(1)))).toBe(
      "it has watched 0 of 2 patched endpoints; 2 still settle after their patch",
    );
  });

  it("lasts as long as the planner believes it to", () => {
    expect(DEFAULT_GRACE_MS).toBe(SETTLING_MS);
  });
});
