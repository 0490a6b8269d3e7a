import { type Instant, instant } from "@breakwater/shared/core";

/** A `moment` column, in whichever spelling the driver returns it. */
export const momentOf = (text: string): Instant => instant(Date.parse(text));

/** Rows in one statement: PostgreSQL takes 65,535 parameters, and the widest row here has 12. */
export const ROWS_PER_STATEMENT = 1_000;

export function chunks<T>(items: readonly T[], size = ROWS_PER_STATEMENT): T[][] {
  const parts: T[][] = [];
  for (let i = 0; i < items.length; i += size) parts.push(items.slice(i, i + size));
  return parts;
}
