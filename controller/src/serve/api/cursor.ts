import { z } from "zod";
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

/** A place in a list by what its last row is ordered by, so that going on costs the same however far one is. */
export interface PlaceAfter {
  readonly sort: string;
  /** What the list is ordered by, of the last row that was shown. */
  readonly value: string;
  /** Of that row; rows of the same value follow by it. */
  readonly id: number;
}
const placeSchema = z.tuple([z.string(), z.string(), z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)]);

export const encodePlace = ({ sort, value, id }: PlaceAfter): string =>
  Buffer.from(`k1:${JSON.stringify([sort, value, id])}`).toString("base64url");

/** @throws bad-cursor, also for a place in a list of another order */
export function decodePlace(cursor: string | undefined, sort: string): PlaceAfter | undefined {
  if (cursor === undefined) return undefined;
  const text = Buffer.from(cursor, "base64url").toString();
  const place = text.startsWith("k1:") ? placeSchema.safeParse(parsed(text.slice("k1:".length))).data : undefined;
  if (!place || place[0] !== sort) throw badCursor();
  return { sort, value: place[1], id: place[2] };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A page that counts rows: the next one begins where this one ends. */
export function offsetPage<T>(rows: T[], query: { cursor?: string | undefined; limit: number }, total: number) {
  const offset = decodeCursor(query.cursor) ?? 0;
  const end = offset + rows.length;
  return { rows, total, next: rows.length > 0 && end < total ? encodeCursor(end) : null };
}
