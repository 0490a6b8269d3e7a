const MINUTE = 60_000;
/** After the grace: close together while most harm shows itself, then every five minutes. */
const EARLY_MINUTES = [0, 1, 2, 3, 5, 7] as const;
const LATER_EVERY_MINUTES = 5;
/** Windows that end at the look, besides "all since the patch": a harm that began late drowns in that one. */
export const RECENT_WINDOWS_MS = [15 * MINUTE, 30 * MINUTE, 60 * MINUTE, 90 * MINUTE] as const;

/** Parts of alpha for all looks before the last together, and for the end of the bake, when weak harm can be told from noise. */
const SHARE_OF_EARLY = 0.5;
const SHARE_OF_LAST = 0.7;

export interface Look {
  /** Time since the patch. */
  readonly afterMs: number;
  /** Part of alpha that this look may spend. */
  readonly share: number;
}

/**
 * The moments after the patch at which the judge looks, fixed before the bake from its length alone. Each look but the last tests at
 * an equal part of alpha, whether or not it is taken. The parts add up to more than one, since looks at much the same samples agree: for
 * sums of independent increments the chance that any of them gives a false alarm stays below alpha (in the spirit of O'Brien and Fleming
 * 1979; `looks.test.ts` follows such sums).
 */
export function plannedLooks(bakeMs: number, graceMs: number): Look[] {
  const early: number[] = EARLY_MINUTES.map((m) => graceMs + m * MINUTE).filter((ms) => ms < bakeMs);
  const first = (Math.floor((graceMs + 7 * MINUTE) / (LATER_EVERY_MINUTES * MINUTE)) + 1) * LATER_EVERY_MINUTES * MINUTE;
  for (let ms = first; ms < bakeMs; ms += LATER_EVERY_MINUTES * MINUTE) early.push(ms);
  const last = { afterMs: bakeMs, share: early.length === 0 ? 1 : SHARE_OF_LAST };
  return [...early.map((afterMs) => ({ afterMs, share: SHARE_OF_EARLY / early.length })), last];
}
