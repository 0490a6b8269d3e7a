import type { Instant } from "@breakwater/shared/core";
import { median } from "../judge/grid.ts";
import type { MetricVerdict } from "../judge/index.ts";
import type { HealthSeries } from "../types.ts";
import { keyOf } from "./samples.ts";

const PAST_MS = 3_600_000;

/** What a harmful metric means in its own unit, as one would tell it to a colleague. */
export function tellHarm(
  m: MetricVerdict,
  series: readonly HealthSeries[],
  treated: ReadonlyMap<string, Instant>,
  decidedAt: Instant,
  graceMs: number,
): string {
  const first = Math.min(...treated.values());
  const level = (group: boolean, from: number, to: number) =>
    median(
      series
        .filter((s) => keyOf(s.metric, s.subject) === m.metric && treated.has(s.endpointId) === group)
        .flatMap((s) => s.points.filter((p) => p.at >= from && p.at < to).map((p) => p.mean)),
    );
  const [before, after] = [level(true, first - PAST_MS, first), level(true, first + graceMs, decidedAt + 1)];
  const [controlBefore, controlAfter] = [level(false, first - PAST_MS, first), level(false, first + graceMs, decidedAt + 1)];
  const name = phrase(m.metric);
  const own = `${name.text} ${name.verb} ${figure(after)}${name.unit} after the patch instead of ${figure(before)}${name.unit} before`;
  const others = Number.isFinite(controlAfter)
    ? `; the ${m.evidence.control === 1 ? "unpatched endpoint" : `${m.evidence.control} unpatched endpoints`} went from ${figure(controlBefore)}${name.unit} to ${figure(controlAfter)}${name.unit}`
    : "; there was no unpatched endpoint to compare with";
  const luck = m.evidence.chance === undefined ? "" : `; chance of this by luck ${chance(m.evidence.chance)}`;
  return `${own}${others}${luck}.`;
}

function phrase(metric: string): { text: string; verb: string; unit: string } {
  const [name, ...subject] = metric.split(":");
  if (name === "check_latency_ms") return { text: `Check ${subject.join(":")}`, verb: "took", unit: " ms" };
  if (name === "cpu_percent") return { text: "The processor", verb: "was busy", unit: " %" };
  if (name === "memory_used_percent") return { text: "Memory", verb: "was used to", unit: " %" };
  return { text: metric, verb: "was", unit: "" };
}

const figure = (x: number) => (Number.isFinite(x) ? String(Number(x.toPrecision(3))) : "?");
const chance = (p: number) => (p < 0.0001 ? "< 0.01 %" : `about ${Number((p * 100).toPrecision(1))} %`);
