import { join } from "node:path";
import type { Problem } from "@breakwater/shared/core";
import { parse } from "yaml";
import { readOwnersWord } from "./owners-word.ts";
import { observePolicy, type Policy, policyFileSchema, policyOf } from "./policy.ts";
import { systemTimezone } from "./system-timezone.ts";

export const POLICY_FILE = "policy.yaml";
/** A policy is a page of text. More is a mistake. */
const MAX_POLICY_BYTES = 256 * 1024;

/** The policy in force, and what is wrong with the file when it could not be taken as it stands. */
export interface LoadedPolicy {
  readonly policy: Policy;
  readonly problem?: Problem;
}

/** Reads text as a policy. What cannot be read is the policy "observe", and said. */
export function parsePolicy(text: string, timezone: string): LoadedPolicy {
  const unreadable = (message: string): LoadedPolicy => ({
    policy: observePolicy(timezone),
    problem: {
      code: "policy-malformed",
      message: `policy.yaml cannot be used (${message}), so this machine observes only.`,
      next: "Correct the file; `breakwater-agent doctor` says whether it can be read.",
    },
  });
  let raw: unknown;
  try {
    raw = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    return unreadable((error as Error).message.split("\n")[0] ?? "not YAML");
  }
  const parsed = policyFileSchema.safeParse(raw ?? {});
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return unreadable(`${issue?.path.join(".") || "the file"}: ${issue?.message}`);
  }
  return { policy: policyOf(parsed.data, timezone) };
}

/**
 * Reads the owner's policy. No file: observe, without a problem. One that others than its owner could have written, by its own mode
 * or by that of a directory on the way to it, is not the owner's word, so it counts as malformed.
 */
export async function loadPolicy(configDir: string, timezone = systemTimezone()): Promise<LoadedPolicy> {
  const path = join(configDir, POLICY_FILE);
  const observing = (code: string, why: string, next: string): LoadedPolicy => ({
    policy: observePolicy(timezone),
    problem: { code, message: `${path} ${why}, so this machine observes only.`, next },
  });
  try {
    const read = await readOwnersWord(path, MAX_POLICY_BYTES);
    if (read === undefined) return { policy: observePolicy(timezone) };
    if (read.ok) return parsePolicy(read.value, timezone);
    const { message, next } = read.problem;
    return observing("policy-malformed", `is not taken (${message})`, next ?? "Lay down a plain file of a page.");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return observing("policy-unreadable", `cannot be read (${code})`, "Let the agent's user read the file.");
  }
}
