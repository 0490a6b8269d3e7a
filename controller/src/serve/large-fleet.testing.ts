import { formatInstant, type Instant } from "@breakwater/shared/core";
import { type SQL, sql } from "drizzle-orm";
import type { Store } from "../store/index.ts";

/** What is made beside the endpoints, in the proportions of a fleet that has been looked after for some months. */
const SOURCES = 400;
/** Sources for which repositories offer something newer; the rest are current, or have a flaw without a fix. */
const UPDATED_SOURCES = 250;
/** Scores of EPSS and records of vulnerabilities do not depend on the fleet: the feeds bring them all. */
const SCORED = 250_000;
const RECORDS = 60_000;

/** A number below `below` that depends on the given whole numbers alone: the same fleet on every machine and engine. */
const draw = (below: number, ...of: SQL[]): SQL =>
  sql`(abs(hashint4((${sql.join(
    of.map((part, i) => sql`${part} * ${sql.raw(String([1, 7919, 104_729][i] ?? 1))}`),
    sql` + `,
  )})::int)::bigint) % ${sql.raw(String(below))})::int`;

const n = (value: number) => sql.raw(String(value));
/** The systems, and how many endpoints in ten have each. */
const SYSTEMS = sql`(values (0, 3, 'debian', '12', 'deb', 'Debian GNU/Linux 12 (bookworm)'), (1, 5, 'debian', '13', 'deb', 'Debian GNU/Linux 13 (trixie)'),
  (2, 6, 'debian', '11', 'deb', 'Debian GNU/Linux 11 (bullseye)'), (3, 8, 'almalinux', '9', 'rpm', 'AlmaLinux 9.4'),
  (4, 9, 'almalinux', '8', 'rpm', 'AlmaLinux 8.10')) as y(system, upto, os, version, ecosystem, title)`;
/** Of a source, its 1 to 3 packages. */
const PACKAGES = sql`(select s, b, 'lib' || chr(97 + s % 26) || s || (array['', '-dev', '-tools'])[b + 1] as name, 'source' || s as source
  from generate_series(1, ${n(SOURCES)}) s, generate_series(0, 2) b where b <= s % 3) p`;
/** The fourth version is the newest one. */
const version = (v: SQL) => sql`((s % 7 + 1) || '.' || (s % 13) || '.' || ${v} || '-' || (s % 3 + 1))`;
/** Which CVE the step from version v to the next one fixes. */
const cve = (s: SQL, v: SQL) => sql`'CVE-20' || (22 + ${v}) || '-' || (10000 + ${s} * 4 + ${v})`;

/**
 * Fills an empty store with a made-up fleet: of each endpoint some 320 packages, 18 pending updates, 13 open findings and four closed ones
 * with their factors and proofs, what its last inventory said, and the events that led there. Made by statements of the database alone, so
 * that ten thousand endpoints take about a minute; ids, names and figures are the same on every run.
 */
export async function fillLargeFleet(store: Store, endpoints: number, now: Instant): Promise<void> {
  // One transaction, so that all of it goes through one connection: the temporary table is that connection's.
  await store.db.transaction((tx) => fill((statement) => tx.execute(statement), endpoints, now));
  await store.db.execute(sql`analyze`);
}

type Run = (statement: SQL) => Promise<unknown>;

