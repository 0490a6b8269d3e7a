import { gunzipSync } from "node:zlib";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { queryRows } from "../../store/index.ts";
import { encodeCursor, encodePlace } from "./cursor.ts";
import { openLargeFleet } from "./large-fleet-api.testing.ts";

/**
 * What each page of the console asks of the API, with a large fleet: `TEST_DATABASE_URL=... npm run bench -- pages [ENDPOINTS]`. Seconds are
 * those of the request in this process, from its first byte to the packed answer, the median of three after one that warms up; bytes are those
 * that travel, packed, and those of the JSON. The growth is from a tenth of the fleet to all of it: 10 is in proportion, 1 does not depend on it.
 * FLEET_DATABASE_URL names a database that is filled once and kept, for looking at it with EXPLAIN; then there is no growth.
 */
const ENDPOINTS = Number(process.argv[2] ?? 10_000);
/** What somebody who opens a page waits without thinking of it. */
const LIMIT_MS = 1_000;
const TIMES = 3;
const say = (text: string) => process.stdout.write(`${text}\n`);

interface Figure {
  readonly ms: number;
  readonly firstMs: number;
  readonly packed: number;
  readonly bytes: number;
}

const idRow = z.object({ id: z.string() });
/** What each page asks for when it is opened, or when somebody filters, orders or goes on in it. */
const asked = (known: Record<"endpoint" | "finding" | "vulnerability" | "plan" | "deployment" | "lowRisk", string>) => ({
  now: "/overview",
  "now: halts": "/halts",
  fleet: "/endpoints?limit=500&sort=-risk",
  ...Object.fromEntries(
    ["-findings", "-updates", "lastSeen", "hostname", "-criticality"].map((s) => [`fleet by ${s}`, `/endpoints?limit=500&sort=${s}`]),
  ),
  "fleet by host name": "/endpoints?limit=500&sort=-risk&q=web-00",
  "fleet by tag": "/endpoints?limit=500&sort=-risk&tag=prod",
  "fleet, wants a reboot": "/endpoints?limit=500&sort=-risk&rebootRequired=true",
  "fleet, runs replaced files": "/endpoints?limit=500&sort=-risk&restartNeeded=true",
  "fleet, without findings": "/endpoints?limit=500&withFindings=false",
  "fleet, last page": `/endpoints?limit=500&sort=-risk&cursor=${encodeCursor(ENDPOINTS - 500)}`,
  sites: "/sites",
  queue: "/queue?limit=100&sort=-riskRemoved",
  "queue, 1,000 rows": "/queue?limit=1000&sort=-riskRemoved",
  ...Object.fromEntries(["-riskHighest", "-endpoints", "-findings", "package"].map((s) => [`queue by ${s}`, `/queue?limit=100&sort=${s}`])),
  "queue by CVE": `/queue?limit=100&q=${known.vulnerability}`,
  "queue by package": "/queue?limit=100&q=source12",
  "queue, exploited": "/queue?limit=100&kev=true",
  "queue, in public": "/queue?limit=100&exposure=public",
  findings: "/findings?limit=50&sort=-risk",
  ...Object.fromEntries(
    ["risk", "-opened", "opened", "vulnerability", "package"].map((s) => [`findings by ${s}`, `/findings?limit=50&sort=${s}`]),
  ),
  ...Object.fromEntries(["no-fix", "restart-needed", "fixed", "any"].map((s) => [`findings ${s}`, `/findings?limit=50&state=${s}`])),
  "findings, exploited": "/findings?limit=50&kev=true",
  "findings by CVE": `/findings?limit=50&q=${known.vulnerability}`,
  "findings by host": "/findings?limit=50&q=web-0012",
  "findings by nothing": "/findings?limit=50&q=nothing-has-this",
  "findings, 1,000 rows": "/findings?limit=1000",
  "findings, last page": `/findings?limit=50&cursor=${encodePlace({ sort: "-risk", value: known.lowRisk, id: 0 })}`,
  "one finding": `/findings/${known.finding}`,
  "one vulnerability": `/vulnerabilities/${known.vulnerability}`,
  "one endpoint": `/endpoints/${known.endpoint}`,
  ...Object.fromEntries(
    ["packages", "components", "findings", "exposure", "health", "history"].map((s) => [`  its ${s}`, `/endpoints/${known.endpoint}/${s}`]),
  ),
  plans: "/plans",
  "one plan": `/plans/${known.plan}`,
  deployments: "/deployments",
  "one deployment": `/deployments/${known.deployment}`,
  feeds: "/feeds",
  "gaps of a CMDB": "/cmdb/gaps?limit=100",
  exceptions: "/suppressions",
  "search for a host": "/search?q=web-001",
  "search for a CVE": `/search?q=${known.vulnerability}`,
});

