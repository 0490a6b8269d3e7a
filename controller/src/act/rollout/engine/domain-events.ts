import { unreachable } from "@breakwater/shared/core";
import type { DomainEvent } from "../../../store/index.ts";
import type { RolloutEvent, RolloutState } from "../core/index.ts";
import { executionIdFor } from "../core/index.ts";

const PHASES = {
  succeeded: "succeeded",
  halted: "halted",
  "rolled-back": "rolled-back",
  cancelled: "cancelled",
  expired: "expired",
} as const;

/** What the floors above are told of a decision: every event of it, under the name of what it happened to. */
export function domainEventOf(state: RolloutState, event: RolloutEvent): DomainEvent {
  const { type, at, ...rest } = event;
  const deploymentId = state.deploymentId;
  const actor = "actor" in event ? event.actor : "engine";
  const data: Record<string, unknown> = { deploymentId, ...rest };
  delete data.actor;
  const about = (name: string, subject: string, more: Record<string, unknown> = {}): DomainEvent => ({
    at,
    type: name,
    actor,
    subject,
    data: { ...data, ...more },
  });
  const deployment = `deployment:${deploymentId}`;
  const wave = (index: number) => ({ waveName: state.plan.waves[index]?.name ?? "" });
  const execution = (endpointId: string) => `execution:${executionIdFor(deploymentId, endpointId)}`;
  switch (event.type) {
    case "created":
      return about("deployment.created", deployment, {
        planId: state.plan.planId,
        planRevision: state.plan.revision,
        endpoints: Object.keys(state.plan.endpoints).length,
      });
    case "started":
    case "resumed":
    case "paused":
      return about(`deployment.${event.type}`, deployment);
    case "ended":
      return about(`deployment.${PHASES[event.as]}`, deployment);
    case "decision-needed":
    case "decision-closed":
    case "decision-reminded":
    case "overridden":
    case "rollback-started":
    case "rollback-forced":
    case "rollback-finished":
      return about(`deployment.${event.type}`, deployment);
    case "wave-gated":
    case "wave-opened":
    case "wave-baking":
    case "wave-approved":
    case "wave-passed":
    case "wave-failed":
    case "wave-skipped":
    case "wave-held":
    case "wave-freed":
      return about(`wave.${event.type.slice("wave-".length)}`, deployment, wave(event.wave));
    case "wave-sized": {
      // Who it is lies in the deployment's own history; the audit chain keeps the numbers.
      const { endpointIds: _endpointIds, ...numbers } = data;
      return { at, type: "wave.sized", actor, subject: deployment, data: { ...numbers, ...wave(event.wave) } };
    }
    case "verdict-changed":
      return about("wave.verdict-changed", deployment, wave(event.wave));
    case "trigger-held":
    case "trigger-ceased":
    case "branch-taken":
      return about(`wave.${event.type}`, deployment, wave(event.wave));
    case "endpoint-awaited":
      return about("execution.awaited", execution(event.endpointId));
    case "execution-started":
    case "execution-withdrawn":
    case "execution-cancel-requested":
    case "execution-rollback-requested":
      return about(`execution.${event.type.slice("execution-".length)}`, execution(event.endpointId));
    case "execution-moved":
      return {
        ...about(`execution.${event.to}`, execution(event.endpointId)),
        actor: event.step ? `endpoint:${event.endpointId}` : "engine",
      };
    case "report-noted":
      return { ...about("execution.report-noted", execution(event.endpointId)), actor: `endpoint:${event.endpointId}` };
    default:
      return unreachable(event);
  }
}
