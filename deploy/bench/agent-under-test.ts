import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { bundleAgent } from "../package/bundle.ts";
import { fetchRuntime } from "../package/runtime.ts";
import { Client } from "../testbed/client.ts";
import { type Reading, readProcess, treeRssMb } from "./readings.ts";
import { stillMachine } from "./still-machine.ts";
import { type WireCount, WireMeter } from "./wire-meter.ts";

const ROOT = join(import.meta.dirname, "../..");
const [HTTP, ENROLMENT, SESSIONS, WIRE] = [28_480, 28_481, 28_482, 28_483];

/** How often the agent looks, seconds. */
export interface Pace {
  readonly health: number;
  readonly inventory: number;
}

/** Both processes of the agent as they are shipped, with a controller of their own, on a machine that stands still, over a wire that counts. */
export class AgentUnderTest {
  readonly #directory = mkdtempSync(join(tmpdir(), "breakwater-day-"));
  /** In memory, as the unit's RuntimeDirectory is. */
  readonly #runDirectory = mkdtempSync("/dev/shm/breakwater-day-");
  readonly #up = new WireMeter();
  readonly #down = new WireMeter();
  readonly #client: Client = new Client(`http://127.0.0.1:${HTTP}`);
  #proxy: Server | undefined;
  #controller: ChildProcess | undefined;
  #agent: ChildProcess | undefined;
  #executor: ChildProcess | undefined;
  #endpointId = "";
  #output = "";
  samples = 0;

  static async start(pace: Pace): Promise<AgentUnderTest> {
    const agent = new AgentUnderTest();
    try {
      await agent.#startController(pace);
      await agent.#client.setUp(/\/setup#([\w-]+)/.exec(agent.#output)?.[1] ?? "", "ada", "a long enough password");
      await agent.#install();
    } catch (error) {
      await agent.stop();
      throw error;
    }
    return agent;
  }

  async #startController({ health, inventory }: Pace): Promise<void> {
    const flags = {
      "data-dir": join(this.#directory, "controller"),
      http: `127.0.0.1:${HTTP}`,
      enrollment: `127.0.0.1:${ENROLMENT}`,
      sessions: `127.0.0.1:${SESSIONS}`,
      feed: "none",
      "health-interval": String(health),
      "inventory-interval": String(inventory),
      "log-level": "warn",
    };
    const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
    this.#output = "";
    const child = spawn(process.execPath, ["--import", "tsx", "controller/src/main.ts", ...args], {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "inherit"],
    });
    child.stdout?.on("data", (chunk: Buffer) => {
      this.#output += chunk.toString();
    });
    this.#controller = child;
    await until(async () => (await fetch(`${this.#client.base}/readyz`)).ok);
    await until(async () => this.#output.includes("Ctrl-C"));
  }

