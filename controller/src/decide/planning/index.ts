export type { ApprovalKey } from "./approval-keys.ts";
export { missingApprovals } from "./approve.ts";
export { planDocumentSchema } from "./document.ts";
export { enginePlan } from "./engine-plan.ts";
export type { CalendarEvent, Excluded, PlanningFleet, PlanningUnit } from "./fleet-view.ts";

export { gateWords, SETTLING_MS } from "./gate.ts";
export { type PlanIntent, planIntentSchema } from "./intent.ts";
export { planToMarkdown } from "./markdown.ts";
export { planProblems } from "./plan-problems.ts";
export { createPlanning, type Planning } from "./planning.ts";
export { type PlanningPolicy, RECOMMENDED } from "./policy.ts";
export * from "./rollout-plan.ts";
export { planFromScenario } from "./scenario/index.ts";
export { scheduleWaves } from "./schedule.ts";
export { tierOf } from "./tier.ts";
export { cutWaves, type WaveDraft } from "./waves.ts";
export { type GrowthWish, railsWords, rulesFileSchema } from "./wish.ts";
