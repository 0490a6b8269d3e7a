import { mkdirSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ProblemError } from "@breakwater/shared/core";
import { PGlite } from "@electric-sql/pglite";
import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import { drizzle as drizzlePglite } from "drizzle-orm/pglite";
import { migrate as migratePglite } from "drizzle-orm/pglite/migrator";
import { drizzle as drizzlePostgres } from "drizzle-orm/postgres-js";
import { migrate as migratePostgres } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";
import * as schema from "./schema/index.ts";

/** Everything that reads or writes takes one of these: the database itself or a transaction in it. */
export type Db = PgDatabase<PgQueryResultHKT, typeof schema>;

/** An open store. */
export interface Store {
  readonly db: Db;
  readonly engine: "pglite" | "postgresql";
  /** Calls back after a NOTIFY on the channel. A wake-up only: polling remains the truth. @returns a function that stops it */
  listen(channel: string, wake: (payload: string) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

const migrationsFolder = join(dirname(fileURLToPath(import.meta.url)), "migrations");

/** Opens PostgreSQL at a URL and brings its schema up to date. */
export async function openPostgres(url: string, options: { maxConnections?: number } = {}): Promise<Store> {
  // While the server is away each query waits for one attempt to connect: a long pause between attempts would be a long wait for an error.
  const backoff = (attempts: number) => Math.min(2, 0.1 * 2 ** attempts);
  const sql = postgres(url, { max: options.maxConnections ?? 10, onnotice: () => {}, connect_timeout: 10, backoff });
  const db = drizzlePostgres(sql, { schema });
  try {
    await migratePostgres(db, { migrationsFolder });
  } catch (cause) {
    await sql.end({ timeout: 1 });
    throw unusable(
      `PostgreSQL cannot be used: ${text(cause)}`,
      "Check DATABASE_URL, that the server runs, and that the role may create tables.",
    );
  }
  return {
    db: db as unknown as Db,
    engine: "postgresql",
    listen: async (channel, wake) => {
      const subscription = await sql.listen(channel, wake);
      return () => subscription.unlisten();
    },
    close: () => sql.end({ timeout: 5 }),
  };
}

/**
 * PGlite's own 128 MB of shared buffers are all written to when it starts, so that they count as used from the first moment: an open store took 353 MiB with them and takes
 * 225 with 16 MB (measured, PGlite 0.5.16). What they would hold lies in the system's page cache as well.
 */
const START_PARAMETERS = [...PGlite.defaultStartParams, "-c", "shared_buffers=16MB"];

/**
 * Opens the embedded database in a directory, or in memory without one. PGlite has no lock of its own and two processes
 * in one directory lose rows, so the directory is locked first.
 */
export async function openPglite(directory?: string): Promise<Store> {
  const unlock = directory ? await lockDirectory(resolve(directory)) : async () => {};
  if (directory) mkdirSync(directory, { recursive: true, mode: 0o700 });
  const store = await PGlite.create({ startParams: START_PARAMETERS, ...(directory ? { dataDir: resolve(directory) } : {}) })
    .then(usePglite)
    .catch(async (cause: unknown) => {
      await unlock();
      throw unusable(
        `The embedded database${directory ? ` in ${directory}` : ""} cannot be opened: ${text(cause)}`,
        "Check that its disk has room (some 100 MB for the start) and that this user may write there.",
      );
    });
  return {
    ...store,
    close: async () => {
      await store.close();
      await unlock();
    },
  };
}

/** Brings the schema of an open PGlite up to date. */
export async function usePglite(client: PGlite): Promise<Store> {
  const db = drizzlePglite(client, { schema });
  await migratePglite(db, { migrationsFolder });
  return {
    db: db as unknown as Db,
    engine: "pglite",
    listen: (channel, wake) => client.listen(channel, wake),
    close: () => client.close(),
  };
}

/** An abstract unix socket named after the directory: it dies with its process, whatever kills that. */
async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const server: Server = createServer();
  await new Promise<void>((done, refuse) => {
    server.once("error", (cause: NodeJS.ErrnoException) =>
      refuse(
        cause.code === "EADDRINUSE"
          ? unusable(`Another controller is using ${directory}.`, "Stop it first, or give this one a data directory of its own.")
          : cause,
      ),
    );
    server.listen({ path: `\0breakwater:${directory}` }, done);
  });
  server.unref();
  return () => new Promise((done) => server.close(() => done()));
}

/** As WASI numbers it; the embedded database's file system throws bare numbers. */
const WASI_NO_SPACE = 51;
const text = (cause: unknown): string =>
  typeof cause === "object" && cause !== null && "errno" in cause && cause.errno === WASI_NO_SPACE
    ? "no space left on device"
    : cause instanceof Error
      ? cause.cause instanceof Error
        ? cause.cause.message
        : cause.message
      : String(cause);
const unusable = (message: string, next: string) => new ProblemError({ code: "store-unusable", message, next });
