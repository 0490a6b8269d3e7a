import { randomBytes } from "node:crypto";
import { openAsBlob } from "node:fs";
import { PGlite } from "@electric-sql/pglite";
import postgres from "postgres";
import { openPostgres, type Store, usePglite } from "./database.ts";

/** Names the file of the migrated template, for the processes of a test run. */
export const TEMPLATE_VARIABLE = "BREAKWATER_TEST_TEMPLATE";

/**
 * A fresh, migrated store for one test file: an in-memory PGlite, begun from the template that the run made once, or a
 * database of its own on the server that TEST_DATABASE_URL names. The same tests run on both.
 */
export async function openTestStore(): Promise<Store> {
  const server = process.env.TEST_DATABASE_URL;
  if (!server) {
    const template = process.env[TEMPLATE_VARIABLE];
    return usePglite(await PGlite.create(template ? { loadDataDir: await openAsBlob(template) } : {}));
  }
  const name = `breakwater_test_${randomBytes(6).toString("hex")}`;
  const admin = postgres(server, { max: 1, onnotice: () => {} });
  await admin.unsafe(`create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const store = await openPostgres(url.href, { maxConnections: 4 });
  return {
    ...store,
    close: async () => {
      await store.close();
      await admin.unsafe(`drop database ${name} with (force)`);
      await admin.end();
    },
  };
}
