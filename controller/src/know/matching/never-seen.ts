import { compareVersions } from "@breakwater/shared/version";
import type { EndpointFacts } from "../inventory/index.ts";
import type { JudgedPackage } from "./catalogue-verdicts.ts";
import { findingKey } from "./entry-findings.ts";
import { isKernelBuild, runsNow } from "./kernel.ts";
import { advisedName } from "./source.ts";
import type { KeptFinding } from "./still-running.ts";
import type { EndpointView } from "./wanted-findings.ts";

/** The version of what runs and is no longer installed, where nobody ever saw it. */
export const UNKNOWN_VERSION = "unknown";

const SYSTEM = new Set(["deb", "rpm", "apk"]);

/**
 * What would have been findings, had anybody looked before the fix was installed: the old file or kernel runs, and was never seen. Of a
 * kernel that tells its own version these are all vulnerabilities fixed after it. Of anything else only those that the installed version
 * itself fixed: what ran before is older than it, and how much older is unknown.
 */
export function neverSeen(
  view: EndpointView,
  seen: readonly Pick<KeptFinding, "ecosystem" | "packageName" | "vulnerabilityId">[],
): KeptFinding[] {
  const { facts } = view;
  if (!facts) return [];
  const stale = new Set(facts.loadedPackages.filter((p) => p.restartNeeded).map((p) => p.name));
  const known = new Set(seen.map((f) => findingKey(f.ecosystem, f.packageName, f.vulnerabilityId)));
  const found = new Map<string, KeptFinding>();
  for (const { packageId, judged } of view.installed) {
    const { pkg } = judged;
    if (!SYSTEM.has(pkg.ecosystem)) continue;
    const kernel = isKernelBuild(pkg);
    if (kernel ? !runsOlderBuild(view, judged, facts.kernel) : !stale.has(pkg.name)) continue;
    const old = kernel && pkg.ecosystem === "deb" ? facts.kernel?.runningVersion || UNKNOWN_VERSION : UNKNOWN_VERSION;
    const installed = advisedName(pkg).version;
    for (const { vulnerability, state, fixedVersion, source } of judged.verdicts.values()) {
      if (state !== "fixed" || fixedVersion === null) continue;
      const lacking =
        old === UNKNOWN_VERSION
          ? compareVersions(pkg.ecosystem, installed, fixedVersion) === "="
          : compareVersions(pkg.ecosystem, old, fixedVersion) === "<";
      const key = findingKey(pkg.ecosystem, pkg.name, vulnerability);
      if (!lacking || known.has(key)) continue;
      found.set(key, {
        ...{ packageId, ecosystem: pkg.ecosystem, packageName: pkg.name, sourceName: source, vulnerabilityId: vulnerability },
        ...{ installedVersion: old, fixedVersion },
      });
    }
  }
  return [...found.values()];
}

/** Whether the kernel of this very package runs, and in none of the builds that are installed. */
function runsOlderBuild(view: EndpointView, { pkg }: JudgedPackage, kernel: EndpointFacts["kernel"]): boolean {
  if (kernel?.package !== pkg.name) return false;
  return view.installed
    .map((i) => i.judged.pkg)
    .filter((build) => build.name === pkg.name && build.ecosystem === pkg.ecosystem)
    .every((build) => runsNow(build, kernel) === false);
}
