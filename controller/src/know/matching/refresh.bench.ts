import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectOk } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import { type Db, eventsAfter, type Store } from "../../store/index.ts";
import { openTestStore } from "../../store/testing.ts";
import { readAssessments } from "../assessment/index.ts";
import { scopeOf } from "../event-scope.ts";
import { createIntel } from "../intel/index.ts";
import { createInventory } from "../inventory/index.ts";
import { addEndpoint, testClock, wireInventory, wirePackage } from "../testing.ts";
import { createMatching, type Scope } from "./index.ts";

/**
 * What one delta of an endpoint costs in the database: `npm run bench -- refresh`. One package of some 600 gets another version, and
 * the endpoint's findings are brought up to date, looking at all of its packages and at what the event names.
 * On the embedded database, or on PostgreSQL where TEST_DATABASE_URL names a server.
 */
const PACKAGES = 600;
/** Packages that advisories are about, and how many each. */
const ADVISED = 300;
const ADVISORIES = 8;
const DELTAS = 25;
/** The first are compiled while they run. */
const WARM = 5;

const say = (text: string) => process.stdout.write(`${text}\n`);
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const clock = testClock();

/** Counts the statements of a store, those of its transactions among them. */
function counting(store: Store): { readonly store: Store; readonly count: () => number } {
  let statements = 0;
  const counted = (db: Db): Db =>
    new Proxy(db, {
      get(target, key, receiver) {
        if (key === "transaction") {
          statements += 2;
          return (work: (tx: Db) => Promise<unknown>) => target.transaction((tx) => work(counted(tx as unknown as Db)));
        }
        if (key === "execute" || key === "select" || key === "insert" || key === "update" || key === "delete") statements++;
        const value = Reflect.get(target, key, receiver) as unknown;
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  return { store: { ...store, db: counted(store.db) }, count: () => statements };
}

const opened = await openTestStore();
const { store, count } = counting(opened);
const folder = await mkdtemp(join(tmpdir(), "breakwater-bench-"));
const feed = join(folder, "osv.json");
const name = (n: number) => `package${n}`;
await writeFile(
  feed,
  JSON.stringify(
    Array.from({ length: ADVISED * ADVISORIES }, (_, i) => ({
      ...{ id: `DSA-${i}-1`, upstream: [`CVE-2026-${10_000 + i}`] },
      affected: [
        {
          package: { ecosystem: "Debian:12", name: name(i % ADVISED) },
          ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed: `1.${Math.floor(i / ADVISED)}-1` }] }],
        },
      ],
    })),
  ),
);
const intel = createIntel({ store, clock, log: createLogger("bench", "silent"), feeds: [{ id: "osv", kind: "osv", source: feed }] });
for (const { result } of await intel.refresh()) expectOk(result);
const inventory = createInventory({ store, clock });
const matching = createMatching({ store, clock, readDecisions: readAssessments });
await addEndpoint(store, "ep_a");
let digest = "0";
const packages = Array.from({ length: PACKAGES }, (_, n) => wirePackage(name(n), "1.4-1"));
expectOk(await inventory.takeSnapshot("ep_a", wireInventory({ packages }), digest));
const { opened: findings } = await matching.refreshFindings("all");
say(`${store.engine}: ${PACKAGES} packages, ${ADVISED * ADVISORIES} advisories, ${findings} findings\n`);

interface Cost {
  readonly statements: number;
  readonly ms: number;
  readonly cpu: number;
}

/** One package gets a new version; the refresh alone is measured. */
async function delta(n: number, scopeFor: (position: number) => Promise<Scope | undefined>): Promise<Cost> {
  const position = (await eventsAfter(store.db, 0, 10_000)).at(-1)?.position ?? 0;
  const next = `${digest}.${n}`.slice(-40);
  const added = [wirePackage(name(n), `1.5-${n}`)];
  const change = { baseDigest: digest, digest: next, added, removed: [], facts: null, componentsAdded: [], componentsRemoved: [] };
  if (expectOk(await inventory.takeDelta("ep_a", change)).kind !== "taken") throw new Error("the delta was not taken");
  digest = next;
  const [statements, cpu, started] = [count(), process.cpuUsage(), performance.now()];
  const scope = await scopeFor(position);
  if (scope) await matching.refreshFindings(scope);
  const used = process.cpuUsage(cpu);
  return { statements: count() - statements, ms: performance.now() - started, cpu: (used.user + used.system) / 1_000 };
}

const ways = {
  "all of its packages": async (): Promise<Scope> => ({ endpointIds: ["ep_a"] }),
  "what it can concern": async (position: number) => scopeOf(store.db, await eventsAfter(store.db, position, 100)),
};
say("a delta of one package, looking at  statements     clock       CPU");
let nth = 0;
for (const [way, scopeFor] of Object.entries(ways)) {
  const costs: Cost[] = [];
  for (let i = 0; i < WARM + DELTAS; i++) costs.push(await delta(nth++, scopeFor));
  const of = (what: keyof Cost) => median(costs.slice(WARM).map((c) => c[what]));
  say(
    `${way.padEnd(34)} ${String(of("statements")).padStart(11)} ${`${of("ms").toFixed(1)} ms`.padStart(9)} ${`${of("cpu").toFixed(1)} ms`.padStart(9)}`,
  );
}
await rm(folder, { recursive: true, force: true });
await opened.close();