  /** As the package lays them down, and as their units start them. */
  async #install(): Promise<void> {
    const lib = join(this.#directory, "lib");
    mkdirSync(lib);
    await bundleAgent(ROOT, lib, "0.1.0");
    copyFileSync(fetchRuntime(join(ROOT, "dist/runtime")), join(lib, "node"));
    for (const script of ["run-agent", "run-executor"]) copyFileSync(join(ROOT, "deploy/package/payload", script), join(lib, script));
    // A look through the files costs what there are files, and this machine is no server: it is left out.
    mkdirSync(join(this.#directory, "config"));
    writeFileSync(join(this.#directory, "config/agent.yaml"), "componentScan: { everyHours: 0 }\n");
    const { token } = await this.#client.post<{ token: string }>("/join-tokens", {});
    execFileSync(join(lib, "run-agent"), ["enroll", "--server", `127.0.0.1:${ENROLMENT}`, "--token", token], { env: this.#environment() });
    const identity = join(this.#directory, "state/identity.json");
    const enrolled = JSON.parse(readFileSync(identity, "utf8"));
    this.#endpointId = enrolled.endpointId;
    writeFileSync(identity, JSON.stringify({ ...enrolled, sessionAddress: `127.0.0.1:${WIRE}` }));
    this.#proxy = createServer((client) => {
      const upstream = connect(SESSIONS, "127.0.0.1");
      client.on("data", (chunk: Buffer) => this.#up.take(chunk));
      upstream.on("data", (chunk: Buffer) => this.#down.take(chunk));
      client.pipe(upstream).pipe(client);
      client.on("error", () => upstream.destroy());
      upstream.on("error", () => client.destroy());
    });
    await new Promise<void>((done) => this.#proxy?.listen(WIRE, "127.0.0.1", done));
    const still = stillMachine(join(this.#directory, "still"));
    const start = (script: string): ChildProcess =>
      spawn("/usr/bin/unshare", ["-m", "sh", "-c", still, "sh", join(lib, script)], {
        env: { ...this.#environment(), ...environmentOfUnit(script.replace("run-", "breakwater-")) },
        stdio: ["ignore", "ignore", "inherit"],
      });
    this.#executor = start("run-executor");
    await wait(2_000);
    this.#agent = start("run-agent");
  }
  #environment(): NodeJS.ProcessEnv {
    return {
      PATH: process.env.PATH,
      BREAKWATER_AGENT_STATE_DIR: join(this.#directory, "state"),
      BREAKWATER_AGENT_CONFIG_DIR: join(this.#directory, "config"),
      BREAKWATER_EXECUTOR_STATE_DIR: join(this.#directory, "executor"),
      BREAKWATER_EXECUTOR_SOCKET: join(this.#runDirectory, "executor.sock"),
      RUNTIME_DIRECTORY: this.#runDirectory,
      BREAKWATER_AGENT_METRICS_PORT: "0",
      BREAKWATER_AGENT_LOG_LEVEL: "error",
    };
  }

  /** What one session costs from its beginning on, and how many figures a sample has. */
  async openSession(pace: Pace): Promise<number> {
    await until(
      async () => (await this.#client.get<{ inventoryAt: string | null }>(`/endpoints/${this.#endpointId}`)).inventoryAt !== null,
    );
    this.samples = (await this.#client.get<{ latest: unknown[] }>(`/endpoints/${this.#endpointId}/health`)).latest.length;
    const before = this.#up.bytes + this.#down.bytes;
    await this.pace(pace);
    return this.#up.bytes + this.#down.bytes - before;
  }
  /** Settings are the controller's, so it starts anew with others. */
  async pace(pace: Pace): Promise<void> {
    await stopped(this.#controller);
    await this.#startController(pace);
    await this.#client.signIn("ada", "a long enough password");
    await until(async () => (await this.#client.get<{ connected: boolean }>(`/endpoints/${this.#endpointId}`)).connected);
  }

  read(): DayReading {
    const reading = readingOf(this.#agent);
    if (reading === undefined) throw new Error("the agent does not run");
    return { ...reading, at: Date.now(), up: { ...this.#up.count }, down: { ...this.#down.count } };
  }
  /** Of the executor; undefined once it is gone, which it is when it has nothing to do. */
  readExecutor(): Reading | undefined {
    return readingOf(this.#executor);
  }
  /** RSS of both and of all that they started, megabytes. */
  everything(): number {
    return [this.#agent, this.#executor].reduce((sum, p) => sum + (runs(p) ? treeRssMb(p?.pid ?? 0) : 0), 0);
  }

  async stop(): Promise<void> {
    await stopped(this.#agent);
    await stopped(this.#executor);
    await stopped(this.#controller);
    this.#proxy?.close();
    for (const directory of [this.#directory, this.#runDirectory]) rmSync(directory, { recursive: true, force: true });
  }
}

/** A reading of the connection part with what went over the wire by then. */
export interface DayReading extends Reading {
  readonly at: number;
  readonly up: WireCount;
  readonly down: WireCount;
}

const runs = (child: ChildProcess | undefined): boolean => child?.pid !== undefined && child.exitCode === null && child.signalCode === null;

function readingOf(child: ChildProcess | undefined): Reading | undefined {
  try {
    return runs(child) ? readProcess(child?.pid ?? 0) : undefined;
  } catch {
    return undefined;
  }
}

async function stopped(child: ChildProcess | undefined): Promise<void> {
  if (!child || !runs(child)) return;
  const gone = new Promise((done) => child.once("exit", done));
  child.kill("SIGTERM");
  await gone;
}

/** What the unit that is shipped puts into the environment. */
function environmentOfUnit(unit: string): Record<string, string> {
  const text = readFileSync(join(ROOT, `deploy/systemd/${unit}.service`), "utf8");
  const words = [...text.matchAll(/^Environment=(.*)$/gm)].flatMap((m) => m[1]?.split(" ") ?? []);
  return Object.fromEntries(words.map((word) => word.split("=") as [string, string]));
}

async function until(look: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 180_000; ; ) {
    if (await look().catch(() => false)) return;
    if (Date.now() > end) throw new Error("waited in vain");
    await wait(250);
  }
}
