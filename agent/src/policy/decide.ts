import { ECOSYSTEM_OF, type EndpointAction, isNew } from "@breakwater/shared/command";
import { ok, type Result } from "@breakwater/shared/core";
import { comparePackageVersions } from "@breakwater/shared/package-version";
import { matchesGlob } from "./glob.ts";
import { decideRehearsalMode, type Refusal, refuse } from "./mode.ts";
import type { Policy } from "./policy.ts";

/** Whether the owner lets an action be rehearsed. Windows and blackouts are about changes, and a rehearsal makes none. */
export function decideRehearsal(policy: Policy, action: EndpointAction): Result<void, Refusal> {
  const mode = decideRehearsalMode(policy);
  return mode.ok ? decidePackages(policy, action) : mode;
}

/** Services that the owner lets no plan restart. */
export const excludedRestarts = (policy: Policy, units: readonly string[]): string[] =>
  units.filter((u) => policy.restarts.exclude.some((p) => matchesGlob(p, u) || matchesGlob(`${p}.service`, u)));

/** Of these units those that the patterns name, in the patterns' order, and by name where one names several. */
export const inOrderOf = (patterns: readonly string[], units: readonly string[]): string[] => {
  const named = (p: string) => units.filter((u) => matchesGlob(p, u) || matchesGlob(`${p}.service`, u)).sort();
  return [...new Set(patterns.flatMap(named))].filter((u) => u.endsWith(".service"));
};

/** Which packages, how many, how many new ones, and whether to older versions. */
export function decidePackages(policy: Policy, action: EndpointAction): Result<void, Refusal> {
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
  const fresh = action.packages.filter(isNew);
  if (fresh.length > policy.maxNewPackages)
    return refuse(
      "policy-package",
      `The plan installs ${fresh.length} packages that are not there yet (${fresh[0]?.name} first); the policy allows ${policy.maxNewPackages}.`,
    );
  // An order that cannot be told may be a downgrade, so it counts as one.
  const downgrades = action.packages.filter(
    (p) => !isNew(p) && ["<", "?"].includes(comparePackageVersions(ECOSYSTEM_OF[p.manager], p.to, p.from)),
  );
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
