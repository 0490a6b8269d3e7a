export { type FindingFilter, type FindingItem, findings } from "./findings.ts";
export { type FleetRisk, fleetRisk } from "./fleet-risk.ts";
export { patchQueue, type QueuedPatch } from "./patch-queue.ts";
export { type VulnerabilityView, vulnerability } from "./vulnerability.ts";
