import type { FailureClass } from "@breakwater/shared/command";
import { failedInstallScripts, failedScripts, firstSign, RPM_SIGNS, type Sign, scriptFailed } from "../rpm/failure.ts";
import { plainText } from "./xml.ts";

/** What zypper's and rpm's own words mean, most telling first. Seen in runs of zypper 1.14.42 and rpm 4.18. */
const SIGNS: readonly Sign[] = [
  ["lock-timeout", /^System management is locked by the application/m],
  RPM_SIGNS.lock,
  RPM_SIGNS.space,
  RPM_SIGNS.script,
  ["hash-mismatch", /^Digest verification failed/m],
  RPM_SIGNS.digest,
  ["repository-untrusted", /^untrusted: |Signature verification failed|Package is not signed!|is signed with an unknown key|is unsigned/m],
  ["version-gone", /^(?:Package '.*' not found\.|No provider of '.*' found\.)/m],
  RPM_SIGNS.unpack,
  ["download-failed", /^download: |^Download \(curl\) error|' not found on medium '/m],
  ["simulation-differs", /^Problem: |need for license confirmation/m],
  RPM_SIGNS.damaged,
];

export const classifyZypperOutput = (output: string): FailureClass | undefined => firstSign(SIGNS, plainText(output));

const LICENSE = "a license would have to be agreed to, which only the machine's owner can do: with `zypper install` by hand";

/** The line that says best what went wrong. */
export function explainZypperOutput(output: string): string {
  const lines = plainText(output)
    .split("\n")
    .map((l) => l.trim());
  if (lines.some((l) => l.includes("need for license confirmation"))) return LICENSE;
  const first = (sign: RegExp) => lines.find((l) => sign.test(l));
  return (
    first(/scriptlet failed, /) ??
    first(/^Digest verification failed/) ??
    first(/^(?:untrusted|download): /) ??
    // Of two versions beside each other, which both failed the same way, the problem is told and not the choices.
    first(/^Problem: (?!conflicting requests)/)?.slice("Problem: ".length) ??
    first(/^remove lock to allow |^Solution 1: remove lock to allow /) ??
    first(/Signature verification failed|not found on medium|^Error message: |^System management is locked/) ??
    first(/^(?:Package '.*' not found|No provider of|error: |Error: )/) ??
    ""
  );
}

const STEP = /^\(\s*(\d+)\/(\d+)\) (?:Installing|Removing): (\S+) \[(?:[^\]\n]*?(done)\])?/gm;
/** The last scripts run after every package; zypper tells of one when it starts it, and closes the bracket when it has ended. */
const LAST_SCRIPT = /^Executing %posttrans script '[^']+' \[(?:(?!Executing )[\s\S])*?done\]/gm;

/**
 * Pure: packages of transactions that zypper did not bring to their end, which no later transaction installed again. Each of its
 * runs begins with the same words, on a line that a killed one may have left open, and numbers its steps; it says nothing at the end.
 */
export function cutOff(output: string): string[] {
  const open = new Set<string>();
  for (const run of output.split(/Loading repository data\.\.\.$/m)) {
    const steps = [...run.matchAll(STEP)];
    const last = steps.at(-1);
    const started = run.match(/^Executing %posttrans script /gm)?.length ?? 0;
    const complete = last?.[1] === last?.[2] && last?.[4] === "done" && started === (run.match(LAST_SCRIPT)?.length ?? 0);
    for (const [, , , name = ""] of steps)
      if (complete) open.delete(name);
      else open.add(name);
  }
  return [...open];
}

const failedLate = (output: string): string[] => [
  ...new Set([...output.matchAll(/^Warning: (\S+) %posttrans script failed/gm)].map(([, file]) => `%posttrans(${file})`)),
];
export const zypperFailedScripts = (output: string): string[] => [...failedInstallScripts(output), ...failedLate(output)];

/** What is undone although every package is where it should be. */
export function zypperHalfDone(output: string): string[] {
  const torn = cutOff(output);
  return [
    ...[...failedScripts(output), ...failedLate(output)].map(scriptFailed),
    ...(torn.length === 0
      ? []
      : [`zypper was ended before it was done with ${torn.join(", ")}: scripts that run last (%postun, %posttrans) may not have run.`]),
  ];
}
