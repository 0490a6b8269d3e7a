import type { Instant } from "@breakwater/shared/core";
import { MINUTE_MS } from "../telemetry/minutes.ts";
import type { HealthPoint, HealthSeries } from "../types.ts";
import { STILL_METRICS, UP_METRICS } from "./judged-metrics.ts";
import type { HardFinding } from "./types.ts";

/** A state must be seen in so many samples in a row: one may fall into a restart that a person made. */
const LASTING_SAMPLES = 2;
/** Restarts by the service manager since the patch that are a loop: systemd itself gives up after five in ten seconds. */
const LOOP_RESTARTS = 3;
/** Silence of an endpoint that is more than a lost message or two: at least so long, and so many of its samples; a minute more, for minutes that are not over. */
const GONE_MS = 3 * 60_000;
const GONE_STEPS = 4;

/** Levels are left to the statistics. */
const READ: ReadonlySet<string> = new Set<string>([...UP_METRICS, ...STILL_METRICS]);

export interface HardInput {
  readonly treated: ReadonlyMap<string, Instant>;
  readonly control: readonly string[];
  readonly series: readonly HealthSeries[];
  /** When endpoints last sent anything, where the series do not say it of all. */
  readonly lastSeen?: ReadonlyMap<string, Instant> | undefined;
  /** From when on what a treated endpoint shows speaks of another change too: nothing after it is held against the patch. */
  readonly disturbed?: ReadonlyMap<string, Instant> | undefined;
  readonly now: Instant;
  readonly graceMs: number;
}

/** Harm that needs no statistics, on endpoints that got the patch, unless the unpatched suffer the same. */
export function hardFindings(input: HardInput): HardFinding[] {
  const found: HardFinding[] = [];
  for (const series of input.series) {
    const patchedAt = input.treated.get(series.endpointId);
    if (patchedAt === undefined || !READ.has(series.metric)) continue;
    const before = series.points.filter((p) => p.at < patchedAt);
    const settled = series.points.filter((p) => p.at >= patchedAt + input.graceMs && p.at <= input.now);
    const finding = ofSeries(series, before, settled, patchedAt, input);
    if (finding && !sharedByControl(series, finding.at, input)) found.push(finding);
  }
  return [...found, ...gone(input)];
}

function ofSeries(
  series: HealthSeries,
  before: readonly HealthPoint[],
  settled: readonly HealthPoint[],
  patchedAt: Instant,
  input: HardInput,
): HardFinding | undefined {
  const about = { endpointId: series.endpointId, subject: series.subject };
  const last = before[before.length - 1];
  switch (series.metric) {
    case "check_up":
    case "unit_active": {
      // What was down before the patch was not broken by it; what is new since the patch has no "before" and must be up.
      if (last && last.last <= 0) return undefined;
      const at = lasting(settled, (p) => p.max <= 0);
      if (at === undefined) return undefined;
      return series.metric === "check_up"
        ? { rule: "check-down", ...about, at, sentence: `Check ${series.subject} passed before the patch and fails since.` }
        : { rule: "unit-down", ...about, at, sentence: `Unit ${series.subject} was active before the patch and is not any more.` };
    }
    case "units_failed": {
      if (!last) return undefined;
      const usual = Math.max(...before.slice(-60).map((p) => p.max));
      const at = lasting(settled, (p) => p.min > usual);
      return at === undefined
        ? undefined
        : { rule: "units-failed", ...about, at, sentence: `More units are failed than before the patch (${usual} then).` };
    }
    case "unit_restarts_total": {
      const start = last?.last ?? 0;
      const since = series.points.filter((p) => p.at >= patchedAt && p.at <= input.now);
      const point = since.find((p) => p.max - start >= LOOP_RESTARTS && p.max > (since[0]?.max ?? 0));
      return (
        point && {
          rule: "crash-loop",
          ...about,
          at: point.at,
          sentence: `Unit ${series.subject} restarted ${point.max - start} times since the patch.`,
        }
      );
    }
    case "oom_kills_total": {
      const hourAgo = before.find((p) => p.at >= patchedAt - 3_600_000);
      if (!last || !hourAgo || last.last > hourAgo.last) return undefined;
      const point = settled.find((p) => p.max > last.last);
      return (
        point && {
          rule: "out-of-memory",
          ...about,
          at: point.at,
          sentence: `The kernel killed ${point.max - last.last} processes for lack of memory since the patch, none in the hour before.`,
        }
      );
    }
    default:
      return undefined;
  }
}

