import { formatInstant, type Instant } from "@breakwater/shared/core";
import type { z } from "zod";
import { isFinal } from "../../../act/rollout/index.ts";
import type { ActiveDeployment } from "../queries/active.ts";
import type { decisionSchema } from "../schemas/index.ts";

type Decision = z.infer<typeof decisionSchema>;
export interface OpenPlan {
  readonly id: string;
  readonly title: string;
  readonly state: "draft" | "approved";
  readonly createdAt: string;
  readonly endpoints: number;
  readonly waves: number;
  readonly simulated: boolean;
}

const endpointsText = (n: number): string => `${n} ${n === 1 ? "endpoint" : "endpoints"}`;
const URGENT: readonly Decision["kind"][] = [
  "verdict-harmful",
  "rollback-failed",
  "verdict-undecided",
  "wave-approval",
  "deployment-paused",
  "plan-deploy",
  "plan-approval",
];

/** What waits for a person, the most urgent first. Every card has at least one answer. */
export function decisionsOf(deployments: readonly ActiveDeployment[], plans: readonly OpenPlan[]): Decision[] {
  return [...deployments.flatMap(ofDeployment), ...plans.map(ofPlan)].sort(
    (a, b) => URGENT.indexOf(a.kind) - URGENT.indexOf(b.kind) || (a.since < b.since ? -1 : 1),
  );
}

function ofPlan(plan: OpenPlan): Decision {
  const draft = plan.state === "draft";
  return {
    kind: draft ? "plan-approval" : "plan-deploy",
    title: draft ? `Approve "${plan.title}"?` : `Start "${plan.title}"?`,
    detail: `${plan.waves} ${plan.waves === 1 ? "wave" : "waves"} over ${endpointsText(plan.endpoints)}.`,
    since: plan.createdAt,
    planId: plan.id,
    deploymentId: null,
    wave: null,
    endpoints: plan.endpoints,
    role: draft ? "approver" : "operator",
    answers: draft ? ["approve", "discard"] : ["deploy", "discard"],
    simulated: plan.simulated,
  };
}

function ofDeployment({ id, title, state, simulated }: ActiveDeployment): Decision[] {
  const card = (
    kind: Decision["kind"],
    rest: Pick<Decision, "title" | "detail" | "since" | "wave" | "role" | "answers" | "endpoints">,
  ): Decision => ({
    kind,
    planId: state.plan.planId,
    deploymentId: id,
    simulated,
    ...rest,
  });
  const asked = state.decisions.map((d) => {
    const wave = state.plan.waves[d.wave];
    const endpoints = d.endpointId === undefined ? (wave?.endpointIds.length ?? 0) : 1;
    const base = {
      title: `${title}: ${d.question}`,
      detail: `Wave "${wave?.name ?? d.wave + 1}" with ${endpointsText(wave?.endpointIds.length ?? 0)}.`,
      since: formatInstant(d.since),
      wave: d.wave,
      endpoints,
    };
    switch (d.kind) {
      case "approval":
        return card("wave-approval", { ...base, role: "approver", answers: ["approve-wave", "halt"] });
      case "harmful":
        return card("verdict-harmful", { ...base, role: "operator", answers: ["rollback", "override", "halt"] });
      case "rollback-failed":
      case "rollback-partial":
      case "not-ended":
        return card("rollback-failed", { ...base, role: "approver", answers: ["override"] });
      default:
        return card("verdict-undecided", { ...base, role: "approver", answers: ["override", "rollback", "halt"] });
    }
  });
  const { phase } = state;
  if (asked.length > 0 || phase.kind !== "paused" || state.rollback || isFinal(phase)) return asked;
  const endpoints = state.plan.waves.reduce((n, w) => n + w.endpointIds.length, 0) - state.executions.size;
  return [
    card("deployment-paused", {
      title: `${title} is paused: ${phase.reason}`,
      detail: `${endpointsText(endpoints)} have not had their turn.`,
      since: formatInstant(phase.since as Instant),
      wave: null,
      endpoints,
      role: "operator",
      answers: ["resume", "rollback", "halt"],
    }),
  ];
}
