import { expectOk, systemClock } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { openTestStore } from "../../store/testing.ts";
import { createSboms, SBOM_FORMATS } from "./index.ts";

// How large a fleet's bill of materials is, how long it takes, and how much memory it needs beyond what the store holds.
const ENDPOINTS = Number(process.env.ENDPOINTS ?? 1_000);
const PACKAGES = Number(process.env.PACKAGES ?? 2_000);
/** Distinct packages in the fleet. */
const DISTINCT = PACKAGES * 3;

const store = await openTestStore();
const say = (line: string) => process.stdout.write(`${line}\n`);
await store.db.execute(sql`insert into package_catalogue (ecosystem, name, version, architecture, source_name, source_version, vendor, distribution)
  select 'deb', 'package-' || n, '1:' || n || '.2.3-1+deb12u1', 'amd64', 'source-' || (n / 3), n || '.2.3-1+deb12u1', 'Debian', 'debian:12' from generate_series(1, ${sql.raw(String(DISTINCT))}) n`);
for (let from = 0; from < ENDPOINTS; from += 50) {
  const to = Math.min(ENDPOINTS, from + 50);
  await store.db.execute(sql`insert into endpoint (id, hostname, machine_id, os_id, os_version, os_name, architecture, kernel_release, agent_version, enrolled_at, inventory_at)
    select 'ep_' || n, 'host-' || n, 'm' || n, 'debian', '12', 'Debian GNU/Linux 12 (bookworm)', 'amd64', '6.1', '0.1.0', now(), now() from generate_series(${sql.raw(`${from + 1}, ${to}`)}) n`);
  await store.db.execute(sql`insert into endpoint_package (endpoint_id, package_id, status)
    select 'ep_' || e, c.id, 'installed' from generate_series(${sql.raw(`${from + 1}, ${to}`)}) e join package_catalogue c on (c.id + e) % 3 = 0`);
}
await store.db.execute(sql`analyze`);
const sboms = createSboms({ store, clock: systemClock, version: "bench" });

async function measure(what: string, pieces: AsyncGenerator<string>): Promise<void> {
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const started = performance.now();
  let [size, peak] = [0, before];
  for await (const piece of pieces) {
    size += Buffer.byteLength(piece);
    peak = Math.max(peak, process.memoryUsage().rss);
  }
  const mb = (bytes: number) => (bytes / 1e6).toFixed(1).padStart(7);
  say(
    `${what.padEnd(22)} ${mb(size)} MB written in ${((performance.now() - started) / 1000).toFixed(1)} s, ${mb(peak - before)} MB more memory at its peak`,
  );
}

say(`${ENDPOINTS} endpoints with ${Math.round(DISTINCT / 3)} packages each, ${DISTINCT} distinct, ${store.engine}`);
for (const format of SBOM_FORMATS) {
  await measure(`one endpoint, ${format}`, expectOk(await sboms.ofEndpoint("ep_1", format)));
  await measure(`the fleet, ${format}`, sboms.ofFleet(format));
}
await store.close();
