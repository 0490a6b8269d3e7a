import type { CountFinding } from "./count-test.ts";
import type { LevelFinding } from "./level-test.ts";
import type { SilenceFinding } from "./silence.ts";
import type { JudgedMetric } from "./types.ts";

/** What the comparison found, in words. */
export function sentenceOnLevel(name: string, metric: JudgedMetric, found: LevelFinding, control: number): string {
  const moved = found.effect >= 0 ? `${percent(found.effect)} higher` : `${percent(found.effect)} lower`;
  const [low, high] = found.interval;
  const against =
    control > 0
      ? `than the ${plural(control, "unpatched endpoint")} would have it, each measured against its own past`
      : "than before; there is no unpatched endpoint to compare with, so only the own past speaks";
  const basis =
    found.noise === "placebo"
      ? "judged by how such differences strayed before the patch"
      : "judged by the spread of a short past, so twice the tolerance is asked";
  return `${name} of ${plural(found.treated, "patched endpoint")} is ${moved} ${against} (95 %: ${signed(low)} to ${signed(high)}; accepted: ${percent(metric.tolerance)}; ${basis}).`;
}

export function sentenceOnCount(name: string, found: CountFinding): string {
  if (found.events === 0) return `No ${name} since the patch had settled.`;
  return `${plural(found.events, "interval")} with ${name} since the patch had settled, again and again on ${plural(found.endpoints, "endpoint")}.`;
}

export const sentenceOnSilence = (name: string, found: SilenceFinding) =>
  `${name} fell to zero and stays there on ${found.silent} of ${plural(found.of, "patched endpoint")}, longer than ever before the patch, while the others work.`;

const percent = (share: number) => `${Math.abs(share * 100).toFixed(Math.abs(share) < 0.1 ? 1 : 0)} %`;
const signed = (share: number) => `${share < 0 ? "-" : "+"}${percent(share)}`;
const plural = (n: number, word: string) => `${n} ${word}${n === 1 ? "" : "s"}`;
