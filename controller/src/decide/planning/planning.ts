import type { Approval } from "@breakwater/shared/command";
import {
  type Clock,
  fail,
  formatInstant,
  type Instant,
  instant,
  newId,
  ok,
  type PlanId,
  parseInstant,
  type Result,
} from "@breakwater/shared/core";
import { and, desc, eq, inArray, isNull, sql } from "drizzle-orm";
import { type Db, recordEvents, type Store, schema } from "../../store/index.ts";
import { createApprovalKeys } from "./approval-keys.ts";
import { judgeApproval, missingApprovals } from "./approve.ts";
import { type PlanDocument, planDocumentSchema } from "./document.ts";
import { type PlanIntent, planIntentSchema, type ReadIntent } from "./intent.ts";
import { fleetOfRows } from "./live/live-fleet.ts";
import { readFleetRows } from "./live/rows.ts";
import { type SealedRollout, sealRollout } from "./live/seal.ts";
import { rulesOfIntent } from "./named-approvers.ts";
import { planOddities, planProblems } from "./plan-problems.ts";
import { planRollout } from "./plan-rollout.ts";
import { MINUTE_MS, type PlanningPolicy, RECOMMENDED } from "./policy.ts";
import { type RolloutPlan, rolloutPlanSchema } from "./rollout-plan.ts";
import { planFromScenario } from "./scenario/index.ts";
import { approvalColumns } from "./stored-approval.ts";
import { wishProblems } from "./wish.ts";

const { approvalKey, plan, planAction, planApproval } = schema;

/** Rows written by one statement: far below the drivers' limit of bound values. */
const ROWS_PER_INSERT = 1_000;
/** Executions at once on the live fleet, whose redundancy groups and sites are known, when nobody says otherwise. */
const LIVE_MIN_CONCURRENT = 10;

export interface PlanRow {
  readonly id: string;
  readonly revision: number;
  readonly title: string;
  readonly state: string;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly digest: string;
  readonly simulated: boolean;
}
export interface StoredPlan extends PlanRow {
  readonly document: PlanDocument;
  readonly rollout: RolloutPlan;
  readonly headerBytes: Uint8Array;
  readonly approvals: readonly { keyId: string; approver: string; at: string }[];
}
export interface Proposed {
  readonly planId: string;
  readonly revision: number;
  readonly digest: string;
  readonly document: PlanDocument;
}

