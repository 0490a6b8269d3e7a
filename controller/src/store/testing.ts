import { randomBytes } from "node:crypto";
import postgres from "postgres";
import { openPglite, openPostgres, type Store } from "./database.ts";

/**
 * A fresh, migrated store for one test file: an in-memory PGlite, or a database of its own on the server that
 * TEST_DATABASE_URL names. The same tests run on both.
 */
export async function openTestStore(): Promise<Store> {
  const server = process.env.TEST_DATABASE_URL;
  if (!server) return openPglite();
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
