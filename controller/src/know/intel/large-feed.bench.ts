import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import { sql } from "drizzle-orm";
import { openPglite, openPostgres, type Store } from "../../store/index.ts";
import { createIntel } from "./index.ts";
import { writeMadeUpFeed } from "./made-up-feed.testing.ts";

/**
 * Memory and time of reading a feed of 1 GB by HTTP into the store: `npm run bench -- large-feed [MEGABYTES]`. On the embedded database,
 * and on PostgreSQL where TEST_DATABASE_URL names an empty one. Each run is a process of its own; "before" is that process with the
 * store open and nothing read. Making an embedded database takes more memory than any feed, once, so it is made before.
 */
const [given = "1000", child] = process.argv.slice(2);
const MEGABYTES = Number(given);
const MIB = 1024 * 1024;
const say = (text: string) => process.stdout.write(`${text}\n`);

const peakMib = () => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1024;

async function readOnce(engine: string, source: string, folder: string): Promise<void> {
  const store: Store = engine === "pglite" ? await openPglite(join(folder, "db")) : await openPostgres(process.env.TEST_DATABASE_URL ?? "");
  if (source === "") return store.close();
  const before = peakMib();
  const feeds = [{ id: "large", kind: "osv" as const, source }];
  const intel = createIntel({ store, clock: systemClock, log: createLogger("bench", "silent"), feeds, directory: join(folder, "feeds") });
  for (const turn of ["first reading", "same again, published anew"]) {
    const started = performance.now();
    await store.db.execute(sql`update feed set etag = '', checksum = ''`);
    const [done] = await intel.refresh();
    const seconds = (performance.now() - started) / 1_000;
    const what = done?.result.ok ? `${done.result.value.records} records` : `FAILED ${JSON.stringify(done?.result)}`;
    say(
      `${engine.padEnd(11)} ${turn.padEnd(28)} ${seconds.toFixed(1).padStart(7)} s  peak ${peakMib().toFixed(0).padStart(5)} MiB (before ${before.toFixed(0)})  ${what}`,
    );
    if (!done?.result.ok) process.exitCode = 1;
  }
  await store.close();
}

if (child) {
  const [engine = "", source = "", folder = ""] = child.split("|");
  await readOnce(engine, source, folder);
} else {
  const folder = await mkdtemp(join(tmpdir(), "breakwater-bench-"));
  try {
    const path = join(folder, "feed.json");
    const records = await writeMadeUpFeed(path, MEGABYTES * MIB);
    say(`a feed of ${((await stat(path)).size / MIB).toFixed(0)} MiB, ${records} records`);
    // Served by another process, so that only the reader is measured.
    const code = `require("http").createServer((q,s)=>require("fs").createReadStream(${JSON.stringify(path)}).pipe(s)).listen(0,"127.0.0.1",function(){console.log(this.address().port)})`;
    const server = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
    const port = String((await once(server.stdout, "data"))[0]).trim();
    for (const engine of ["pglite", ...(process.env.TEST_DATABASE_URL ? ["postgresql"] : [])]) {
      const work = join(folder, engine);
      for (const source of ["", `http://127.0.0.1:${port}/feed.json`]) {
        const run = [...process.execArgv, fileURLToPath(import.meta.url), given, `${engine}|${source}|${work}`];
        if (spawnSync(process.execPath, run, { stdio: "inherit" }).status !== 0) process.exitCode = 1;
      }
    }
    server.kill();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
