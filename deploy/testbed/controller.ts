import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newApprovalKey, signApproval } from "@breakwater/shared/command";
import { systemClock } from "@breakwater/shared/core";
import { Client, type Deployment, type Plan } from "./client.ts";
import { until } from "./testbed.ts";

const ROOT = join(import.meta.dirname, "../..");
/** The first of three ports in a row. Another one lets a run stand beside what an earlier one left behind. */
const PORT = Number(process.env.TESTBED_PORT ?? 18_480);
const PASSWORD = "a long enough password";

/** Why the plans of most tests pass on their checks alone. Tests of the judge do not state it. */
export const ON_CHECKS = { reason: "a test of the execution on real hosts: nobody has to judge these waves" };

/** A real controller in a process of its own, on the hosts' bridge, with a data directory that outlives its crashes. */
export class Controller {
  readonly dataDir: string;
  readonly #databaseUrl: string;
  /** Seconds between two samples of an agent, and between two looks at its packages; taken up at the next start. */
  pace = { health: 10, inventory: 30 };
  readonly #http: string;
  readonly #more: readonly string[];
  readonly client: Client;
  readonly enrollment = `10.77.0.1:${PORT + 1}`;
  readonly key = newApprovalKey();
  #process: ChildProcess | undefined;
  #output = "";
  #ending = false;
  fingerprint = "";

  /**
   * @param databaseUrl a PostgreSQL in place of the embedded database
   * @param http where console and API listen
   * @param more further arguments of its command line
   */
  constructor(options: { dataDir?: string; databaseUrl?: string; http?: string; more?: readonly string[] } = {}) {
    this.#http = options.http ?? `127.0.0.1:${PORT}`;
    this.#more = options.more ?? [];
    this.client = new Client(`http://${this.#http}`);
    this.dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "breakwater-hosts-"));
    this.#databaseUrl = options.databaseUrl ?? "";
  }

  /** What it has printed so far, for a failure's message. */
  get output(): string {
    return this.#output;
  }

  async start(): Promise<void> {
    this.#ending = false;
    this.#process = spawn(
      process.execPath,
      [
        "--import",
        "tsx",
        "controller/src/main.ts",
        "--data-dir",
        this.dataDir,
        "--http",
        this.#http,
        "--enrollment",
        this.enrollment,
        "--sessions",
        `10.77.0.1:${PORT + 2}`,
        "--advertise",
        "10.77.0.1",
        "--feed",
        "none",
        "--health-interval",
        String(this.pace.health),
        "--inventory-interval",
        String(this.pace.inventory),
        "--unreachable-after",
        "150",
        "--log-level",
        "warn",
        ...this.#more,
      ],
      { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, DATABASE_URL: this.#databaseUrl } },
    );
    const take = (chunk: Buffer) => {
      this.#output = (this.#output + chunk.toString()).slice(-200_000);
    };
    this.#process.stdout?.on("data", take);
    this.#process.stderr?.on("data", take);
    const child = this.#process;
    const ended = new Promise<never>((_, refuse) =>
      child.once("exit", (code) => {
        if (!this.#ending) console.error(`the controller ended with ${code}:\n${this.#output.slice(-6_000)}`);
        refuse(new Error(`the controller ended with ${code}:\n${this.#output.slice(-2_000)}`));
      }),
    );
    ended.catch(() => undefined);
    await Promise.race([
      ended,
      until("the controller to answer", 180_000, async () => (await fetch(`${this.client.base}/readyz`)).ok, 250),
    ]);
  }

  /** The first start: makes the administrator and registers the approval key, before any endpoint enrols and pins it. */
  async setUp(): Promise<void> {
    const token = await until("the set-up link", 60_000, async () => /\/setup#([\w-]+)/.exec(this.#output)?.[1], 100);
    await this.client.setUp(token, "ada", PASSWORD);
    await this.client.post("/approval-keys", { label: "test key", publicKey: this.key.publicKey.toString("base64") });
    this.fingerprint = (await this.client.get<{ caFingerprint: string }>("/system")).caFingerprint;
  }

  /** As a crash or a power cut ends it: no shutdown of any kind. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise((done) => child.once("exit", done));
    this.#ending = true;
    child.kill("SIGKILL");
    await gone;
  }
  async restart(): Promise<void> {
    await this.start();
    await this.client.signIn("ada", PASSWORD);
  }
  async stop(): Promise<void> {
    const child = this.#process;
    if (child && child.exitCode === null) {
      const gone = new Promise((done) => child.once("exit", done));
      this.#ending = true;
      child.kill("SIGTERM");
      await gone;
    }
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  async joinToken(uses: number): Promise<string> {
    return (await this.client.post<{ token: string }>("/join-tokens", { uses, minutes: 60 })).token;
  }
  /** Makes a plan and has it signed with the key that the endpoints pinned. */
  /** An approved plan. One that is to run through within seconds says so with `passOnChecks`: no judge can look in so short a watch. */
  async approvedPlan(intent: Record<string, unknown>): Promise<Plan> {
    const { id } = await this.client.post<{ id: string }>("/plans", intent);
    const plan = await this.client.get<Plan>(`/plans/${id}`);
    const approval = signApproval(plan.digest, this.key.privateKeyPem, "ada", systemClock.now());
    await this.client.post(`/plans/${id}/approve`, {
      revision: plan.revision,
      digest: plan.digest,
      keyId: approval.keyId,
      signature: Buffer.from(approval.signature).toString("base64"),
      at: approval.at,
    });
    return plan;
  }
  async deploy(plan: Plan): Promise<string> {
    return (await this.client.post<{ deploymentId: string }>(`/plans/${plan.id}/deploy`, { revision: plan.revision })).deploymentId;
  }
  deployment(id: string): Promise<Deployment> {
    return this.client.get<Deployment>(`/deployments/${id}`);
  }
  /** Waits until a deployment is in one of the states. @throws with what it waits for, when it does not get there */
  async deploymentIs(id: string, states: readonly string[], limitMs: number): Promise<Deployment> {
    let seen: Deployment | undefined;
    try {
      return await until(`the deployment to be ${states.join(" or ")}`, limitMs, async () => {
        seen = await this.deployment(id);
        return states.includes(seen.state) ? seen : undefined;
      });
    } catch (cause) {
      const cells = seen?.cells.map((c) => `${c.hostname} ${c.state} ${c.failureClass} ${c.message}`).join("\n");
      const verdicts = seen?.verdicts.map((v) => `wave ${v.wave} ${v.verdict}: ${v.summary}`).join("\n");
      throw new Error(
        `${(cause as Error).message}\n${verdicts}\nstate ${seen?.state} ${seen?.reason}\n${seen?.waits.map((w) => w.what).join("\n")}\n${cells}`,
      );
    }
  }
}
