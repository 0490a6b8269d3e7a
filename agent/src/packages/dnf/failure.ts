import type { FailureClass } from "@breakwater/shared/command";

/** What dnf's and rpm's own words mean, most telling first. Seen in runs of dnf 4.14 and rpm 4.18. */
const SIGNS: readonly (readonly [FailureClass, RegExp])[] = [
  ["lock-timeout", /^Failed to obtain the transaction lock|can't create transaction lock on/m],
  ["no-space", /No space left on device|needs \d+[KMG]?B? (?:more space )?on the .* filesystem/],
  ["maintainer-script", /scriptlet failed, (?:exit status|signal)|^Error in [A-Z]+ scriptlet/m],
  ["version-gone", /^gone: /m],
  ["repository-untrusted", /^untrusted: |GPG check FAILED|Public key for \S+ is not installed/m],
  ["hash-mismatch", /[Cc]hecksum doesn't match|digest mismatch|Payload SHA256.* BAD/],
  ["unpack-failed", /unpacking of archive failed|cpio: /],
  ["download-failed", /^download: |Error downloading packages|Curl error/m],
  ["simulation-differs", /^solver: |^ Problem(?: \d+)?: /m],
  ["package-manager-broken", /is a duplicate with|rpmdb.*(?:corrupt|damaged)|database disk image is malformed/],
];

export const classifyDnfOutput = (output: string): FailureClass | undefined => SIGNS.find(([, sign]) => sign.test(output))?.[0];

/** The line that says best what went wrong; of a solver's problem its reason. */
export function explainDnfOutput(output: string): string {
  const lines = output.split("\n").map((l) => l.trim());
  const script = lines.find((l) => /scriptlet failed, |^Error in [A-Z]+ scriptlet/.test(l));
  const reason = lines.find((l) => /^- (?:nothing provides|package .* (?:requires|conflicts|obsoletes)|cannot install)/.test(l))?.slice(2);
  return script ?? reason ?? lines.find((l) => /^(?:Error: |error: |gone: |untrusted: |download: |broken: )/.test(l)) ?? "";
}

/** Whether dnf said that a transaction is done: its last word, after every script. */
export const saidComplete = (output: string): boolean => /^Complete!$/m.test(output);

/**
 * Packages whose scripts after unpacking failed. rpm calls that a warning and dnf ends with 0: the version is there, what the script
 * had to do is not.
 */
export const failedScripts = (output: string): string[] => [
  ...new Set([...output.matchAll(/^(?:warning|error): (%\w+\([^)]+\)) scriptlet failed, /gm)].map((m) => m[1] ?? "")),
];
