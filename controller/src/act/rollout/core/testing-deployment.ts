import type { AgentExecutionState } from "@breakwater/shared/command";
import { expectOk, type Instant } from "@breakwater/shared/core";
import type { RolloutPlan } from "../../../decide/planning/index.ts";
import {
  begin,
  decide,
  evolve,
  explain,
  type Facts,
  type RolloutCommand,
  type RolloutEvent,
  type RolloutState,
  sentences,
  type Verdict,
} from "./index.ts";
import { at, HOUR, quietFacts } from "./testing.ts";

/** A deployment under test: commands go in, events come out and are evolved. */
export function deploymentOf(plan: RolloutPlan, created: Partial<Extract<RolloutEvent, { type: "created" }>> = {}) {
  let state: RolloutState = begin(plan, {
    type: "created",
    at: at(0),
    deploymentId: "dp_1" as never,
    planDigest: "digest",
    expiresAt: at(14 * 24 * HOUR),
    unchanging: [],
    irreversible: [],
    actor: "user:ada",
    ...created,
  });
  let facts = quietFacts(plan);
  let steps = 0;
  const give = (command: RolloutCommand, now: Instant) => {
    const result = decide(state, command, now);
    if (result.ok) state = evolve(state, ...result.value);
    return result;
  };
  return {
    get state() {
      return state;
    },
    get facts() {
      return facts;
    },
    know: (part: Partial<Facts>) => {
      facts = { ...facts, ...part };
    },
    give,
    tick: (ms: number) => expectOk(give({ type: "tick", facts }, at(ms))),
    report: (endpointId: string, reported: AgentExecutionState, ms: number, of: "apply" | "rollback" = "apply") =>
      give(
        {
          type: "report",
          endpointId,
          of,
          step: ++steps,
          state: reported,
          failureClass: reported === "failed" ? "check-failed" : "",
          message: "",
        },
        at(ms),
      ),
    judge: (wave: number, verdict: Verdict, ms: number, suspects: readonly string[] = [], blind?: string) => {
      const heard = { verdict, at: at(ms), suspects, ...(blind === undefined ? {} : { blind }) };
      facts = { ...facts, verdicts: new Map([...facts.verdicts, [wave, heard]]) };
      return give({ type: "verdict", wave, verdict, summary: "latency +98 %" }, at(ms));
    },
    /** The judge has not decided, and these triggers of the plan hold since then. */
    holds: (wave: number, triggers: readonly number[], sinceMs: number, ms: number, endpointIds: readonly string[] = []) =>
      give(
        {
          type: "verdict",
          wave,
          verdict: "undecided",
          summary: "",
          holding: triggers.map((trigger) => ({ trigger, since: at(sinceMs), sentence: `trigger ${trigger} holds.`, endpointIds })),
        },
        at(ms),
      ),
    told: (ms: number) => sentences(explain(state, facts, at(ms))).join("\n"),
    states: () => Object.fromEntries([...state.executions].map(([id, e]) => [id, e.state])),
    disconnect: (id: string, lastSeenMs: number) => {
      facts = { ...facts, endpoints: new Map([...facts.endpoints, [id, { connected: false, lastSeenAt: at(lastSeenMs) }]]) };
    },
    connect: (id: string, ms: number) => {
      facts = { ...facts, endpoints: new Map([...facts.endpoints, [id, { connected: true, lastSeenAt: at(ms) }]]) };
    },
  };
}

export const said = { actor: "user:ada", reason: "because" };
