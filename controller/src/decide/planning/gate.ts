import type { PlannedWave } from "./rollout-plan.ts";
import type { RulesWish } from "./wish.ts";

/** Below this many endpoints there are too few others to prove a canary healthy. */
const FEW_ENDPOINTS = 20;
const MINUTE_MS = 60_000;
/** After a patch the judge lets so much time pass before it looks: the restart that the patch causes is normal. */
export const SETTLING_MS = 3 * MINUTE_MS;

/** Share of a wave's executions that must succeed: every canary, 95 % of the larger waves. */
export const successPermille = (kind: string): number => (kind === "canary" || kind === "only" ? 1_000 : 950);

/** What must hold before the wave after this one begins. Whatever asks for less than a verdict of health says why. */
export function gateOf(
  wave: { readonly kind: string; readonly bakeMs: number },
  endpoints: number,
  wish: Pick<RulesWish, "bakeLimitMs" | "checksAlone">,
  approval: Pick<PlannedWave["gate"], "approval" | "approvers">,
): PlannedWave["gate"] {
  const limit = wish.bakeLimitMs ?? wave.bakeMs * 3 + MINUTE_MS;
  return {
    bakeMs: wave.bakeMs,
    bakeLimitMs: Math.max(wave.bakeMs, limit),
    successPermille: successPermille(wave.kind),
    ...asked(wave, endpoints, wish.checksAlone),
    ...approval,
  };
}

function asked(wave: { readonly kind: string }, endpoints: number, checksAlone: string | undefined) {
  if (checksAlone !== undefined) return { verdict: "checks-alone" as const, statement: checksAlone };
  if (wave.kind !== "canary")
    return {
      verdict: "not-harmful" as const,
      statement: "A wave of this kind has few unpatched endpoints left to compare with; no suspicion through the whole watch is enough.",
    };
  if (endpoints < FEW_ENDPOINTS)
    return {
      verdict: "not-harmful" as const,
      statement: `${endpoints === 1 ? "One endpoint is" : `${endpoints} endpoints are`} too few to prove health; no suspicion through the whole watch is enough.`,
    };
  return { verdict: "healthy" as const };
}

/** What a gate asks of the verdict, as people read it. */
export function gateWords(gate: Pick<PlannedWave["gate"], "verdict" | "statement">): string {
  switch (gate.verdict) {
    case "healthy":
      return "the judge says healthy";
    case "not-harmful":
      return "the judge has watched every patched endpoint and suspects no harm";
    case "checks-alone":
      return `nobody judges: the executions' own checks are enough (${gate.statement ?? "no reason is given"})`;
  }
}

/** Said in the plan where the watch is too short for anybody to have looked. */
export function tooShortToJudge(gate: PlannedWave["gate"], wave: string): string | undefined {
  if (gate.verdict === "checks-alone" || gate.bakeLimitMs > SETTLING_MS) return undefined;
  return `The watch on "${wave}" ends after ${Math.round(gate.bakeLimitMs / 1_000)} s, before the judge looks (${SETTLING_MS / MINUTE_MS} min after a patch): a person will be asked. Lengthen the watch, or state in the plan that checks alone are enough.`;
}
