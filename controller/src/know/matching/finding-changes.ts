import { compareVersions } from "@breakwater/shared/version";
import type { JudgedPackage } from "./catalogue-verdicts.ts";
import { advisedName } from "./source.ts";
import { type EndpointView, findingKey, type WantedFinding } from "./wanted-findings.ts";

/** A finding as it is stored. */
export interface StoredFinding {
  readonly id: number;
  readonly packageName: string;
  readonly vulnerabilityId: string;
  readonly packageId: number;
  readonly installedVersion: string;
  readonly fixedVersion: string | null;
  readonly state: string;
  readonly closedBy: string | null;
  readonly updateId: number | null;
  readonly risk: number;
  /** Records of its proofs, in their order. */
  readonly records: readonly string[];
}

export interface ClosedFinding {
  readonly id: number;
  readonly vulnerabilityId: string;
  /** fixed: a fixed version was seen installed. gone: the package is no longer there. ignored: the advisory was taken back. */
  readonly state: "fixed" | "gone" | "ignored";
  readonly because: string;
}

/** What must be written so that the stored findings of an endpoint are what they should be. */
export interface FindingChanges {
  /** New, or found again after it was closed. */
  readonly opened: readonly WantedFinding[];
  /** Open as before, with another version, update, proof or risk. */
  readonly changed: readonly WantedFinding[];
  readonly closed: readonly ClosedFinding[];
}

const isOpen = (f: StoredFinding) => f.state === "open" || f.state === "no-fix";

/**
 * Compares what is stored with what is found. A finding closes only because of what was seen on the endpoint, or because its
 * advisory was taken back; that nothing speaks of it any more (a feed that failed, lost a record, or was removed) closes nothing.
 */
export function findingChanges(
  view: EndpointView,
  wanted: ReadonlyMap<string, WantedFinding>,
  stored: readonly StoredFinding[],
): FindingChanges {
  const opened: WantedFinding[] = [];
  const changed: WantedFinding[] = [];
  const byKey = new Map(stored.map((f) => [findingKey(f.packageName, f.vulnerabilityId), f]));
  for (const [key, finding] of wanted) {
    const before = byKey.get(key);
    if (!before) opened.push(finding);
    // What a person decided stands until a person decides otherwise.
    else if (before.state === "ignored" && before.closedBy?.startsWith("user:")) continue;
    else if (!isOpen(before)) opened.push(finding);
    else if (differs(before, finding)) changed.push(finding);
  }
  const closed = stored
    .filter((f) => isOpen(f) && !wanted.has(findingKey(f.packageName, f.vulnerabilityId)))
    .flatMap((f) => closing(view, f) ?? []);
  return { opened, changed, closed };
}

function differs(before: StoredFinding, now: WantedFinding): boolean {
  return (
    before.state !== now.state ||
    before.packageId !== now.packageId ||
    before.installedVersion !== now.installedVersion ||
    before.fixedVersion !== now.fixedVersion ||
    before.updateId !== now.updateId ||
    Math.abs(before.risk - now.risk) > 1e-9 * Math.max(1, now.risk) ||
    before.records.join("\n") !== now.proofs.map((p) => p.record).join("\n")
  );
}

function closing(view: EndpointView, finding: StoredFinding): ClosedFinding | undefined {
  const close = (state: ClosedFinding["state"], because: string) => ({
    id: finding.id,
    vulnerabilityId: finding.vulnerabilityId,
    state,
    because,
  });
  const instances = view.installed.map((i) => i.judged).filter(({ pkg }) => pkg.name === finding.packageName);
  if (instances.length === 0) return close("gone", `${finding.packageName} is no longer installed`);
  if (instances.every((judged) => seenFixed(judged, finding)))
    return close("fixed", `seen: ${finding.packageName} ${[...new Set(instances.map((i) => i.pkg.version))].join(", ")}`);
  const verdicts = instances.flatMap((judged) => judged.verdicts.get(finding.vulnerabilityId) ?? []);
  if (verdicts.length < instances.length || verdicts.some((v) => v.state === "open" || v.state === "no-fix")) return undefined;
  return close("ignored", verdicts.flatMap((v) => v.proofs.map((p) => p.statement))[0] ?? "the advisory was taken back");
}

/** An installed version that the advisory calls fixed or, once it is another version, not affected. */
function seenFixed({ pkg, verdicts }: JudgedPackage, finding: StoredFinding): boolean {
  const state = verdicts.get(finding.vulnerabilityId)?.state;
  if (state === "fixed") return true;
  if (state === "not-affected") return pkg.version !== finding.installedVersion;
  if (state !== undefined || finding.fixedVersion === null || pkg.version === finding.installedVersion) return false;
  const order = compareVersions(pkg.ecosystem, advisedName(pkg).version, finding.fixedVersion);
  return order === ">" || order === "=";
}
