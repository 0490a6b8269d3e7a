export { createExecutions, type Executions, type ExecutionsOptions } from "./executions.ts";
export { type Journal, openJournal, parseJournal } from "./journal.ts";
export { nextStep, type Step } from "./next-step.ts";
export { type Standing, standingOf } from "./standing.ts";
export { createTrust, type Trust } from "./trust.ts";