/** Plans of the live fleet: proposed, revised, approved, discarded. */
export function createPlanning({ store, clock }: { store: Store; clock: Clock }) {
  const { db } = store;
  const keys = createApprovalKeys({ store, clock });

  async function make(input: PlanIntent, ids: { planId: string; revision: number }, actor: string): Promise<Result<Proposed>> {
    const read = planIntentSchema.safeParse(input);
    if (!read.success)
      return fail({
        code: "bad-intent",
        message: `The plan cannot be made: ${read.error.issues[0]?.path.join(".")}: ${read.error.issues[0]?.message}.`,
        next: "Correct that field.",
      });
    const intent = read.data;
    const now = clock.now();
    const rules = await rulesOfIntent(db, intent);
    if (!rules.ok) return rules;
    const notBefore = instant(Math.max(now, (intent.notBefore && parseInstant(intent.notBefore)) || now));
    const rows = await readFleetRows(db, intent.select);
    const live = fleetOfRows(rows, intent);
    const planned = planRollout(
      live.fleet,
      {
        title: intent.title ?? `Roll out ${live.fleet.change}`.slice(0, 200),
        policy: policyOf(intent),
        notBefore,
        errorBudget: intent.errorBudget,
        onHarmful: intent.onHarmful ?? "rollback-wave",
        reversible: intent.rollback ?? true,
        rules: rules.value,
        planId: ids.planId,
      },
      now,
    );
    if (!planned.ok) return planned;
    const sealed = sealRollout(ids, planned.value, live, rows, intent, rules.value, { now, notBefore });
    if ((parseInstant(sealed.sealed.header.expiresAt) as Instant) <= notBefore)
      return fail({
        code: "bad-intent",
        message: "The plan would expire before it begins.",
        next: "Raise expiresInHours, or choose an earlier notBefore.",
      });
    const [contradiction] = [
      ...wishProblems(rules.value, sealed.rollout),
      ...planProblems(sealed.rollout, notBefore, parseInstant(sealed.sealed.header.expiresAt) as Instant),
    ];
    if (contradiction) return fail(contradiction);
    const document = {
      ...planned.value.document,
      contradictions: [...planned.value.document.contradictions, ...planOddities(sealed.rollout)],
    };
    await db.transaction(async (tx) => {
      if (ids.revision > 1)
        await tx
          .update(plan)
          .set({ state: "superseded" })
          .where(and(eq(plan.id, ids.planId), inArray(plan.state, ["draft", "approved"])));
      await write(tx, ids, document, sealed, { actor, now, simulated: live.simulated });
      await recordEvents(tx, [
        {
          at: now,
          type: "plan.proposed",
          actor,
          subject: `plan:${ids.planId}`,
          data: {
            revision: ids.revision,
            title: planned.value.document.title,
            digest: sealed.sealed.digest,
            endpoints: sealed.actions.length,
            waves: planned.value.waves.length,
            intent,
          },
        },
      ]);
    });
    return ok({ ...ids, digest: sealed.sealed.digest, document });
  }

  const rowOf = async (tx: Db, planId: string, revision?: number) => {
    const [row] = await tx
      .select()
      .from(plan)
      .where(revision === undefined ? eq(plan.id, planId) : and(eq(plan.id, planId), eq(plan.revision, revision)))
      .orderBy(desc(plan.revision))
      .limit(1);
    return row;
  };
  const unknownPlan = (planId: string) =>
    fail({ code: "unknown-plan", message: `There is no plan ${planId} of that revision.`, next: "List the plans to find its id." });

  return {
    ...keys,
    /** Plans what is wanted on the fleet as it stands, and stores it as a draft. */
    propose: (intent: PlanIntent, actor: string): Promise<Result<Proposed>> =>
      make(intent, { planId: newId<PlanId>("pl"), revision: 1 }, actor),
    /** A new revision for a changed wish. It supersedes the ones before and needs approvals of its own. */
    async revise(planId: string, intent: PlanIntent, actor: string): Promise<Result<Proposed>> {
      const latest = await rowOf(db, planId);
      if (!latest) return unknownPlan(planId);
      if (latest.state === "deployed" || latest.state === "discarded")
        return fail({
          code: "plan-not-open",
          message: `Plan ${planId} is ${latest.state} and cannot be revised.`,
          next: "Propose a new plan.",
        });
      return make(intent, { planId, revision: latest.revision + 1 }, actor);
    },
    /** Newest revision of each plan, newest first. */
    async list(limit = 200): Promise<PlanRow[]> {
      return db
        .selectDistinctOn([plan.id], listed)
        .from(plan)
        .orderBy(plan.id, desc(plan.revision))
        .then((rows) => rows.sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt) || (a.id < b.id ? -1 : 1)).slice(0, limit));
    },
    /** One revision, the newest without a number. */
    async get(planId: string, revision?: number): Promise<Result<StoredPlan>> {
      const row = await rowOf(db, planId, revision);
      if (!row) return unknownPlan(planId);
      const approvals = await db
        .select({ keyId: planApproval.keyId, approver: planApproval.approver, at: planApproval.at })
        .from(planApproval)
        .where(and(eq(planApproval.planId, planId), eq(planApproval.revision, row.revision)))
        .orderBy(planApproval.at);
      return ok({ ...row, document: planDocumentSchema.parse(row.document), rollout: rolloutPlanSchema.parse(row.rollout), approvals });
    },
    /** Takes a person's signature over the digest of exactly this revision. Giving the same one twice changes nothing. */
    async approve(
      planId: string,
      revision: number,
      approval: Approval,
      actor = `user:${approval.approver}`,
    ): Promise<Result<{ approvals: number }>> {
      return db.transaction(async (tx) => {
        await tx.execute(sql`select 1 from plan where id = ${planId} for update`);
        const row = await rowOf(tx, planId, revision);
        if (!row) return unknownPlan(planId);
        const latest = (await rowOf(tx, planId)) ?? row;
        const [key] = await tx.select().from(approvalKey).where(eq(approvalKey.keyId, approval.keyId));
        const judged = judgeApproval({ plan: row, latestRevision: latest.revision, key, approval, now: clock.now() });
        if (!judged.ok) return judged;
        const added = await tx
          .insert(planApproval)
          .values({ planId, revision, ...approvalColumns(approval) })
          .onConflictDoNothing()
          .returning();
        const signed = await tx
          .select({ owner: approvalKey.owner })
          .from(planApproval)
          .innerJoin(approvalKey, eq(approvalKey.keyId, planApproval.keyId))
          .where(and(eq(planApproval.planId, planId), eq(planApproval.revision, revision), isNull(approvalKey.revokedAt)));
        const required = rolloutPlanSchema.parse(row.rollout).approvals ?? 1;
        const owners = signed.map((s) => s.owner);
        if (added.length > 0) {
          if (missingApprovals(required, row.createdBy, owners) === undefined)
            await tx
              .update(plan)
              .set({ state: "approved" })
              .where(and(eq(plan.id, planId), eq(plan.revision, revision)));
          await recordEvents(tx, [
            {
              at: clock.now(),
              type: "plan.approved",
              actor,
              subject: `plan:${planId}`,
              data: { revision, digest: row.digest, keyId: approval.keyId, approver: approval.approver },
            },
          ]);
        }
        return ok({ approvals: owners.length });
      });
    },
    /** Puts a plan aside that has not been deployed. */
    async discard(planId: string, revision: number, actor: string, reason: string): Promise<Result<void>> {
      return db.transaction(async (tx) => {
        const rows = await tx
          .update(plan)
          .set({ state: "discarded" })
          .where(and(eq(plan.id, planId), eq(plan.revision, revision), inArray(plan.state, ["draft", "approved"])))
          .returning({ id: plan.id });
        if (rows.length === 0) {
          const row = await rowOf(tx, planId, revision);
          return row
            ? fail({ code: "plan-not-open", message: `Plan ${planId} revision ${revision} is ${row.state}; it cannot be discarded.` })
            : unknownPlan(planId);
        }
        await recordEvents(tx, [{ at: clock.now(), type: "plan.discarded", actor, subject: `plan:${planId}`, data: { revision, reason } }]);
        return ok(undefined);
      });
    },
    /** A plan document for a described environment. Stores nothing. */
    fromScenario: (text: string, now: Instant): Result<PlanDocument> => planFromScenario(text, now),
  };
}
export type Planning = ReturnType<typeof createPlanning>;

