import type { EndpointFacts } from "../inventory/index.ts";
import { type ClosableFinding, closer } from "./closing.ts";
import { type EntryFinding, findingKey } from "./entry-findings.ts";
import { isKernelBuild, releaseInName, runsNow } from "./kernel.ts";
import { neverSeen, UNKNOWN_VERSION } from "./never-seen.ts";
import type { MatchPackage } from "./source.ts";
import type { Proof } from "./verdict.ts";
import type { EndpointView } from "./wanted-findings.ts";

/** A finding whose fixed version is installed while the vulnerable code still runs, or while nobody could look whether it does. */
export interface WaitingFinding extends EntryFinding {
  readonly state: "restart-needed";
  /** As the decisions about it see it: the version that still runs. */
  readonly pkg: MatchPackage;
}

/** What of a stored finding is needed to keep it. */
export interface KeptFinding extends ClosableFinding {
  readonly packageId: number;
  readonly sourceName: string;
}

const SYSTEM = new Set(["deb", "rpm", "apk"]);
/** Processes that a proof names; the endpoint's page has them all. */
const MAX_NAMED = 10;

const proof = (record: string, statement: string): Proof => ({ kind: "running", record, feed: "", modified: null, statement });

/** Whether anything on the endpoint may run that is no longer installed, or could not be looked at. */
export function mayRunOldCode({ facts, installed }: Pick<EndpointView, "facts" | "installed">): boolean {
  if (facts === null) return false;
  const { kernel } = facts;
  if (facts.loadedPackages.some((p) => p.restartNeeded) || lookFailed(facts) !== undefined || facts.reboot?.needed) return true;
  if (kernel === null) return false;
  return (
    kernel.newestInstalled !== kernel.running ||
    installed.some(({ judged: { pkg } }) => isKernelBuild(pkg) && runsNow(pkg, kernel) === false)
  );
}

/**
 * What is fixed where it is installed and not where it runs: stored findings that would close now, the fixed version being installed or
 * the package gone, and that must not yet, since a process still has the old file mapped, the old kernel still runs, or the look at the
 * processes failed; and those that nobody could store, since the fix was installed before the first look. They close when the restart
 * is seen.
 *
 * @param unspoken stored findings that nothing else speaks of
 * @param spoken what something else speaks of
 */
export function awaitingRestart(
  view: EndpointView,
  unspoken: readonly KeptFinding[],
  spoken: readonly Pick<KeptFinding, "ecosystem" | "packageName" | "vulnerabilityId">[] = [],
): WaitingFinding[] {
  if (!mayRunOldCode(view)) return [];
  const closing = closer(view);
  return [...unspoken, ...neverSeen(view, [...unspoken, ...spoken])].flatMap((finding) => {
    const end = closing(finding);
    if (end?.state !== "fixed" && end?.state !== "gone") return [];
    const running = runningStill(view, finding, end.state);
    return running ? [waiting(view, finding, running)] : [];
  });
}

function runningStill(view: EndpointView, finding: KeptFinding, end: "fixed" | "gone"): Proof | undefined {
  const { facts } = view;
  if (!facts) return undefined;
  if (isKernelBuild({ ecosystem: finding.ecosystem, name: finding.packageName })) return oldKernel(view, finding, facts);
  // Libraries of languages may be called like a package of the system, whose processes are others.
  if (!SYSTEM.has(finding.ecosystem)) return undefined;
  const { packageName: name } = finding;
  const loaded = facts.loadedPackages.find((p) => p.name === name && p.restartNeeded);
  if (loaded) {
    const who = processesOf(loaded);
    return proof(
      who,
      `${end === "gone" ? `${name} was removed` : `the fixed ${name} is installed`}, and the old file${finding.installedVersion === UNKNOWN_VERSION ? ", of a version that was never seen," : ""} still runs in ${who}`,
    );
  }
  const failed = end === "fixed" ? lookFailed(facts) : undefined;
  return failed === undefined
    ? undefined
    : proof("processes not seen", `the fixed ${name} is installed; whether a process still runs the old file is unknown: ${failed}`);
}

function oldKernel(view: EndpointView, finding: KeptFinding, { kernel, reboot }: EndpointFacts): Proof | undefined {
  if (!kernel) return undefined;
  const builds = view.installed.map((i) => i.judged.pkg).filter((p) => p.name === finding.packageName && p.ecosystem === finding.ecosystem);
  // Of a removed image the running one has no package any more, and is known by its name alone.
  if (builds.length === 0)
    return releaseInName(finding.packageName) === kernel.running
      ? proof(`kernel ${kernel.running}`, `${finding.packageName} was removed, and its kernel ${kernel.running} still runs`)
      : undefined;
  const running = builds.map((build) => runsNow(build, kernel));
  if (running.includes(true)) return undefined;
  const [build] = builds;
  // Debian's and Ubuntu's image of another release does not run, which is seen; it waits for nothing.
  if (!build || (build.ecosystem === "deb" && releaseInName(build.name) !== kernel.running)) return undefined;
  const asked = reboot?.reasons.some((reason) => reason.includes(finding.packageName)) ?? false;
  if (running.every((r) => r === undefined) && !asked) return undefined;
  return proof(
    `kernel ${kernel.running}`,
    `${finding.packageName} ${build.version} is installed, and the kernel ${kernel.running}${kernel.runningVersion ? ` (${kernel.runningVersion})` : ""} from before it still runs`,
  );
}

/** Why it is not known which processes run what; undefined where somebody looked, if only at a part. */
export const lookFailed = (facts: EndpointFacts): string | undefined =>
  facts.problems.find((p) => p.collector === "exposure" && p.code !== "partly-hidden")?.message;

function processesOf({ stale, units, pids }: EndpointFacts["loadedPackages"][number]): string {
  const each = stale.map(({ name, pid, unit }) => `${name || "a process"}${unit ? ` of ${unit}` : ""} (pid ${pid})`);
  // Agents of before tell of everybody who has it loaded.
  const told =
    each.length > 0 ? each : [`one of ${units.length > 0 ? units.join(", ") : `the processes ${pids.slice(0, MAX_NAMED).join(", ")}`}`];
  return `${told.slice(0, MAX_NAMED).join(", ")}${told.length > MAX_NAMED ? ` and ${told.length - MAX_NAMED} more processes` : ""}`;
}

function waiting(view: EndpointView, finding: KeptFinding, running: Proof): WaitingFinding {
  const { ecosystem, packageName, sourceName, vulnerabilityId, installedVersion, fixedVersion, packageId } = finding;
  const judged = view.installed.map((i) => i.judged).find((j) => j.pkg.name === packageName && j.pkg.ecosystem === ecosystem);
  const instance = judged?.pkg ?? { architecture: "", vendor: "", distribution: "" };
  return {
    key: findingKey(ecosystem, packageName, vulnerabilityId),
    ...{ packageId, ecosystem, packageName, sourceName, vulnerabilityId, installedVersion, fixedVersion },
    state: "restart-needed",
    noFixBecause: null,
    proofs: [running, ...(judged?.verdicts.get(vulnerabilityId)?.proofs ?? [])],
    pkg: { ...instance, ecosystem, name: packageName, version: installedVersion, sourceName, sourceVersion: installedVersion },
  };
}