/** First moment at which a state had lasted long enough and still does in the newest sample. */
function lasting(points: readonly HealthPoint[], bad: (p: HealthPoint) => boolean): Instant | undefined {
  let run = 0;
  let at: Instant | undefined;
  for (const point of points) {
    run = bad(point) ? run + 1 : 0;
    if (run === 0) at = undefined;
    else if (run === LASTING_SAMPLES) at = point.at;
  }
  return at;
}

/** Whether half or more of the unpatched endpoints that have the same series are just as bad: then something else happened. */
export function sharedByControl(series: HealthSeries, at: Instant, input: HardInput): boolean {
  if (series.metric !== "check_up" && series.metric !== "unit_active") return false;
  const same = input.series.filter(
    (s) => s.metric === series.metric && s.subject === series.subject && input.control.includes(s.endpointId),
  );
  const states = same.flatMap((s) => s.points.filter((p) => p.at <= at + 60_000).slice(-1));
  return states.length > 0 && states.filter((p) => p.max <= 0).length * 2 >= states.length;
}

/**
 * Endpoints that send nothing any more while others do. Where nobody else sends either, it is the controller or the network
 * that lost its samples, and nobody is blamed.
 */
function gone(input: HardInput): HardFinding[] {
  const seen = new Map<string, number>(input.lastSeen ?? []);
  for (const s of input.series) {
    const last = s.points.findLast((p) => p.at <= input.now)?.at ?? 0;
    if (last > (seen.get(s.endpointId) ?? 0)) seen.set(s.endpointId, last);
  }
  const patience = Math.max(GONE_MS, GONE_STEPS * usualStep(input.series)) + MINUTE_MS;
  const newest = (id: string) => seen.get(id) ?? 0;
  const upTo = (id: string) => Math.min(input.now, input.disturbed?.get(id) ?? input.now);
  const sends = (id: string) => upTo(id) - newest(id) <= patience;
  const witnesses = input.control.length > 0 ? input.control : [...input.treated.keys()];
  if (witnesses.filter(sends).length * 2 <= witnesses.length) return [];
  return [...input.treated].flatMap(([endpointId, patchedAt]) => {
    const last = newest(endpointId);
    // One that never sent anything cannot have been silenced by the patch.
    if (last === 0 || sends(endpointId) || upTo(endpointId) < patchedAt + input.graceMs + patience) return [];
    const at = Math.max(last + patience, patchedAt + input.graceMs + patience) as Instant;
    return [
      {
        rule: "endpoint-gone",
        endpointId,
        subject: "",
        at,
        sentence: "The endpoint sends nothing any more since the patch, while others do.",
      } as const,
    ];
  });
}

/** The usual distance of the samples: of each endpoint's fullest series, for they all come together. */
function usualStep(series: readonly HealthSeries[]): number {
  const fullest = new Map<string, HealthSeries>();
  for (const s of series) if (s.points.length > (fullest.get(s.endpointId)?.points.length ?? 0)) fullest.set(s.endpointId, s);
  const steps: number[] = [];
  for (const { points } of fullest.values())
    for (let i = Math.max(1, points.length - 29); i < points.length; i += 1)
      steps.push((points[i] as HealthPoint).at - (points[i - 1] as HealthPoint).at);
  return new Float64Array(steps).sort()[Math.floor(steps.length / 2)] ?? 0;
}
