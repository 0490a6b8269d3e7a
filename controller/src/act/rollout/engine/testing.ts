import { type EndpointAction, newApprovalKey, sealPlan, signApproval } from "@breakwater/shared/command";
import { type Clock, formatInstant, type Instant } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import { sql } from "drizzle-orm";
import { z } from "zod";
import type { RolloutPlan } from "../../../decide/planning/index.ts";
import { type Db, recordEvents, rowsOf, type Store, schema } from "../../../store/index.ts";
import { START } from "../core/testing.ts";
import { decodeOutboxCommand } from "../outbox-command.ts";
import type { JudgeInput, Judgement, WaveJudge } from "./judge.ts";

export const quiet = createLogger("test", "silent");

export interface TestClock extends Clock {
  advance(ms: number): void;
}
export function testClock(): TestClock {
  let now = START;
  return {
    now: () => now,
    advance: (ms) => {
      now = (now + ms) as Instant;
    },
  };
}

/** A judge that says what the test wants, healthy unless told otherwise. */
export function testJudge(): WaveJudge & {
  say(verdict: Judgement["verdict"], holding?: Judgement["holding"]): void;
  readonly asked: JudgeInput[];
} {
  const asked: JudgeInput[] = [];
  let verdict: Judgement["verdict"] = "healthy";
  let holding: NonNullable<Judgement["holding"]> = [];
  return {
    say: (v, h = []) => {
      verdict = v;
      holding = h;
    },
    asked,
    judge: async (question) => {
      asked.push(question);
      return { verdict, holding, evidence: { metric: "check_latency_ms" }, summary: `the test says ${verdict}` };
    },
  };
}

const keys = newApprovalKey();
const action = (planId: string, endpointId: string): EndpointAction => ({
  version: 1,
  planId,
  endpointId,
  packages: [{ manager: "apt", name: "openssl", architecture: "amd64", from: "3.0.1", to: "3.0.2" }],
  checks: [],
  restartServices: true,
  reboot: "never",
  rollback: true,
  limits: { commitConfirmMs: 0, lockWaitMs: 0, checkGraceMs: 0, downloadBytesPerSecond: 0 },
});

/** Writes connected endpoints and an approved plan over them, sealed and signed at a moment as the planner does it. */
export async function seedPlan(store: Store, plan: RolloutPlan, simulated = false, made: Instant = START): Promise<void> {
  const at = formatInstant(made);
  const ids = Object.keys(plan.endpoints);
  const sealed = sealPlan(
    ids.map((id) => action(plan.planId, id)),
    plan,
    { planId: plan.planId, revision: plan.revision, notBefore: at, expiresAt: formatInstant((made + 30 * 86_400_000) as Instant) },
  );
  const approval = signApproval(sealed.digest, keys.privateKeyPem, "ada", made);
  await store.db.transaction(async (tx) => {
    await tx
      .insert(schema.endpoint)
      .values(
        ids.map((id) => ({
          id,
          hostname: id,
          machineId: id,
          osId: "debian",
          osVersion: "12",
          osName: "Debian",
          architecture: "amd64",
          kernelRelease: "6.1",
          agentVersion: "0.1.0",
          enrolledAt: at,
          lastSeenAt: at,
          connected: true,
          site: plan.endpoints[id]?.site ?? "default",
          simulated,
        })),
      )
      .onConflictDoNothing();
    await tx.insert(schema.plan).values({
      id: plan.planId,
      revision: plan.revision,
      title: "Close openssl",
      createdAt: at,
      createdBy: "user:ada",
      state: "approved",
      document: {},
      rollout: plan,
      headerBytes: sealed.headerBytes,
      digest: sealed.digest,
      simulated,
    });
    await tx.insert(schema.planAction).values(
      [...sealed.actions].map(([endpointId, { bytes, proof }]) => ({
        planId: plan.planId,
        revision: plan.revision,
        endpointId,
        action: bytes,
        proof: proof.map((p) => ({ sibling: Buffer.from(p.sibling).toString("base64"), siblingIsLeft: p.siblingIsLeft })),
      })),
    );
    await tx
      .insert(schema.approvalKey)
      .values({ keyId: keys.keyId, publicKey: keys.publicKey, owner: "ada", createdAt: at })
      .onConflictDoNothing();
    await tx.insert(schema.planApproval).values({ planId: plan.planId, revision: plan.revision, ...approval });
  });
}

