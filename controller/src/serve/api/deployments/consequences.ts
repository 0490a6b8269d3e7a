import { isNew } from "@breakwater/shared/command";
import type { z } from "zod";
import {
  countsAsFailure,
  currentWave,
  isBeforeChange,
  isFinal,
  isInFlight,
  type RolloutState,
  remainsChanged,
  waveExecutions,
} from "../../../act/rollout/index.ts";
import type { consequenceSchema } from "../schemas/index.ts";

type Consequence = z.infer<typeof consequenceSchema>;
export interface PackageStep {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly endpoints: number;
}

const endpointsText = (n: number): string => `${n} ${n === 1 ? "endpoint" : "endpoints"}`;

/** What an operator can do now, and what each would do to how many: said before it is done, by page and command line alike. */
export function consequencesOf(state: RolloutState, packages: readonly PackageStep[]): Consequence[] {
  const executions = [...state.executions.values()];
  const all = state.plan.waves.reduce((sum, wave) => sum + wave.endpointIds.length, 0);
  const flying = executions.filter((e) => isInFlight(e.state)).length;
  const stoppable = executions.filter((e) => isInFlight(e.state) && isBeforeChange(e.state)).length;
  const changed = executions.filter((e) => remainsChanged(state, e)).length;
  const waiting = all - executions.length;
  const over = isFinal(state.phase);
  const paused = state.phase.kind === "paused";
  const harmful = state.waves.some((w) => w.verdict?.verdict === "harmful" && !w.overrides.some((o) => o.kind === "harmful"));
  const approvals = state.decisions.filter((d) => d.kind === "approval");
  const questions = state.decisions.filter((d) => d.kind !== "approval");
  const forceable = state.rollback !== undefined && !state.rollback.forced;
  const one = (
    action: Consequence["action"],
    allowed: boolean,
    endpoints: number,
    sentence: string,
    rest: Partial<Pick<Consequence, "wave" | "role">> = {},
  ): Consequence => ({ action, wave: null, role: "operator", allowed, endpoints, sentence, ...rest });
  return [
    one(
      "pause",
      !over && !paused,
      waiting,
      `Start nothing more: ${endpointsText(waiting)} wait; ${flying} in flight come to their own end.`,
    ),
    one(
      "resume",
      paused && !state.rollback && !harmful && !questions.some((d) => d.kind === "harmful"),
      waiting,
      `Go on with the ${endpointsText(waiting)} that have not had their turn.`,
    ),
    one(
      "halt",
      !over,
      waiting,
      `End it here: ${changed} keep the new versions, ${endpointsText(waiting)} are never started, ${flying} in flight come to their own end.`,
    ),
    one(
      "cancel",
      !over,
      waiting + stoppable,
      `End it: ${endpointsText(waiting)} are never started, ${stoppable} that changed nothing yet stop at their next safe point; ${changed} keep the new versions.`,
    ),
    ...rollbacks(state, packages, one),
    ...(approvals.length > 0
      ? approvals.map((d) => {
          const wave = state.plan.waves[d.wave];
          const size = wave?.endpointIds.length ?? 0;
          return one("approve-wave", !over, size, `Let wave "${wave?.name ?? d.wave + 1}" with ${endpointsText(size)} begin.`, {
            wave: d.wave,
            role: "approver",
          });
        })
      : [one("approve-wave", false, 0, "No wave waits for an approval.", { role: "approver" })]),
    one(
      "override",
      over ? questions.length > 0 : questions.length > 0 || forceable,
      waiting,
      questions.length > 0
        ? `Accept, in your name: ${questions.map((d) => d.question).join(" ")}`
        : forceable
          ? "Let the rollback go on even if a redundancy group falls short meanwhile."
          : "No open question waits for an answer.",
      { role: "approver" },
    ),
  ];
}

function rollbacks(
  state: RolloutState,
  packages: readonly PackageStep[],
  one: (action: "rollback", allowed: boolean, endpoints: number, sentence: string, rest?: { wave: number }) => Consequence,
): Consequence[] {
  const affected = (wave: number) =>
    waveExecutions(state, wave).filter(
      (e) => !state.irreversible.has(e.endpointId) && (remainsChanged(state, e) || (isInFlight(e.state) && e.state !== "rolling-back")),
    ).length;
  const perWave = state.plan.waves.map((wave, index) => ({ index, name: wave.name, count: affected(index) }));
  const total = perWave.reduce((sum, w) => sum + w.count, 0);
  const possible = state.rollback === undefined;
  const to =
    packages.length > 0 && packages.length <= 2
      ? packages.map((p) => (isNew(p) ? `no ${p.name}` : `${p.name} ${p.from}`)).join(" and ")
      : "the versions of before";
  return [
    one(
      "rollback",
      possible && total > 0,
      total,
      total > 0
        ? `Roll back ${endpointsText(total)} to ${to} and end the deployment.`
        : "Nothing was changed, so there is nothing to take back.",
    ),
    ...perWave
      .filter((w) => w.count > 0 && w.count < total)
      .map((w) =>
        one("rollback", possible, w.count, `Roll back the ${endpointsText(w.count)} of wave "${w.name}" to ${to} and end the deployment.`, {
          wave: w.index,
        }),
      ),
  ];
}

/** The figures that lists show. */
export function tally(state: RolloutState) {
  const executions = [...state.executions.values()];
  const index = currentWave(state);
  const wave = state.plan.waves[index];
  return {
    wave: wave ? { index, name: wave.name, state: state.waves[index]?.phase.kind ?? ("pending" as const) } : null,
    waves: state.plan.waves.length,
    endpoints: state.plan.waves.reduce((sum, w) => sum + w.endpointIds.length, 0),
    succeeded: executions.filter((e) => e.state === "succeeded").length,
    failed: executions.filter(countsAsFailure).length,
    inFlight: executions.filter((e) => isInFlight(e.state)).length,
    openDecisions: state.decisions.length,
  };
}