async function measure(endpoints: number, kept?: string): Promise<Map<string, Figure>> {
  const began = performance.now();
  const { t, store, cookie } = await openLargeFleet(endpoints, kept);
  try {
    const counts = z.object({
      findings: z.coerce.number(),
      open: z.coerce.number(),
      updates: z.coerce.number(),
      packages: z.coerce.number(),
    });
    const [have] = await queryRows(
      store.db,
      counts,
      sql`select (select count(*) from finding) as findings, (select count(*) from finding where closed_at is null) as open, (select count(*) from pending_update) as updates, (select count(*) from endpoint_package) as packages`,
    );
    if (!have) throw new Error("counting answered nothing");
    say(
      `\n${endpoints} endpoints, ${have.packages} packages on them, ${have.updates} pending updates, ${have.open} open findings of ${have.findings}; ${store.engine}, ready after ${((performance.now() - began) / 1_000).toFixed(0)} s`,
    );
    const one = async (statement: ReturnType<typeof sql>) => (await queryRows(store.db, idRow, statement))[0]?.id ?? "none";
    const known = {
      endpoint: await one(sql`select endpoint_id as id from finding where state = 'open' group by 1 order by count(*) desc, 1 limit 1`),
      finding: await one(sql`select id::text from finding where state = 'open' order by risk desc, finding.id limit 1`),
      vulnerability: await one(
        sql`select vulnerability_id as id from finding where state = 'open' group by 1 order by count(*) desc, 1 limit 1`,
      ),
      plan: await one(sql`select plan_id as id from plan_action group by 1 order by count(*) desc limit 1`),
      deployment: await one(sql`select id from deployment order by id limit 1`),
      lowRisk: await one(
        sql`select risk::text as id from finding where state in ('open', 'no-fix', 'restart-needed') order by risk limit 1 offset 50`,
      ),
    };
    const figures = new Map<string, Figure>();
    for (const [name, path] of Object.entries(asked(known))) {
      const ask = async () => {
        const started = performance.now();
        const answer = await t.request(path, { headers: { cookie, "accept-encoding": "gzip" } });
        const body = Buffer.from(await answer.arrayBuffer());
        const ms = performance.now() - started;
        const bytes = answer.headers.get("content-encoding") === "gzip" ? gunzipSync(body).length : body.length;
        if (answer.status !== 200) throw new Error(`${path} was answered with ${answer.status}`);
        return { ms, packed: body.length, bytes };
      };
      const first = await ask();
      const rest = [];
      for (let i = 0; i < TIMES; i++) rest.push(await ask());
      const median = rest.sort((a, b) => a.ms - b.ms)[Math.floor(TIMES / 2)] ?? first;
      figures.set(name, { ...median, firstMs: first.ms });
      if (kept !== undefined) say(row(name, { ...median, firstMs: first.ms }));
    }
    return figures;
  } finally {
    await t.close();
  }
}

const HEAD = "page                          seconds   first   packed       JSON   limit   growth";
function row(name: string, f: Figure, before?: Figure): string {
  const seconds = (ms: number) => (ms / 1_000).toFixed(2).padStart(7);
  const kb = (bytes: number) => `${(bytes / 1_000).toFixed(0)} kB`.padStart(9);
  const verdict = (f.ms <= LIMIT_MS ? "within" : "OVER").padStart(8);
  return `${name.padEnd(29)} ${seconds(f.ms)} ${seconds(f.firstMs)} ${kb(f.packed)} ${kb(f.bytes).padStart(10)}${verdict}${before ? `x${(f.ms / before.ms).toFixed(1)}`.padStart(9) : ""}`;
}

const kept = process.env.FLEET_DATABASE_URL;
if (kept === undefined) {
  const small = await measure(ENDPOINTS / 10);
  const large = await measure(ENDPOINTS);
  say(HEAD);
  for (const [name, figure] of large) say(row(name, figure, small.get(name)));
  const over = [...large].filter(([, f]) => f.ms > LIMIT_MS).map(([name]) => name);
  say(`\n${large.size - over.length} of ${large.size} within ${LIMIT_MS / 1_000} s${over.length > 0 ? `; over: ${over.join(", ")}` : ""}`);
} else {
  say(HEAD);
  await measure(ENDPOINTS, kept);
}
