import type { JudgeInput } from "./types.ts";

/** The usual setting of Kayenta's NetflixACAJudge: 98 % confidence, a quarter of the estimated shift as tolerance. */
const CONFIDENCE_Z = 2.326;
const TOLERANCE = 0.25;
const LOOK_MS = 300_000;
const SKIP_MS = 180_000;

/**
 * The judge that others use, to be measured beside ours: every sample is an observation, Mann-Whitney between all treated
 * and all control samples since the patch, looked at every five minutes. A metric fails when the near end of the
 * Hodges-Lehmann shift's interval lies beyond a quarter of the shift.
 * @returns the moment of the first alarm
 */
export function kayentaLike(input: JudgeInput): number | undefined {
  const patchedAt = Math.min(...input.treated.map((t) => t.patchedAt));
  const treated = new Set(input.treated.map((t) => t.endpoint));
  const last = Math.max(...input.series.map((s) => s.at[s.at.length - 1] ?? 0));
  for (let now = patchedAt + LOOK_MS; now <= Math.min(last, patchedAt + input.bakeMs); now += LOOK_MS)
    for (const [name, metric] of Object.entries(input.metrics)) {
      const of = (group: boolean) =>
        input.series
          .filter((s) => s.metric === name && treated.has(s.endpoint) === group)
          .flatMap((s) => s.value.filter((_, i) => (s.at[i] as number) >= patchedAt + SKIP_MS && (s.at[i] as number) <= now));
      if (fails(thinned(of(true)), thinned(of(false)), metric.harmfulWhen === "up" ? 1 : -1)) return now;
    }
  return undefined;
}

/** All pairs of 400 and 400 are enough for the shift; more would only take longer. */
function thinned(values: number[]): number[] {
  const step = Math.ceil(values.length / 400);
  return values.filter((_, i) => i % step === 0);
}

function fails(treated: number[], control: number[], sign: 1 | -1): boolean {
  const [n, m] = [treated.length, control.length];
  if (n === 0 || m === 0) return false;
  const shifts = new Float64Array(n * m);
  for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) shifts[i * m + j] = sign * ((treated[i] as number) - (control[j] as number));
  shifts.sort();
  const spread = CONFIDENCE_Z * Math.sqrt((n * m * (n + m + 1)) / 12);
  const low = shifts[Math.max(0, Math.floor((n * m) / 2 - spread))] as number;
  const estimate = shifts[Math.floor((n * m) / 2)] as number;
  return estimate > 0 && low > TOLERANCE * estimate;
}
