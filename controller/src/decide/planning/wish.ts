import { fail, ok, type Problem, type Result } from "@breakwater/shared/core";
import { z } from "zod";
import { type Branch, branchSchema, type Growth, type PlannedWave, REACTIONS, type RolloutPlan, type Trigger } from "./rollout-plan.ts";

const MINUTE = 60_000;

/** A trigger as an operator writes it: a share against unpatched endpoints, or a count on one endpoint. */
export const triggerWishSchema = z
  .strictObject({
    metric: z.string().trim().min(1).max(100),
    /** So many per cent worse than endpoints that are not patched yet. */
    percent: z.number().min(0.1, "a change of less than 0.1 % is noise").max(10_000).optional(),
    /** So many on one endpoint. */
    count: z.number().int().min(1, "a count of 0 would hold from the start").max(1_000_000).optional(),
    /** For so long without a break; at once when absent. */
    forMinutes: z.number().min(0).max(43_200).default(0),
    /** What it leads to. Left out where a tree is given, whose branch says it. */
    action: z.enum(REACTIONS).optional(),
  })
  .refine((t) => (t.percent === undefined) !== (t.count === undefined), "a trigger has either `percent` or `count`");

/** A branch of the tree as an operator writes it. Triggers count from 1, as people read them. */
export const branchWishSchema = z.strictObject({
  when: z.union([
    z.enum(["harmful", "undecided", "too-few-succeeded", "budget-used-up", "not-restored"]),
    z.strictObject({ trigger: z.number().int().min(1) }),
  ]),
  action: z.enum(REACTIONS),
  order: branchSchema.shape.order.default("harmed-first"),
  ask: branchSchema.shape.ask.default("operator"),
});

/** What `--triggers FILE` holds. */
export const rulesFileSchema = z.strictObject({
  triggers: z.array(triggerWishSchema).max(20).optional(),
  tree: z.array(branchWishSchema).max(40).optional(),
});

/** A person opens this wave. Waves count from 1, as people read them; the first is opened by the plan's signatures. */
export const waveApprovalSchema = z.strictObject({
  before: z.number().int().min(2, "the first wave is opened by the plan's signatures; an approval can stand before wave 2 and later ones"),
  /** By the names they sign in with. Absent: anybody who may approve. */
  by: z.array(z.string().trim().min(1).max(100)).min(1).max(20).optional(),
});
export type WaveApproval = z.output<typeof waveApprovalSchema>;

/** How waves grow: as the plan cuts them, or as belief makes them at each gate, within these rails. */
export const growthWishSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("fixed") }),
  z.strictObject({
    kind: z.literal("by-belief"),
    smallest: z.number().int().min(1).max(10_000).optional(),
    largestFactor: z.number().int().min(2, "a wave that may not be larger than the one before it cannot grow").max(10).optional(),
    ceiling: z.number().int().min(1).max(100_000).optional(),
    seed: z.string().trim().min(1).max(100).optional(),
  }),
]);
export type GrowthWish = z.output<typeof growthWishSchema>;

/** What an operator asks of gates, triggers, trees and growth. What is not said is the planner's. */
export interface RulesWish {
  /** Longest watch while the verdict is undecided; three times the bake when absent. */
  readonly bakeLimitMs?: number | undefined;
  /** Why no wave has to be judged; absent: each has to be. */
  readonly checksAlone?: string | undefined;
  readonly approveEachWave?: boolean | undefined;
  readonly waveApprovals?: readonly WaveApproval[] | undefined;
  readonly triggers?: readonly Trigger[] | undefined;
  readonly tree?: readonly Branch[] | undefined;
  readonly growth?: GrowthWish | undefined;
}

type RulesFile = z.output<typeof rulesFileSchema>;

/**
 * Triggers and tree as the engine takes them. With a tree, each trigger must lead somewhere in it and does what its branch
 * says; without one, each says itself what it leads to, and the planner's tree is made around them.
 */
export function rulesOf(wish: RulesFile): Result<Pick<RulesWish, "triggers" | "tree">> {
  const tree = wish.tree?.map(
    ({ when, ...rest }): Branch => ({
      ...rest,
      when: typeof when === "string" ? { kind: when } : { kind: "trigger", trigger: when.trigger - 1 },
    }),
  );
  const problem = treeProblem(wish, tree);
  if (problem) {
    const { at, fault, ...said } = problem;
    // Where and what it is, for a form that shows it there in its own words; the sentence says it as well.
    const placed: Problem & { details: { at: string; message: string; fault: RuleFault }[] } = {
      ...{ code: "bad-triggers", ...said },
      details: [{ at, message: said.message, fault }],
    };
    return fail(placed);
  }
  const triggers = wish.triggers?.map((t, index): Trigger => {
    const branch = tree?.find((b) => b.when.kind === "trigger" && b.when.trigger === index);
    return {
      metric: t.metric,
      ...(t.count === undefined
        ? { kind: "change-permille" as const, threshold: Math.round((t.percent ?? 0) * 10) }
        : { kind: "count" as const, threshold: t.count }),
      forMs: Math.round(t.forMinutes * MINUTE),
      action: branch?.action ?? t.action ?? "pause",
    };
  });
  return ok({ ...(triggers ? { triggers } : {}), ...(tree ? { tree } : {}) });
}

/** What of triggers and tree does not fit together. */
type RuleFault = "trigger-silent" | "branch-twice" | "harm-unanswered" | "trigger-missing" | "trigger-idle" | "actions-differ";

