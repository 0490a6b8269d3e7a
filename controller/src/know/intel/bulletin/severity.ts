import type { Evidence } from "./model.ts";
import type { Outline } from "./outline.ts";

export type Severity = "low" | "moderate" | "high" | "critical";

/** Vendors' words in the four steps of CVSS: Red Hat and Microsoft say "important" for high, "moderate" for medium. */
const STEPS: Readonly<Record<string, Severity>> = {
  low: "low",
  minor: "low",
  moderate: "moderate",
  medium: "moderate",
  important: "high",
  high: "high",
  critical: "critical",
};

/** The text's own word for how bad it is: at the head of the title, beside "severity", or after "rated". */
export function readSeverity({ sentences }: Outline): { readonly severity: Severity; readonly evidence: Evidence } | undefined {
  const title = sentences[0]?.tokens ?? [];
  const [head, colon] = title;
  const first = STEPS[head?.lower ?? ""];
  if (head && first && (colon?.text === ":" || colon?.text === "-"))
    return { severity: first, evidence: { confidence: 0.98, span: { start: head.start, end: head.end } } };
  for (const { tokens } of sentences) {
    for (const [i, token] of tokens.entries()) {
      const severity = STEPS[token.lower];
      if (!severity) continue;
      const before = tokens
        .slice(Math.max(0, i - 5), i)
        .map((t) => t.lower)
        .join(" ");
      const after = tokens
        .slice(i + 1, i + 4)
        .map((t) => t.lower)
        .join(" ");
      if (
        /^(?:- )?severity\b/.test(after) ||
        /(?:severity|impact|security rating)(?: (?:level|rating))? ?(?::|of|is|as|=|\|)?(?: (?:rated|classified|being|a|security impact of))?$/.test(
          before,
        ) ||
        /(?:rated|classified|categorized|scored) (?:as )?(?:having a )?$/.test(`${before} `)
      )
        return { severity, evidence: { confidence: 0.9, span: { start: token.start, end: token.end } } };
    }
  }
  return undefined;
}