async function fill(run: Run, endpoints: number, now: Instant): Promise<void> {
  const at = sql`${formatInstant(now)}::timestamptz`;
  const count = n(endpoints);

  await run(sql`insert into site (id, max_concurrent) select 'site-' || i, 50 from generate_series(1, 8) i on conflict do nothing`);
  await run(
    sql`insert into redundancy_group (id, min_healthy) select 'group-' || i, 2 from generate_series(0, ${count} / 50) i on conflict do nothing`,
  );
  await run(sql`insert into endpoint (id, hostname, machine_id, os_id, os_version, os_name, architecture, kernel_release, agent_version, timezone, policy_mode, pinned_key_ids,
      capabilities, site, tags, criticality, declared_exposure, redundancy_group, inventory_digest, inventory_at, enrolled_at, last_seen_at, connected, facts)
    select 'ep_' || lpad(i::text, 6, '0'), role || '-' || lpad(i::text, 5, '0') || '.example.org', md5(i::text), y.os, y.version, y.title, 'amd64', '6.1.0-' || (20 + i % 5) || '-amd64', '0.1.0', 'UTC',
      'patch', '[]', '["halt"]', 'site-' || (1 + i % 8), jsonb_build_array(role, tier, 'team:' || i % 20), case tier when 'prod' then 4 + i % 2 when 'stage' then 3 else 1 end,
      case when role = 'web' then 'public' else 'private' end, case when i % 2 = 0 then 'group-' || i / 50 end, md5('digest' || i), ${at} - (i % 600) * interval '1 second',
      ${at} - interval '120 days', ${at} - case when i % 200 = 0 then interval '2 days' else (i % 15) * interval '1 second' end, i % 200 <> 0, facts.of
    from generate_series(1, ${count}) i
    cross join lateral (select (array['web', 'db', 'app', 'app', 'cache', 'build'])[1 + i % 6] as role, (array['prod', 'prod', 'prod', 'stage', 'dev'])[1 + i % 5] as tier) k
    join lateral (select * from ${SYSTEMS} where i % 10 <= upto order by upto limit 1) y on true
    cross join lateral (select jsonb_build_object('collectedAt', ${formatInstant(now)}::text,
      'services', (select jsonb_agg(jsonb_build_object('unit', 'service-' || j || '.service', 'activeState', 'active', 'subState', 'running', 'mainPid', 500 + j, 'restarts', 0, 'package', 'lib' || j)) from generate_series(1, 80) j),
      'listeners', (select jsonb_agg(jsonb_build_object('protocol', 'tcp', 'address', '10.0.0.1', 'port', 1000 + j, 'scope', case when role = 'web' and j = 1 then 'public' when j < 4 then 'private' else 'loopback' end,
        'pid', 500 + j, 'process', 'process' || j, 'package', '', 'unit', 'service-' || j || '.service', 'namespace', '')) from generate_series(1, 10) j),
      'loadedPackages', (select jsonb_agg(jsonb_build_object('name', 'lib' || chr(97 + s % 26) || s, 'pids', jsonb_build_array(501 + s % 10, 520 + s % 30), 'units', jsonb_build_array('service-' || s % 80 || '.service'),
        'restartNeeded', ${draw(100, sql`i`, sql`s`)} = 0, 'stale', '[]'::jsonb, 'reach', case when role = 'web' and s % 9 = 0 then 'public' when s % 5 = 0 then 'private' when s % 3 = 0 then 'loopback' else 'none' end)) from generate_series(1, ${n(SOURCES)}) s where ${draw(5, sql`i`, sql`s`)} = 0),
      'kernel', jsonb_build_object('running', '6.1.0-' || (20 + i % 5) || '-amd64', 'newestInstalled', '6.1.0-' || (20 + i % 5 + (i % 17 = 0)::int) || '-amd64', 'package', 'linux-image', 'runningVersion', ''),
      'reboot', jsonb_build_object('needed', i % 17 = 0, 'reasons', '[]'::jsonb, 'kernelFallback', ''), 'repositories', '[]'::jsonb,
      'hardware', jsonb_build_object('cpus', 8, 'memoryBytes', 17179869184, 'manufacturer', 'Example', 'model', 'R1', 'serialNumber', 'SN' || i, 'systemUuid', md5('u' || i), 'fileSystems', '[]'::jsonb),
      'network', jsonb_build_object('interfaces', jsonb_build_array(jsonb_build_object('name', 'eth0', 'mac', '52:54:00' || regexp_replace(lpad(to_hex(i), 6, '0'), '(..)', ':\\1', 'g'), 'addresses', jsonb_build_array('10.' || i / 65536 || '.' || i / 256 % 256 || '.' || i % 256))), 'neighbourhood', null),
      'componentScan', null, 'containerRuntimes', '[]'::jsonb, 'lostVersions', '[]'::jsonb, 'problems', '[]'::jsonb) as of) facts`);
  await run(
    sql`insert into certificate (serial, endpoint_id, subject, issued_at, expires_at) select md5(id), id, id, ${at} - interval '1 hour', ${at} + interval '23 hours' from endpoint`,
  );

  await run(sql`insert into package_catalogue (ecosystem, name, version, architecture, source_name, source_version, vendor, distribution)
    select ecosystem, name, ${version(sql`v`)}, 'amd64', source, ${version(sql`v`)}, 'Vendor', os || ':' || version from ${SYSTEMS}, ${PACKAGES}, generate_series(1, 4) v`);
  await run(sql`insert into update_catalogue (distribution, ecosystem, name, architecture, from_version, to_version, source_name, source_version, origin, label, suite, security, download_size_bytes, described_at, cves, urgency, changelog)
    select os || ':' || version, ecosystem, name, 'amd64', ${version(sql`v`)}, ${version(sql`4`)}, source, ${version(sql`4`)}, 'Vendor', 'Security', 'stable', s % 2 = 0, 100000 + s * 1000,
      case when s % 25 <> 0 then ${at} end, '[]', 'medium', repeat('A change of the package with the reason for it. ', 20)
    from ${SYSTEMS}, ${PACKAGES}, generate_series(1, 3) v where s <= ${n(UPDATED_SOURCES)}`);

  // Who has which source in which version: what everything below is made of. Rows lie endpoint by endpoint, as they do where each sends its own.
  await run(sql`create temporary table made as
    select e.id as endpoint_id, i, s, e.os_id || ':' || e.os_version as distribution,
      case when s <= ${n(UPDATED_SOURCES)} and ${draw(1_000, sql`i`, sql`s`, sql`3`)} < 55 then 1 + ${draw(3, sql`s`, sql`i`, sql`5`)} else 4 end as v
    from (select *, row_number() over (order by id)::int as i from endpoint) e, generate_series(1, ${n(SOURCES)}) s where ${draw(100, sql`s`, sql`i`)} < 40`);
  await run(sql`insert into endpoint_package (endpoint_id, package_id, status)
    select m.endpoint_id, c.id, 'installed' from made m join package_catalogue c on c.distribution = m.distribution and c.source_name = 'source' || s and c.version = ${version(sql`m.v`)} order by m.endpoint_id, c.id`);
  await run(sql`insert into pending_update (endpoint_id, name, architecture, update_id, held)
    select m.endpoint_id, u.name, 'amd64', u.id, m.i % 97 = 0 from made m join update_catalogue u on u.distribution = m.distribution and u.source_name = 'source' || s and u.from_version = ${version(sql`m.v`)} where m.v < 4 order by m.endpoint_id, u.name`);
  await fillKnowledge(run, at);
  await fillFindings(run, at);
  await run(sql`drop table made`);
  await fillEvents(run, at);
  await fillDatabase(run, at, endpoints);
}

