import { type Random, seededRandom } from "@breakwater/shared/core";
import type { Growth, RolloutPlan } from "../planning/index.ts";
import { drawRate, meanRate, observe } from "./growth.ts";
import { membersOfNext } from "./recut.ts";

/** What held the size of a wave down, or up. */
export const GROWTH_BOUNDS = ["belief", "factor", "ceiling", "smallest", "left"] as const;

/** How large the next wave is to be, with every number that led to it, so that anybody can compute it again. */
export interface WaveSize {
  readonly endpointIds: readonly string[];
  readonly size: number;
  /** As many as the plan had foreseen for it. */
  readonly foreseen: number;
  readonly before: number;
  /** Endpoints that have not had their turn, this wave's included. */
  readonly left: number;
  /** What was seen in this deployment: so many failed or were harmed, of so many. */
  readonly happened: number;
  readonly of: number;
  /** Mean of the belief, and the draw from it: shares, to six digits. */
  readonly mean: number;
  readonly draw: number;
  /** Endpoints at which the expected harm, by the draw, costs as much as one wave more of waiting. */
  readonly affordable: number;
  readonly bound: (typeof GROWTH_BOUNDS)[number];
}

/**
 * Thompson sampling of the next wave's size: a rate of harm is drawn from the belief that prior and deployment leave, and
 * the wave is as large as that rate makes affordable. The rails of the plan bound it always. Pure: the draw's seed is made
 * of the plan's, the deployment and the wave.
 */
export function sizeNextWave(
  plan: RolloutPlan,
  growth: Growth,
  wave: number,
  known: { readonly deploymentId: string; readonly happened: number; readonly of: number; readonly begun: (endpointId: string) => boolean },
): WaveSize {
  const { happened, of, begun } = known;
  const belief = observe(growth.prior, happened, of);
  const random: Random = seededRandom(`${growth.seed}/${known.deploymentId}/${wave}`);
  const draw = Math.max(1e-6, rounded(drawRate(belief, random)));
  const left = plan.waves.slice(wave).reduce((sum, w) => sum + w.endpointIds.filter((id) => !begun(id)).length, 0);
  const affordable = Math.floor((left * growth.waitMinutes) / (draw * growth.harmCostDays * MINUTES_A_DAY));
  const before = plan.waves[wave - 1]?.endpointIds.length ?? 1;
  const wanted = Math.max(growth.smallest, affordable);
  const most = Math.max(1, Math.min(wanted, before * growth.largestFactor, growth.ceiling));
  const endpointIds = membersOfNext(plan, wave, most, begun);
  const size = endpointIds.filter((id) => !begun(id)).length;
  const foreseen = plan.waves[wave]?.endpointIds.length ?? 0;
  const bound = boundOf(size, most, { affordable, smallest: growth.smallest, factor: before * growth.largestFactor });
  return { endpointIds, size, foreseen, before, left, happened, of, mean: rounded(meanRate(belief)), draw, affordable, bound };
}

const MINUTES_A_DAY = 1_440;
const rounded = (share: number): number => Math.round(share * 1e6) / 1e6;

function boundOf(size: number, most: number, by: { affordable: number; smallest: number; factor: number }): WaveSize["bound"] {
  if (size < most) return "left";
  if (most === by.factor) return "factor";
  if (most === by.affordable) return "belief";
  return most === by.smallest ? "smallest" : "ceiling";
}

const BOUNDS: Readonly<Record<WaveSize["bound"], (growth: Growth, size: WaveSize) => string>> = {
  belief: () => "as many as that makes worth it",
  factor: (growth, { before }) => `the plan allows ${growth.largestFactor} times the ${before} before`,
  ceiling: (growth) => `the plan allows ${growth.ceiling} a wave`,
  smallest: (growth) => `the plan's smallest wave, though ${growth.smallest} are more than that makes worth it`,
  left: () => "no more are left that the plan lets come now",
};

/** "10 endpoints, 25 foreseen: 0 of 5 so far failed or were harmed, so 1.8 % is believed and 2.1 % was drawn; …" */
export function growthWords(growth: Growth, said: Omit<WaveSize, "endpointIds">): string {
  const percent = (share: number) => `${Math.round(share * 1_000) / 10} %`;
  const seen = `${said.happened} of ${said.of} so far failed or were harmed`;
  const belief = `the plan's belief with that is ${percent(said.mean)}, ${percent(said.draw)} was drawn from it, which makes ${said.affordable} worth it`;
  return `${said.size} of ${said.left} that are left, ${said.foreseen} foreseen: ${seen}; ${belief}; ${BOUNDS[said.bound](growth, said as WaveSize)}.`;
}
