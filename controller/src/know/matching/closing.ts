import { compareVersions } from "@breakwater/shared/version";
import { groupBy } from "../rows.ts";
import type { JudgedPackage } from "./catalogue-verdicts.ts";
import { isKernelBuild } from "./kernel.ts";
import { type KernelRule, kernelRule } from "./kernel-rule.ts";
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

/**
 * Whether what is seen on an endpoint closes a finding that nothing speaks of any more; undefined where it does not. The endpoint's
 * packages are put in order once, and only where it is asked at all.
 */
export function closer(view: EndpointView): (finding: ClosableFinding) => End | undefined {
  let seen: { readonly instances: ReadonlyMap<string, readonly JudgedPackage[]>; readonly kernel: KernelRule } | undefined;
  return (finding) => {
    seen ??= {
      instances: groupBy(
        view.installed.map((i) => i.judged),
        ({ pkg }) => `${pkg.ecosystem} ${pkg.name}`,
      ),
      kernel: kernelRule(view),
    };
    return closing(finding, seen.instances.get(`${finding.ecosystem} ${finding.packageName}`) ?? [], seen.kernel, view);
  };
}

function closing(
  finding: ClosableFinding,
  instances: readonly JudgedPackage[],
  kernel: KernelRule,
  { facts }: Pick<EndpointView, "facts">,
): End | undefined {
  if (instances.length === 0) return { state: "gone", because: `${finding.packageName} is no longer installed` };
  if (instances.every((judged) => seenFixed(judged, finding))) {
    const versions = [...new Set(instances.map((i) => i.pkg.version))].join(", ");
    const partly = facts?.problems.some((p) => p.collector === "exposure") ? "; not every process could be looked at" : "";
    return { state: "fixed", because: `seen: ${finding.packageName} ${versions}${partly}` };
  }
  const past = instances.map((judged) => pastKernel(judged, finding, kernel));
  if (past.every((word, i) => word !== undefined || seenFixed(instances[i] as JudgedPackage, finding)))
    return { state: "fixed", because: `seen: ${past.find((word) => word !== undefined) ?? ""}` };
  const verdicts = instances.flatMap((judged) => judged.verdicts.get(finding.vulnerabilityId) ?? []);
  // A version that cannot be compared closes nothing.
  if (verdicts.length < instances.length || verdicts.some((v) => v.state === "open" || v.state === "no-fix" || v.state === "unknown"))
    return undefined;
  return { state: "ignored", because: verdicts.flatMap((v) => v.proofs.map((p) => p.statement))[0] ?? "the advisory was taken back" };
}

/** Of a kernel that stays installed beside the fixed one that runs: that it is so. */
function pastKernel(judged: JudgedPackage, finding: ClosableFinding, kernel: KernelRule): string | undefined {
  if (!isKernelBuild(judged.pkg)) return undefined;
  const entry = judged.findings.find((f) => f.vulnerabilityId === finding.vulnerabilityId);
  const word = entry && kernel(entry);
  return word?.state === "past" ? word.proof.statement : undefined;
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
