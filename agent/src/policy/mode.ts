import type { RefusalCode } from "@breakwater/shared/command";
import { fail, ok, type Problem, type Result } from "@breakwater/shared/core";
import type { Policy } from "./policy.ts";

/** Why the policy says no. The code is what the controller is told. */
export interface Refusal extends Problem {
  readonly code: RefusalCode;
}

export const refuse = (code: RefusalCode, message: string, next?: string) =>
  fail<Refusal>(next ? { code, message, next } : { code, message });

/** The mode alone: whether this machine lets itself be changed at all. */
export function decideMode(policy: Policy): Result<void, Refusal> {
  if (policy.mode === "patch") return ok(undefined);
  return refuse(
    "policy-observe",
    `This machine's policy is "${policy.mode}": it does not let itself be changed.`,
    'Its owner can set "mode: patch" in the agent\'s policy.yaml.',
  );
}

/** Whether this machine lets patches be tried on a throw-away copy of it. */
export function decideRehearsalMode(policy: Policy): Result<void, Refusal> {
  if (policy.mode !== "observe") return ok(undefined);
  return refuse(
    "policy-rehearse",
    `This machine's policy is "${policy.mode}": nothing is tried on a copy of it.`,
    'Its owner can set "mode: rehearse" in the agent\'s policy.yaml, which lets patches be tried on a copy and not applied.',
  );
}