/** What feeds say: of the fleet's vulnerabilities and of all others. */
async function fillKnowledge(run: Run, at: SQL): Promise<void> {
  const own = sql`(select distinct ${cve(sql`s`, sql`v`)} as id, s, v from generate_series(1, ${n(SOURCES)}) s, generate_series(1, 4) v) c`;
  const all = sql`(select id, s * 4 + v as i from ${own} union all select 'CVE-20' || (10 + i % 12) || '-' || (30000 + i), i from generate_series(2001, ${n(SCORED)}) i) k`;
  await run(sql`insert into vulnerability (id, summary, published, cvss_vector, cvss_score) select id, 'A flaw in the handling of what strangers send, number ' || i || ', lets them read or write where they must not',
    ${at} - (i % 900) * interval '1 day', 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N', 4 + (i % 60) / 10.0 from ${all} where i <= ${n(RECORDS)} on conflict do nothing`);
  await run(
    sql`insert into signal (vulnerability_id, kind, source, at, value) select id, 'epss', 'epss', ${at}, (abs(hashint4(i)::bigint) % 100000 / 100000.0) ^ 4 from ${all} on conflict do nothing`,
  );
  await run(
    sql`insert into signal (vulnerability_id, kind, source, at) select id, 'kev', 'kev', ${at} - interval '30 days' from ${all} where i % 170 = 0 on conflict do nothing`,
  );
  await run(
    sql`insert into signal (vulnerability_id, kind, source, at) select id, 'exploit', 'exploits', ${at} - interval '30 days' from ${all} where i % 50 = 0 on conflict do nothing`,
  );
  await run(
    sql`insert into advisory (id, feed_id, summary, published, modified, vulnerabilities) select 'ADV-' || i, 'osv', 'A security update', ${at} - (i % 900) * interval '1 day', ${at}, jsonb_build_array(id) from ${all} where i <= ${n(RECORDS)}`,
  );
}

