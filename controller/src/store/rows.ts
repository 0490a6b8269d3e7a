import type { SQL } from "drizzle-orm";
import type { z } from "zod";
import type { Db } from "./database.ts";

/** The rows of a raw statement's answer: PGlite wraps them in an object, postgres-js gives the rows themselves. */
export function rowsOf(result: unknown): readonly unknown[] {
  if (Array.isArray(result)) return result;
  const { rows } = result as { rows?: unknown };
  if (!Array.isArray(rows)) throw new TypeError("This is no answer of a database driver.");
  return rows;
}

/** Runs a statement and parses each row of its result. */
export async function queryRows<T>(db: Db, row: z.ZodType<T>, statement: SQL): Promise<T[]> {
  return rowsOf(await db.execute(statement)).map((r) => row.parse(r));
}
