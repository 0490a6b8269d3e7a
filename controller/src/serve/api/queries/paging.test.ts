import type { Instant } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addEndpoint } from "../../../know/testing.ts";
import { type Store, schema } from "../../../store/index.ts";
import { openTestStore } from "../../../store/testing.ts";
import { encodeCursor, encodePlace } from "../cursor.ts";
import { endpointQuery, findingQuery, queueQuery } from "../schemas/index.ts";
import { listEndpoints } from "./endpoints.ts";
import { listFindings } from "./findings.ts";
import { createPlannedPackages } from "./planned-packages.ts";
import { listQueue } from "./queue.ts";

let store: Store;
const findings = (query: Record<string, unknown>) => listFindings(store.db, findingQuery.parse(query));
const queue = (query: Record<string, unknown> = {}) => listQueue(store.db, queueQuery.parse(query));
const endpoints = (query: Record<string, unknown>) => listEndpoints(store.db, endpointQuery.parse(query), Date.now() as Instant);

async function allPages<T>(read: (cursor: string | undefined) => Promise<{ rows: T[]; next: string | null; total: number }>) {
  const rows: T[] = [];
  const totals = new Set<number>();
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    rows.push(...page.rows);
    totals.add(page.total);
    cursor = page.next ?? undefined;
  } while (cursor);
  return { rows, totals: [...totals] };
}

const HOSTS = 6;
const SOURCES = 4;
/** Few distinct risks, moments and names, so that every page's end falls among equals. A third cannot be written as a short decimal. */
const RISKS = [1 / 3, 50, 100 / 7];

/** Each endpoint has one update of each source pending; each update closes one finding, of the last source none. */
beforeAll(async () => {
  store = await openTestStore();
  for (let e = 0; e < HOSTS; e++) {
    const reach = e === 0 ? "public" : "private";
    const facts = {
      loadedPackages: [{ name: "package0", reach, restartNeeded: e === 1 }],
      reboot: e === 5 ? null : { needed: e === 2 },
    };
    await addEndpoint(store, `ep_${e}`, { hostname: `host-${e % 3}`, facts, revokedAt: null });
  }
  for (let s = 0; s < SOURCES; s++) {
    const update = {
      distribution: "debian:12",
      ecosystem: "deb",
      name: `package${s}`,
      architecture: "amd64",
      fromVersion: "1",
      toVersion: "2",
    };
    const told = {
      sourceName: `source${s}`,
      sourceVersion: "2",
      origin: "",
      label: "",
      suite: "",
      security: s % 2 === 0,
      downloadSizeBytes: 1,
    };
    const [made] = await store.db
      .insert(schema.updateCatalogue)
      .values({ ...update, ...told })
      .returning({ id: schema.updateCatalogue.id });
    const updateId = made?.id ?? 0;
    for (let e = 0; e < HOSTS; e++) {
      const endpointId = `ep_${e}`;
      await store.db.insert(schema.pendingUpdate).values({ endpointId, name: update.name, architecture: "amd64", updateId, held: e === 0 });
      if (s === SOURCES - 1) continue;
      await store.db.insert(schema.finding).values({
        ...{
          endpointId,
          packageId: 0,
          vulnerabilityId: `CVE-2026-100${s}`,
          packageName: update.name,
          sourceName: told.sourceName,
          installedVersion: "1",
        },
        ...{ state: e === 4 ? "fixed" : e === 3 ? "no-fix" : "open", updateId: e >= 3 ? null : updateId, risk: RISKS[(e + s) % 3] ?? 0 },
        ...{ factors: [{ name: `of ${e}`, effect: 0, why: "" }], exposure: e === 0 ? "public" : "private" },
        openedAt: `2026-03-0${1 + (e % 2)}T08:00:00.123456Z`,
      });
    }
  }
  await store.db.insert(schema.signal).values({ vulnerabilityId: "CVE-2026-1001", kind: "kev", source: "kev" });
});
afterAll(() => store.close());

