import type { SignalRecord, VulnerabilityRecord } from "../intel/index.ts";
import { type CvssFacts, readCvss } from "../risk/index.ts";

/** What is known about one CVE besides which versions it affects. */
export interface VulnerabilityEvidence {
  readonly epss: number | null;
  readonly kev: { readonly since: string | null; readonly ransomware: boolean } | null;
  readonly publicExploit: boolean;
  readonly cvss: CvssFacts | null;
}

export const NOTHING_KNOWN: VulnerabilityEvidence = { epss: null, kev: null, publicExploit: false, cvss: null };

type Signal = Pick<SignalRecord, "vulnerabilityId" | "at" | "data"> & { readonly kind: string; readonly value: number | null };

/** Gathers signals and vectors by CVE. Where several sources give an EPSS score, the highest counts. */
export function gatherEvidence(
  vulnerabilities: Iterable<Pick<VulnerabilityRecord, "id" | "cvssVector">>,
  signals: Iterable<Signal>,
): Map<string, VulnerabilityEvidence> {
  const evidence = new Map<string, VulnerabilityEvidence>();
  const add = (id: string, known: Partial<VulnerabilityEvidence>) => evidence.set(id, { ...(evidence.get(id) ?? NOTHING_KNOWN), ...known });
  for (const { id, cvssVector } of vulnerabilities) {
    const cvss = cvssVector ? readCvss(cvssVector) : null;
    if (cvss) add(id, { cvss });
  }
  for (const { vulnerabilityId: id, kind, at, value, data } of signals) {
    if (kind === "epss" && value !== null) add(id, { epss: Math.max(value, evidence.get(id)?.epss ?? 0) });
    else if (kind === "kev") add(id, { kev: { since: at, ransomware: data.ransomware === true } });
    else if (kind === "exploit") add(id, { publicExploit: true });
  }
  return evidence;
}
