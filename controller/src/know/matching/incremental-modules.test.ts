import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectOk } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import type { WirePackage__Output } from "@breakwater/shared/wire";
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
import { addEndpoint, testClock, wireInventory, wirePackage } from "../testing.ts";
import { createMatching, type Matching } from "./index.ts";

let store: Store;
let inventory: Inventory;
let matching: Matching;
let intel: Intel;
let files: { readonly osv: string; readonly cve: string };
let position = 0;
const clock = testClock();

/** What is looked at package by package, and what is looked at as a whole each time. They are told the same. */
const PARTLY = "ep_partly";
const WHOLE = "ep_whole";

/** Two packages of one module in two streams, and one that no module built. */
const NAMES = ["nodejs", "nodejs-nodemon", "bash"] as const;
type Name = (typeof NAMES)[number];
const BUILDS = ["module_el8.8.0+36+aaaa", "module_el8.8.0+37+bbbb", "el8"] as const;
const versionOf = fc
  .tuple(fc.constantFrom("1.0", "16.1", "18.1"), fc.integer({ min: 1, max: 3 }), fc.constantFrom(...BUILDS))
  .map(([upstream, release, build]) => `${upstream}-${release}.${build}`);
const CVES = ["CVE-2026-1601", "CVE-2026-1801", "CVE-2026-9001"];

const Advisory = fc.record({
  nth: fc.integer({ min: 1, max: 3 }),
  stream: fc.constantFrom("16", "18", null),
  fixed: fc.array(fc.tuple(fc.constantFrom(...NAMES), fc.option(versionOf)), { minLength: 1, maxLength: 2 }),
  withdrawn: fc.boolean(),
});
type Advised = typeof Advisory extends fc.Arbitrary<infer T> ? T : never;

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("install" as const),
      name: fc.constantFrom(...NAMES),
      version: versionOf,
      label: fc.constantFrom("", "nodejs:16:8:x", "nodejs:18:8:x"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove" as const), name: fc.constantFrom(...NAMES) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("publish" as const), advisory: Advisory }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("retract" as const), nth: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("reject" as const), cve: fc.constantFrom(...CVES) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Begun with each run, since few runs meet them by chance. */
const ALWAYS: Step[][] = [
  // Rejected, no finding names it; no longer rejected, it is a finding again.
  [
    { kind: "reject", cve: "CVE-2026-1601" },
    { kind: "reject", cve: "CVE-2026-1601" },
  ],
  // Which stream a build is of is told by an advisory on another package, and taken back.
  [
    { kind: "retract", nth: 2 },
    { kind: "publish", advisory: { nth: 3, stream: "16", fixed: [["nodejs-nodemon", `1.0-2.${BUILDS[0]}`]], withdrawn: false } },
    { kind: "publish", advisory: { nth: 2, stream: "18", fixed: [["nodejs", `18.1-2.${BUILDS[1]}`]], withdrawn: false } },
    { kind: "retract", nth: 2 },
  ],
];

const asWire = (packages: ReadonlyMap<Name, { version: string; label: string }>): WirePackage__Output[] =>
  [...packages].map(([name, { version, label }]) =>
    wirePackage(name, version, { ecosystem: "rpm", architecture: "x86_64", vendor: "AlmaLinux", module: label }),
  );

async function publish(advised: ReadonlyMap<number, Advised>, rejected: ReadonlySet<string>): Promise<void> {
  const records = [...advised.values()].map(({ nth, stream, fixed, withdrawn }) => ({
    id: `ALSA-2026:${nth}`,
    summary: stream ? `Important: nodejs:${stream} security update` : "Important: a security update",
    upstream: [CVES[nth - 1], CVES[nth % CVES.length]],
    ...(withdrawn ? { withdrawn: "2026-03-01T00:00:00Z" } : {}),
    affected: fixed.map(([name, until]) => ({
      package: { ecosystem: "AlmaLinux:8", name },
      ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, ...(until ? [{ fixed: until }] : [])] }],
    })),
  }));
  const other = { id: "ALSA-2026:99", upstream: ["CVE-2026-9999"], affected: [{ package: { ecosystem: "AlmaLinux:8", name: "other" } }] };
  await writeFile(files.osv, JSON.stringify([...records, other]));
  const cves = [...CVES, "CVE-2026-9999"].map((cveId) => ({
    dataType: "CVE_RECORD",
    cveMetadata: { cveId, state: rejected.has(cveId) ? "REJECTED" : "PUBLISHED" },
  }));
  await writeFile(files.cve, JSON.stringify(cves));
  for (const { result } of await intel.refresh()) expectOk(result);
}