async function fillFindings(run: Run, at: SQL): Promise<void> {
  const factor = (name: string, effect: SQL) =>
    sql`jsonb_build_object('name', ${name}::text, 'effect', ${effect}, 'why', 'what was seen of it and where, in a sentence of the usual length')`;
  const factors = sql`jsonb_build_array(${factor("base rate", sql`-3.1`)}, ${factor("EPSS", sql`x.share`)}, ${factor("published", sql`-0.2`)}, ${factor("public exploit", sql`0.4`)}, ${factor("weakness", sql`0.1`)},
    ${factor("exposure", sql`-0.9`)} || jsonb_build_object('otherwise', jsonb_build_object('if', 'listening on loopback only', 'risk', 0.1)), ${factor("impact", sql`-0.5`)}, ${factor("criticality", sql`-0.2`)})`;
  const proofs = sql`jsonb_build_array(jsonb_build_object('kind', 'advisory', 'record', 'ADV-' || (m.s * 4 + w.v), 'feed', 'osv', 'modified', null, 'statement', p.name || ' ' || ${version(sql`m.v`)} || ' is older than the fixed version by the rules of its release'),
    jsonb_build_object('kind', 'changelog', 'record', 'CHG-' || m.s, 'feed', 'changelog', 'modified', null, 'statement', 'the changelog of the pending update names it'))`;
  const insert = (state: SQL, update: SQL, fixed: SQL, from: SQL, closed: SQL) =>
    run(sql`
    insert into finding (endpoint_id, package_id, vulnerability_id, ecosystem, package_name, source_name, installed_version, fixed_version, state, update_id, risk, factors, exposure, proofs, opened_at, closed_at, closed_by)
    select m.endpoint_id, c.id, ${cve(sql`m.s`, sql`w.v`)}, c.ecosystem, p.name, p.source, c.version, ${fixed}, ${state}, ${update}, 100 * x.share ^ 3, ${factors},
      (array['public', 'private', 'loopback', 'loaded', 'not-loaded'])[1 + m.i % 5], ${proofs}, ${at} - (m.i * 31 + m.s) % 100 * interval '1 day' - m.s * interval '1 minute', ${closed}, case when ${closed} is not null then 'inventory' end
    from made m join ${PACKAGES} using (s) join package_catalogue c on c.distribution = m.distribution and c.name = p.name and c.version = ${version(sql`m.v`)}
    ${from} cross join lateral (select ${draw(10_000, sql`m.i`, sql`m.s`, sql`w.v`)} / 10000.0 as share) x`);
  const nothing = sql`null::timestamptz`;
  // Of a security update each step that was left out fixes one; what has no fix yet is in every version.
  await insert(
    sql`'open'`,
    sql`u.id`,
    version(sql`4`),
    sql`join update_catalogue u on u.distribution = m.distribution and u.name = p.name and u.from_version = c.version
    join generate_series(1, 3) w(v) on m.s % 2 = 0 and w.v >= m.v and m.v < 4`,
    nothing,
  );
  await insert(
    sql`'no-fix'`,
    sql`null::bigint`,
    sql`null::text`,
    sql`join (values (4)) w(v) on m.s > ${n(UPDATED_SOURCES)} and m.s % 50 = 1`,
    nothing,
  );
  await insert(
    sql`'fixed'`,
    sql`null::bigint`,
    version(sql`4`),
    sql`join generate_series(1, 1) w(v) on m.s <= ${n(UPDATED_SOURCES)} and m.s % 50 = 2 and m.v = 4`,
    sql`${at} - (m.i + m.s) % 60 * interval '1 day'`,
  );
  await run(sql`update finding set state = 'restart-needed' where state = 'open' and id % 40 = 0`);
}

async function fillEvents(run: Run, at: SQL): Promise<void> {
  await run(sql`insert into domain_event (at, type, actor, subject, data)
    select ${at} - (30 - j) * interval '1 day', (array['endpoint.connected', 'inventory.changed', 'endpoint.disconnected'])[1 + j % 3], 'endpoint:' || id, 'endpoint:' || id, '{"kind": "delta", "changed": 3, "removed": 1}'
    from endpoint, generate_series(1, 12) j`);
  await run(sql`insert into domain_event (at, type, actor, subject, data)
    select ${at} - interval '1 day', 'finding.opened', 'intel', 'endpoint:' || endpoint_id, jsonb_build_object('count', count(*), 'vulnerabilities', jsonb_agg(vulnerability_id)) from finding group by endpoint_id, id % 3`);
  // As after a night: what these events say of findings was worked off, and nothing is refreshed while somebody measures.
  await run(
    sql`insert into setting (key, value, updated_at, updated_by) select 'know.position', to_jsonb(max(position)), ${at}, 'intel' from domain_event`,
  );
}

/** A configuration database that knows nearly all of the fleet, and some machines that are not in it. */
async function fillDatabase(run: Run, at: SQL, endpoints: number): Promise<void> {
  const [count, software] = [n(endpoints), 15];
  await run(sql`insert into cmdb_source (name, format, digest, imported_at, imported_by, entries, software, columns, set_aside_count, set_aside)
    values ('cmdb', 'csv', '', ${at}, 'user:ada', ${endpoints}, ${endpoints * software}, '{}', 0, '[]')`);
  await run(sql`insert into cmdb_entry (source, place, names, machine_ids, serial, addresses, macs)
    select 'cmdb', i, jsonb_build_array('cmdb-' || i), '[]', 'SN' || (i + case when i % 100 = 0 then 10000000 else 0 end), '[]', '[]' from generate_series(1, ${count}) i`);
  await run(sql`insert into cmdb_software (source, place, normal, name, version)
    select 'cmdb', i, 'source' || s, 'source' || s, '' from generate_series(1, ${count}) i, generate_series(1, ${n(software)}) j cross join lateral (select 1 + (i * 7 + j * 41) % ${n(SOURCES)} as s) k on conflict do nothing`);
}
