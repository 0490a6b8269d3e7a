import { compareVersions } from "@breakwater/shared/version";
import type { EndpointFacts } from "../inventory/index.ts";
import { type ReachEvidence, type RiskFactor, reachOf, scoreFinding } from "../risk/index.ts";
import type { JudgedPackage } from "./catalogue-verdicts.ts";
import { NOTHING_KNOWN, type VulnerabilityEvidence } from "./evidence.ts";
import { advisedName } from "./source.ts";
import type { Proof } from "./verdict.ts";

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

/** Everything about one endpoint that its findings depend on. */
export interface EndpointView {
  readonly endpointId: string;
  readonly installed: readonly { readonly packageId: number; readonly judged: JudgedPackage }[];
  readonly pending: readonly PendingUpdate[];
  readonly facts: EndpointFacts | null;
  readonly declaredExposure: ReachEvidence["declared"];
  readonly criticality: number;
}

/** A finding as it should stand now. */
export interface WantedFinding {
  readonly packageId: number;
  readonly packageName: string;
  readonly sourceName: string;
  readonly vulnerabilityId: string;
  readonly installedVersion: string;
  readonly state: "open" | "no-fix";
  readonly fixedVersion: string | null;
  readonly updateId: number | null;
  readonly risk: number;
  readonly factors: readonly RiskFactor[];
  /** The reach that the score used. */
  readonly exposure: string;
  readonly proofs: readonly Proof[];
}

export const findingKey = (packageName: string, vulnerabilityId: string) => `${packageName}\n${vulnerabilityId}`;

type Unscored = Omit<WantedFinding, "risk" | "factors" | "exposure" | "updateId">;

/** The findings of one endpoint: what advisories say of what is installed, and what changelogs of pending updates say they fix. */
export function wantedFindings(view: EndpointView, evidence: ReadonlyMap<string, VulnerabilityEvidence>): Map<string, WantedFinding> {
  const unscored = new Map<string, Unscored>();
  for (const found of [...byAdvisories(view), ...byChangelogs(view)]) {
    const key = findingKey(found.packageName, found.vulnerabilityId);
    const other = unscored.get(key);
    unscored.set(key, other ? worse(other, found) : found);
  }
  const reaches = new Map<string, ReachEvidence>();
  const wanted = new Map<string, WantedFinding>();
  for (const [key, found] of unscored) {
    const reach = reaches.get(found.packageName) ?? reachOf(found.packageName, view.facts, view.declaredExposure);
    reaches.set(found.packageName, reach);
    const score = scoreFinding({
      ...(evidence.get(found.vulnerabilityId) ?? NOTHING_KNOWN),
      reach,
      criticality: view.criticality,
      dependents: 0,
    });
    const exposure = score.factors.find((f) => f.value !== undefined)?.value ?? "";
    wanted.set(key, { ...found, updateId: closingUpdate(found, view), risk: score.risk, factors: score.factors, exposure });
  }
  return wanted;
}

function* byAdvisories(view: EndpointView): Generator<Unscored> {
  for (const { packageId, judged } of view.installed)
    for (const verdict of judged.verdicts.values())
      if (verdict.state === "open" || verdict.state === "no-fix")
        yield {
          packageId,
          packageName: judged.pkg.name,
          sourceName: verdict.source,
          vulnerabilityId: verdict.vulnerability,
          installedVersion: judged.pkg.version,
          state: verdict.state,
          fixedVersion: verdict.state === "open" ? verdict.fixedVersion : null,
          proofs: verdict.proofs,
        };
}

/** An advisory that clears the installed version outweighs a changelog: it speaks of this version, the changelog of a later one. */
function* byChangelogs(view: EndpointView): Generator<Unscored> {
  for (const update of view.pending) {
    if (update.describedAt === null || update.cves.length === 0) continue;
    const installed = view.installed.find(
      ({ judged: { pkg } }) => pkg.name === update.name && pkg.architecture === update.architecture && pkg.version === update.fromVersion,
    );
    if (!installed) continue;
    const target = advisedName({ ...installed.judged.pkg, ...update, version: update.toVersion });
    const origin = update.origin || "an unnamed origin";
    for (const cve of update.cves) {
      const verdict = installed.judged.verdicts.get(cve);
      if (verdict && verdict.state !== "open" && verdict.state !== "no-fix") continue;
      yield {
        packageId: installed.packageId,
        packageName: update.name,
        sourceName: target.package,
        vulnerabilityId: cve,
        installedVersion: update.fromVersion,
        state: "open",
        fixedVersion: target.version,
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
function worse(a: Unscored, b: Unscored): Unscored {
  const [first, second] = a.state === "open" || b.state !== "open" ? [a, b] : [b, a];
  const proofs = new Map([...first.proofs, ...second.proofs].map((p) => [p.record, p]));
  return { ...first, proofs: [...proofs.values()] };
}

/**
 * The pending update that closes a finding: of the package itself, or else of the same source, since a new kernel comes as a
 * package of another name.
 */
function closingUpdate(found: Unscored, view: EndpointView): number | null {
  const { fixedVersion } = found;
  if (fixedVersion === null) return null;
  const closing = view.pending.filter((update) => {
    const target = advisedName({ ...update, version: update.toVersion, vendor: "" });
    const order = compareVersions(update.ecosystem, target.version, fixedVersion);
    return target.package === found.sourceName && (order === ">" || order === "=");
  });
  return (closing.find((u) => u.name === found.packageName) ?? closing[0])?.id ?? null;
}
