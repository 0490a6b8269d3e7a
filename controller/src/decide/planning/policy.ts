import type { RateBelief } from "../growth/index.ts";

/** How the planner weighs speed against care. Every figure is one that an operator may set; these are the defaults. */
export interface PlanningPolicy {
  /** Endpoints in the production canary; undefined lets the share decide, 0 leaves the canary out. */
  readonly canary?: number | undefined;
  readonly canaryShare: number;
  /** A following wave may be this many times the one before it. */
  readonly growth: number;
  /** What is believed of the patch: when given, waves grow as far as that makes harm cheaper than waiting, instead of by `growth`. */
  readonly belief?: { readonly rate: RateBelief; readonly harmCost: number; readonly waitDays: number } | undefined;
  /** The first wave after the canary takes at least this share of its tier. */
  readonly firstShare: number;
  /** Executions at once, as a share of the tier, and never fewer than `minConcurrent`. */
  readonly concurrentShare: number;
  readonly minConcurrent: number;
  readonly maxConcurrent?: number | undefined;
  /** A fixed bake for every wave; undefined lets the tier and the business peaks decide. */
  readonly bakeMs?: number | undefined;
  /** Multiplies the bakes that the planner chooses. */
  readonly bakeFactor: number;
  /** Whether a production bake lasts until one whole business peak was lived through. */
  readonly bakeCoversPeak: boolean;
  /** Distance kept from business events on both sides, so that a rollback ends before they begin. */
  readonly eventMarginMs: number;
  readonly skipDevelopment: boolean;
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;

export const RECOMMENDED: PlanningPolicy = {
  canaryShare: 0.02,
  growth: 5,
  firstShare: 0.1,
  concurrentShare: 0.1,
  minConcurrent: 1,
  bakeFactor: 1,
  bakeCoversPeak: true,
  eventMarginMs: 0,
  skipDevelopment: false,
};

export const fasterThan = (policy: PlanningPolicy): PlanningPolicy => ({
  ...policy,
  growth: 1_000,
  bakeFactor: policy.bakeFactor / 4,
  bakeMs: policy.bakeMs === undefined ? undefined : Math.ceil(policy.bakeMs / 4),
  bakeCoversPeak: false,
});

export const saferThan = (policy: PlanningPolicy): PlanningPolicy => ({
  ...policy,
  growth: 2,
  firstShare: policy.firstShare / 2,
  bakeFactor: policy.bakeFactor * 2,
  bakeMs: policy.bakeMs === undefined ? undefined : policy.bakeMs * 2,
});

/** Bakes by place in the order: development finds what breaks at once, production what only load and time show. */
export const BASE_BAKE_MS = {
  developmentCanary: HOUR_MS,
  development: 4 * HOUR_MS,
  canary: 24 * HOUR_MS,
  production: 12 * HOUR_MS,
} as const;