const listed = {
  id: plan.id,
  revision: plan.revision,
  title: plan.title,
  state: plan.state,
  createdAt: plan.createdAt,
  createdBy: plan.createdBy,
  digest: plan.digest,
  simulated: plan.simulated,
};

function policyOf(intent: ReadIntent): PlanningPolicy {
  const bakeMs = intent.bakeMs ?? (intent.bakeMinutes === undefined ? undefined : Math.round(intent.bakeMinutes * MINUTE_MS));
  return { ...RECOMMENDED, minConcurrent: LIVE_MIN_CONCURRENT, canary: intent.canary, maxConcurrent: intent.maxConcurrent, bakeMs };
}

async function write(
  tx: Db,
  ids: { planId: string; revision: number },
  document: PlanDocument,
  { rollout, sealed }: SealedRollout,
  by: { actor: string; now: Instant; simulated: boolean },
): Promise<void> {
  await tx.insert(plan).values({
    id: ids.planId,
    revision: ids.revision,
    title: document.title,
    createdAt: formatInstant(by.now),
    createdBy: by.actor,
    state: "draft",
    document,
    rollout,
    headerBytes: sealed.headerBytes,
    digest: sealed.digest,
    simulated: by.simulated,
  });
  const rows = [...sealed.actions].map(([endpointId, { bytes, proof }]) => ({
    ...ids,
    endpointId,
    action: bytes,
    proof: proof.map((s) => ({ sibling: Buffer.from(s.sibling).toString("hex"), siblingIsLeft: s.siblingIsLeft })),
  }));
  for (let i = 0; i < rows.length; i += ROWS_PER_INSERT) await tx.insert(planAction).values(rows.slice(i, i + ROWS_PER_INSERT));
}
