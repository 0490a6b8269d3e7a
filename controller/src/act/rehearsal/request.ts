import { type Approval, rehearsalMessage, signatureProblem } from "@breakwater/shared/command";
import { addMs, type Clock, fail, formatInstant, hours, type Instant, newId, ok, type Result } from "@breakwater/shared/core";
import { and, eq, inArray, isNull, ne } from "drizzle-orm";
import { approvalOf, keyOf } from "../../decide/planning/index.ts";
import { type Db, recordEvents, type Store, schema } from "../../store/index.ts";
import { encodeOutboxCommand, outboxApproval, readAction, siblingBytes } from "../rollout/index.ts";
import { type Candidate, chooseRepresentatives, obstacleOf } from "./representatives.ts";

const { approvalKey, commandOutbox, endpoint, plan, planAction, planApproval, rehearsal } = schema;

/** A rehearsal that nobody has begun by then is not begun any more: the endpoints have moved on. */
const LIFE = hours(1);
/** Endpoints that one request may name. */
const MAX_NAMED = 50;

export interface Requested {
  readonly asked: readonly { readonly rehearsalId: string; readonly endpointId: string; readonly hostname: string }[];
  readonly notPossible: readonly { readonly endpointId: string; readonly hostname: string; readonly why: string }[];
}

/**
 * Asks endpoints of a plan to try it on copies of themselves: those that are named, else one for each configuration. The
 * endpoints check the permission themselves: a signature over the plan's digest that allows rehearsing and nothing else, or
 * an approval of the plan.
 */
export async function requestRehearsals(
  store: Store,
  clock: Clock,
  of: {
    readonly planId: string;
    readonly revision: number;
    readonly endpointIds?: readonly string[] | undefined;
    readonly permission?: Approval | undefined;
  },
  actor: string,
): Promise<Result<Requested>> {
  return store.db.transaction(async (raw): Promise<Result<Requested>> => {
    const tx = raw as Db;
    const now = clock.now();
    const { planId, revision } = of;
    const [row] = await tx
      .select()
      .from(plan)
      .where(and(eq(plan.id, planId), eq(plan.revision, revision)));
    if (!row) return fail({ code: "unknown-plan", message: `There is no plan ${planId} revision ${revision}.` });
    if (row.state !== "draft" && row.state !== "approved")
      return fail({
        code: "plan-not-open",
        message: `Plan ${planId} is ${row.state}; there is nothing to rehearse any more.`,
        next: "Propose a new plan.",
      });
    const permissions = await permissionsOf(tx, planId, revision, row.digest, of.permission);
    if (!permissions.ok) return permissions;
    const candidates = await candidatesOf(tx, planId, revision);
    const named = of.endpointIds ? candidates.filter((c) => of.endpointIds?.includes(c.endpointId)) : undefined;
    if (named && (named.length !== new Set(of.endpointIds).size || named.length > MAX_NAMED))
      return fail({ code: "not-in-plan", message: `Name at most ${MAX_NAMED} endpoints, all of them in the plan.` });
    const chosen = named
      ? { asked: named.filter((c) => c.obstacle === undefined), notPossible: named.filter((c) => c.obstacle !== undefined) }
      : chooseRepresentatives(candidates);
    const asked = await Promise.all(chosen.asked.map((c) => ask(tx, row, c, permissions.value, now, actor)));
    const notPossible = chosen.notPossible.map((c) => ({ endpointId: c.endpointId, hostname: c.hostname, why: c.obstacle ?? "" }));
    for (const { endpointId, why } of notPossible)
      await tx.insert(rehearsal).values({
        id: newId("rh"),
        ...{ planId, planRevision: revision, endpointId, requestedBy: actor },
        requestedAt: formatInstant(now),
        finishedAt: formatInstant(now),
        state: "ended",
        verdict: "not-rehearsable",
        reason: why,
      });
    await recordEvents(tx, [
      {
        at: now,
        type: "rehearsal.requested",
        actor,
        subject: `plan:${planId}`,
        data: { revision, digest: row.digest, asked: asked.map((a) => a.endpointId), notPossible: notPossible.map((n) => n.endpointId) },
      },
    ]);
    return ok({ asked, notPossible });
  });
}

