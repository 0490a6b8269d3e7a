import { badCursor } from "./problems.ts";

/** Lists give an opaque cursor, so that what it holds may change without a new version of the API. */
export const encodeCursor = (position: number): string => Buffer.from(`v1:${position}`).toString("base64url");

/** @throws bad-cursor */
export function decodeCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  const match = /^v1:(\d{1,15})$/.exec(Buffer.from(cursor, "base64url").toString());
  if (!match) throw badCursor();
  return Number(match[1]);
}

/** A page that counts rows: the next one begins where this one ends. */
export function offsetPage<T>(rows: T[], query: { cursor?: string | undefined; limit: number }, total: number) {
  const offset = decodeCursor(query.cursor) ?? 0;
  const end = offset + rows.length;
  return { rows, total, next: rows.length > 0 && end < total ? encodeCursor(end) : null };
}
