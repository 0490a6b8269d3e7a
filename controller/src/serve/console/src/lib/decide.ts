import { post } from "./api.ts";
import type { Decision } from "./types.ts";

/** The words on the buttons of a decision, and whether they do harm if pressed by mistake. */
export const answerWords: Record<string, { label: string; danger?: boolean }> = {
  approve: { label: "Review and approve" },
  deploy: { label: "Start it" },
  discard: { label: "Discard", danger: true },
  resume: { label: "Go on" },
  pause: { label: "Pause" },
  halt: { label: "Halt", danger: true },
  cancel: { label: "Cancel the rest", danger: true },
  rollback: { label: "Roll back", danger: true },
  "approve-wave": { label: "Open the next wave" },
  override: { label: "Let it pass anyway", danger: true },
};

/** Where a decision's evidence is. */
export const evidenceOf = (decision: Decision): string =>
  decision.deploymentId ? `/deployments/${decision.deploymentId}` : `/plans/${decision.planId ?? ""}`;

/** Gives one answer to a decision on a deployment. */
export const answer = (decision: Decision, action: string, reason: string): Promise<unknown> =>
  post(`/deployments/${decision.deploymentId}/${action}`, {
    reason,
    ...(decision.wave !== null && ["approve-wave", "override", "rollback"].includes(action) ? { wave: decision.wave } : {}),
  });
