import { instant } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Db, recordEvents, type Store } from "../../store/index.ts";
import { openTestStore } from "../../store/testing.ts";
import { type Audit, createAudit, verifyExport } from "./index.ts";

/** A loaded machine takes its time. */
const PATIENT = { timeout: 60_000 };
let store: Store;
let audit: Audit;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());
beforeEach(async () => {
  await store.db.execute(sql`truncate audit_record, domain_event restart identity`);
  audit = createAudit({ store, clock: { now: () => instant(0) }, log: createLogger("test", "silent") });
});

async function happen(count: number, type = "deployment.paused"): Promise<void> {
  await store.db.transaction((tx) =>
    recordEvents(
      tx as Db,
      Array.from({ length: count }, (_, i) => ({
        at: instant(1_700_000_000_000 + i),
        type,
        actor: "user:ada",
        subject: `deployment:dp_${i}`,
        data: { share: 0.25, nested: { b: 1, a: [null, "ü"] } },
      })),
    ),
  );
}
async function exported(): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of audit.export()) lines.push(line);
  return lines;
}

describe("the audit chain", () => {
  it("holds every event once, in order, however many replicas write it", async () => {
    await happen(3);
    const other = createAudit({ store, clock: { now: () => instant(0) }, log: createLogger("test", "silent") });
    const [one, two] = await Promise.all([audit.catchUp(), other.catchUp()]);
    expect(one + two).toBe(3);
    await happen(2);
    expect(await other.catchUp()).toBe(2);
    expect(await audit.catchUp()).toBe(0);
    expect(await audit.verify()).toMatchObject({ ok: true, records: 5 });
  });

  it("follows events by itself while it runs, and after a restart", async () => {
    await audit.start();
    await happen(2);
    await vi.waitFor(async () => expect(await audit.verify()).toMatchObject({ records: 2 }), PATIENT);
    await audit.stop();
    await happen(1);
    await audit.start();
    await vi.waitFor(async () => expect(await audit.verify()).toMatchObject({ ok: true, records: 3 }), PATIENT);
    await audit.stop();
  });

  it("grows across the pages that it is written and verified in", async () => {
    await happen(2_345);
    expect(await audit.catchUp()).toBe(2_345);
    expect(await audit.verify()).toMatchObject({ ok: true, records: 2_345 });
  });

  it.each([
    ["a changed record", sql`update audit_record set record = replace(record, 'ada', 'eve') where sequence = 3`, 3],
    ["a changed event", sql`update domain_event set actor = 'user:eve' where position = 2`, 2],
    ["a removed record", sql`delete from audit_record where sequence = 4`, 4],
    ["a removed event", sql`delete from domain_event where position = 5`, 5],
    [
      "swapped records",
      sql`update audit_record a set record = b.record, hash = b.hash from audit_record b where a.sequence + b.sequence = 5 and a.sequence in (2, 3)`,
      2,
    ],
    ["a removed beginning", sql`delete from audit_record where sequence = 1`, 1],
  ])("notices %s", async (_, tamper, firstBroken) => {
    await happen(6);
    await audit.catchUp();
    await store.db.execute(tamper);
    expect(await audit.verify()).toMatchObject({ ok: false, firstBroken });
  });

  it("notices a cut-off end against a head that was kept elsewhere, also when the writer has filled it again differently", async () => {
    await happen(4);
    await audit.catchUp();
    const { head } = await audit.verify();
    expect(await audit.verify({ expectHead: head })).toMatchObject({ ok: true });
    await store.db.execute(sql`delete from audit_record where sequence >= 3`);
    await store.db.execute(sql`delete from domain_event where position >= 3`);
    expect(await audit.verify({ expectHead: head })).toMatchObject({ ok: false, firstBroken: 3 });
    await happen(2, "deployment.resumed");
    await audit.catchUp();
    expect(await audit.verify({ expectHead: head })).toMatchObject({ ok: false });
  });

  it("can be verified from an export, without a database", async () => {
    await happen(5);
    await audit.catchUp();
    const lines = await exported();
    const { head } = await audit.verify();
    expect(verifyExport(lines)).toEqual({ ok: true, records: 5, head });
    expect(verifyExport(lines.slice(0, 4), head)).toMatchObject({ ok: false, firstBroken: 5 });
    expect(verifyExport([...lines.slice(0, 2), ...lines.slice(3)])).toMatchObject({ ok: false, firstBroken: 3 });
    expect(verifyExport(lines.map((l) => l.replace("ada", "eve")))).toMatchObject({ ok: false, firstBroken: 1 });
    expect(verifyExport(["nonsense"])).toMatchObject({ ok: false, firstBroken: 1 });
  });

  it("is read page by page, newest first, by subject, type and actor", async () => {
    await happen(5);
    await happen(1, "wave.passed");
    await audit.catchUp();
    const first = await audit.page({ limit: 4 });
    expect(first.entries.map((e) => e.sequence)).toEqual([6, 5, 4, 3]);
    const second = await audit.page({ limit: 4, cursor: first.next });
    expect(second).toMatchObject({ entries: [{ sequence: 2 }, { sequence: 1 }], next: undefined });
    expect((await audit.page({ type: "wave.*" })).entries).toHaveLength(1);
    expect((await audit.page({ subject: "deployment:dp_0" })).entries).toHaveLength(2);
    expect((await audit.page({ actor: "user:eve" })).entries).toEqual([]);
  });
});