describe("pages of findings", () => {
  it.each(["-risk", "risk", "-opened", "opened", "vulnerability", "package"] as const)(
    "lose and repeat none among equals by %s",
    async (sort) => {
      const whole = (await findings({ sort, state: "any" })).rows;
      expect(whole).toHaveLength(HOSTS * (SOURCES - 1));
      for (const limit of [1, 2, 5, 18, 19]) {
        const { rows, totals } = await allPages((cursor) => findings({ sort, state: "any", limit, cursor }));
        expect(rows.map((f) => f.id)).toEqual(whole.map((f) => f.id));
        expect(totals).toEqual([whole.length]);
      }
      const column = { risk: "risk", opened: "openedAt", vulnerability: "vulnerabilityId", package: "packageName" } as const;
      const of = column[sort.replace("-", "") as keyof typeof column];
      const falling = sort.startsWith("-");
      for (const [i, row] of whole.entries()) {
        const before = whole[i - 1];
        if (!before) continue;
        if (before[of] === row[of]) expect(row.id > before.id).toBe(sort !== "-opened");
        else expect(row[of] > before[of]).toBe(!falling);
      }
    },
  );

  it.each([
    [{ kev: "true" }, 5],
    [{ kev: "false" }, 10],
    [{ q: "host-1" }, 3],
    [{ q: "1002" }, 5],
    [{ q: "PACKAGE0" }, 5],
    [{ q: "%" }, 0],
    [{ package: "source2" }, 5],
    [{ endpoint: "ep_0" }, 3],
    [{ minRisk: 50 }, 5],
    [{ state: "fixed" }, 3],
    [{ state: "no-fix", kev: "true" }, 1],
    [{ state: "suppressed" }, 0],
  ])("of %o have all that it lets through", async (filter, total) => {
    const { rows, totals } = await allPages((cursor) => findings({ ...filter, limit: 2, cursor }));
    expect(new Set(rows.map((f) => f.id)).size).toBe(total);
    expect(rows).toHaveLength(total);
    expect(totals).toEqual([total]);
  });

  it("go on where they ended though rows before them are gone by then", async () => {
    const [first, second] = (await findings({ limit: 3 })).rows;
    const page = await findings({ limit: 2 });
    expect(page.rows[1]?.id).toBe(second?.id);
    await store.db.transaction(async (tx) => {
      await tx.update(schema.finding).set({ state: "gone" }).where(sql`id = ${first?.id}`);
      const after = await listFindings(tx, findingQuery.parse({ limit: 50, cursor: page.next }));
      expect(after.rows).toHaveLength(13);
      await tx.update(schema.finding).set({ state: "open" }).where(sql`id = ${first?.id}`);
    });
  });

  it("refuse a cursor of another order, of another list, and one that is made up", async () => {
    const { next } = await findings({ limit: 2, sort: "-risk" });
    const cursors: [string, string | null][] = [
      ["risk", next],
      ["-risk", encodeCursor(5)],
      ["-risk", "nonsense"],
      ["-risk", encodePlace({ sort: "-risk", value: "1); drop table finding", id: 1 })],
      ["opened", encodePlace({ sort: "opened", value: "2026-13-01T00:00:00.000000Z", id: 1 })],
      ["package", encodePlace({ sort: "package", value: "a\0b", id: 1 })],
      ["package", Buffer.from('k1:["package","a",-1]').toString("base64url")],
      ["package", Buffer.from("k1:[").toString("base64url")],
    ];
    for (const [sort, cursor] of cursors)
      await expect(findings({ sort, cursor })).rejects.toMatchObject({ problem: { code: "bad-cursor" } });
  });
});

describe("pages of the queue", () => {
  it("have each patch once, with what is true of all pages on each of them", async () => {
    const { rows, totals } = await allPages((cursor) => queue({ limit: 1, cursor }));
    expect(totals).toEqual([SOURCES]);
    expect(rows.map((r) => r.findings)).toEqual([3, 3, 3, 0]);
    expect(new Set(rows.map((r) => r.key)).size).toBe(SOURCES);
    const sum = RISKS.reduce((a, b) => a + b);
    for (const cursor of [undefined, encodeCursor(2), encodeCursor(99)]) {
      const page = await queue({ limit: 2, cursor });
      expect(page.total).toBe(SOURCES);
      expect(page.riskMost).toBeCloseTo(sum, 9);
      expect(page.riskTotal).toBeCloseTo(3 * sum, 9);
    }
    expect((await queue({ cursor: encodeCursor(99) })).rows).toEqual([]);
    const none = await queue({ q: "no such patch" });
    expect(none).toMatchObject({ rows: [], total: 0, next: null, riskMost: 0, riskTotal: 0 });
  });

  it("tell the factors of the worst finding, whether it is exploited, and who has it loaded in public", async () => {
    const { rows } = await queue({ sort: "package" });
    // Of source 0 the second endpoint's finding is the worst, of source 1 the first one's, of source 2 the third one's.
    expect(rows.map((r) => r.factors[0]?.name)).toEqual(["of 1", "of 0", "of 2", undefined]);
    expect(rows.map((r) => r.kev)).toEqual([false, true, false, false]);
    expect(rows.map((r) => r.exposedEndpoints)).toEqual([1, 0, 0, 0]);
    expect(rows.map((r) => [r.endpoints, r.heldEndpoints])).toEqual(Array.from({ length: SOURCES }, () => [HOSTS, 1]));
    const names = async (query: Record<string, unknown>) => (await queue(query)).rows.map((r) => r.sourceName);
    expect(await names({ kev: "true" })).toEqual(["source1"]);
    expect(await names({ q: "CVE-2026-1002" })).toEqual(["source2"]);
    expect(await names({ q: "package3" })).toEqual(["source3"]);
    expect(await names({ exposure: "public", sort: "package" })).toEqual(["source0", "source1", "source2"]);
    expect(await names({ exposure: "loopback" })).toEqual([]);
  });

  it("leave out what is pending on revoked endpoints alone", async () => {
    await store.db.execute(sql`update endpoint set revoked_at = now() where id <> 'ep_5'`);
    const { rows, total } = await queue();
    expect([total, ...rows.map((r) => r.endpoints)]).toEqual([SOURCES, 1, 1, 1, 1]);
    await store.db.execute(sql`update endpoint set revoked_at = now()`);
    expect((await queue()).total).toBe(0);
    await store.db.execute(sql`update endpoint set revoked_at = null`);
  });
});

