import { expectOk } from "@breakwater/shared/core";
import { actorOf } from "../auth/index.ts";
import { type Api, bind } from "../bind.ts";
import { notFound } from "../problems.ts";
import { compare } from "../queries/comparison.ts";
import { listDeployments, readDeployment, requireDeployment } from "../queries/deployments.ts";
import { readExecution } from "../queries/execution.ts";
import { readFreeze } from "../queries/freeze.ts";
import { routes } from "../routes/index.ts";
import type { DeploymentCommand, Services } from "../services.ts";

export function bindDeployments(api: Api, services: Services): void {
  const { store, rollout } = services;
  const { db } = store;
  bind(api, routes.deployments, async ({ query }) => listDeployments(db, rollout, query));
  bind(api, routes.deployment, async ({ params }) => readDeployment(db, rollout, params.id));
  bind(api, routes.series, async ({ params, query }) => {
    await requireDeployment(db, params.id);
    return compare(services, params.id, query);
  });
  bind(api, routes.execution, async ({ params }) => readExecution(db, params.id, params.eid));

  const command = async (id: string, what: DeploymentCommand) => {
    await requireDeployment(db, id);
    expectOk(await rollout.command(id, what));
    return readDeployment(db, rollout, id);
  };
  for (const type of ["pause", "resume", "halt", "cancel", "override"] as const)
    bind(api, routes[type], async ({ params, body, principal }) =>
      command(params.id, { type, reason: body.reason, actor: actorOf(principal) }),
    );
  bind(api, routes.rollback, async ({ params, body: { wave, reason }, principal }) => {
    const said = { type: "rollback", reason, actor: actorOf(principal) } as const;
    return command(params.id, wave === undefined ? { ...said, scope: "deployment" } : { ...said, scope: "wave", wave });
  });
  bind(api, routes.approveWave, async ({ params, body: { wave, reason }, principal }) =>
    command(params.id, { type: "approve-wave", wave, reason, actor: actorOf(principal) }),
  );

  bind(api, routes.freeze, async ({ body, principal }) => {
    expectOk(await rollout.freeze(body.reason, actorOf(principal)));
    const frozen = await readFreeze(db);
    if (!frozen) throw notFound("freeze", "now");
    return frozen;
  });
  bind(api, routes.unfreeze, async ({ body, principal }) => {
    expectOk(await rollout.unfreeze(body.reason, actorOf(principal)));
    return { ok: true as const };
  });
}
