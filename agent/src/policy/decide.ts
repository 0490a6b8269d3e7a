import { ECOSYSTEM_OF, type EndpointAction } from "@breakwater/shared/command";
import { addMs, type Instant, ok, type Result } from "@breakwater/shared/core";
import { comparePackageVersions } from "@breakwater/shared/package-version";
import { type AllowedTime, allowedSpans, isInside, isOpen } from "@breakwater/shared/window";
import { matchesGlob } from "./glob.ts";
import { decideMode, decideRehearsalMode, type Refusal, refuse } from "./mode.ts";
import type { Policy } from "./policy.ts";

/** Whether the owner lets an action be rehearsed. Windows and blackouts are about changes, and a rehearsal makes none. */
export function decideRehearsal(policy: Policy, action: EndpointAction): Result<void, Refusal> {
  const mode = decideRehearsalMode(policy);
  return mode.ok ? decidePackages(policy, action) : mode;
}

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

/** Services that the owner lets no plan restart. */
export const excludedRestarts = (policy: Policy, units: readonly string[]): string[] =>
  units.filter((u) => policy.restarts.exclude.some((p) => matchesGlob(p, u) || matchesGlob(`${p}.service`, u)));

/** Of these units those that the patterns name, in the patterns' order, and by name where one names several. */
export const inOrderOf = (patterns: readonly string[], units: readonly string[]): string[] => {
  const named = (p: string) => units.filter((u) => matchesGlob(p, u) || matchesGlob(`${p}.service`, u)).sort();
  return [...new Set(patterns.flatMap(named))].filter((u) => u.endsWith(".service"));
};

/** Which packages, how many, and whether to older versions. */
function decidePackages(policy: Policy, action: EndpointAction): Result<void, Refusal> {
  if (action.packages.length > policy.maxPackages)
    return refuse(
      "policy-package",
      `The plan changes ${action.packages.length} packages; the policy allows ${policy.maxPackages} at once.`,
    );
  for (const { name } of action.packages) {
    if (policy.packages.deny.some((p) => matchesGlob(p, name))) return refuse("policy-package", `The policy denies changes to ${name}.`);
    if (!policy.packages.allow.some((p) => matchesGlob(p, name)))
      return refuse("policy-package", `${name} is not among the packages that the policy allows.`);
  }
  // An order that cannot be told may be a downgrade, so it counts as one.
  const downgrades = action.packages.filter((p) => ["<", "?"].includes(comparePackageVersions(ECOSYSTEM_OF[p.manager], p.to, p.from)));
  if (downgrades.length > policy.maxDowngrades)
    return refuse(
      "policy-package",
      `The plan moves ${downgrades.length} packages to an older version (${downgrades[0]?.name} first); the policy allows ${policy.maxDowngrades}.`,
    );
  return ok(undefined);
}

/** Where a package's new version comes from, as its repository's Release file says. */
export interface PackageOrigin {
  readonly name: string;
  readonly origin: string;
  readonly label: string;
  readonly suite: string;
}

/** Whether every package comes from an origin that the owner allows. Asked once the package manager has said where from. */
export function decideOrigins(policy: Policy, origins: readonly PackageOrigin[]): Result<void, Refusal> {
  for (const { name, origin, label, suite } of origins) {
    const text = `${origin}:${label}:${suite}`;
    if (!policy.origins.allow.some((p) => matchesGlob(p, text)))
      return refuse("policy-package", `${name} comes from ${text}, which is not among the origins that the policy allows.`);
  }
  return ok(undefined);
}
