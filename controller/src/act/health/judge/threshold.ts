import type { JudgeInput } from "./types.ts";

const LOOK_MS = 300_000;
const SKIP_MS = 180_000;
const HOUR_MS = 3_600_000;
/** A fifth more, or less where less harms. */
const FACTOR = 0.2;

/**
 * The alert that most have, to be measured beside ours: the mean of the treated since the patch against their mean in the
 * hour before, by a fixed factor, looked at every five minutes.
 * @returns the moment of the first alarm
 */
export function thresholdJudge(input: JudgeInput): number | undefined {
  const patchedAt = Math.min(...input.treated.map((t) => t.patchedAt));
  const treated = new Set(input.treated.map((t) => t.endpoint));
  const last = Math.max(...input.series.map((s) => s.at[s.at.length - 1] ?? 0));
  const meanOf = (metric: string, from: number, to: number): number => {
    let [sum, count] = [0, 0];
    for (const s of input.series)
      if (s.metric === metric && treated.has(s.endpoint))
        s.at.forEach((at, i) => {
          if (at < from || at > to) return;
          sum += s.value[i] as number;
          count += 1;
        });
    return count === 0 ? Number.NaN : sum / count;
  };
  for (let now = patchedAt + LOOK_MS; now <= Math.min(last, patchedAt + input.bakeMs); now += LOOK_MS)
    for (const [name, metric] of Object.entries(input.metrics)) {
      const before = meanOf(name, patchedAt - HOUR_MS, patchedAt - 1);
      const since = meanOf(name, patchedAt + SKIP_MS, now);
      if (metric.harmfulWhen === "up" ? since > before * (1 + FACTOR) : since < before * (1 - FACTOR)) return now;
    }
  return undefined;
}
