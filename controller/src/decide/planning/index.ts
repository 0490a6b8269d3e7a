export type { ApprovalKey } from "./approval-keys.ts";
export { planDocumentSchema } from "./document.ts";

export { type PlanIntent, planIntentSchema } from "./intent.ts";
export { planToMarkdown } from "./markdown.ts";

export { createPlanning, type Planning } from "./planning.ts";

export * from "./rollout-plan.ts";
export { planFromScenario } from "./scenario/index.ts";
