import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows } from "../../store/index.ts";
import { bulkRows } from "../rows.ts";
import { mergeChatter } from "./chatter.ts";
import type { Names, ScoreMove } from "./persist.ts";
import type { SignalRecord } from "./records.ts";

const Id = z.object({ id: z.string() });
/** Moves that are kept at most; when there are more, every second goes, and so on. */
const MAX_MOVES = 40_000;

const keyOf = (s: SignalRecord) => `${s.kind} ${s.vulnerabilityId}`;

/**
 * Writes only what changed: most of a day's EPSS scores are yesterday's, and rewriting 300,000 rows a day would only make
 * the table grow. The stored values come as one text, since that many rows cost more to hand over than to compare.
 */
export class SignalWriter {
  private readonly tx: Db;
  private readonly feedId: string;
  private readonly changed: Names;
  private readonly wantsMoves: boolean;
  private readonly whole: boolean;
  private kept: ScoreMove[] = [];
  private every = 1;
  private nth = 0;

  constructor(tx: Db, feedId: string, changed: Names, wanted: { readonly moves: boolean; readonly whole: boolean }) {
    this.tx = tx;
    this.feedId = feedId;
    this.changed = changed;
    this.wantsMoves = wanted.moves;
    this.whole = wanted.whole;
  }

  get moves(): readonly ScoreMove[] {
    return this.kept;
  }

  async put(signals: readonly SignalRecord[]): Promise<void> {
    const given = new Map(signals.map((s) => [keyOf(s), s]));
    if (given.size === 0) return;
    await this.tx.execute(
      sql`insert into feed_seen (kind, id) select 'signal', t.id from unnest(${sql.param([...given.keys()])}::text[]) as t(id) on conflict do nothing`,
    );
    const before = await this.stored([...new Set(signals.map((s) => s.vulnerabilityId))]);
    const different = [...given].filter(([key, s]) => s.kind !== "epss" || before.get(key) !== String(s.value)).map(([, s]) => s);
    if (this.wantsMoves)
      for (const [key, s] of given) {
        const known = before.get(key);
        if (s.kind === "epss" && known) this.keep({ before: Number(known), after: s.value });
      }
    if (different.length > 0) await this.write(this.whole ? different : await this.merged(different));
  }

  /** Of a feed that is read piece by piece, what people say adds up. */
  private async merged(signals: readonly SignalRecord[]): Promise<readonly SignalRecord[]> {
    const ids = signals.filter((s) => s.kind === "chatter").map((s) => s.vulnerabilityId);
    if (ids.length === 0) return signals;
    const rows = await queryRows(
      this.tx,
      z.object({ id: z.string(), at: z.string().nullable(), data: z.unknown() }),
      sql`select vulnerability_id as id, at::text as at, data from signal
        where source = ${this.feedId} and kind = 'chatter' and vulnerability_id = any(${sql.param(ids)}::text[])`,
    );
    const known = new Map(rows.map((r) => [r.id, r]));
    return signals.map((s) => {
      const before = s.kind === "chatter" ? known.get(s.vulnerabilityId) : undefined;
      return before ? mergeChatter(before, s) : s;
    });
  }

  private async stored(ids: readonly string[]): Promise<Map<string, string>> {
    const [stored] = await queryRows(
      this.tx,
      z.object({ all: z.string().nullable() }),
      sql`select string_agg(kind || ' ' || vulnerability_id || ' ' || coalesce(value::text, ''), E'\n') as "all" from signal
        where source = ${this.feedId} and vulnerability_id = any(${sql.param([...ids])}::text[])`,
    );
    const before = new Map<string, string>();
    for (const line of stored?.all?.split("\n") ?? []) {
      const [kind, id, value = ""] = line.split(" ");
      before.set(`${kind} ${id}`, value);
    }
    return before;
  }

  private async write(signals: readonly SignalRecord[]): Promise<void> {
    const input = bulkRows(signals, {
      vulnerability_id: { type: "text", of: (s) => s.vulnerabilityId },
      kind: { type: "text", of: (s) => s.kind },
      at: { type: "timestamptz", of: (s) => s.at },
      value: { type: "float8", of: (s) => s.value },
      data: { type: "jsonb", of: (s) => JSON.stringify(s.data) },
    });
    const rows = await queryRows(
      this.tx,
      Id,
      sql`
      insert into signal (vulnerability_id, kind, source, at, value, data)
      select vulnerability_id, kind, ${this.feedId}, at, value, data from ${input} i
      on conflict (vulnerability_id, kind, source) do update set at = excluded.at, value = excluded.value, data = excluded.data
      where signal.value is distinct from excluded.value or signal.data is distinct from excluded.data
      returning vulnerability_id as id`,
    );
    this.changed.add(rows.map((r) => r.id));
  }

  private keep(move: ScoreMove): void {
    if (this.nth++ % this.every !== 0) return;
    if (this.kept.push(move) < MAX_MOVES) return;
    this.kept = this.kept.filter((_, i) => i % 2 === 0);
    this.every *= 2;
  }

  /** Removes what the reading did not tell of. */
  async removeUnseen(): Promise<void> {
    const rows = await queryRows(
      this.tx,
      Id,
      sql`with gone as (delete from signal s where s.source = ${this.feedId}
          and not exists (select 1 from feed_seen f where f.kind = 'signal' and f.id = s.kind || ' ' || s.vulnerability_id) returning vulnerability_id)
        select distinct vulnerability_id as id from gone limit 2000`,
    );
    this.changed.add(rows.map((r) => r.id));
  }
}
