import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectOk } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import type { WireInventory__Output, WirePackage__Output } from "@breakwater/shared/wire";
import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { eventsAfter, queryRows, type Store, schema } from "../../store/index.ts";
import { openTestStore } from "../../store/testing.ts";
import { readAssessments } from "../assessment/index.ts";
import { scopeOf } from "../event-scope.ts";
import { createIntel, type Intel } from "../intel/index.ts";
import { createInventory, type Inventory } from "../inventory/index.ts";
import { addEndpoint, testClock, wireComponent, wireInventory, wirePackage, wireScan, wireUpdate } from "../testing.ts";
import { createMatching, type Matching, type Scope } from "./index.ts";
import { subjectsOf } from "./scope.ts";

let store: Store;
let inventory: Inventory;
let matching: Matching;
let intel: Intel;
let files: { readonly osv: string; readonly kev: string };
let position = 0;
const clock = testClock();

/** What is looked at package by package, and what is looked at as a whole each time. They are told the same. */
const PARTLY = "ep_partly";
const WHOLE = "ep_whole";

const RUNNING = "linux-image-6.1.0-1-amd64";
/** Names and sources: two built from one source, a signed kernel in two builds, one alone. */
const PACKAGES = {
  libssl3: "openssl",
  openssl: "openssl",
  curl: "curl",
  libcurl4: "curl",
  [RUNNING]: "linux-signed-amd64",
  "linux-image-6.1.0-2-amd64": "linux-signed-amd64",
  bash: "bash",
} as const;
type Name = keyof typeof PACKAGES;
const NAMES = Object.keys(PACKAGES) as Name[];
const name = fc.constantFrom(...NAMES);
const version = fc.constantFrom("1.0-1", "1.0-2", "1.0-3");

/** What a machine is like; a step changes one part of it, and it is told as a whole or as what changed. */
interface Machine {
  readonly packages: Readonly<Partial<Record<Name, string>>>;
  readonly offered: Readonly<Partial<Record<Name, string>>>;
  readonly loaded: Readonly<Partial<Record<Name, { readonly pid: number; readonly stale: boolean; readonly reach: string }>>>;
  readonly listens: "none" | "private" | "public";
  readonly kernel: string;
  readonly blind: boolean;
  readonly jar: string | null;
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("install" as const), name, version }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("install" as const),
      name: fc.constantFrom(...NAMES.filter((n) => n.startsWith("linux"))),
      version,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove" as const), name }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("offer" as const), name, version: fc.option(version) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("load" as const),
      name,
      as: fc.option(fc.record({ pid: fc.integer({ min: 1, max: 3 }), stale: fc.boolean(), reach: fc.constantFrom("none", "public") })),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("listen" as const), scope: fc.constantFrom("none", "private", "public") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("boot" as const), release: fc.constantFrom("6.1.0-1-amd64", "6.1.0-2-amd64") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("blind" as const), blind: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("jar" as const), version: fc.option(version) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("publish" as const),
      source: fc.constantFrom("openssl", "curl", "linux", "bash"),
      nth: fc.integer({ min: 1, max: 2 }),
      fixed: fc.option(version),
      withdrawn: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("alias" as const), known: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("exploited" as const), source: fc.constantFrom("openssl", "linux"), on: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("describe" as const), name }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function changed(m: Machine, s: Step): Machine {
  const put = <T>(all: Readonly<Partial<Record<Name, T>>>, n: Name, value: T | null) => {
    const { [n]: _, ...rest } = all;
    return value === null ? rest : { ...rest, [n]: value };
  };
  if (s.kind === "install") return { ...m, packages: put(m.packages, s.name, s.version) };
  if (s.kind === "remove") return { ...m, packages: put(m.packages, s.name, null), offered: put(m.offered, s.name, null) };
  if (s.kind === "offer") return { ...m, offered: put(m.offered, s.name, m.packages[s.name] ? s.version : null) };
  if (s.kind === "load") return { ...m, loaded: put(m.loaded, s.name, s.as) };
  if (s.kind === "listen") return { ...m, listens: s.scope as Machine["listens"] };
  if (s.kind === "boot") return { ...m, kernel: s.release };
  if (s.kind === "blind") return { ...m, blind: s.blind };
  return s.kind === "jar" ? { ...m, jar: s.version } : m;
}

const wirePackages = (m: Machine): WirePackage__Output[] =>
  Object.entries(m.packages).map(([n, v]) =>
    wirePackage(n, v, { sourceName: PACKAGES[n as Name], sourceVersion: n.startsWith("linux") ? v.replace("-", "+") : v }),
  );

