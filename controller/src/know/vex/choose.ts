import type { Instant } from "@breakwater/shared/core";
import type { VexFormat, VexStatement } from "./statement.ts";

/** A believed statement about a product that is installed. */
export interface BelievedStatement extends Omit<VexStatement, "place"> {
  readonly id: number;
  readonly rank: number;
  readonly author: string;
  readonly document: { readonly id: string; readonly name: string; readonly format: VexFormat; readonly importedAt: Instant };
}

/** Statements shown that another one overruled. */
const MAX_OVERRULED = 20;

/** The newest of the most trusted counts; a statement on this very endpoint before one on the product at large. */
export function chooseStatement(statements: readonly BelievedStatement[]): {
  readonly chosen: BelievedStatement | null;
  readonly overruled: readonly BelievedStatement[];
} {
  const ordered = [...statements].sort(
    (a, b) =>
      a.rank - b.rank ||
      Number(b.endpointId !== null) - Number(a.endpointId !== null) ||
      b.timestamp - a.timestamp ||
      b.document.importedAt - a.document.importedAt ||
      b.id - a.id,
  );
  const [chosen, ...rest] = ordered;
  if (!chosen) return { chosen: null, overruled: [] };
  return { chosen, overruled: rest.filter((s) => s.status !== chosen.status).slice(0, MAX_OVERRULED) };
}