/** The endpoint's repository offers this version of openssl. */
export async function offer(store: Store, endpointId: string, toVersion: string): Promise<number> {
  const [update] = await store.db
    .insert(schema.updateCatalogue)
    .values({
      distribution: "debian:12",
      ecosystem: "deb",
      name: "openssl",
      architecture: "amd64",
      fromVersion: "3.0.1",
      toVersion,
      sourceName: "openssl",
      sourceVersion: toVersion,
      origin: "Debian",
      label: "Debian",
      suite: "stable",
      security: true,
      downloadSizeBytes: 1,
    })
    .onConflictDoUpdate({
      target: [
        schema.updateCatalogue.distribution,
        schema.updateCatalogue.ecosystem,
        schema.updateCatalogue.name,
        schema.updateCatalogue.architecture,
        schema.updateCatalogue.fromVersion,
        schema.updateCatalogue.toVersion,
      ],
      set: { origin: "Debian" },
    })
    .returning({ id: schema.updateCatalogue.id });
  const updateId = update?.id as number;
  await store.db.insert(schema.pendingUpdate).values({ endpointId, name: "openssl", architecture: "amd64", updateId });
  return updateId;
}

const openRows = z.array(
  z.object({ id: z.coerce.string(), execution_id: z.string(), endpoint_id: z.string(), payload: z.instanceof(Uint8Array) }),
);

/**
 * Endpoints that do what they are told: they read the outbox as the gateway does, keep a journal of what they applied, and
 * report every step of it.
 */
export function testAgents(store: Store, clock: Clock) {
  const journals = new Map<string, string[]>();
  const applied = new Map<string, number>();
  const failing = new Set<string>();
  const deaf = new Set<string>();

  async function report(executionId: string, state: string): Promise<void> {
    const journal = journals.get(executionId) ?? [];
    journals.set(executionId, [...journal, state]);
    const step = journal.length + 1;
    await store.db.transaction(async (raw) => {
      const tx = raw as Db;
      const data = { failureClass: state === "failed" ? "check-failed" : "", message: state };
      await tx
        .insert(schema.executionReport)
        .values({ executionId, step, at: formatInstant(clock.now()), state, data })
        .onConflictDoNothing();
      await recordEvents(tx, [
        { at: clock.now(), type: "execution.reported", actor: "gateway", subject: `execution:${executionId}`, data: { step, state } },
      ]);
    });
  }

  /** Delivers and carries out everything that is in the outbox. `steps`: how far an apply gets. */
  async function work(steps: readonly string[] = ["accepted", "applying", "verifying", "succeeded"]): Promise<number> {
    const rows = openRows.parse(
      rowsOf(
        await store.db.execute(sql`
          update command_outbox set delivered_at = ${formatInstant(clock.now())}::timestamptz
          where done_at is null and delivered_at is null
            and endpoint_id not in (select unnest(${sql.param([...deaf])}::text[]))
          returning id::text, execution_id, endpoint_id, payload`),
      ),
    );
    for (const row of rows) {
      const command = decodeOutboxCommand(row.payload);
      if (command.kind === "cancel") {
        await report(row.execution_id, "cancelled");
        continue;
      }
      if (command.kind === "rollback") {
        for (const state of ["rolling-back", "rolled-back"]) await report(row.execution_id, state);
        continue;
      }
      applied.set(row.endpoint_id, (applied.get(row.endpoint_id) ?? 0) + 1);
      const path = failing.has(row.endpoint_id) ? ["accepted", "applying", "failed"] : steps;
      for (const state of path) await report(row.execution_id, state);
    }
    return rows.length;
  }
  return { work, report, applied, failing, deaf };
}
