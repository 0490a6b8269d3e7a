import { expectOk, formatInstant, minutes } from "@breakwater/shared/core";
import { createHalts } from "../../../know/halts/index.ts";
import { actorOf } from "../auth/index.ts";
import { type Api, bind } from "../bind.ts";
import { installCommand } from "../install/index.ts";
import { notFound } from "../problems.ts";
import { listComponents } from "../queries/components.ts";
import { endpointHealth } from "../queries/endpoint-health.ts";
import { listEndpoints, readEndpoint, requireEndpoint } from "../queries/endpoints.ts";
import { readExposure } from "../queries/exposure.ts";
import { listFindings } from "../queries/findings.ts";
import { listJoinTokens, listRedundancyGroups, listSites } from "../queries/fleet-lists.ts";
import { listHalts, readBrakes } from "../queries/halts.ts";
import { endpointHistory } from "../queries/history.ts";
import { listPackages } from "../queries/packages.ts";
import { routes } from "../routes/index.ts";
import type { Services } from "../services.ts";

const done = { ok: true } as const;

export function bindFleet(api: Api, services: Services): void {
  const { store, fleet, system } = services;
  const { db } = store;
  bind(api, routes.endpoints, async ({ query }) => listEndpoints(db, query, services.clock.now()));
  const readWhole = async (id: string) => ({
    ...(await readEndpoint(db, id, services.clock.now())),
    brakes: await readBrakes(db, id, services.clock.now()),
  });
  bind(api, routes.endpoint, async ({ params }) => readWhole(params.id));
  const halts = createHalts({ store, clock: services.clock });
  bind(api, routes.halts, async () => ({ rows: await listHalts(db, halts, services.clock.now()) }));
  bind(api, routes.haltTake, async ({ body, principal }) => expectOk(await halts.take(body.order, actorOf(principal))));
  bind(api, routes.endpointUpdate, async ({ params, body, principal }) => {
    expectOk(await fleet.update(params.id, body, actorOf(principal)));
    return readWhole(params.id);
  });
  bind(api, routes.endpointRevoke, async ({ params, principal }) => {
    expectOk(await fleet.remove(params.id, actorOf(principal)));
    return done;
  });
  bind(api, routes.endpointPackages, async ({ params, query }) => {
    await requireEndpoint(db, params.id);
    return listPackages(db, params.id, query);
  });
  bind(api, routes.endpointComponents, async ({ params, query }) => listComponents(db, params.id, query));
  bind(api, routes.endpointFindings, async ({ params, query }) => {
    await requireEndpoint(db, params.id);
    return listFindings(db, { ...query, endpoint: params.id });
  });
  bind(api, routes.endpointExposure, async ({ params }) => readExposure(db, params.id));
  bind(api, routes.endpointHealth, async ({ params, query }) => {
    await requireEndpoint(db, params.id);
    return endpointHealth(services, params.id, query);
  });
  bind(api, routes.endpointHistory, async ({ params, query }) => {
    await requireEndpoint(db, params.id);
    return endpointHistory(db, params.id, query);
  });

  bind(api, routes.joinTokens, async () => ({ rows: await listJoinTokens(db) }));
  bind(api, routes.joinTokenCreate, async ({ body, principal }) => {
    const { uses, minutes: life, tags, site } = body;
    const created = expectOk(await fleet.createJoinToken({ uses, expiresInMs: minutes(life), tags, site, actor: actorOf(principal) }));
    return {
      id: created.token.id,
      token: created.secret,
      expiresAt: formatInstant(created.token.expiresAt),
      command: `breakwater-agent enroll --server ${system.addresses.enrolment} --token ${created.secret} --ca-fingerprint ${system.caFingerprint}`,
      install:
        system.agentPackage &&
        installCommand({
          ...{ base: system.addresses.console, server: system.addresses.enrolment, caFingerprint: system.caFingerprint },
          ...{ token: created.secret, agentPackage: system.agentPackage },
        }),
    };
  });
  bind(api, routes.joinTokenRevoke, async ({ params, principal }) => {
    expectOk(await fleet.revokeJoinToken(params.id, actorOf(principal)));
    return done;
  });

  bind(api, routes.fleetFile, async ({ query }) => ({ file: await fleet.exportFile(query.format) }));
  bind(api, routes.fleetFilePut, async ({ body, principal }) => expectOk(await fleet.importFile(body.file, actorOf(principal))));

  const siteNow = async (id: string) => {
    const site = (await listSites(db)).find((s) => s.id === id);
    if (!site) throw notFound("site", id);
    return site;
  };
  bind(api, routes.sites, async () => ({ rows: await listSites(db) }));
  bind(api, routes.sitePut, async ({ params, body, principal }) => {
    expectOk(await fleet.sites.set({ id: params.id, ...body }, actorOf(principal)));
    return siteNow(params.id);
  });
  bind(api, routes.siteDelete, async ({ params, principal }) => {
    expectOk(await fleet.sites.remove(params.id, actorOf(principal)));
    return done;
  });
  const groupNow = async (id: string) => {
    const group = (await listRedundancyGroups(db)).find((g) => g.id === id);
    if (!group) throw notFound("redundancy group", id);
    return group;
  };
  bind(api, routes.redundancies, async () => ({ rows: await listRedundancyGroups(db) }));
  bind(api, routes.redundancyPut, async ({ params, body, principal }) => {
    expectOk(await fleet.redundancyGroups.set({ id: params.id, ...body }, actorOf(principal)));
    return groupNow(params.id);
  });
  bind(api, routes.redundancyDelete, async ({ params, principal }) => {
    expectOk(await fleet.redundancyGroups.remove(params.id, actorOf(principal)));
    return done;
  });
  bind(api, routes.calendar, async () => ({ rows: await fleet.calendar.list() }));
  bind(api, routes.calendarCreate, async ({ body, principal }) => expectOk(await fleet.calendar.create(body, actorOf(principal))));
  bind(api, routes.calendarPut, async ({ params, body, principal }) =>
    expectOk(await fleet.calendar.update(params.id, body, actorOf(principal))),
  );
  bind(api, routes.calendarDelete, async ({ params, principal }) => {
    expectOk(await fleet.calendar.remove(params.id, actorOf(principal)));
    return done;
  });
}
