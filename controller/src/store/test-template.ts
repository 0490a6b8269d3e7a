import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { usePglite } from "./database.ts";
import { TEMPLATE_VARIABLE } from "./testing.ts";

/**
 * Once per test run: a migrated PGlite, dumped for every test file to begin from. Making a database and migrating it
 * takes seconds, loading one a fraction of that.
 */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.TEST_DATABASE_URL) return undefined;
  const folder = await mkdtemp(join(tmpdir(), "breakwater-template-"));
  const client = await PGlite.create();
  const store = await usePglite(client);
  const file = join(folder, "store.tar");
  await writeFile(file, Buffer.from(await (await client.dumpDataDir("none")).arrayBuffer()));
  await store.close();
  process.env[TEMPLATE_VARIABLE] = file;
  return () => rm(folder, { recursive: true, force: true });
}
