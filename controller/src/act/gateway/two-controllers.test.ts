import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectOk, formatInstant, type Instant, systemClock } from "@breakwater/shared/core";
import { and, eq } from "drizzle-orm";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFleet } from "../../know/fleet/index.ts";
import { openPostgres, type Store, schema } from "../../store/index.ts";
import { planOf } from "../rollout/core/testing.ts";
import { quiet, seedPlan, testJudge } from "../rollout/engine/testing.ts";
import { createRollout } from "../rollout/index.ts";
import { openAuthority } from "./ca.ts";
import { callEnroll, hello, newRequest, openStream, type TestIdentity } from "./testing.ts";

const server = process.env.TEST_DATABASE_URL;
const ROOT = join(import.meta.dirname, "../../../..");
const DAY = 86_400_000;
/** However busy the machine is. */
const PATIENCE_MS = 120_000;

/** What an agent has done, told step by step; told again until it is acknowledged. */
const STEPS = ["accepted", "prechecking", "prefetched", "applying", "verifying", "succeeded"] as const;

/**
 * Two whole controllers, each a process, on one PostgreSQL. The deployment is driven by the first, which was there when it
 * began and keeps its lease; the agent's stream hangs on the second, until that one dies.
 */
describe.skipIf(!server)("an agent whose stream hangs on another controller than its deployment's lease", () => {
  const name = `breakwater_two_${randomBytes(6).toString("hex")}`;
  const children: ChildProcess[] = [];
  let directory = "";
  let admin: postgres.Sql;
  let store: Store;
  let url = "";

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "breakwater-two-"));
    admin = postgres(server as string, { max: 1, onnotice: () => {} });
    await admin.unsafe(`create database ${name}`);
    const own = new URL(server as string);
    own.pathname = `/${name}`;
    url = own.href;
    store = await openPostgres(url, { maxConnections: 3 });
  }, PATIENCE_MS);
  afterAll(async () => {
    for (const child of children) child.kill("SIGKILL");
    await store.close();
    await admin.unsafe(`drop database ${name} with (force)`);
    await admin.end();
    await rm(directory, { recursive: true, force: true });
  });

  /** Starts a controller as `npm start` does, over the common database and the common authority. */
  async function controller(dataDir: string) {
    const [http, enrollment, sessions] = [await freePort(), await freePort(), await freePort()];
    const ports = ["--http", `127.0.0.1:${http}`, "--enrollment", `127.0.0.1:${enrollment}`, "--sessions", `127.0.0.1:${sessions}`];
    const child = spawn(
      process.execPath,
      ["--import", "tsx", "controller/src/main.ts", "--data-dir", dataDir, ...ports, "--feed", "none", "--log-level", "silent"],
      { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, DATABASE_URL: url } },
    );
    children.push(child);
    await once(child.stdout as NonNullable<ChildProcess["stdout"]>, "data");
    return { child, enrollment, sessions: `127.0.0.1:${sessions}` };
  }

  async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end; ) {
      const found = await look();
      if (found !== undefined) return found;
      await new Promise((next) => setTimeout(next, 25));
    }
    throw new Error(`waited in vain for ${what}`);
  }

  const reports = async (executionId: string) =>
    (await store.db.select().from(schema.executionReport).where(eq(schema.executionReport.executionId, executionId)))
      .sort((a, b) => a.step - b.step)
      .map((r) => `${r.step} ${r.state}`);
  const allSteps = STEPS.map((s, i) => `${i + 1} ${s}`);
  const report = (executionId: string, step: number) => ({
    executionId,
    step,
    state: STEPS[step - 1] as string,
    at: formatInstant(systemClock.now()),
  });

  it("gets its commands, is heard, and loses and repeats nothing when the one with its stream dies", {
    timeout: 3 * PATIENCE_MS,
  }, async () => {
    const first = await controller(join(directory, "one"));
    const ca = await openAuthority({ directory: join(directory, "one", "authority"), clock: systemClock, names: [] });
    const fleet = createFleet({ store, clock: systemClock });
    const identity = await enrol(fleet, ca.trustBundle, first.enrollment);
    const other = await enrol(fleet, ca.trustBundle, first.enrollment);

    const now = systemClock.now();
    const wave = (endpointId: string) => ({
      endpointIds: [endpointId],
      notAfter: formatInstant((now + 7 * DAY) as Instant),
      gate: { bakeMs: 0, verdict: "checks-alone" as const, statement: "there is no telemetry here" },
    });
    const plan = planOf([wave(identity.endpointId), wave(other.endpointId)], { planId: "pl_two" });
    await seedPlan(store, plan, false, now);
    const people = createRollout({ store, clock: systemClock, log: quiet, health: testJudge(), instanceId: "people" });
    const deployment = expectOk(await people.deploy(plan.planId, 1, "user:ada"));
    const row = async () => (await store.db.select().from(schema.deployment).where(eq(schema.deployment.id, deployment)))[0];
    const holder = await until("the first to take the lease", async () => (await row())?.leaseHolder ?? undefined);

    await cp(join(directory, "one", "authority"), join(directory, "two", "authority"), { recursive: true });
    const second = await controller(join(directory, "two"));
    const stream = openStream(identity, second.sessions);
    stream.send(hello(identity.machine));
    await stream.next("welcome");
    const { executionId } = await stream.next("command");
    for (const step of [1, 2, 3]) {
      stream.send({ sequence: step, executionReport: report(executionId, step) });
      await stream.next("ack");
    }
    await until("the lease's holder to hear it", async () => {
      const [e] = await store.db.select().from(schema.execution).where(eq(schema.execution.id, executionId));
      return e?.state === "prefetched" ? true : undefined;
    });
    expect((await row())?.leaseHolder).toBe(holder);

    // What was sent last has not been acknowledged when the controller dies: nobody knows whether it arrived.
    stream.send({ sequence: 4, executionReport: report(executionId, 4) });
    second.child.kill("SIGKILL");
    await stream.status();

    const again = openStream(identity, first.sessions);
    const unfinished = [{ executionId, step: 5, state: "verifying", at: "" }];
    again.send(hello(identity.machine, { incarnation: 2, unfinished }));
    await again.next("welcome");
    for (const [i, step] of [4, 5, 6].entries()) {
      again.send({ sequence: i + 1, executionReport: report(executionId, step) });
      await again.next("ack");
    }
    const late = openStream(other, first.sessions);
    late.send(hello(other.machine));
    await late.next("welcome");
    const next = await late.next("command");
    for (const step of [1, 2, 3, 4, 5, 6]) {
      late.send({ sequence: step, executionReport: report(next.executionId, step) });
      await late.next("ack");
    }
    await until("the end", async () => ((await row())?.state === "succeeded" ? true : undefined));

    for (const id of [executionId, next.executionId]) expect(await reports(id)).toEqual(allSteps);
    const history = expectOk(await people.get(deployment)).timeline;
    expect(history.filter((e) => e.type === "execution-started")).toHaveLength(2);
    expect(history.map((e) => e.sequence)).toEqual(history.map((_, i) => i + 1));
    expect((await row())?.leaseHolder ?? holder).toBe(holder);
    // It may have been sent a second time, under the same execution; never as another one.
    const commands = [...stream.received, ...again.received].flatMap((m) => (m.body === "command" ? [m.command?.executionId] : []));
    expect(new Set([executionId, ...commands])).toEqual(new Set([executionId]));
    const open = and(eq(schema.commandOutbox.endpointId, identity.endpointId));
    const outbox = await store.db.select().from(schema.commandOutbox).where(open);
    expect(outbox.map((o) => [o.kind, o.doneAt !== null])).toEqual([["apply", true]]);
    for (const s of [again, late]) s.close();
  });
});

let machines = 0;
async function enrol(fleet: ReturnType<typeof createFleet>, trustBundle: string, port: number): Promise<TestIdentity> {
  const machine = `two${machines++}`;
  const { secret } = expectOk(await fleet.createJoinToken({ actor: "user:ada" }));
  const { privateKeyPem, csr } = await newRequest();
  const gateway = { ca: { trustBundle }, gateway: { addresses: () => ({ enrollmentPort: port }) } };
  const response = await callEnroll(gateway, { joinToken: secret, csr, machine });
  const { endpointId, certificate, sessionAddress } = response;
  return { machine, endpointId, certificatePem: certificate, privateKeyPem, trustBundle: response.trustBundle, sessionAddress };
}

/** A free port of the loopback; it could be taken before it is used, which shows as a start that fails. */
const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => (typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