const told = (m: Machine): WireInventory__Output =>
  wireInventory({
    packages: wirePackages(m),
    pendingUpdates: Object.entries(m.offered).map(([n, to]) =>
      wireUpdate(n, m.packages[n as Name] ?? "", to, { sourceName: PACKAGES[n as Name] }),
    ),
    loadedPackages: Object.entries(m.loaded).map(([n, { pid, stale, reach }]) => ({
      ...{ name: n, pids: [pid], units: [`unit${pid}.service`], restartNeeded: stale, reach },
      stale: stale ? [{ pid, name: "daemon", unit: "" }] : [],
      files: [{ path: `/usr/bin/${n}`, replaced: stale, by: [{ pid, name: "daemon", unit: "" }] }],
    })),
    listeners:
      m.listens === "none"
        ? []
        : [
            {
              ...{ protocol: "tcp", address: "10.0.0.1", port: 443, scope: m.listens, pid: 1, process: "daemon", package: "openssl" },
              ...{ unit: "unit1.service", namespace: "" },
            },
          ],
    kernel: { running: m.kernel, newestInstalled: m.kernel, package: `linux-image-${m.kernel}`, runningVersion: "1.0-1" },
    reboot: { needed: false, reasons: [], kernelFallback: "" },
    problems: m.blind ? [{ collector: "exposure", code: "failed", message: "/proc cannot be read" }] : [],
    components: jars(m),
    componentScan: wireScan(),
  });
const jars = (m: Machine) => (m.jar === null ? [] : [wireComponent("maven", "org.example:lib", m.jar.slice(0, 3), "/srv/app.jar")]);

const BEGIN: Machine = {
  packages: { libssl3: "1.0-1", openssl: "1.0-1", curl: "1.0-1", [RUNNING]: "1.0-1", bash: "1.0-1" },
  ...{ offered: {}, loaded: { bash: { pid: 2, stale: false, reach: "none" } } },
  ...{ listens: "none", kernel: "6.1.0-1-amd64", blind: false, jar: null },
};

/** Advisories by source and number, as the feed says them. */
type Published = Map<string, { readonly fixed: string | null; readonly withdrawn: boolean }>;

async function publish(published: Published, alias: boolean, exploited: ReadonlySet<string>): Promise<void> {
  const ranges = (fixed: string | null) => [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, ...(fixed ? [{ fixed }] : [])] }];
  const records: object[] = [...published].map(([key, { fixed, withdrawn }]) => {
    const [source, nth] = key.split(" ");
    return {
      ...{ id: `DSA-${source}-${nth}`, upstream: [`CVE-2026-${source?.length}00${nth}`] },
      ...(withdrawn ? { withdrawn: "2026-03-01T00:00:00Z" } : {}),
      affected: [{ package: { ecosystem: "Debian:12", name: source }, ranges: ranges(fixed) }],
    };
  });
  // One flaw in two records: what the other one, of another package, calls it is known sometimes.
  records.push({ id: "GHSA-aaaa", affected: [{ package: { ecosystem: "Maven", name: "org.example:lib" }, ranges: ranges("1.1") }] });
  records.push({
    ...{ id: "OSV-1", aliases: ["GHSA-aaaa", ...(alias ? ["CVE-2026-9001"] : [])] },
    affected: [{ package: { ecosystem: "Maven", name: "org.example:other" }, ranges: ranges("1.1") }],
  });
  await writeFile(files.osv, JSON.stringify(records));
  const lines = [...exploited].map((cve) => `${cve},a flaw,2026-02-01\n`).join("");
  await writeFile(files.kev, `cveID,vulnerabilityName,dateAdded\n${lines}CVE-2020-0001,another,2020-01-01\n`);
  for (const { result } of await intel.refresh()) expectOk(result);
}

const FindingRow = z.record(z.string(), z.unknown());
const findingsOf = (endpointId: string) =>
  queryRows(
    store.db,
    FindingRow,
    sql`select ecosystem, package_name, vulnerability_id, package_id::text, source_name, installed_version, fixed_version, state,
        update_id::text, risk, factors, exposure, proofs, assessment, closed_by, closed_at is null as alive
      from finding where endpoint_id = ${endpointId} order by ecosystem, package_name, vulnerability_id`,
  );

/** Without the one that is looked at as a whole. */
const partOf = (scope: Scope | undefined): Scope | undefined =>
  scope === undefined || scope === "all" || !scope.touched
    ? scope
    : { ...scope, touched: { ...scope.touched, endpointIds: scope.touched.endpointIds.filter((id) => id !== WHOLE) } };

async function refreshBoth(): Promise<void> {
  const events = await eventsAfter(store.db, position, 10_000);
  position = events.at(-1)?.position ?? position;
  const scope = partOf(await scopeOf(store.db, events));
  if (scope) await matching.refreshFindings(scope);
  await matching.refreshFindings({ endpointIds: [WHOLE] });
}

