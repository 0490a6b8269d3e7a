import { expectOk } from "@breakwater/shared/core";
import { actorOf } from "../auth/index.ts";
import { type Api, bind } from "../bind.ts";
import { notFrozen } from "../problems.ts";
import { compare } from "../queries/comparison.ts";
import { listDeployments, readDeployment, requireDeployment } from "../queries/deployments.ts";
import { readExecution } from "../queries/execution.ts";
import type { RolloutStates } from "../queries/rollout-state.ts";
import { routes } from "../routes/index.ts";
import type { DeploymentCommand, Services } from "../services.ts";

export function bindDeployments(api: Api, services: Services, states: RolloutStates): void {
  const { store, rollout } = services;
  const { db } = store;
  bind(api, routes.deployments, async ({ query }) => listDeployments(db, states, query));
  bind(api, routes.deployment, async ({ params }) => readDeployment(db, states, rollout, params.id));
  bind(api, routes.series, async ({ params, query }) => {
    await requireDeployment(db, params.id);
    return compare(services, states, params.id, query);
  });
  bind(api, routes.execution, async ({ params }) => readExecution(db, params.id, params.eid));

  const command = async (id: string, what: DeploymentCommand) => {
    await requireDeployment(db, id);
    expectOk(await rollout.command(id, what));
    return readDeployment(db, states, rollout, id);
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

  bind(api, routes.leaveOut, async ({ params, body: { endpointIds, reason }, principal }) =>
    command(params.id, { type: "leave-out", endpointIds, reason, actor: actorOf(principal) }),
  );

  bind(api, routes.freeze, async ({ body, principal }) => {
    await rollout.freeze(body.reason, actorOf(principal));
    const frozen = await rollout.frozen();
    if (!frozen) throw notFrozen();
    return { reason: frozen.reason, by: frozen.by, since: frozen.at };
  });
  bind(api, routes.unfreeze, async ({ body, principal }) => {
    if (!(await rollout.frozen())) throw notFrozen();
    await rollout.unfreeze(body.reason, actorOf(principal));
    return { ok: true as const };
  });
}
