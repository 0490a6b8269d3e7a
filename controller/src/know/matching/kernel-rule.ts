import { compareVersions } from "@breakwater/shared/version";
import type { EntryFinding } from "./entry-findings.ts";
import { isKernelBuild, runsNow } from "./kernel.ts";
import { advisedNames, type MatchPackage } from "./source.ts";
import type { Proof } from "./verdict.ts";
import type { EndpointView } from "./wanted-findings.ts";

/** Of a finding in a kernel that stays installed beside a fixed one. waits: the fixed one does not run yet. past: it does. */
export interface KernelWord {
  readonly state: "waits" | "past";
  readonly proof: Proof;
}

export type KernelRule = (found: EntryFinding) => KernelWord | undefined;

/** What the kernels of one endpoint make of a finding in one of them, which stays installed beside the others. */
export function kernelRule(view: EndpointView): KernelRule {
  const kernel = view.facts?.kernel;
  if (!kernel) return () => undefined;
  const builds = view.installed.map((i) => i.judged.pkg).filter(isKernelBuild);
  if (builds.length < 2) return () => undefined;
  return (found) => {
    const { fixedVersion, installedVersion } = found;
    if (fixedVersion === null || !isKernelBuild({ ecosystem: found.ecosystem, name: found.packageName })) return undefined;
    const own = builds.find((b) => b.name === found.packageName && b.version === installedVersion);
    const runs = own && runsNow(own, kernel);
    const fixed = builds.filter((b) => b !== own && isFixedBy(b, found.sourceName, fixedVersion));
    const fixedRuns = fixed.find((b) => runsNow(b, kernel));
    if (runs !== true && fixedRuns)
      return {
        state: "past",
        proof: proof(
          kernel.running,
          `${fixedRuns.name} ${fixedRuns.version} runs; ${found.packageName} ${installedVersion} stays installed and does not run`,
        ),
      };
    const [next] = fixed;
    if (!next || (runs ?? found.packageName === kernel.package) !== true) return undefined;
    return {
      state: "waits",
      proof: proof(kernel.running, `the fixed ${next.name} ${next.version} is installed, and the kernel ${kernel.running} still runs`),
    };
  };
}

/** By the name that the finding's advisory used, or the source; builds of another source say nothing. */
function isFixedBy(build: MatchPackage, sourceName: string, fixedVersion: string): boolean {
  const advised = advisedNames(build).find((n) => n.package === sourceName);
  const order = advised && compareVersions(build.ecosystem, advised.version, fixedVersion);
  return order === ">" || order === "=";
}

const proof = (release: string, statement: string): Proof => ({
  kind: "running",
  record: `kernel ${release}`,
  feed: "",
  modified: null,
  statement,
});