async function permissionsOf(
  tx: Db,
  planId: string,
  revision: number,
  digest: string,
  given: Approval | undefined,
): Promise<Result<Approval[]>> {
  const approvals = await tx
    .select()
    .from(planApproval)
    .where(and(eq(planApproval.planId, planId), eq(planApproval.revision, revision)));
  if (!given && approvals.length === 0)
    return fail({
      code: "permission-missing",
      message: "Endpoints rehearse only what a key that they trust has allowed, and nobody has signed this plan.",
      next: "Sign the rehearsal (`breakwater rehearse PLAN --key FILE`), or approve the plan.",
    });
  if (given) {
    const [key] = await tx
      .select()
      .from(approvalKey)
      .where(and(eq(approvalKey.keyId, given.keyId), isNull(approvalKey.revokedAt)));
    if (!key)
      return fail({ code: "unknown-approval-key", message: `No key ${given.keyId} is in force.`, next: "Register its public half first." });
    if (signatureProblem(keyOf(key.keyId, key), rehearsalMessage(digest), given) !== undefined)
      return fail({
        code: "bad-signature",
        message: "The signature does not allow to rehearse this revision of the plan.",
        next: "Sign the digest that is shown for it.",
      });
  }
  const stored = approvals.map(approvalOf);
  return ok([...(given ? [given] : []), ...stored]);
}

async function candidatesOf(tx: Db, planId: string, revision: number): Promise<Candidate[]> {
  const rows = await tx
    .select()
    .from(planAction)
    .innerJoin(endpoint, eq(endpoint.id, planAction.endpointId))
    .where(and(eq(planAction.planId, planId), eq(planAction.revision, revision)));
  return rows.map(({ plan_action: action, endpoint: e }) => {
    const changes = readAction(action.action).packages.map((p) => `${p.name}:${p.architecture} ${p.from} ${p.to}`);
    return {
      endpointId: e.id,
      hostname: e.hostname,
      configuration: [e.osId, e.osVersion, e.architecture, ...changes.sort()].join("|"),
      criticality: e.criticality,
      obstacle: obstacleOf({ ...e, revoked: e.revokedAt !== null }),
    };
  });
}

async function ask(
  tx: Db,
  row: typeof plan.$inferSelect,
  { endpointId, hostname }: Candidate,
  permissions: readonly Approval[],
  now: Instant,
  actor: string,
): Promise<Requested["asked"][number]> {
  const planId = row.id;
  const id = newId("rh");
  const [action] = await tx
    .select()
    .from(planAction)
    .where(and(eq(planAction.planId, planId), eq(planAction.revision, row.revision), eq(planAction.endpointId, endpointId)));
  if (!action) throw new Error(`plan ${planId} has no action for ${endpointId}`);
  const notAfter = formatInstant(addMs(now, LIFE));
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  const payload = encodeOutboxCommand({
    kind: "rehearse",
    action: base64(action.action),
    planHeader: base64(row.headerBytes),
    proof: action.proof.map((p) => ({ sibling: base64(siblingBytes(p.sibling)), siblingIsLeft: p.siblingIsLeft })),
    approvals: permissions.map(outboxApproval),
    notAfter,
  });
  // A later one of the same plan on the same endpoint stands in its place.
  await tx
    .update(rehearsal)
    .set({ superseded: true })
    .where(
      and(
        eq(rehearsal.planId, planId),
        eq(rehearsal.planRevision, row.revision),
        inArray(rehearsal.endpointId, [endpointId]),
        ne(rehearsal.id, id),
      ),
    );
  await tx.insert(rehearsal).values({
    id,
    ...{ planId, planRevision: row.revision, endpointId, requestedBy: actor },
    requestedAt: formatInstant(now),
    state: "requested",
  });
  await tx
    .insert(commandOutbox)
    .values({ executionId: id, endpointId, kind: "rehearse", payload, createdAt: formatInstant(now), notAfter });
  return { rehearsalId: id, endpointId, hostname };
}
