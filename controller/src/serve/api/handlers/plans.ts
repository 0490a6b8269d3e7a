import { expectOk, parseInstant } from "@breakwater/shared/core";
import { requestRehearsals } from "../../../act/rehearsal/index.ts";
import { givenApproval, listKeys, registerKey, requireOwnKey, revokeKey } from "../approval-keys.ts";
import { actorOf } from "../auth/index.ts";
import { type Api, bind } from "../bind.ts";
import { otherOrigin, planChanged } from "../problems.ts";
import { listPlans, readPlan } from "../queries/plans.ts";
import { readRehearsals } from "../queries/rehearsals.ts";
import { routes } from "../routes/index.ts";
import type { Services } from "../services.ts";

export function bindPlans(api: Api, { store, clock, planning, rollout }: Services): void {
  const { db } = store;
  bind(api, routes.plans, async ({ query }) => listPlans(db, query));
  bind(api, routes.planCreate, async ({ body, principal }) => {
    const { planId, revision, digest } = expectOk(await planning.propose(body, actorOf(principal)));
    return { id: planId, revision, digest };
  });
  bind(api, routes.planRevise, async ({ params, body, principal }) => {
    const { planId, revision, digest } = expectOk(await planning.revise(params.id, body, actorOf(principal)));
    return { id: planId, revision, digest };
  });
  bind(api, routes.plan, async ({ params, query }) => readPlan(db, params.id, query.revision));
  bind(api, routes.planApprove, async ({ params, body, principal }) => {
    const plan = await readPlan(db, params.id, body.revision);
    if (plan.digest !== body.digest) throw planChanged(params.id);
    await requireOwnKey(planning, principal, body.keyId);
    expectOk(await planning.approve(params.id, body.revision, givenApproval(body, principal.name), actorOf(principal)));
    return readPlan(db, params.id, body.revision);
  });
  bind(api, routes.planDiscard, async ({ params, body, principal }) => {
    expectOk(await planning.discard(params.id, body.revision, actorOf(principal), body.reason ?? ""));
    return readPlan(db, params.id, body.revision);
  });
  bind(api, routes.planRehearse, async ({ params, body, principal }) => {
    const plan = await readPlan(db, params.id, body.revision);
    if (plan.digest !== body.digest) throw planChanged(params.id);
    const { permission, endpointIds } = body;
    if (permission) await requireOwnKey(planning, principal, permission.keyId);
    const signature = Uint8Array.from(Buffer.from(permission?.signature ?? "", "base64"));
    return expectOk(
      await requestRehearsals(
        store,
        clock,
        {
          ...{ planId: params.id, revision: body.revision, endpointIds },
          permission: permission && { keyId: permission.keyId, at: permission.at, signature, approver: principal.name },
        },
        actorOf(principal),
      ),
    ) as never;
  });
  bind(api, routes.planRehearsals, async ({ params, query }) => {
    const plan = await readPlan(db, params.id, query.revision);
    return readRehearsals(db, params.id, plan.revision);
  });
  bind(api, routes.planDeploy, async ({ params, body, principal }) => {
    await readPlan(db, params.id, body.revision);
    return { deploymentId: expectOk(await rollout.deploy(params.id, body.revision, actorOf(principal))) };
  });
  bind(
    api,
    routes.scenario,
    async ({ body }) => expectOk(planning.fromScenario(body.text, (body.now ? parseInstant(body.now) : undefined) ?? clock.now())) as never,
  );

  bind(api, routes.approvalKeys, async () => ({ rows: await listKeys(planning) }));
  bind(api, routes.approvalKeyCreate, async ({ body, principal, context }) => {
    const from = context.req.header("origin");
    if (body.passkey && from !== undefined && from !== body.passkey.origin) throw otherOrigin(body.passkey.origin, from);
    return registerKey(planning, principal, body);
  });
  bind(api, routes.approvalKeyRevoke, async ({ params, principal }) => revokeKey(planning, principal, params.id));
}
