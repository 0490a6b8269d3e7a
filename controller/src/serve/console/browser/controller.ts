import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../../../../..");
const START_MS = 120_000;

export interface RunningController {
  readonly url: string;
  readonly setupLink: string;
  /** When its process was started, epoch ms. */
  readonly startedAt: number;
  /** What it said. */
  output(): string;
  stop(): Promise<void>;
}

/** A free port of the loopback; it could be taken before it is used, which shows as a start that fails. */
const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port"))));
    });
  });

/** Starts the controller as `npm start -- --demo` does, in a process and a data directory of its own. */
export async function startController(): Promise<RunningController> {
  const directory = await mkdtemp(join(tmpdir(), "breakwater-browser-"));
  const [http, enrollment, sessions] = [await freePort(), await freePort(), await freePort()];
  const startedAt = Date.now();
  const child = spawn(
    process.execPath,
    [
      ...["--import", "tsx", "controller/src/main.ts", "--data-dir", directory, "--http", `127.0.0.1:${http}`],
      ...["--enrollment", `127.0.0.1:${enrollment}`, "--sessions", `127.0.0.1:${sessions}`, "--feed", "none", "--local-agent", "--demo"],
    ],
    { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, DATABASE_URL: "" } },
  );
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-50_000);
    });
  const stop = async () => {
    await ended(child);
    await rm(directory, { recursive: true, force: true });
  };
  const setupLink = await new Promise<string>((resolve, reject) => {
    const look = () => {
      const link = /http:\S+\/setup#\S+/.exec(said)?.[0];
      if (link) resolve(link);
    };
    child.stdout.on("data", look);
    child.once("exit", () => reject(new Error(`The controller ended before it was ready:\n${said}`)));
    setTimeout(() => reject(new Error(`The controller was not ready after ${START_MS / 1000} s:\n${said}`)), START_MS).unref();
  }).catch(async (cause: unknown) => {
    await stop();
    throw cause;
  });
  return { url: `http://127.0.0.1:${http}`, setupLink, startedAt, output: () => said, stop };
}

/** Ctrl-C, and the hard way after 20 s. */
function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const hard = setTimeout(() => child.kill("SIGKILL"), 20_000);
    child.once("exit", () => {
      clearTimeout(hard);
      resolve();
    });
    child.kill("SIGINT");
  });
}
