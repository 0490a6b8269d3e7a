import { expectOk, systemClock } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { openTestStore } from "../../store/testing.ts";
import { createCmdb } from "./index.ts";

/**
 * Comparing a fleet with a configuration database that lists software, over the number of machines: `npm run bench -- cmdb [MACHINES]`. On the embedded
 * database, or on PostgreSQL where TEST_DATABASE_URL names one. The ratio is to one plain count of the same rows, joined by key on the same
 * machine at the same time, so that it means the same on a busy one; CPU is of this process, which waits for nobody.
 */
const most = Number(process.argv[2] ?? 10_000);
const PACKAGES = 300;
const LISTED = 40;
const CATALOGUE = 3_000;
const say = (text: string) => process.stdout.write(`${text}\n`);

say(
  `${process.env.TEST_DATABASE_URL ? "PostgreSQL" : "embedded database"}; ${PACKAGES} packages and ${LISTED} listed pieces of software a machine`,
);
say("machines   compare       CPU   plain count   ratio   ms a machine   gaps   resident");
for (const machines of [most / 10, most / 4, most]) {
  const store = await openTestStore();
  const { db } = store;
  await db.execute(sql`insert into package_catalogue (ecosystem, name, version, architecture, source_name, source_version, vendor, distribution)
    select 'deb', 'pkg' || i, (i % 9) || '.' || (i / ${CATALOGUE / 2}) || '-1', 'amd64', 'src' || i % 2000, (i % 9) || '.' || (i / ${CATALOGUE / 2}) || '-1', 'Debian', 'debian:12'
    from generate_series(1, ${CATALOGUE}::int) i`);
  const facts = JSON.stringify({ services: Array.from({ length: 300 }, (_, i) => ({ unit: `unit-${i}.service`, activeState: "active" })) });
  await db.execute(sql`insert into endpoint (id, hostname, machine_id, os_id, os_version, os_name, architecture, kernel_release, agent_version, enrolled_at, inventory_at, facts)
    select 'ep_' || i, 'host-' || i, md5(i::text), 'debian', '12', 'Debian 12', 'amd64', '6.1', '0', now(), now(),
      ${facts}::jsonb || jsonb_build_object('hardware', jsonb_build_object('serialNumber', 'SN' || i), 'network',
        jsonb_build_object('interfaces', jsonb_build_array(jsonb_build_object('mac', '52:54:00' || regexp_replace(lpad(to_hex(i), 6, '0'), '(..)', ':\\1', 'g'), 'addresses', jsonb_build_array('10.' || i / 65536 || '.' || i / 256 % 256 || '.' || i % 256)))))
    from generate_series(1, ${machines}::int) i`);
  await db.execute(sql`insert into endpoint_package (endpoint_id, package_id, status, held)
    select 'ep_' || i, c.id, 'installed', false from generate_series(1, ${machines}::int) i
    cross join lateral (select id from package_catalogue where (id * 7 + i) % ${CATALOGUE / PACKAGES}::int = 0) c`);
  await db.execute(sql`insert into cmdb_source (name, format, digest, imported_at, imported_by, entries, software, columns, set_aside_count, set_aside)
    values ('cmdb', 'csv', '', now(), 'bench', ${machines}, ${machines * LISTED}, '{}', 0, '[]')`);
  await db.execute(sql`insert into cmdb_entry (source, place, names, machine_ids, serial, addresses, macs)
    select 'cmdb', i, jsonb_build_array('host-' || i), '[]', 'SN' || i, '[]', '[]' from generate_series(1, ${machines}::int) i`);
  await db.execute(sql`insert into cmdb_software (source, place, normal, name, version)
    select 'cmdb', i, 'src' || (j * 41 + i) % 2000, 'src' || (j * 41 + i) % 2000, (j % 9) || '.0' from generate_series(1, ${machines}::int) i, generate_series(1, ${LISTED}::int) j
    on conflict do nothing`);
  await db.execute(sql`analyze`);
  const timed = async <T>(work: () => Promise<T>): Promise<[T, number]> => {
    const started = performance.now();
    return [await work(), performance.now() - started];
  };
  const count = () => db.execute(sql`select count(*), min(c.name) from endpoint_package p join package_catalogue c on c.id = p.package_id`);
  await count();
  const [, plain] = await timed(count);
  const cmdb = createCmdb({ store, clock: systemClock });
  const before = process.cpuUsage();
  const [result, ms] = await timed(() => cmdb.compare());
  const { user, system } = process.cpuUsage(before);
  const { gaps, softwareCompared } = expectOk(result);
  if (softwareCompared !== machines) throw new Error(`${softwareCompared} of ${machines} were compared`);
  const seconds = (milliseconds: number, width: number) => `${(milliseconds / 1_000).toFixed(2)} s`.padStart(width);
  const cells = [String(machines).padStart(8), seconds(ms, 9), seconds((user + system) / 1_000, 9), seconds(plain, 13)];
  const more = [(ms / plain).toFixed(1).padStart(7), (ms / machines).toFixed(2).padStart(14), String(gaps.length).padStart(6)];
  say(`${[...cells, ...more].join(" ")} ${(process.memoryUsage().rss / 1024 ** 2).toFixed(0).padStart(7)} MB`);
  await store.close();
}
