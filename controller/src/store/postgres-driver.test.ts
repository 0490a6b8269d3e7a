import { setTimeout as pause } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { rowsOf, type Store } from "./index.ts";
import { openTestStore } from "./testing.ts";

/**
 * The driver wrote to sockets that were closed, which ended the process or left a connection that never sends again
 * (`patches/postgres+*.patch`). Without the patch, this ends with an uncaught exception and in a timeout.
 */
describe.skipIf(!process.env.TEST_DATABASE_URL)("a connection that the server ends", () => {
  let store: Store;
  beforeAll(async () => {
    store = await openTestStore();
  });
  afterAll(() => store.close());

  const end = (pid: number) => store.db.execute(sql`select pg_terminate_backend(${pid}::int)`);
  const pidOf = async (db: Pick<Store["db"], "execute">) =>
    z.object({ pid: z.number() }).parse(rowsOf(await db.execute(sql`select pg_backend_pid() as pid`))[0]).pid;

  it("in the middle of a transaction fails that transaction alone, whenever its next query comes", async () => {
    for (const waitMs of [0, 1, 20, 200]) {
      const failed = await store.db
        .transaction(async (tx) => {
          await end(await pidOf(tx));
          await pause(waitMs);
          await tx.execute(sql`select 1`);
        })
        .then(
          () => undefined,
          (cause: unknown) => cause,
        );
      expect(failed).toBeInstanceOf(Error);
    }
    for (let i = 0; i < 20; i++) expect(await pidOf(store.db)).toBeGreaterThan(0);
  });
});
