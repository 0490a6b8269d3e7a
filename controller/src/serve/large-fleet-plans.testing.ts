import { newApprovalKey, signApproval } from "@breakwater/shared/command";
import { addMs, type Clock, type DeploymentId, expectOk, formatInstant, hours } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { begin, evolve, type Rollout, type RolloutEvent } from "../act/rollout/index.ts";
import { type Planning, rolloutPlanSchema } from "../decide/planning/index.ts";
import { queryRows, type Store, schema } from "../store/index.ts";

/** Deployments that are over, each of one patch on those endpoints that had it pending. */
const PAST = 30;
const ROWS_AT_ONCE = 1_000;

interface Parts {
  readonly store: Store;
  readonly clock: Clock;
  readonly planning: Planning;
  readonly rollout: Rollout;
}

/**
 * Plans and deployments over a made-up fleet, by the real planner and engine: a draft of all security updates on the whole fleet, one
 * deployment that has begun, and a number of it that went well some time ago, whose events are written as the engine would have.
 */
export async function planLargeFleet({ store, clock, planning, rollout }: Parts): Promise<void> {
  const key = newApprovalKey();
  const { db } = store;
  await db.execute(sql`update endpoint set pinned_key_ids = ${JSON.stringify([key.keyId])}::jsonb`);
  expectOk(await planning.addApprovalKey({ publicKey: key.publicKey, owner: "ada", label: "" }, "user:ada"));
  expectOk(await planning.propose({ title: "All security updates" }, "user:ada"));
  const { planId, revision } = expectOk(
    await planning.propose({ title: "Close what is open in source2", select: { patches: [{ sourceName: "source2" }] } }, "user:ada"),
  );
  const { digest } = expectOk(await planning.get(planId, revision));
  expectOk(await planning.approve(planId, revision, signApproval(digest, key.privateKeyPem, "ada", clock.now())));
  const deploymentId = expectOk(await rollout.deploy(planId, revision, "user:ada"));
  for (let i = 1; i <= PAST; i++) await copyAsPast(store, clock, planId, deploymentId, i);
  await rollout.pass();
}

/** Writes the deployment again, with events that end it well. */
async function copyAsPast({ db }: Store, clock: Clock, planId: string, deploymentId: string, nth: number): Promise<void> {
  const [plan, id] = [`${planId}${nth}`, `${deploymentId}${nth}` as DeploymentId];
  const at = addMs(clock.now(), -hours(24 * nth));
  await db.execute(sql`insert into plan (id, revision, title, created_at, created_by, state, document, rollout, header_bytes, digest)
    select ${plan}, revision, title || ${` (${nth})`}::text, ${formatInstant(at)}::timestamptz, created_by, 'deployed', document, rollout || jsonb_build_object('planId', ${plan}::text), header_bytes, md5(${plan}) || md5(digest) from plan where id = ${planId}`);
  await db.execute(
    sql`insert into plan_action (plan_id, revision, endpoint_id, action, proof) select ${plan}, revision, endpoint_id, action, proof from plan_action where plan_id = ${planId}`,
  );
  const [row] = await queryRows(db, z.object({ rollout: rolloutPlanSchema }), sql`select rollout from plan where id = ${plan}`);
  if (!row) throw new Error("the copied plan is not there");
  const created: Extract<RolloutEvent, { type: "created" }> = {
    ...{
      type: "created",
      at,
      deploymentId: id,
      planDigest: "",
      expiresAt: addMs(at, hours(240)),
      unchanging: [],
      irreversible: [],
      actor: "user:ada",
    },
  };
  const events: RolloutEvent[] = [
    { type: "started", at, actor: "engine", reason: "its time has come" },
    ...row.rollout.waves.flatMap(({ endpointIds }, wave): RolloutEvent[] => [
      { type: "wave-gated", at, wave },
      { type: "wave-opened", at, wave },
      ...endpointIds.flatMap((endpointId): RolloutEvent[] => [
        { type: "execution-started", at, endpointId, wave, notAfter: addMs(at, hours(1)) },
        ...(["delivered", "accepted", "applying", "verifying", "succeeded"] as const).map((to, i): RolloutEvent => {
          const step = i === 0 ? {} : { step: { of: "apply" as const, number: i } };
          return { type: "execution-moved", at, endpointId, wave, to, failureClass: "", message: "", ...step };
        }),
      ]),
      { type: "wave-baking", at, wave },
      { type: "verdict-changed", at, wave, verdict: "healthy", summary: "nothing moved" },
      { type: "wave-passed", at, wave, why: "healthy" },
    ]),
    { type: "ended", at, as: "succeeded", actor: "engine", reason: "all waves passed" },
  ];
  const state = evolve(begin(row.rollout, created), ...events);
  await db.insert(schema.deployment).values({
    ...{ id, planId: plan, planRevision: 1, title: `Past deployment ${nth}`, state: state.phase.kind, sequence: events.length + 1 },
    ...{
      createdAt: formatInstant(at),
      finishedAt: formatInstant(at),
      snapshot: { phase: state.phase, waves: state.waves, decisions: state.decisions },
    },
  });
  const rows = [created, ...events].map(({ type, at: moment, ...data }, i) => ({
    deploymentId: id,
    sequence: i + 1,
    at: formatInstant(moment),
    type,
    data,
  }));
  for (let i = 0; i < rows.length; i += ROWS_AT_ONCE) await db.insert(schema.rolloutEvent).values(rows.slice(i, i + ROWS_AT_ONCE));
}
