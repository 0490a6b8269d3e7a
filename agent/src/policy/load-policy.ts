import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Problem } from "@breakwater/shared/core";
import { parse } from "yaml";
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
 * Reads the owner's policy. No file: observe, without a problem. A file that others than its owner may write is not the
 * owner's word, so it counts as malformed.
 */
export async function loadPolicy(configDir: string, timezone = systemTimezone()): Promise<LoadedPolicy> {
  const path = join(configDir, POLICY_FILE);
  try {
    const { mode, size } = await stat(path);
    if (size > MAX_POLICY_BYTES || (mode & 0o022) !== 0) {
      return {
        policy: observePolicy(timezone),
        problem: {
          code: "policy-malformed",
          message: `${path} is ${size > MAX_POLICY_BYTES ? "too large" : "writable by others than its owner"}, so this machine observes only.`,
          next: `Give it back to its owner alone: chmod go-w ${path}`,
        },
      };
    }
    return parsePolicy(await readFile(path, "utf8"), timezone);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { policy: observePolicy(timezone) };
    return {
      policy: observePolicy(timezone),
      problem: {
        code: "policy-unreadable",
        message: `${path} cannot be read (${(error as NodeJS.ErrnoException).code}), so this machine observes only.`,
        next: "Let the agent's user read the file.",
      },
    };
  }
}
