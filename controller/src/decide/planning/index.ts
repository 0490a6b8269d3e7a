export { type PlanDocument, planDocumentSchema, type WaveDocument } from "./document.ts";
export type { CalendarEvent, PlanningFleet, PlanningUnit } from "./fleet-view.ts";
export { type PlanIntent, planIntentSchema } from "./intent.ts";
export { planToJson, planToMarkdown } from "./markdown.ts";
export { type PlannedRollout, type PlanningRequest, planRollout } from "./plan-rollout.ts";
export { createPlanning, type Planning, type PlanRow, type Proposed, type StoredPlan } from "./planning.ts";
export { type PlanningPolicy, RECOMMENDED } from "./policy.ts";
export * from "./rollout-plan.ts";
export { planFromScenario } from "./scenario/index.ts";
