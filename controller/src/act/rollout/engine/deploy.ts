import { rootFromProof } from "@breakwater/shared/command";
import {
  type Clock,
  type DeploymentId,
  fail,
  formatInstant,
  type Instant,
  newId,
  ok,
  type Problem,
  ProblemError,
  type Result,
} from "@breakwater/shared/core";
import { and, eq, isNull } from "drizzle-orm";
import { approvalOf, approvalProblem, keyOf, missingApprovals, planProblems } from "../../../decide/planning/index.ts";
import { type Db, recordEvents, type Store, schema } from "../../../store/index.ts";
import { begin, type RolloutEvent } from "../core/index.ts";
import { domainEventOf } from "./domain-events.ts";
import { appendHistory } from "./history.ts";
import { siblingBytes } from "./outbox.ts";
import { readAction } from "./outcomes.ts";
import { readPlan, type StoredPlan } from "./plan-row.ts";
import { mayDeploy, rehearsalStanding, rehearsalsOf } from "./rehearsal-gate.ts";

const { plan, planAction, planApproval, approvalKey, deployment } = schema;

/**
 * Makes a deployment of an approved plan. Refuses a plan that is not approved, that nobody with a key in force has signed,
 * whose stored parts are no longer what was signed, that has expired, or that was deployed before.
 */
export async function deployPlan(
  store: Store,
  clock: Clock,
  planId: string,
  revision: number,
  actor: string,
): Promise<Result<DeploymentId>> {
  const now = clock.now();
  try {
    return ok(
      await store.db.transaction(async (raw) => {
        const tx = raw as Db;
        const stored = must(await readPlan(tx, planId, revision));
        if (stored.state !== "approved")
          throw refuse(
            "plan-not-approved",
            `Plan ${planId} revision ${revision} is ${stored.state}, not approved.`,
            "Have it approved first.",
          );
        if (now >= stored.expiresAt) throw refuse("plan-expired", "The plan has expired.", "Propose it again.");
        const [contradiction] = planProblems(stored.rollout, now, stored.expiresAt);
        if (contradiction) throw new ProblemError(contradiction);
        await checkSignatures(tx, planId, revision, stored, now);
        must(mayDeploy(stored.rollout.rehearsal, rehearsalStanding(await rehearsalsOf(tx, planId, revision))));
        const actions = await checkActions(tx, planId, revision, stored);
        const taken = await tx
          .update(plan)
          .set({ state: "deployed" })
          .where(and(eq(plan.id, planId), eq(plan.revision, revision), eq(plan.state, "approved")))
          .returning({ id: plan.id });
        if (taken.length === 0) throw refuse("plan-not-approved", "The plan was deployed or withdrawn a moment ago.");
        const created: Extract<RolloutEvent, { type: "created" }> = {
          type: "created",
          at: now,
          deploymentId: newId<DeploymentId>("dp"),
          planDigest: stored.digest,
          expiresAt: stored.expiresAt,
          ...actions,
          actor,
        };
        const state = begin(stored.rollout, created);
        await tx.insert(deployment).values({
          id: created.deploymentId,
          planId,
          planRevision: revision,
          title: stored.title,
          state: state.phase.kind,
          sequence: 1,
          createdAt: formatInstant(now),
          snapshot: { phase: state.phase, waves: state.waves, wave: 0, decisions: [], rollback: null },
          simulated: stored.simulated,
        });
        await appendHistory(tx, created.deploymentId, 0, [created]);
        await recordEvents(tx, [domainEventOf(state, created)]);
        return created.deploymentId;
      }),
    );
  } catch (cause) {
    if (cause instanceof ProblemError) return fail(cause.problem);
    throw cause;
  }
}

async function checkSignatures(tx: Db, planId: string, revision: number, stored: StoredPlan, now: Instant): Promise<void> {
  const approvals = await tx
    .select({ approval: planApproval, key: approvalKey })
    .from(planApproval)
    .innerJoin(approvalKey, eq(approvalKey.keyId, planApproval.keyId))
    .where(and(eq(planApproval.planId, planId), eq(planApproval.revision, revision), isNull(approvalKey.revokedAt)));
  const problems = approvals.map(({ approval, key }) => approvalProblem(keyOf(key.keyId, key), approvalOf(approval), stored.digest, now));
  const valid = approvals.filter((_, i) => problems[i] === undefined);
  const missing = missingApprovals(
    stored.rollout.approvals ?? 1,
    stored.createdBy,
    valid.map((a) => a.key.owner),
  );
  if (valid.length > 0 && missing !== undefined)
    throw refuse(
      "approvals-missing",
      `The plan asks for ${stored.rollout.approvals} persons' signatures by keys in force; ${missing} ${missing === 1 ? "is" : "are"} missing.`,
      "Have it signed by others than the one who proposed it.",
    );
  const expired = problems.find((p) => p?.startsWith("it expired"));
  if (valid.length === 0 && expired !== undefined)
    throw refuse("approvals-expired", `No approval counts any more: ${expired}.`, "Have the plan approved again.");
  if (valid.length === 0)
    throw refuse(
      "plan-changed",
      "No approval by a key in force covers the plan as it is stored now.",
      "A changed plan needs a new revision and a new approval.",
    );
}

/** Every endpoint of the schedule has exactly its action, and every action lies in the tree that was signed. */
async function checkActions(tx: Db, planId: string, revision: number, stored: StoredPlan) {
  const rows = await tx
    .select()
    .from(planAction)
    .where(and(eq(planAction.planId, planId), eq(planAction.revision, revision)));
  const planned = new Set(stored.rollout.waves.flatMap((w) => w.endpointIds));
  const listed = Object.keys(stored.rollout.endpoints);
  const complete = rows.length === planned.size && listed.length === planned.size && listed.every((id) => planned.has(id));
  const unchanging: string[] = [];
  const irreversible: string[] = [];
  for (const row of rows) {
    const proof = row.proof.map((p) => ({ sibling: siblingBytes(p.sibling), siblingIsLeft: p.siblingIsLeft }));
    const action = readAction(row.action);
    const signed = rootFromProof(row.action, proof).toString("hex") === stored.actionsRoot;
    if (!signed || action.endpointId !== row.endpointId || !planned.has(row.endpointId) || !complete)
      throw refuse("plan-changed", `The action for ${row.endpointId} is not what was approved.`, "Propose and approve the plan again.");
    if (action.packages.every((p) => p.from === p.to)) unchanging.push(row.endpointId);
    if (!action.rollback) irreversible.push(row.endpointId);
  }
  if (!complete) throw refuse("plan-changed", "The plan's actions and its waves do not name the same endpoints.");
  return { unchanging, irreversible };
}

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new ProblemError(result.problem);
  return result.value;
}

const refuse = (code: string, message: string, next?: string): ProblemError => {
  const problem: Problem = { code, message, ...(next === undefined ? {} : { next }) };
  return new ProblemError(problem);
};