/** What does not fit together, what to do, and where: the path in the request. */
function treeProblem(
  wish: RulesFile,
  tree: readonly Branch[] | undefined,
): { fault: RuleFault; message: string; next: string; at: string } | undefined {
  const triggers = wish.triggers ?? [];
  if (!tree) {
    const silent = triggers.findIndex((t) => t.action === undefined);
    if (silent < 0) return undefined;
    return {
      fault: "trigger-silent",
      at: `triggers.${silent}.action`,
      message: `Trigger ${silent + 1} (${triggers[silent]?.metric}) does not say what it leads to.`,
      next: `Give it an action (${REACTIONS.join(", ")}), or write a tree with a branch for it.`,
    };
  }
  const keys = tree.map((b) => (b.when.kind === "trigger" ? `trigger ${b.when.trigger + 1}` : b.when.kind));
  const twice = keys.find((key, i) => keys.indexOf(key) !== i);
  if (twice !== undefined)
    return {
      fault: "branch-twice",
      at: `tree.${keys.lastIndexOf(twice)}.when`,
      message: `The tree has two branches for "${twice}"; the second could never be taken.`,
      next: "Leave one of them.",
    };
  if (!keys.includes("harmful"))
    return {
      fault: "harm-unanswered",
      at: "tree",
      message: "The tree does not say what is done when the judge has proven harm.",
      next: "Add a branch with `when: harmful`.",
    };
  const dangling = tree.find((b) => b.when.kind === "trigger" && !triggers[b.when.trigger]);
  if (dangling?.when.kind === "trigger")
    return {
      fault: "trigger-missing",
      at: `tree.${tree.indexOf(dangling)}.when`,
      message: `The tree waits for trigger ${dangling.when.trigger + 1}; ${triggers.length === 0 ? "no trigger is" : triggers.length === 1 ? "one trigger is" : `${triggers.length} triggers are`} given.`,
      next: "Give the trigger, or take the branch out.",
    };
  const idle = triggers.findIndex((_, i) => !keys.includes(`trigger ${i + 1}`));
  if (idle >= 0)
    return {
      fault: "trigger-idle",
      at: `triggers.${idle}`,
      message: `Trigger ${idle + 1} (${triggers[idle]?.metric}) leads to nothing: the tree has no branch for it.`,
      next: `Add a branch with \`when: { trigger: ${idle + 1} }\`, or take the trigger out.`,
    };
  const differs = triggers.findIndex((t, i) => t.action !== undefined && t.action !== tree[keys.indexOf(`trigger ${i + 1}`)]?.action);
  if (differs < 0) return undefined;
  return {
    fault: "actions-differ",
    at: `triggers.${differs}.action`,
    message: `Trigger ${differs + 1} (${triggers[differs]?.metric}) says ${triggers[differs]?.action}, its branch in the tree says ${tree[keys.indexOf(`trigger ${differs + 1}`)]?.action}.`,
    next: "Leave the action out of the trigger, or make them agree.",
  };
}

/** What stands before the next wave: whether a person opens it, and who. */
export function approvalBefore(wish: RulesWish, next: number): Pick<PlannedWave["gate"], "approval" | "approvers"> {
  const asked = wish.waveApprovals?.filter((a) => a.before === next) ?? [];
  const named = asked.flatMap((a) => a.by ?? []);
  return {
    approval: (wish.approveEachWave ?? false) || asked.length > 0,
    ...(named.length > 0 ? { approvers: [...new Set(named)] } : {}),
  };
}

/** One in fifty fails or harms, before anything is known of a patch; that costs as much as 100 days of waiting. */
const PRIOR = { happened: 1, not: 49 } as const;
const HARM_COST_DAYS = 100;
const LARGEST_FACTOR = 5;

/** The rails of growth with what was not said: nothing smaller than the first wave, nothing larger than the fleet. */
export function growthOf(
  wish: RulesWish,
  plan: { readonly planId: string; readonly firstWave: number; readonly endpoints: number; readonly waitMs: number },
): Growth | undefined {
  if (wish.growth?.kind !== "by-belief") return undefined;
  const ceiling = wish.growth.ceiling ?? plan.endpoints;
  return {
    smallest: wish.growth.smallest ?? Math.min(plan.firstWave, ceiling),
    largestFactor: wish.growth.largestFactor ?? LARGEST_FACTOR,
    ceiling,
    seed: wish.growth.seed ?? plan.planId,
    prior: PRIOR,
    harmCostDays: HARM_COST_DAYS,
    waitMinutes: Math.max(1, Math.round(plan.waitMs / MINUTE)),
    approveEach: wish.approveEachWave ?? false,
  };
}

/** The rails as people read them before they sign. */
export const railsWords = (growth: Growth): string =>
  `Waves after the first grow by belief: at each gate the size of the next one is drawn from what is believed of this patch by then, starting from ${growth.prior.happened} failure in ${growth.prior.happened + growth.prior.not}, and never leaves these rails: at least ${growth.smallest}, at most ${growth.largestFactor} times the wave before, at most ${growth.ceiling}. Order, windows, places and gates stay as signed; the sizes and times told here are what is expected. Seed of the draws: ${growth.seed}.`;

/** What of the wish does not fit the plan that came out. */
export function wishProblems(wish: RulesWish, plan: RolloutPlan): Problem[] {
  const found: Problem[] = [];
  const waves = plan.waves.length;
  const beyond = wish.waveApprovals?.find((a) => a.before > waves);
  if (beyond)
    found.push({
      code: "approval-without-wave",
      message: `An approval is asked for before wave ${beyond.before}, and the plan has ${waves === 1 ? "one wave" : `${waves} waves`}.`,
      next: waves === 1 ? "Take it out: the plan's signatures open its only wave." : `Ask before one of the waves 2 to ${waves}.`,
    });
  return found;
}
