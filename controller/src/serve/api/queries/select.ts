import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { iso } from "../moments.ts";

export { queryRows as select } from "../../../store/index.ts";

/** Column shapes. */
export const int = z.coerce.number().int();
export const real = z.coerce.number();
export const realOrNull = z.union([z.null(), z.coerce.number()]);
export const moment = z.union([z.string(), z.date()]).transform((v) => iso(String(v instanceof Date ? v.toISOString() : v)));
export const momentOrNull = z.union([z.null(), moment]);
export const json = <T extends z.ZodType>(inner: T) => z.preprocess((v) => (typeof v === "string" ? JSON.parse(v) : v), inner);

/** Conditions joined by "and"; what is undefined does not limit. */
export const allOf = (...conditions: (SQL | undefined | false)[]): SQL => {
  const given = conditions.filter((c): c is SQL => c !== undefined && c !== false);
  return given.length === 0 ? sql`true` : sql.join(given, sql` and `);
};

/** `column ilike %text%` with the text taken literally. */
export const contains = (column: SQL, text: string): SQL => sql`${column} ilike ${`%${text.replace(/[\\%_]/g, "\\$&")}%`}`;

export const textArray = (values: readonly string[]): SQL => sql`${sql.param([...values])}::text[]`;
