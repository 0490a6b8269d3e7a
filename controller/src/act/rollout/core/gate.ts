import { addMs, type Instant, parseInstant } from "@breakwater/shared/core";
import type { Facts } from "./facts.ts";
import { ALL_RULES, type Rules } from "./rules.ts";
import { accepted, leftOut, type RolloutState, waveExecutions } from "./state.ts";

/** What a wave's gate says while it bakes. */
export type Gate =
  | { readonly kind: "open"; readonly why: string }
  /** Nothing to do but wait, until then. */
  | { readonly kind: "bake"; readonly until: Instant }
  /** The judge has not said what the gate needs; watched on until the limit. */
  | { readonly kind: "verdict"; readonly until: Instant; readonly said: string }
  /** A person must say. */
  | { readonly kind: "ask"; readonly about: "undecided" | "success-share" | "harmful"; readonly question: string };

export interface Share {
  readonly succeeded: number;
  readonly of: number;
  readonly permille: number;
}

/** How many of the wave's endpoints succeeded. Those that could not be reached, refused or were stopped count against it; those that a person left out do not count. */
export function successShare(state: RolloutState, wave: number): Share {
  const executions = waveExecutions(state, wave);
  const of = (state.plan.waves[wave]?.endpointIds.length ?? 0) - executions.filter(leftOut).length;
  const succeeded = executions.filter((e) => e.state === "succeeded").length;
  return { succeeded, of, permille: of === 0 ? 1000 : Math.floor((succeeded * 1000) / of) };
}

/** Every endpoint of the wave was taken out before its turn: there is nothing to do, and nothing to watch. */
export const everybodyLeftOut = (state: RolloutState, wave: number): boolean => {
  const executions = waveExecutions(state, wave);
  return executions.length === state.plan.waves[wave]?.endpointIds.length && executions.every(leftOut);
};

/** Evaluates the gate of a wave that bakes since `since`. A verdict counts only when it was given at the end of the bake or later. */
export function evaluateGate(
  state: RolloutState,
  facts: Facts,
  wave: number,
  since: Instant,
  now: Instant,
  rules: Rules = ALL_RULES,
): Gate {
  const planned = state.plan.waves[wave];
  const progress = state.waves[wave];
  if (!planned || !progress) throw new Error(`the plan has no wave ${wave}`);
  const { gate } = planned;
  if (progress.verdict?.verdict === "harmful" && !accepted(progress, "harmful"))
    return { kind: "ask", about: "harmful", question: `The judge found wave "${planned.name}" harmful: ${progress.verdict.summary}` };
  if (everybodyLeftOut(state, wave)) return { kind: "open", why: "nobody of it is left: all were left out by a person" };
  const share = successShare(state, wave);
  if (share.permille < gate.successPermille && !accepted(progress, "success-share"))
    return {
      kind: "ask",
      about: "success-share",
      question: `${share.succeeded} of ${share.of} endpoints of wave "${planned.name}" succeeded, ${gate.successPermille / 10} % are needed.${unreached(state, wave)} Go on all the same?`,
    };
  const bakedAt = addMs(since, gate.bakeMs);
  if (now < bakedAt) return { kind: "bake", until: bakedAt };
  if (accepted(progress, "undecided") || accepted(progress, "harmful")) return { kind: "open", why: "accepted by a person" };
  const latest = facts.verdicts.get(wave);
  const said = latest && latest.at >= bakedAt ? latest.verdict : "nothing yet";
  const suspects = latest && latest.verdict !== "healthy" ? (latest.suspects ?? []) : [];
  // What is said of those that were seen is said of nobody else, be it health.
  const blind = (said === "undecided" || said === "healthy") && rules.consent ? latest?.blind : undefined;
  const succeeded = `${share.succeeded} of ${share.of} succeeded`;
  if (gate.verdict === "checks-alone" && suspects.length === 0)
    return { kind: "open", why: `${succeeded}; on checks alone, as the plan states: ${gate.statement ?? "no reason was given"}` };
  if (said === "healthy" && blind === undefined) return { kind: "open", why: `${succeeded}, the judge says healthy` };
  if (said === "undecided" && gate.verdict === "not-harmful" && suspects.length === 0 && blind === undefined)
    return { kind: "open", why: `${succeeded}; the judge has not decided and suspects nothing, which is enough by the plan` };
  const until = addMs(since, Math.max(gate.bakeLimitMs, gate.bakeMs));
  if (now < until) return { kind: "verdict", until, said: blind === undefined ? said : `${said} (${blind})` };
  return {
    kind: "ask",
    about: "undecided",
    question: `Wave "${planned.name}" was watched for ${Math.round((now - since) / 60_000)} minutes and the judge says ${said}${suspects.length > 0 ? `, but its figures lean towards harm in ${suspects.join(", ")}` : ""}${blind === undefined ? "" : `: ${blind}`}. Go on, or take it back?`,
  };
}

function unreached(state: RolloutState, wave: number): string {
  const away = waveExecutions(state, wave).filter((e) => e.state === "unreachable");
  return away.length === 0
    ? ""
    : ` ${away.length} could not be reached: ${hostnames(
        state,
        away.map((e) => e.endpointId),
      )}.`;
}

/** The first few by name, the rest as a number. */
export function hostnames(state: RolloutState, endpointIds: readonly string[]): string {
  const names = endpointIds.slice(0, 3).map((id) => state.plan.endpoints[id]?.hostname ?? id);
  return names.join(", ") + (endpointIds.length > 3 ? ` and ${endpointIds.length - 3} more` : "");
}

/** Moments of the plan are RFC 3339; its schema has made sure of that. */
export const planned = (text: string): Instant =>
  parseInstant(text) ??
  ((): never => {
    throw new Error(`no moment: ${text}`);
  })();
