import type { EndpointAction } from "@breakwater/shared/command";
import { addMs, type Instant, ok, type Result } from "@breakwater/shared/core";
import { type AllowedTime, allowedSpans, isInside, isOpen } from "@breakwater/shared/window";
import { decidePackages } from "./decide.ts";
import { decideMode, type Refusal, refuse } from "./mode.ts";
import type { Policy } from "./policy.ts";

/** Whether the owner's policy allows an action now. Pure; says the first reason against it. */
export function decidePolicy(policy: Policy, action: EndpointAction, now: Instant): Result<void, Refusal> {
  const mode = decideMode(policy);
  if (!mode.ok) return mode;
  const packages = decidePackages(policy, action);
  if (!packages.ok) return packages;
  const blackout = policy.blackouts.find((b) => isInside(b, now));
  if (blackout)
    return refuse("policy-window", `The policy forbids changes until ${blackout.to}${blackout.name ? ` (${blackout.name})` : ""}.`);
  if (policy.windows.length > 0 && !policy.windows.some((w) => isOpen(w, policy.timezone, now)))
    return refuse("policy-window", `None of the policy's windows is open (time zone ${policy.timezone}).`);
  return ok(undefined);
}

/**
 * Whether a plan that may reboot the machine may do so now, with enough time left before a window of the owner's or of the
 * plan closes or a blackout begins. Asked before anything is changed, and again right before the reboot.
 * @param recent Reboots by approved plans within the last 24 hours.
 * @param neededMs What draining and coming back may take.
 */
export function decideReboot(
  policy: Policy,
  action: EndpointAction,
  now: Instant,
  recent: number,
  neededMs: number,
): Result<void, Refusal> {
  if (action.reboot === "never") return ok(undefined);
  if (policy.reboots === 0)
    return refuse(
      "policy-reboot",
      "The plan may reboot the machine; its owner's policy allows no reboots.",
      'Its owner can set "reboots: 1" in the agent\'s policy.yaml; or plan with reboot "never", and the need is told.',
    );
  if (recent >= policy.reboots)
    return refuse(
      "policy-reboot",
      `Plans rebooted the machine ${recent} times within 24 hours; its owner's policy allows ${policy.reboots}.`,
    );
  const end = addMs(now, neededMs);
  const minutes = Math.ceil(neededMs / 60_000);
  const own =
    policy.windows.length === 0 || policy.windows.some((window) => covers({ window, blackouts: [], zone: policy.timezone }, now, end));
  if (!own) return refuse("policy-window", `None of the policy's windows stays open for the ${minutes} min that a reboot may take.`);
  if (!covers({ blackouts: policy.blackouts, zone: policy.timezone }, now, end))
    return refuse("policy-window", `A blackout of the policy begins within the ${minutes} min that a reboot may take.`);
  const within = action.rebootWithin;
  if (within && !covers({ window: within.window, blackouts: within.blackouts, zone: within.timezone }, now, end))
    return refuse("policy-window", `The endpoint's window in the plan does not stay open for the ${minutes} min that a reboot may take.`);
  return ok(undefined);
}

const covers = (allowed: AllowedTime, from: Instant, to: Instant): boolean =>
  allowedSpans(allowed, from, to).some((s) => s.from <= from && s.to >= to);
