import type { PlanDocument } from "../document.ts";

/** What readers of a scenario could not read as it stood, gathered while reading. */
export interface Findings {
  readonly assumptions: string[];
  readonly contradictions: PlanDocument["contradictions"];
  readonly notes: string[];
}
