import { type ChildProcessByStdio, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { createReadStream, readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { writeMadeUpFeed } from "./made-up-feed.testing.ts";

/**
 * What two feeds that load at once take beyond the idle controller: `npm run bench -- two-feeds [KIND=FILE KIND=FILE]`, without files two made-up
 * ones of 100 MiB each. The whole controller runs, on the embedded database, or on PostgreSQL where TEST_DATABASE_URL names an empty one.
 * The feeds are served by HTTP, and not before the controller has been idle for a while.
 */
const MADE_UP_MIB = 100;
const IDLE_MS = 10_000;
const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));
const say = (text: string) => process.stdout.write(`${text}\n`);

const statusOf = (pid: number, field: string) =>
  Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

const folder = await mkdtemp(join(tmpdir(), "breakwater-bench-"));
const given = process.argv.slice(2).map((text) => text.split("=") as [string, string]);
const feeds = given.length > 0 ? given : await madeUp();

async function madeUp(): Promise<[string, string][]> {
  const files = ["one.json", "other.json"].map((name) => join(folder, name));
  for (const file of files) await writeMadeUpFeed(file, MADE_UP_MIB * 1024 ** 2);
  return files.map((file) => ["osv", file]);
}

let release = () => {};
const released = new Promise<void>((go) => {
  release = go;
});
const server = createServer((request, answer) => {
  const [, file = ""] = feeds[Number(request.url?.slice(1))] ?? [];
  // No validators: whoever asks again gets all of it again.
  void released.then(() => createReadStream(file).pipe(answer));
}).listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as AddressInfo;

type Child = ChildProcessByStdio<null, Readable, Readable>;
function start(directory: string, from: readonly [string, string][]): Child {
  const sources =
    from.length === 0 ? ["--feed", "none"] : from.flatMap(([kind], i) => ["--feed", `feed-${i}=${kind}:http://127.0.0.1:${port}/${i}`]);
  const anyPort = ["--http", "127.0.0.1:0", "--enrollment", "127.0.0.1:0", "--sessions", "127.0.0.1:0"];
  const env = {
    ...process.env,
    BREAKWATER_DATA_DIR: directory,
    ...(process.env.TEST_DATABASE_URL ? { DATABASE_URL: process.env.TEST_DATABASE_URL } : {}),
  };
  return spawn(process.execPath, [...process.execArgv, MAIN, ...anyPort, ...sources], { env, stdio: ["ignore", "pipe", "pipe"] });
}

async function stop(controller: Child): Promise<void> {
  const ended = once(controller, "exit");
  controller.kill("SIGTERM");
  await ended;
}

/** How much the controller takes when it has nothing to do: the least of some seconds, since garbage is not need. */
async function idleMib(pid: number): Promise<number> {
  const until = performance.now() + IDLE_MS;
  let least = Number.POSITIVE_INFINITY;
  while (performance.now() < until) {
    await wait(500);
    least = Math.min(least, statusOf(pid, "VmRSS"));
  }
  return least;
}

try {
  for (const [i, [kind, file]] of feeds.entries())
    say(`feed-${i}: ${kind}, ${(statSync(file).size / 1024 ** 2).toFixed(1)} MiB as it comes`);
  // Making an embedded database takes more memory than any feed, once: that is done by another process.
  const first = start(join(folder, "data"), []);
  await once(createInterface({ input: first.stdout }), "line");
  await stop(first);
  const controller = start(join(folder, "data"), feeds);
  const pid = controller.pid ?? 0;
  const read = new Map<string, string>();
  const events = new EventEmitter();
  controller.on("exit", (code) => events.emit("error", new Error(`the controller ended with ${code}`)));
  // It says that it runs on one, and logs to the other.
  createInterface({ input: controller.stdout }).on("line", (line) => {
    if (line.startsWith("Breakwater ")) events.emit("started");
  });
  createInterface({ input: controller.stderr }).on("line", (line) => {
    if (!line.startsWith("{")) process.stderr.write(`${line}\n`);
    if (!line.includes('"feed read"') && !line.includes('"feed failed"')) return;
    read.set(/"feed":"([^"]*)"/.exec(line)?.[1] ?? "", line);
    if (read.size === feeds.length) events.emit("read");
  });
  await once(events, "started");
  const idle = await idleMib(pid);
  // From now on the peak is counted anew. @see proc_pid_clear_refs(5)
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  const started = performance.now();
  const all = once(events, "read");
  release();
  await all;
  const seconds = (performance.now() - started) / 1_000;
  const peak = statusOf(pid, "VmHWM");
  const records = [...read.values()].map((line) => /"records":\d+/.exec(line)?.[0] ?? `FAILED ${line}`).join(", ");
  say(
    `idle ${idle.toFixed(0)} MiB, peak ${peak.toFixed(0)} MiB: ${(peak - idle).toFixed(0)} MiB more, in ${seconds.toFixed(1)} s; ${records}`,
  );
  if ([...read.values()].some((line) => line.includes('"feed failed"'))) process.exitCode = 1;
  events.on("error", () => {});
  await stop(controller);
} finally {
  server.close();
  await rm(folder, { recursive: true, force: true });
}
