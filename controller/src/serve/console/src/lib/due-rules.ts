import { ApiProblem } from "./api.ts";
import { plural } from "./format.ts";
import type { DuePreview, DueRules } from "./types.ts";

export const policies: { id: DueRules["follow"][number]; label: string; what: string }[] = [
  { id: "cisa-bod-26-04", label: "CISA BOD 26-04", what: "days by known exploitation, exposure and impact" },
  { id: "ssvc-cisa", label: "SSVC, CISA's tree", what: "act, attend, track*, track" },
  { id: "ssvc-deployer", label: "SSVC, the deployer's tree", what: "immediate, out-of-cycle, scheduled, defer" },
  { id: "priority-matrix", label: "Priority matrix", what: "the organisation's own days by severity and criticality" },
];
export const severities = ["critical", "high", "unknown", "medium", "low"] as const;
export const words = ["immediate", "out-of-cycle", "scheduled", "defer", "act", "attend", "track*", "track"] as const;

/** A copy that a form may change. */
export const draftOf = (rules: DueRules): DueRules => JSON.parse(JSON.stringify(rules)) as DueRules;

/** The rules as a form has them. @throws ApiProblem where a field holds no number of days */
export function rulesOf(draft: DueRules): DueRules {
  const days = [...severities.flatMap((s) => draft.matrix[s]), ...words.map((w) => draft.daysOf[w] ?? 1)];
  if (days.some((n) => !Number.isInteger(n) || n < 1 || n > 3650))
    throw new ApiProblem(0, {
      message: "A field holds no whole number of days from 1 to 3650.",
      next: "Correct it; only days of SSVC's words may be empty.",
    });
  return draftOf(draft);
}

/** What a change of rules means for the day after it, in a sentence. */
export function told({ overdueNow, overdueThen }: DuePreview): string {
  if (overdueThen > overdueNow) return `${plural(overdueThen - overdueNow, "finding")} would become overdue.`;
  if (overdueThen < overdueNow) return `${plural(overdueNow - overdueThen, "finding")} would be overdue no more.`;
  return "No finding would become overdue.";
}