const findingsOf = (endpointId: string) =>
  queryRows(
    store.db,
    z.record(z.string(), z.unknown()),
    sql`select package_name, vulnerability_id, installed_version, fixed_version, state, proofs, closed_by, closed_at is null as alive
      from finding where endpoint_id = ${endpointId} order by package_name, vulnerability_id`,
  );

async function refreshBoth(): Promise<void> {
  const events = await eventsAfter(store.db, position, 10_000);
  position = events.at(-1)?.position ?? position;
  const scope = await scopeOf(store.db, events);
  // "all" of everything is no look package by package: nothing here calls for one.
  if (scope === "all") throw new Error("everything was looked at");
  const touched = scope?.touched && { ...scope.touched, endpointIds: scope.touched.endpointIds.filter((id) => id !== WHOLE) };
  if (scope) await matching.refreshFindings({ endpointIds: scope.endpointIds, ...(touched ? { touched } : {}) });
  await matching.refreshFindings({ endpointIds: [WHOLE] });
}

beforeAll(async () => {
  store = await openTestStore();
  const folder = await mkdtemp(join(tmpdir(), "breakwater-test-"));
  files = { osv: join(folder, "osv.json"), cve: join(folder, "cve.json") };
  inventory = createInventory({ store, clock });
  matching = createMatching({ store, clock, readDecisions: readAssessments });
  intel = createIntel({
    ...{ store, clock, log: createLogger("test", "silent") },
    feeds: [
      { id: "osv", kind: "osv", source: files.osv },
      { id: "cve", kind: "cve", source: files.cve },
    ],
  });
  for (const id of [PARTLY, WHOLE]) await addEndpoint(store, id, { osId: "almalinux", osVersion: "8.10", osName: "AlmaLinux 8.10" });
});
afterAll(() => store.close());

describe("modules and rejected vulnerabilities, looked at package by package", () => {
  it("are told as when everything is looked at", async () => {
    let open = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 12 }), async (steps) => {
        await store.db.delete(schema.finding);
        await store.db.execute(sql`update endpoint set findings_at = null`);
        const advised = new Map<number, Advised>([
          [1, { nth: 1, stream: "16", fixed: [["nodejs", `16.1-2.${BUILDS[0]}`]], withdrawn: false }],
          [2, { nth: 2, stream: "18", fixed: [["nodejs", `18.1-2.${BUILDS[1]}`]], withdrawn: false }],
        ]);
        const rejected = new Set<string>();
        const packages = new Map<Name, { version: string; label: string }>([
          ["nodejs", { version: `16.1-1.${BUILDS[0]}`, label: "" }],
          ["nodejs-nodemon", { version: `1.0-1.${BUILDS[1]}`, label: "" }],
        ]);
        await publish(advised, rejected);
        let digest = `${Math.random()}`;
        for (const id of [PARTLY, WHOLE]) expectOk(await inventory.takeSnapshot(id, wireInventory({ packages: asWire(packages) }), digest));
        await refreshBoth();
        for (const s of steps) {
          if (s.kind === "publish") advised.set(s.advisory.nth, s.advisory);
          if (s.kind === "retract") advised.delete(s.nth);
          if (s.kind === "reject" && !rejected.delete(s.cve)) rejected.add(s.cve);
          if (s.kind === "install" || s.kind === "remove") {
            const before = asWire(packages);
            if (s.kind === "install") packages.set(s.name, { version: s.version, label: s.label });
            else packages.delete(s.name);
            const after = asWire(packages);
            const nextDigest = `${Math.random()}`;
            for (const id of [PARTLY, WHOLE])
              expectOk(
                await inventory.takeDelta(id, {
                  ...{ baseDigest: digest, digest: nextDigest, facts: null, componentsAdded: [], componentsRemoved: [] },
                  added: after.filter((p) => !before.some((b) => b.name === p.name && b.version === p.version && b.module === p.module)),
                  removed: before.filter((b) => !after.some((p) => p.name === b.name)),
                }),
              );
            digest = nextDigest;
          } else await publish(advised, rejected);
          await refreshBoth();
          const found = await findingsOf(PARTLY);
          expect(found).toEqual(await findingsOf(WHOLE));
          open += found.filter((f) => f.alive).length;
        }
      }),
      {
        endOnFailure: true,
        examples: ALWAYS.map((steps) => [steps]),
        ...(process.env.FC_SEED ? { numRuns: 25, seed: Number(process.env.FC_SEED) } : { numRuns: 8, seed: 8 }),
      },
    );
    expect(open).toBeGreaterThan(20);
  }, 300_000);
});
