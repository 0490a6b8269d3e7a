import { compareVersions } from "@breakwater/shared/version";
import type { DeclaredPaths } from "../fleet/index.ts";
import type { EndpointFacts } from "../inventory/index.ts";
import { componentReach, type ReachEvidence, type Risk, reachOf, scoreWithAlternatives } from "../risk/index.ts";
import type { JudgedPackage } from "./catalogue-verdicts.ts";
import { type ComponentPlace, placesByName, proofsOfPlaces } from "./component-place.ts";
import { type EntryFinding, findingKey } from "./entry-findings.ts";
import type { Evidence } from "./evidence.ts";
import { isKernelBuild } from "./kernel.ts";
import { kernelRule } from "./kernel-rule.ts";
import { advisedName, advisedNames, type MatchPackage } from "./source.ts";
import { awaitingRestart, type KeptFinding } from "./still-running.ts";

/** A pending update on one endpoint, with what its changelog says when somebody read it. */
export interface PendingUpdate {
  readonly id: number;
  readonly ecosystem: string;
  readonly name: string;
  readonly architecture: string;
  readonly fromVersion: string;
  readonly toVersion: string;
  readonly sourceName: string;
  readonly sourceVersion: string;
  readonly origin: string;
  readonly distribution: string;
  readonly describedAt: string | null;
  readonly cves: readonly string[];
}

interface Installed {
  readonly packageId: number;
  readonly judged: JudgedPackage;
  /** Where it lies, of a component that was found in files; what a package manager installed needs no place. */
  readonly places?: readonly ComponentPlace[];
}

/** Everything about one endpoint that its findings depend on. */
export interface EndpointView {
  readonly endpointId: string;
  readonly installed: readonly Installed[];
  readonly pending: readonly PendingUpdate[];
  readonly facts: EndpointFacts | null;
  readonly declaredExposure: ReachEvidence["declared"];
  readonly criticality: number;
  /** Ways from the internet that operators declared. */
  readonly paths?: DeclaredPaths;
}

/** A finding as it should stand now. */
export interface WantedFinding extends EntryFinding, Score {
  readonly updateId: number | null;
  /** Of what is no longer installed as it runs: the package as the decisions about it see it. */
  readonly pkg?: MatchPackage;
  /** Nobody decided anything yet, see `decidedFindings`. */
  readonly decision: null;
  readonly lapsed: null;
}

interface Score extends Risk {
  /** The reach that the score used. */
  readonly exposure: string;
}

/** Scores by what they depend on, the circumstances first, then the vulnerability: endpoints of a fleet ask for the same ones again and again. Good for one state of the evidence. */
export type ScoreMemo = Map<string, Map<string, Score>>;

/** The findings of one endpoint: what advisories say of what is installed, and what changelogs of pending updates say they fix. */
export function wantedFindings(
  view: EndpointView,
  evidence: Evidence,
  scores: ScoreMemo = new Map(),
  alive: readonly KeptFinding[] = [],
): Map<string, WantedFinding> {
  const wanted = new Map<string, WantedFinding>();
  const scorers = new Map<string, (vulnerabilityId: string) => Score>();
  const scorerOf = (packageName: string) => {
    const known =
      scorers.get(packageName) ?? scorer(reachOf(packageName, view.facts, view.declaredExposure, view.paths), view, evidence, scores);
    scorers.set(packageName, known);
    return known;
  };
  const places = placesByName(view);
  const ofKernel = kernelRule(view);
  const put = (found: EntryFinding & { readonly pkg?: MatchPackage }, scoreOf: (vulnerabilityId: string) => Score) => {
    const other = wanted.get(found.key);
    const kept = other ? worse(other, found) : found;
    const { risk, factors, exposure } = other ?? scoreOf(found.vulnerabilityId);
    wanted.set(found.key, {
      key: kept.key,
      packageId: kept.packageId,
      ecosystem: kept.ecosystem,
      packageName: kept.packageName,
      sourceName: kept.sourceName,
      vulnerabilityId: kept.vulnerabilityId,
      installedVersion: kept.installedVersion,
      state: kept.state,
      fixedVersion: kept.fixedVersion,
      noFixBecause: kept.noFixBecause,
      proofs: kept.proofs,
      ...(kept.pkg ? { pkg: kept.pkg } : {}),
      updateId: view.pending.length === 0 || kept.state === "restart-needed" ? null : closingUpdate(kept, view),
      risk,
      factors,
      exposure,
      decision: null,
      lapsed: null,
    });
  };
  for (const { judged, places: own } of view.installed) {
    if (judged.findings.length === 0) continue;
    const { ecosystem, name, version } = judged.pkg;
    if (!own) {
      const scoreOf = scorerOf(name);
      const kernelWord = isKernelBuild(judged.pkg) ? ofKernel : undefined;
      for (const found of judged.findings) {
        const word = kernelWord?.(found);
        if (word?.state === "past") continue;
        put(word ? { ...found, state: "restart-needed", noFixBecause: null, proofs: [word.proof, ...found.proofs] } : found, scoreOf);
      }
      continue;
    }
    const proofs = proofsOfPlaces(ecosystem, name, version, own);
    // A finding stands for all places of its name on the endpoint: it can be reached as far as the most exposed of them.
    const all = places.get(`${ecosystem} ${name}`) ?? own;
    const scoreOf = scorer(componentReach(all, view.facts, view.declaredExposure, view.paths), view, evidence, scores);
    for (const found of judged.findings) put({ ...found, proofs: [...found.proofs, ...proofs] }, scoreOf);
  }
  for (const found of byChangelogs(view)) put(found, scorerOf(found.packageName));
  const unspoken = alive.filter((f) => !wanted.has(findingKey(f.ecosystem, f.packageName, f.vulnerabilityId)));
  for (const found of awaitingRestart(view, unspoken, [...wanted.values()])) put(found, scorerOf(found.packageName));
  return wanted;
}

