import type { FailureClass } from "@breakwater/shared/command";

/**
 * What apt's and dpkg's own words mean, most telling first: one failing script makes apt print several of these. Seen in
 * runs of apt 2.6.1 and dpkg 1.21; LC_ALL=C.UTF-8 keeps the words stable.
 */
const SIGNS: readonly (readonly [FailureClass, RegExp])[] = [
  ["lock-timeout", /^E: (?:Could not get lock|Unable to acquire the dpkg frontend lock|Unable to lock)/m],
  ["no-space", /No space left on device|You don't have enough free space in/],
  ["removal-needed", /^E: Packages need to be removed but remove is disabled/m],
  ["held", /^E: Held packages were changed/m],
  ["version-gone", /^E: Version '.+' for '.+' was not found|^E: Unable to locate package/m],
  ["repository-untrusted", /cannot be authenticated|is not signed|There were unauthenticated packages/],
  ["hash-mismatch", /Hash Sum mismatch|File has unexpected size/],
  [
    "maintainer-script",
    /(?:pre|post)-(?:installation|removal) script subprocess (?:returned error|was killed)|end of file on stdin at conffile prompt/,
  ],
  ["unpack-failed", /^dpkg: error processing archive|cannot copy extracted data|unable to (?:open|install) new version/m],
  ["download-failed", /^E: (?:Failed to fetch|Unable to fetch)|Could not resolve|Could not connect|Unable to connect|^Err:/m],
  ["package-manager-broken", /dpkg was interrupted|Unmet dependencies|unmet dependencies|very bad inconsistent state/],
];

export const classifyAptOutput = (output: string): FailureClass | undefined => SIGNS.find(([, sign]) => sign.test(output))?.[0];

/** The line in which dpkg or apt says what went wrong first, for a reader who sees one sentence. */
export function explainAptOutput(output: string): string {
  const lines = output.split("\n").map((l) => l.trim());
  const script = lines.find((l) => / script subprocess (?:returned|was killed)|\(No space left on device\)/.test(l));
  return script ?? lines.find((l) => /^(?:E: |dpkg: error)/.test(l)) ?? "";
}
