import { type SQL, sql } from "drizzle-orm";

/** PostgreSQL types that a column of a bulk statement may have. Values travel as text and are cast: the drivers disagree on the rest. */
type ColumnType = "text" | "bigint" | "int" | "boolean" | "float8" | "timestamptz" | "jsonb";

/** One column of a bulk statement: where a row's value comes from. null and undefined become NULL. */
export interface Column<Row> {
  readonly type: ColumnType;
  readonly of: (row: Row) => string | number | boolean | null | undefined;
}

/** Text that no value of ours can be (PostgreSQL takes no NUL, and no field begins with this). */
const NULL_MARK = "\u0001null";

/**
 * `(select ... from unnest(...))` over rows in memory, for bulk statements: one round trip whatever the number of rows.
 * The columns carry the names of the record's keys.
 */
export function bulkRows<Row>(rows: readonly Row[], columns: Readonly<Record<string, Column<Row>>>): SQL {
  const names = Object.keys(columns);
  const arrays = Object.values(columns).map((column) => {
    const values = rows.map((row) => {
      const value = column.of(row);
      return value === null || value === undefined ? NULL_MARK : withoutNul(String(value));
    });
    return sql`${sql.param(values)}::text[]`;
  });
  const fields = names.map(
    (name, i) =>
      sql`nullif(t.${sql.identifier(name)}, ${NULL_MARK})::${sql.raw(columns[name]?.type ?? "text")} as ${sql.identifier(names[i] ?? name)}`,
  );
  return sql`(select ${sql.join(fields, sql`, `)} from unnest(${sql.join(arrays, sql`, `)}) as t(${sql.join(
    names.map((name) => sql.identifier(name)),
    sql`, `,
  )}))`;
}

/** PostgreSQL's text holds every character but NUL. */
const withoutNul = (text: string) => (text.includes("\u0000") ? text.replaceAll("\u0000", "\ufffd") : text);

/** Cuts a list, so that one statement carries a bounded number of parameters' bytes. */
export function* batches<T>(rows: readonly T[], size: number): Generator<readonly T[]> {
  for (let i = 0; i < rows.length; i += size) yield rows.slice(i, i + size);
}

/** Groups rows by a key, in their order. */
export function groupBy<T, K>(rows: readonly T[], key: (row: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group) group.push(row);
    else groups.set(key(row), [row]);
  }
  return groups;
}