/** Scores vulnerabilities of one package on one endpoint. */
function scorer(reach: ReachEvidence, view: EndpointView, evidence: Evidence, scores: ScoreMemo): (vulnerabilityId: string) => Score {
  const circumstances = `${view.criticality}\n${reach.kind}\n${reach.declared}\n${reach.why}\n${reach.without ?? ""}`;
  const known = scores.get(circumstances) ?? new Map<string, Score>();
  scores.set(circumstances, known);
  return (vulnerabilityId) => {
    const before = known.get(vulnerabilityId);
    if (before) return before;
    const { risk, factors } = scoreWithAlternatives({
      ...evidence.get(vulnerabilityId),
      reach,
      criticality: view.criticality,
      dependents: 0,
    });
    const score = { risk, factors, exposure: factors.find((f) => f.value !== undefined)?.value ?? "" };
    known.set(vulnerabilityId, score);
    return score;
  };
}

/** An advisory that clears the installed version outweighs a changelog: it speaks of this version, the changelog of a later one. */
function* byChangelogs(view: EndpointView): Generator<EntryFinding> {
  for (const update of view.pending) {
    if (update.describedAt === null || update.cves.length === 0) continue;
    const installed = view.installed.find(
      ({ judged: { pkg } }) =>
        pkg.ecosystem === update.ecosystem &&
        pkg.name === update.name &&
        pkg.architecture === update.architecture &&
        pkg.version === update.fromVersion,
    );
    if (!installed) continue;
    const target = advisedName({ ...installed.judged.pkg, ...update, version: update.toVersion });
    const origin = update.origin || "an unnamed origin";
    for (const cve of update.cves) {
      const verdict = installed.judged.verdicts.get(cve);
      if (verdict && verdict.state !== "open" && verdict.state !== "no-fix") continue;
      yield {
        key: findingKey(update.ecosystem, update.name, cve),
        ecosystem: update.ecosystem,
        packageId: installed.packageId,
        packageName: update.name,
        sourceName: target.package,
        vulnerabilityId: cve,
        installedVersion: update.fromVersion,
        state: "open",
        fixedVersion: target.version,
        noFixBecause: null,
        proofs: [
          {
            kind: "changelog",
            record: `changelog of ${update.name} ${update.toVersion} from ${origin}`,
            feed: origin,
            modified: update.describedAt,
            statement: `the changelog between ${update.fromVersion} and ${update.toVersion} says that it fixes ${cve}`,
          },
        ],
      };
    }
  }
}

/** One finding of two that concern the same package and vulnerability: open before no-fix, the advisory's fixed version, all proofs. */
function worse<T extends EntryFinding>(a: T, b: T): T {
  const [first, second] = a.state === "open" || b.state !== "open" ? [a, b] : [b, a];
  const proofs = new Map([...first.proofs, ...second.proofs].map((p) => [p.record, p]));
  return { ...first, proofs: [...proofs.values()] };
}

/**
 * The pending update that closes a finding: of the package itself, or else of the same source, since a new kernel comes as a
 * package of another name.
 */
function closingUpdate(found: EntryFinding, view: EndpointView): number | null {
  const { fixedVersion } = found;
  if (fixedVersion === null) return null;
  const closing = view.pending.filter((update) => {
    if (update.ecosystem !== found.ecosystem) return false;
    const target = advisedNames({ ...update, version: update.toVersion, vendor: "" }).find((n) => n.package === found.sourceName);
    if (!target) return false;
    const order = compareVersions(update.ecosystem, target.version, fixedVersion);
    return order === ">" || order === "=";
  });
  return (closing.find((u) => u.name === found.packageName) ?? closing[0])?.id ?? null;
}
