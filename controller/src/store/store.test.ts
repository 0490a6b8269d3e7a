import { readFileSync } from "node:fs";
import { join } from "node:path";
import { instant } from "@breakwater/shared/core";
import { eq, getTableColumns, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventsAfter, recordEvents, type Store, schema } from "./index.ts";
import { openTestStore } from "./testing.ts";

let store: Store;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

describe("domain events", () => {
  it("are written with the change they tell of, or not at all", async () => {
    const event = { at: instant(1_700_000_000_000), type: "test.happened", actor: "user:ada", subject: "test:1", data: { n: 1 } };
    await store.db.transaction(async (tx) => recordEvents(tx, [event]));
    await expect(
      store.db.transaction(async (tx) => {
        await recordEvents(tx, [{ ...event, data: { n: 2 } }]);
        throw new Error("the change failed");
      }),
    ).rejects.toThrow("the change failed");
    const seen = await eventsAfter(store.db, 0, 10);
    expect(seen.map((e) => e.data)).toEqual([{ n: 1 }]);
    expect(seen[0]?.at).toBe(event.at);
  });
});

describe("what updates were told to bring before their architecture was", () => {
  it("is unknown until the endpoint tells it anew, which it is asked to", async () => {
    const endpoint = {
      hostname: "h",
      machineId: "m",
      agentVersion: "1",
      inventoryDigest: "known",
      osId: "debian",
      osVersion: "12",
      osName: "Debian",
      architecture: "amd64",
      kernelRelease: "6",
      enrolledAt: "2026-01-01T00:00:00Z",
    };
    for (const id of ["ep_1", "ep_2"]) await store.db.insert(schema.endpoint).values({ ...endpoint, id });
    const update = { name: "meta", architecture: "amd64", updateId: 1 };
    await store.db.insert(schema.pendingUpdate).values({ ...update, endpointId: "ep_1", brings: ["kernel-2 1.0"] as never });
    await store.db.insert(schema.pendingUpdate).values({ ...update, endpointId: "ep_2" });
    const [, ...statements] = readFileSync(join(import.meta.dirname, "migrations", "0010_new_packages.sql"), "utf8").split(
      "--> statement-breakpoint",
    );
    for (const statement of statements) await store.db.execute(sql.raw(statement));
    const of = async (id: string) => {
      const [told] = await store.db.select().from(schema.pendingUpdate).where(eq(schema.pendingUpdate.endpointId, id));
      const [known] = await store.db.select().from(schema.endpoint).where(eq(schema.endpoint.id, id));
      return { brings: told?.brings, unknown: told?.bringsUnknown, digest: known?.inventoryDigest };
    };
    expect(await of("ep_1")).toEqual({ brings: [], unknown: true, digest: "" });
    expect(await of("ep_2")).toEqual({ brings: [], unknown: false, digest: "known" });
  });
});

describe("what is asked of all facts at once", () => {
  it("is told of rows of before too, and stays unknown of those without facts", async () => {
    const generated = Object.values(getTableColumns(schema.endpoint)).filter((column) => column.generated !== undefined);
    expect(generated).toHaveLength(8);
    // As the table stood before.
    await store.db.execute(sql.raw(`alter table endpoint ${generated.map((column) => `drop column ${column.name}`).join(", ")}`));
    const facts = {
      ep_full: {
        ...{ reboot: { needed: true }, kernel: { running: "1", newestInstalled: "2" }, problems: [{ collector: "repositories" }] },
        loadedPackages: [{ restartNeeded: true, reach: "public" }],
        repositories: [{ state: "trusted", origin: "UbuntuESM", label: "Ubuntu-Security" }],
      },
      ep_calm: {
        ...{ reboot: { needed: false }, kernel: { running: "1", newestInstalled: "1" }, problems: [{ collector: "dpkg" }] },
        loadedPackages: [{ restartNeeded: false, reach: "private" }],
        repositories: [{ state: "unreachable", origin: "UbuntuESM", label: "Ubuntu-Security" }],
      },
      ep_silent: null,
    };
    for (const [id, told] of Object.entries(facts))
      await store.db.execute(sql`insert into endpoint (id, hostname, machine_id, os_id, os_version, os_name, architecture, kernel_release, agent_version, enrolled_at, facts)
        values (${id}, 'h', ${id}, 'ubuntu', '18.04', 'Ubuntu', 'amd64', '5', '1', now(), ${told === null ? null : JSON.stringify(told)}::jsonb)`);
    const migration = readFileSync(join(import.meta.dirname, "migrations", "0013_told_by_facts.sql"), "utf8");
    await store.db.execute(sql.raw(migration.split("--> statement-breakpoint").at(-1) ?? ""));
    const columns = Object.fromEntries(generated.map((column) => [column.name, column]));
    const told = async (id: string) => {
      const [row] = await store.db.select(columns).from(schema.endpoint).where(eq(schema.endpoint.id, id));
      return new Set(Object.values(row ?? {}));
    };
    expect(await told("ep_full")).toEqual(new Set([true]));
    expect(await told("ep_calm")).toEqual(new Set([false]));
    expect(await told("ep_silent")).toEqual(new Set([null]));
  });
});
