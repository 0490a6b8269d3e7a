import { type SQL, sql } from "drizzle-orm";
import type { z } from "zod";
import type { PlaceAfter } from "../cursor.ts";
import { badCursor } from "../problems.ts";
import type { findingQuery } from "../schemas/index.ts";

type Sort = z.output<typeof findingQuery>["sort"];

/** One order of findings, over a selection `hit` of their `id` and `key`. Each fits an index, so that no page sorts or skips what is not on it. */
export interface FindingOrder {
  /** What findings are ordered by. */
  readonly key: SQL;
  /** Of a selection by its name. */
  by(of: SQL): SQL;
  /** The key as a cursor carries it, exact. */
  readonly told: SQL;
  /** What comes after a place. @throws bad-cursor where the place's value cannot be a key */
  after(place: PlaceAfter): SQL;
}

const asNumber = (value: string): SQL => {
  if (!/^-?\d+(\.\d+)?(e[+-]?\d{1,3})?$/.test(value)) throw badCursor();
  return sql`${value}::float8`;
};
const asMoment = (value: string): SQL => {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(value) || Number.isNaN(Date.parse(value))) throw badCursor();
  return sql`${value}::timestamptz`;
};
/** A text with a zero byte is none for the database. */
const asText = (value: string): SQL => {
  if (value.includes("\0")) throw badCursor();
  return sql`${value}::text`;
};
const id = (place: PlaceAfter): SQL => sql`${String(place.id)}::bigint`;

const risk = { key: sql`f.risk`, told: sql`page.key::text` };
const opened = { key: sql`f.opened_at`, told: sql`to_char(page.key at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')` };
const name = (key: SQL): FindingOrder => ({
  key,
  by: (of) => sql`${of}.key, ${of}.id`,
  told: sql`page.key`,
  after: (p) => sql`(key, id) > (${asText(p.value)}, ${id(p)})`,
});

export const FINDING_ORDERS: Readonly<Record<Sort, FindingOrder>> = {
  // The index is of falling risk with nulls at the end, and of rising ids: the first condition is where to begin in it, the second leaves out equals.
  "-risk": {
    ...risk,
    by: (of) => sql`${of}.key desc nulls last, ${of}.id`,
    after: (p) => sql`key <= ${asNumber(p.value)} and (key < ${asNumber(p.value)} or id > ${id(p)})`,
  },
  risk: {
    ...risk,
    by: (of) => sql`${of}.key nulls first, ${of}.id`,
    after: (p) => sql`key >= ${asNumber(p.value)} and (key > ${asNumber(p.value)} or id > ${id(p)})`,
  },
  "-opened": { ...opened, by: (of) => sql`${of}.key desc, ${of}.id desc`, after: (p) => sql`(key, id) < (${asMoment(p.value)}, ${id(p)})` },
  opened: { ...opened, by: (of) => sql`${of}.key, ${of}.id`, after: (p) => sql`(key, id) > (${asMoment(p.value)}, ${id(p)})` },
  vulnerability: name(sql`f.vulnerability_id`),
  package: name(sql`f.package_name`),
};
