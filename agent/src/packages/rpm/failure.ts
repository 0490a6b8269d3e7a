import type { FailureClass } from "@breakwater/shared/command";

export type Sign = readonly [FailureClass, RegExp];

/** What rpm's own words mean, whichever tool is above it. Seen in runs of rpm 4.18. */
export const RPM_SIGNS = {
  lock: ["lock-timeout", /can't create transaction lock on/],
  space: ["no-space", /No space left on device|needs \d+[KMG]?B? (?:more space )?on the .* filesystem/],
  script: ["maintainer-script", /scriptlet failed, (?:exit status|signal)/],
  digest: ["hash-mismatch", /[Cc]hecksum doesn't match|digest mismatch|Payload SHA256.* BAD/],
  unpack: ["unpack-failed", /unpacking of archive failed|cpio: /],
  damaged: ["package-manager-broken", /is a duplicate with|rpmdb.*(?:corrupt|damaged)|database disk image is malformed/],
} as const satisfies Readonly<Record<string, Sign>>;

export const firstSign = (signs: readonly Sign[], output: string): FailureClass | undefined =>
  signs.find(([, sign]) => sign.test(output))?.[0];

/** Packages whose scripts after unpacking failed. rpm calls that a warning: the version is there, what the script had to do is not. */
export const failedScripts = (output: string): string[] => [
  ...new Set([...output.matchAll(/^(?:warning|error): (%\w+\([^)]+\)) scriptlet failed, /gm)].map((m) => m[1] ?? "")),
];

/** Of them those of a version that came, which leaves it half done; not those of one that went, nor of others that are triggered. */
export const failedInstallScripts = (output: string): string[] =>
  failedScripts(output).filter((script) => /^%post(?:trans)?\(/.test(script));

export const scriptFailed = (script: string): string => `${script} failed: its version is installed, what the script does is not done.`;
