import { policies } from "./due-rules.ts";
import type { Tone } from "./Status.svelte";
import type { Finding, Suppression } from "./types.ts";

/** A policy of due dates as people call it. */
export const policyName = (id: string): string => policies.find((p) => p.id === id)?.label ?? id;

/** VEX's justifications, and ours, as people say them. */
export const justifications: Record<Suppression["justification"], string> = {
  component_not_present: "the component is not present",
  vulnerable_code_not_present: "the vulnerable code is not present",
  vulnerable_code_not_in_execute_path: "the vulnerable code is never executed",
  vulnerable_code_cannot_be_controlled_by_adversary: "no adversary controls the vulnerable code",
  inline_mitigations_already_exist: "mitigations are in place",
  risk_accepted: "the risk is accepted",
};

export const statuses = {
  not_affected: "not affected",
  affected: "affected",
  fixed: "fixed",
  under_investigation: "under investigation",
} as const;

export function inScope(scope: Suppression["scope"]): string {
  switch (scope.kind) {
    case "fleet":
      return "the whole fleet";
    case "endpoint":
      return `endpoint ${scope.id}`;
    case "tag":
      return `endpoints with the tag ${scope.id}`;
    case "group":
      return `the redundancy group ${scope.id}`;
  }
}

const looks: Record<Finding["state"], { tone: Tone; word: string }> = {
  open: { tone: "warn", word: "open" },
  "no-fix": { tone: "wait", word: "no fix yet" },
  "restart-needed": { tone: "warn", word: "patched, restart needed" },
  suppressed: { tone: "gone", word: "suppressed" },
  "not-affected": { tone: "gone", word: "not affected" },
  fixed: { tone: "good", word: "fixed, seen" },
  gone: { tone: "good", word: "package gone" },
  ignored: { tone: "wait", word: "ignored" },
};

/** Why there is no fix, as people say it. */
export const noFixWords: Record<NonNullable<Finding["noFixBecause"]>, string> = {
  "esm-only": "fixed for Ubuntu Pro only",
  "fixed-elsewhere": "fixed in another stream",
  "end-of-life": "end of life",
  "will-not-fix": "will not be fixed",
  postponed: "fix postponed",
  "none-yet": "no fix yet",
};

/** How a finding's state is shown; one that a statement made says so, and one without a fix why there is none. */
export function lookOf(f: Pick<Finding, "state" | "kev" | "assessment" | "noFixBecause">): { tone: Tone; word: string } {
  if (f.kev && f.state === "open") return { tone: "harm", word: "exploited" };
  if (f.state === "fixed" && f.assessment?.statement) return { tone: "gone", word: "fixed, stated" };
  if (f.assessment?.statement?.status === "under_investigation" && f.state !== "suppressed") return { tone: "warn", word: "investigated" };
  if (f.state === "no-fix" && f.noFixBecause)
    return { tone: f.noFixBecause === "none-yet" || f.noFixBecause === "postponed" ? "wait" : "warn", word: noFixWords[f.noFixBecause] };
  return looks[f.state];
}
