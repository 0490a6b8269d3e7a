/** States of one endpoint's run of a deployment, as the agent reports them. Terminal ones end it. */
export const AGENT_EXECUTION_STATES = [
  "accepted",
  "prechecking",
  "prefetched",
  "applying",
  "rebooting",
  "verifying",
  "succeeded",
  "failed",
  "rolling-back",
  "rolled-back",
  "rollback-failed",
  "refused",
  "cancelled",
] as const;
export type AgentExecutionState = (typeof AGENT_EXECUTION_STATES)[number];

/** States of a rehearsal, which changes nothing. The last two end it. */
export const REHEARSAL_STATES = ["accepted", "rehearsing", "rehearsed", "refused"] as const;
export type RehearsalState = (typeof REHEARSAL_STATES)[number];

/** Why an execution failed. The learning models count by these. */
export const FAILURE_CLASSES = [
  "lock-timeout",
  "package-manager-broken",
  "simulation-differs",
  "removal-needed",
  "held",
  "version-gone",
  "repository-untrusted",
  "download-failed",
  "hash-mismatch",
  "no-space",
  "maintainer-script",
  "unpack-failed",
  "service-failed",
  "check-failed",
  "commit-confirm",
  "version-mismatch",
  "interrupted",
  "agent-crashed",
  "hung",
  "network-down",
  "reboot-not-done",
  "kernel-fell-back",
  "hook-failed",
  "internal",
] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];

/** Why an endpoint refuses a command before touching anything. */
export const REFUSAL_CODES = [
  "policy-observe",
  "policy-package",
  "policy-window",
  "policy-reboot",
  "malformed-action",
  "malformed-plan",
  "misaddressed",
  "not-in-plan",
  "expired",
  "too-early",
  "signature-missing",
  "replayed",
  "busy",
  "policy-rehearse",
  "unknown-execution",
  "not-reversible",
  "halted",
  "rate-fuse",
] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];
