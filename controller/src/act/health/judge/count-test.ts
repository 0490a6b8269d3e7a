import { countTail } from "./distribution.ts";
import type { JudgedSeries, TreatedEndpoint } from "./types.ts";

const HOUR = 3_600_000;
/** A single restart after the patch happens; harm is a restart that comes again. */
const MIN_EVENTS = 3;

export interface CountFinding {
  readonly chance: number;
  readonly events: number;
  readonly endpoints: number;
  /** Events per treated endpoint and hour above the usual rate. */
  readonly effect: number;
}

/**
 * Tests whether events (restarts) come more often on treated endpoints than they came before the patch anywhere, and than
 * they come on control endpoints now. An interval with several events counts once: within one, they are rarely independent.
 */
export function testCount(
  series: readonly JudgedSeries[],
  treated: readonly TreatedEndpoint[],
  options: { now: number; graceMs: number; stepMs: number },
): CountFinding | undefined {
  const patchedAt = new Map(treated.map((t) => [t.endpoint, t.patchedAt as number]));
  let events = 0;
  let exposure = 0;
  let pastEvents = 0;
  let pastExposure = 0;
  let again = 0;
  for (const s of series) {
    const patched = patchedAt.get(s.endpoint);
    let here = 0;
    s.at.forEach((at, i) => {
      if (at > options.now) return;
      const happened = (s.value[i] as number) > 0 ? 1 : 0;
      if (patched === undefined || at < patched) {
        pastEvents += happened;
        pastExposure++;
      } else if (at >= patched + options.graceMs) {
        here += happened;
        exposure++;
      }
    });
    events += here;
    if (here >= 2) again++;
  }
  if (exposure === 0) return undefined;
  const usual = (pastEvents + 0.5) / Math.max(1, pastExposure);
  const perHour = HOUR / options.stepMs;
  const chance = events >= MIN_EVENTS && again > 0 ? countTail(events, exposure, pastEvents, pastExposure) : 1;
  return { chance, events, endpoints: again, effect: Math.max(0, events / exposure - usual) * perHour };
}
