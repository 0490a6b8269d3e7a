import { compareVersions } from "@breakwater/shared/version";
import type { JudgedPackage } from "./catalogue-verdicts.ts";
import { kernelRule } from "./kernel-rule.ts";
import { advisedName } from "./source.ts";
import type { EndpointView } from "./wanted-findings.ts";

/** What of a stored finding its end depends on. */
export interface ClosableFinding {
  readonly ecosystem: string;
  readonly packageName: string;
  readonly vulnerabilityId: string;
  readonly installedVersion: string;
  readonly fixedVersion: string | null;
}

/** fixed: a fixed version was seen installed. gone: the package is no longer there. ignored: the advisory was taken back. */
export interface End {
  readonly state: "fixed" | "gone" | "ignored";
  readonly because: string;
}

/** Whether what is seen on the endpoint closes a finding that nothing speaks of any more; undefined where it does not. */
export function closing(view: EndpointView, finding: ClosableFinding): End | undefined {
  const instances = view.installed
    .map((i) => i.judged)
    .filter(({ pkg }) => pkg.name === finding.packageName && pkg.ecosystem === finding.ecosystem);
  if (instances.length === 0) return { state: "gone", because: `${finding.packageName} is no longer installed` };
  if (instances.every((judged) => seenFixed(judged, finding))) {
    const versions = [...new Set(instances.map((i) => i.pkg.version))].join(", ");
    const partly = view.facts?.problems.some((p) => p.collector === "exposure") ? "; not every process could be looked at" : "";
    return { state: "fixed", because: `seen: ${finding.packageName} ${versions}${partly}` };
  }
  const past = kernelRule(view);
  const words = instances.map((judged) => {
    const entry = judged.findings.find((f) => f.vulnerabilityId === finding.vulnerabilityId);
    const word = entry && past(entry);
    return word?.state === "past" ? word.proof.statement : seenFixed(judged, finding) ? "" : undefined;
  });
  if (words.every((word) => word !== undefined)) return { state: "fixed", because: `seen: ${words.find((w) => w !== "") ?? ""}` };
  const verdicts = instances.flatMap((judged) => judged.verdicts.get(finding.vulnerabilityId) ?? []);
  // A version that cannot be compared closes nothing.
  if (verdicts.length < instances.length || verdicts.some((v) => v.state === "open" || v.state === "no-fix" || v.state === "unknown"))
    return undefined;
  return { state: "ignored", because: verdicts.flatMap((v) => v.proofs.map((p) => p.statement))[0] ?? "the advisory was taken back" };
}

/** An installed version that the advisory calls fixed or, once it is another version, not affected. */
function seenFixed({ pkg, verdicts }: JudgedPackage, finding: ClosableFinding): boolean {
  const state = verdicts.get(finding.vulnerabilityId)?.state;
  if (state === "fixed") return true;
  if (state === "not-affected") return pkg.version !== finding.installedVersion;
  if (state !== undefined || finding.fixedVersion === null || pkg.version === finding.installedVersion) return false;
  const order = compareVersions(pkg.ecosystem, advisedName(pkg).version, finding.fixedVersion);
  return order === ">" || order === "=";
}
