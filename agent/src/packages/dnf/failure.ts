import type { FailureClass } from "@breakwater/shared/command";
import { firstSign, RPM_SIGNS, type Sign } from "../rpm/failure.ts";

/** What dnf's and rpm's own words mean, most telling first. Seen in runs of dnf 4.14 and rpm 4.18. */
const SIGNS: readonly Sign[] = [
  ["lock-timeout", /^Failed to obtain the transaction lock/m],
  RPM_SIGNS.lock,
  RPM_SIGNS.space,
  RPM_SIGNS.script,
  ["maintainer-script", /^Error in [A-Z]+ scriptlet/m],
  ["version-gone", /^gone: /m],
  ["repository-untrusted", /^untrusted: |GPG check FAILED|Public key for \S+ is not installed/m],
  RPM_SIGNS.digest,
  RPM_SIGNS.unpack,
  ["download-failed", /^download: |Error downloading packages|Curl error/m],
  ["simulation-differs", /^solver: |^ Problem(?: \d+)?: /m],
  RPM_SIGNS.damaged,
];

export const classifyDnfOutput = (output: string): FailureClass | undefined => firstSign(SIGNS, output);

/** The line that says best what went wrong; of a solver's problem its reason. */
export function explainDnfOutput(output: string): string {
  const lines = output.split("\n").map((l) => l.trim());
  const script = lines.find((l) => /scriptlet failed, |^Error in [A-Z]+ scriptlet/.test(l));
  const reason = lines.find((l) => /^- (?:nothing provides|package .* (?:requires|conflicts|obsoletes)|cannot install)/.test(l))?.slice(2);
  return script ?? reason ?? lines.find((l) => /^(?:Error: |error: |gone: |untrusted: |download: |broken: )/.test(l)) ?? "";
}

/** Whether dnf said that a transaction is done: its last word, after every script. */
export const saidComplete = (output: string): boolean => /^Complete!$/m.test(output);