beforeAll(async () => {
  store = await openTestStore();
  const folder = await mkdtemp(join(tmpdir(), "breakwater-test-"));
  files = { osv: join(folder, "osv.json"), kev: join(folder, "kev.csv") };
  inventory = createInventory({ store, clock });
  matching = createMatching({ store, clock, readDecisions: readAssessments });
  intel = createIntel({
    ...{ store, clock, log: createLogger("test", "silent") },
    feeds: [
      { id: "osv", kind: "osv", source: files.osv },
      { id: "kev", kind: "kev", source: files.kev },
    ],
  });
  for (const id of [PARTLY, WHOLE]) await addEndpoint(store, id);
});
afterAll(() => store.close());

describe("what is looked at package by package", () => {
  it("is what changed, and every kernel where one did", async () => {
    await publish(new Map(["openssl 1", "curl 1", "linux 1"].map((key) => [key, { fixed: "1.0-2", withdrawn: false }])), false, new Set());
    const next = "linux-image-6.1.0-2-amd64";
    for (const id of [PARTLY, WHOLE]) expectOk(await inventory.takeSnapshot(id, told(BEGIN), "begin"));
    await refreshBoth();
    for (const id of [PARTLY, WHOLE])
      expectOk(
        await inventory.takeDelta(id, {
          ...{ baseDigest: "begin", digest: "next", removed: [], facts: null, componentsAdded: [], componentsRemoved: [] },
          added: wirePackages({ ...BEGIN, packages: { [next]: "1.0-2" } }),
        }),
      );
    const events = (await eventsAfter(store.db, position, 10_000)).filter((e) => e.type === "inventory.changed");
    expect(events.map((e) => e.data)).toEqual([1, 2].map(() => expect.objectContaining({ packages: [next] })));
    const scope = partOf(await scopeOf(store.db, events));
    if (!scope || scope === "all" || !scope.touched) throw new Error("nothing is looked at by itself");
    const subjects = await subjectsOf(store.db, [PARTLY], scope.touched);
    expect(subjects.get(PARTLY)?.map((s) => s.name)).toEqual([RUNNING, next]);
    await refreshBoth();
    const found = await findingsOf(PARTLY);
    expect(found).toEqual(await findingsOf(WHOLE));
    expect(found.filter((f) => f.package_name === RUNNING).map((f) => f.state)).toEqual(["restart-needed"]);
  });

  it("leaves exactly the findings that looking at everything leaves, after any changes", async () => {
    let looked = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 12 }), async (steps) => {
        await store.db.delete(schema.finding);
        await store.db.execute(sql`update endpoint set findings_at = null`);
        let machine = BEGIN;
        let digest = `${Math.random()}`;
        let alias = false;
        const exploited = new Set<string>();
        const published: Published = new Map(
          ["openssl 1", "curl 1", "linux 1", "bash 1"].map((key) => [key, { fixed: "1.0-2", withdrawn: false }]),
        );
        await publish(published, alias, exploited);
        for (const id of [PARTLY, WHOLE]) expectOk(await inventory.takeSnapshot(id, told(machine), digest));
        await refreshBoth();
        for (const s of steps) {
          if (s.kind === "publish") published.set(`${s.source} ${s.nth}`, s);
          if (s.kind === "alias") alias = s.known;
          if (s.kind === "exploited") exploited[s.on ? "add" : "delete"](`CVE-2026-${s.source.length}001`);
          if (s.kind === "publish" || s.kind === "alias" || s.kind === "exploited") await publish(published, alias, exploited);
          else if (s.kind === "describe") {
            for (const update of await inventory.updatesToDescribe(PARTLY, 10))
              await inventory.takeDescriptions(PARTLY, [
                { update, cves: ["CVE-2026-8001"], urgency: "", changelog: "", maintainerScripts: [], problem: "" },
              ]);
          } else {
            const next = changed(machine, s);
            const [before, after] = [machine, next].map((m) => new Map(wirePackages(m).map((p) => [p.name, p])));
            const added = [...(after?.values() ?? [])].filter((p) => before?.get(p.name)?.version !== p.version);
            const removed = [...(before?.values() ?? [])].filter((p) => !after?.has(p.name));
            const nextDigest = `${Math.random()}`;
            for (const id of [PARTLY, WHOLE]) {
              const taken = await inventory.takeDelta(id, {
                ...{ baseDigest: digest, digest: nextDigest, added, removed },
                facts: { ...told(next), packages: [], components: [] },
                componentsAdded: jars(next),
                componentsRemoved: next.jar === machine.jar ? [] : jars(machine),
              });
              expect(expectOk(taken).kind).toBe("taken");
            }
            machine = next;
            digest = nextDigest;
          }
          await refreshBoth();
          expect(await findingsOf(PARTLY)).toEqual(await findingsOf(WHOLE));
          looked++;
        }
        expect(await matching.refreshFindings({ endpointIds: [PARTLY] })).toEqual({ endpoints: 1, opened: 0, changed: 0, closed: 0 });
      }),
      { numRuns: 25, endOnFailure: true, ...(process.env.FC_SEED ? { seed: Number(process.env.FC_SEED) } : {}) },
    );
    expect(looked).toBeGreaterThan(100);
  }, 300_000);
});
