import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expectOk, instant } from "@breakwater/shared/core";
import { eq } from "drizzle-orm";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPostgres, type Store, schema } from "../../../store/index.ts";
import { planOf, START } from "../core/testing.ts";
import { createRollout } from "./engine.ts";
import { quiet, seedPlan, testAgents, testJudge } from "./testing.ts";

const server = process.env.TEST_DATABASE_URL;
const LEASE_MS = 1_500;
const script = fileURLToPath(new URL("./testing-replica.ts", import.meta.url));

/** Several controllers as processes on one PostgreSQL: one is killed, one stands still beyond its lease and comes back. */
describe.skipIf(!server)("controllers on one PostgreSQL", () => {
  const name = `breakwater_replicas_${randomBytes(6).toString("hex")}`;
  const begun = Date.now();
  const clock = { now: () => instant(START + Date.now() - begun) };
  const children = new Map<string, ChildProcess>();
  let admin: postgres.Sql;
  let store: Store;
  let url = "";

  beforeAll(async () => {
    admin = postgres(server as string, { max: 1, onnotice: () => {} });
    await admin.unsafe(`create database ${name}`);
    const own = new URL(server as string);
    own.pathname = `/${name}`;
    url = own.href;
    store = await openPostgres(url, { maxConnections: 3 });
  }, 180_000);
  afterAll(async () => {
    for (const child of children.values()) child.kill("SIGKILL");
    await store.close();
    await admin.unsafe(`drop database ${name} with (force)`);
    await admin.end();
  });

  async function replica(id: string): Promise<void> {
    const child = spawn(process.execPath, ["--import", "tsx", script, id, url, String(begun), String(LEASE_MS)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.set(id, child);
    await once(child.stdout as NonNullable<ChildProcess["stdout"]>, "data");
  }
  const row = async (deployment: string) =>
    (
      await store.db.select().from(schema.deployment).where(eq(schema.deployment.id, deployment))
    )[0] as typeof schema.deployment.$inferSelect;

  async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    for (const end = Date.now() + 120_000; Date.now() < end; ) {
      const found = await look();
      if (found !== undefined) return found;
      await new Promise((next) => setTimeout(next, 25));
    }
    throw new Error(`waited in vain for ${what}`);
  }

  it("loses nothing and repeats nothing when one is killed in the middle of a wave, and one stands still beyond its lease", {
    timeout: 180_000,
  }, async () => {
    const gate = { bakeMs: 0 };
    const wave = (n: number) => ({ endpointIds: [1, 2, 3, 4].map((i) => `ep_${n}x${i}`), maxConcurrent: 2, gate });
    const plan = planOf([wave(1), wave(2), wave(3), wave(4)], { planId: "pl_replicas" });
    await seedPlan(store, plan);
    const agents = testAgents(store, clock);
    const parts = { store, clock, log: quiet, health: testJudge() };
    const deployment = expectOk(await createRollout({ ...parts, instanceId: "people" }).deploy(plan.planId, 1, "user:ada"));
    await Promise.all([replica("one"), replica("two")]);

    const seen = new Set<string>();
    const holder = async () => {
      const { leaseHolder } = await row(deployment);
      if (leaseHolder) seen.add(leaseHolder);
      return leaseHolder ?? undefined;
    };
    const started = async (least: number) => {
      const rows = await store.db.select().from(schema.execution).where(eq(schema.execution.deploymentId, deployment));
      await holder();
      return rows.length >= least ? rows : undefined;
    };
    /** Takes commands on, and leaves them half done. */
    const begin = () => agents.work(["accepted", "applying"]);
    const finish = async () => {
      const open = await store.db.select().from(schema.execution).where(eq(schema.execution.deploymentId, deployment));
      for (const e of open.filter((x) => x.state === "applying")) for (const s of ["verifying", "succeeded"]) await agents.report(e.id, s);
    };
    const work = async () => {
      await begin();
      await finish();
    };

    // Killed while two executions are in the middle of their work.
    await started(2);
    await until("two executions to begin", async () => {
      await begin();
      const rows = (await started(2)) ?? [];
      return rows.filter((r) => r.state === "applying").length === 2 ? true : undefined;
    });
    const killed = (await holder()) as string;
    const tokenBefore = (await row(deployment)).fencingToken;
    children.get(killed)?.kill("SIGKILL");
    await finish();
    const heir = await until("another to take over", async () => {
      const now = await holder();
      await work();
      return now !== undefined && now !== killed ? now : undefined;
    });
    expect((await row(deployment)).fencingToken).toBeGreaterThan(tokenBefore);

    // Stopped beyond its lease, and let go on afterwards: what it still believes must not be written.
    await until("the second wave", async () => {
      await work();
      return started(5);
    });
    await replica("three");
    children.get(heir)?.kill("SIGSTOP");
    await until("the third to take over", async () => {
      const now = await holder();
      await work();
      return now === "three" ? true : undefined;
    });
    children.get(heir)?.kill("SIGCONT");

    await until("the end", async () => {
      await work();
      return (await row(deployment)).state === "succeeded" ? true : undefined;
    });
    const view = expectOk(await createRollout({ ...parts, instanceId: "people" }).get(deployment));
    expect(view.executions.map((e) => e.state)).toEqual(Array.from({ length: 16 }, () => "succeeded"));
    expect([...agents.applied.values()]).toEqual(Array.from({ length: 16 }, () => 1));
    const starts = view.timeline.flatMap((e) =>
      e.type === "execution-started" ? [String((e.data as { endpointId: string }).endpointId)] : [],
    );
    expect(new Set(starts).size).toBe(starts.length);
    expect(view.timeline.map((e) => e.sequence)).toEqual(view.timeline.map((_, i) => i + 1));
    expect(seen).toEqual(new Set([killed, heir, "three"]));
  });
});
