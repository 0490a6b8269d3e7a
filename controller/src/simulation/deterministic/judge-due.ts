import { type HeardVerdict, isFinal, type RolloutState } from "../../act/rollout/core/index.ts";

/** Waves are judged ever more rarely as time goes by, and at least this often. */
const JUDGE_FIRST_MS = 5 * 60_000;
const JUDGE_LATEST_MS = 2 * 60 * 60_000;

type Heard = ReadonlyMap<number, HeardVerdict>;

/** When the judge is to be asked next about any wave that is watched. Infinity when none is. */
export const judgeDue = (state: RolloutState, heard: Heard): number =>
  state.waves.reduce((least, _, wave) => Math.min(least, judgeDueOf(state, wave, heard)), Number.POSITIVE_INFINITY);

/** The same of one wave. */
export function judgeDueOf(state: RolloutState, wave: number, heard: Heard): number {
  const phase = state.waves[wave]?.phase;
  if ((phase?.kind !== "running" && phase?.kind !== "baking") || isFinal(state.phase) || state.rollback) return Number.POSITIVE_INFINITY;
  let first = Number.POSITIVE_INFINITY;
  for (const e of state.executions.values()) if (e.wave === wave && e.patchedAt !== undefined && e.patchedAt < first) first = e.patchedAt;
  if (first === Number.POSITIVE_INFINITY) return first;
  const last = heard.get(wave)?.at;
  const next = last === undefined ? first + JUDGE_FIRST_MS : last + Math.max(JUDGE_FIRST_MS, Math.min(JUDGE_LATEST_MS, last - first));
  const gate = state.plan.waves[wave]?.gate;
  if (phase.kind !== "baking" || !gate) return next;
  // Its word counts for the gate when it is given at the end of the bake or later.
  const baked = phase.since + gate.bakeMs;
  return (last === undefined || last < baked) && next > baked ? baked : next;
}
