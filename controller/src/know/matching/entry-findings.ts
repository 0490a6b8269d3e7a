import type { NoFixReason, Proof, Verdict } from "./verdict.ts";

/** A finding as far as it depends on the catalogue entry alone: the same on every endpoint that has it installed. */
export interface EntryFinding {
  /** Package and vulnerability: what an endpoint has one finding of. */
  readonly key: string;
  readonly packageId: number;
  readonly ecosystem: string;
  readonly packageName: string;
  readonly sourceName: string;
  readonly vulnerabilityId: string;
  readonly installedVersion: string;
  readonly state: "open" | "no-fix" | "restart-needed";
  readonly fixedVersion: string | null;
  /** null where there is a fix. */
  readonly noFixBecause: NoFixReason | null;
  readonly proofs: readonly Proof[];
}

export const findingKey = (ecosystem: string, packageName: string, vulnerabilityId: string) =>
  `${ecosystem}\n${packageName}\n${vulnerabilityId}`;

/** Those of an entry's verdicts that are findings. */
export function entryFindings(
  packageId: number,
  pkg: { readonly ecosystem: string; readonly name: string; readonly version: string },
  verdicts: readonly Verdict[],
): EntryFinding[] {
  const found: EntryFinding[] = [];
  for (const { vulnerability, state, fixedVersion, noFixBecause, source, proofs } of verdicts)
    if (state === "open" || state === "no-fix")
      found.push({
        key: findingKey(pkg.ecosystem, pkg.name, vulnerability),
        packageId,
        ecosystem: pkg.ecosystem,
        packageName: pkg.name,
        sourceName: source,
        vulnerabilityId: vulnerability,
        installedVersion: pkg.version,
        state,
        fixedVersion: state === "open" ? fixedVersion : null,
        noFixBecause,
        proofs,
      });
  return found;
}