describe("plans that are open", () => {
  it("are told of with their packages while they are, in the state that they have now", async () => {
    const planned = createPlannedPackages();
    const named = async () => (await listQueue(store.db, queueQuery.parse({ sort: "package" }), planned)).rows.map((r) => r.planned);
    expect(await named()).toEqual([[], [], [], []]);
    const plan = {
      id: "pl_1",
      revision: 1,
      title: "",
      createdAt: "2026-03-01T00:00:00Z",
      createdBy: "user:ada",
      document: {},
      rollout: {},
    };
    await store.db.insert(schema.plan).values({ ...plan, state: "draft", headerBytes: new Uint8Array(), digest: "d" });
    const action = Buffer.from(
      JSON.stringify({
        packages: [
          { name: "package1", to: "2" },
          { name: "package2", to: "3" },
        ],
      }),
    );
    await store.db.insert(schema.planAction).values({ planId: "pl_1", revision: 1, endpointId: "ep_0", action, proof: [] });
    expect(await named()).toEqual([[], [{ planId: "pl_1", state: "draft" }], [], []]);
    await store.db.execute(sql`update plan set state = 'approved'`);
    expect((await named())[1]).toEqual([{ planId: "pl_1", state: "approved" }]);
    await store.db.execute(sql`update plan set state = 'discarded'`);
    expect((await named())[1]).toEqual([]);
  });
});

describe("pages of endpoints", () => {
  it.each(endpointQuery.shape.sort.unwrap().options)("lose and repeat none by %s", async (sort) => {
    const whole = (await endpoints({ sort })).rows.map((e) => e.id);
    const { rows, totals } = await allPages((cursor) => endpoints({ sort, limit: 4, cursor }));
    expect(rows.map((e) => e.id)).toEqual(whole);
    expect([...whole].sort()).toEqual(Array.from({ length: HOSTS }, (_, e) => `ep_${e}`));
    expect(totals).toEqual([HOSTS]);
  });

  it("say of each what is its own", async () => {
    const { rows } = await endpoints({ sort: "-risk" });
    const of = (id: string) => rows.find((e) => e.id === id);
    expect(of("ep_0")).toMatchObject({ openFindings: 3, knownExploited: 1, pendingUpdates: SOURCES, unreadUpdates: SOURCES });
    expect(of("ep_0")?.riskSum).toBeCloseTo(
      RISKS.reduce((a, b) => a + b),
      9,
    );
    expect(of("ep_4")).toMatchObject({ openFindings: 0, knownExploited: 0, riskSum: 0, riskHighest: 0 });
    expect(rows.at(-1)?.id).toBe("ep_4");
    expect((await endpoints({ withFindings: "false" })).rows.map((e) => e.id)).toEqual(["ep_4"]);
    expect((await endpoints({ rebootRequired: "true" })).rows.map((e) => e.id)).toEqual(["ep_2"]);
    expect((await endpoints({ rebootRequired: "false" })).total).toBe(4);
    expect((await endpoints({ restartNeeded: "true" })).rows.map((e) => e.id)).toEqual(["ep_1"]);
  });
});
