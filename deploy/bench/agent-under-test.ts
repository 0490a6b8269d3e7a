import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { bundle } from "../package/bundle.ts";
import { fetchRuntime } from "../package/runtime.ts";
import { Client } from "../testbed/client.ts";
import { type Reading, readProcess } from "./readings.ts";

const ROOT = join(import.meta.dirname, "../..");
const [HTTP, ENROLMENT, SESSIONS, WIRE] = [28_480, 28_481, 28_482, 28_483];
/** Units of a small web server under Debian 12. This machine may have no systemd; what it would answer is what counts. */
const UNITS =
  "cron dbus getty@tty1 nginx redis-server postgresql@15-main ssh systemd-journald systemd-logind systemd-networkd systemd-resolved systemd-timesyncd systemd-udevd php8.2-fpm fail2ban rsyslog unattended-upgrades polkit user@0 chrony".split(
    " ",
  );

/** The agent as it is shipped, with a controller of its own, and a wire that counts. */
export class AgentUnderTest {
  readonly #directory = mkdtempSync(join(tmpdir(), "breakwater-day-"));
  readonly #wire = { sent: 0, received: 0 };
  #client: Client = new Client(`http://127.0.0.1:${HTTP}`);
  #proxy: Server | undefined;
  #controller: ChildProcess | undefined;
  #agent: ChildProcess | undefined;
  #endpointId = "";
  samples = 0;

  static async start(): Promise<AgentUnderTest> {
    const agent = new AgentUnderTest();
    await agent.#startController(15);
    const { setupToken } = agent;
    await agent.#client.setUp(setupToken, "ada", "a long enough password");
    await agent.#install();
    return agent;
  }

  #output = "";
  get setupToken(): string {
    return /\/setup#([\w-]+)/.exec(this.#output)?.[1] ?? "";
  }

  async #startController(healthSeconds: number): Promise<void> {
    const flags = {
      "data-dir": join(this.#directory, "controller"),
      http: `127.0.0.1:${HTTP}`,
      enrollment: `127.0.0.1:${ENROLMENT}`,
      sessions: `127.0.0.1:${SESSIONS}`,
      feed: "none",
      "health-interval": String(healthSeconds),
      "inventory-interval": "3600",
      "log-level": "warn",
    };
    const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
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

  /** As the package lays it down, and as its unit starts it. */
  async #install(): Promise<void> {
    const lib = join(this.#directory, "lib");
    mkdirSync(lib);
    await bundle({ agent: join(ROOT, "agent/src/main.ts") }, lib, "0.1.0");
    copyFileSync(fetchRuntime(join(ROOT, "dist/runtime")), join(lib, "node"));
    copyFileSync(join(ROOT, "deploy/package/payload/run-agent"), join(lib, "run-agent"));
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
      client.on("data", (chunk) => {
        this.#wire.sent += chunk.length;
      });
      upstream.on("data", (chunk) => {
        this.#wire.received += chunk.length;
      });
      client.pipe(upstream).pipe(client);
      client.on("error", () => upstream.destroy());
      upstream.on("error", () => client.destroy());
    });
    await new Promise<void>((done) => this.#proxy?.listen(WIRE, "127.0.0.1", done));
    this.#agent = spawn(
      "/usr/bin/unshare",
      ["-m", "sh", "-c", `mount --bind "$1" /usr/local/sbin && exec "$2"`, "sh", this.#systemd(), join(lib, "run-agent")],
      {
        env: { ...this.#environment(), MALLOC_ARENA_MAX: "1", UV_THREADPOOL_SIZE: "2" },
        stdio: ["ignore", "ignore", "inherit"],
      },
    );
  }
  #environment(): NodeJS.ProcessEnv {
    return {
      PATH: process.env.PATH,
      BREAKWATER_AGENT_STATE_DIR: join(this.#directory, "state"),
      BREAKWATER_AGENT_CONFIG_DIR: join(this.#directory, "config"),
      BREAKWATER_EXECUTOR_SOCKET: join(this.#directory, "none.sock"),
      BREAKWATER_AGENT_METRICS_PORT: "0",
      BREAKWATER_AGENT_LOG_LEVEL: "error",
    };
  }
  /** A directory with a systemctl that answers as one of such a server does. */
  #systemd(): string {
    const directory = join(this.#directory, "sbin");
    mkdirSync(directory);
    const blocks = UNITS.map((u) => `Id=${u}.service\nActiveState=active\nType=simple\nNRestarts=0`).join("\n\n");
    writeFileSync(join(directory, "answer"), `${blocks}\n`);
    writeFileSync(join(directory, "systemctl"), `#!/bin/sh\nexec cat ${join(directory, "answer")}\n`);
    chmodSync(join(directory, "systemctl"), 0o755);
    return directory;
  }

  /** What one session costs from its beginning to the inventory's arrival; counted once nothing more comes. */
  async firstSession(): Promise<{ sent: number; received: number }> {
    await until(
      async () => (await this.#client.get<{ inventoryAt: string | null }>(`/endpoints/${this.#endpointId}`)).inventoryAt !== null,
    );
    this.samples = (await this.#client.get<{ latest: unknown[] }>(`/endpoints/${this.#endpointId}/health`)).latest.length;
    const before = { ...this.#wire };
    await this.#restartController(300);
    return { sent: this.#wire.sent - before.sent, received: this.#wire.received - before.received };
  }
  /** Settings are the controller's, so it starts anew with others. */
  async pace(seconds: number): Promise<void> {
    await this.#restartController(seconds);
  }
  async #restartController(healthSeconds: number): Promise<void> {
    await this.#stopController();
    await this.#startController(healthSeconds);
    await this.#client.signIn("ada", "a long enough password");
    await until(async () => (await this.#client.get<{ connected: boolean }>(`/endpoints/${this.#endpointId}`)).connected);
  }
  async #stopController(): Promise<void> {
    const child = this.#controller;
    if (!child) return;
    const gone = new Promise((done) => child.once("exit", done));
    child.kill("SIGTERM");
    await gone;
  }

  read(): Reading {
    const pid = this.#agent?.pid;
    if (pid === undefined) throw new Error("the agent does not run");
    return { at: Date.now(), ...readProcess(pid), ...this.#wire };
  }

  async stop(): Promise<void> {
    this.#agent?.kill("SIGTERM");
    await this.#stopController();
    this.#proxy?.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

async function until(look: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 180_000; ; ) {
    if (await look().catch(() => false)) return;
    if (Date.now() > end) throw new Error("waited in vain");
    await wait(250);
  }
}
