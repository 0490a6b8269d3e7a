import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows } from "../../store/index.ts";
import { openLargeFleet } from "./large-fleet-api.testing.ts";

/**
 * What writing costs for the indexes and columns that only pages read: `TEST_DATABASE_URL=... npm run bench -- writes [ENDPOINTS]`. Each kind of
 * change is made in turn with all of them and with those of its table dropped, within a transaction that is taken back, so that both see the same
 * rows on the same machine at the same time; told is the median, and the ratio of the two. The log is what PostgreSQL writes ahead: it does not
 * depend on how busy the machine is, but others who write on the same server add to it. FLEET_DATABASE_URL as in the benchmark of pages.
 */
const ENDPOINTS = Number(process.argv[2] ?? 10_000);
const ROUNDS = 15;
/** Endpoints that one change is about. */
const SOME = 100;
const say = (text: string) => process.stdout.write(`${text}\n`);
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const some = (round: number) =>
  sql`(select id from endpoint order by id limit ${SOME} offset ${(round * SOME) % Math.max(ENDPOINTS - SOME, 1)})`;
const FINDING = ["finding_package", "finding_days", "finding_unresolved"].map((name) => `drop index ${name}`);
const FACTS = ["reboot_needed", "restart_needed", "kernel_not_running", "public_package", "repositories_unlisted", "some_source"];
const COLUMNS = `alter table endpoint ${[...FACTS, "security_source", "extended_source"].map((name) => `drop column ${name}`).join(", ")}`;

interface Change {
  readonly without: readonly string[];
  readonly make: (round: number) => readonly SQL[];
}
const CHANGES: Readonly<Record<string, Change>> = {
  "a sign of life": {
    without: [COLUMNS],
    make: (round) => [sql`update endpoint set last_seen_at = now() where id in ${some(round)}`],
  },
  "facts of an inventory": {
    without: [COLUMNS],
    make: (round) => [
      sql`update endpoint set facts = facts || jsonb_build_object('collectedAt', now()), inventory_at = now() where id in ${some(round)}`,
    ],
  },
  "packages exchanged": {
    without: ["drop index endpoint_package_not_there"],
    make: (round) => [
      sql`delete from endpoint_package where endpoint_id in ${some(round)} and package_id % 10 = 0`,
      sql`insert into endpoint_package (endpoint_id, package_id, status) select e.id, 1000000 + i, 'installed' from ${some(round)} e, generate_series(1, 30) i`,
    ],
  },
  "findings scored anew": {
    without: FINDING,
    make: (round) => [sql`update finding set risk = risk * 0.99 + 0.1 where endpoint_id in ${some(round)} and closed_at is null`],
  },
  "findings closed": {
    without: FINDING,
    make: (round) => [
      sql`update finding set state = 'fixed', closed_at = now(), closed_by = 'inventory' where endpoint_id in ${some(round)} and closed_at is null`,
    ],
  },
  "findings opened": {
    without: FINDING,
    make: (round) => [
      sql`insert into finding (endpoint_id, package_id, vulnerability_id, package_name, source_name, installed_version, state, risk, factors, exposure, proofs, opened_at)
        select endpoint_id, package_id, vulnerability_id || 'x', package_name, source_name, installed_version, 'open', risk, factors, exposure, proofs, now()
        from finding where endpoint_id in ${some(round)} and closed_at is null`,
    ],
  },
  "scores of EPSS": {
    without: ["drop index signal_of_few"],
    make: (round) => [sql`update signal set value = value * 0.99 where kind = 'epss' and hashtext(vulnerability_id) % 100 = ${round}`],
  },
};

class TakenBack extends Error {}
const place = z.object({ at: z.coerce.number() });

async function once(db: Db, { without, make }: Change, round: number, dropped: boolean): Promise<{ ms: number; logged: number }> {
  let [ms, logged] = [0, 0];
  await db
    .transaction(async (tx) => {
      if (dropped) for (const statement of without) await tx.execute(sql.raw(statement));
      const written = async () => (await queryRows(tx, place, sql`select pg_current_wal_insert_lsn() - '0/0'::pg_lsn as at`))[0]?.at ?? 0;
      const before = await written();
      const started = performance.now();
      for (const statement of make(round)) await tx.execute(statement);
      ms = performance.now() - started;
      logged = (await written()) - before;
      throw new TakenBack();
    })
    .catch((error: unknown) => {
      if (!(error instanceof TakenBack)) throw error;
    });
  return { ms, logged };
}

const { t, store } = await openLargeFleet(ENDPOINTS, process.env.FLEET_DATABASE_URL);
say(`${ENDPOINTS} endpoints, each change of ${SOME} of them; ${store.engine}\n`);
say("change                      with   without   ratio   log with   without   ratio");
for (const [name, change] of Object.entries(CHANGES)) {
  const all = { with: [] as { ms: number; logged: number }[], without: [] as { ms: number; logged: number }[] };
  for (let round = 0; round < ROUNDS; round++) {
    // The first of two on the same rows reads them for both.
    await once(store.db, change, round, false);
    for (const way of round % 2 === 0 ? (["with", "without"] as const) : (["without", "with"] as const))
      all[way].push(await once(store.db, change, round, way === "without"));
  }
  const of = (way: keyof typeof all, what: "ms" | "logged") => median(all[way].map((each) => each[what]));
  const ratio = (what: "ms" | "logged") => (of("with", what) / of("without", what)).toFixed(2).padStart(7);
  const ms = (way: keyof typeof all) => `${of(way, "ms").toFixed(1)} ms`;
  const kb = (way: keyof typeof all) => `${(of(way, "logged") / 1_000).toFixed(0)} kB`;
  say(
    `${name.padEnd(23)} ${ms("with").padStart(8)} ${ms("without").padStart(9)} ${ratio("ms")} ${kb("with").padStart(10)} ${kb("without").padStart(9)} ${ratio("logged")}`,
  );
}
await t.close();
