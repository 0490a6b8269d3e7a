import { expectOk, ProblemError } from "@breakwater/shared/core";
import { stream } from "hono/streaming";
import { type Api, bind } from "../bind.ts";
import { readOverview } from "../overview/index.ts";
import { badRequest, notFound } from "../problems.ts";
import { listFeeds } from "../queries/feeds.ts";
import { listFindings } from "../queries/findings.ts";
import { createPlannedPackages } from "../queries/planned-packages.ts";
import { listQueue } from "../queries/queue.ts";
import type { RolloutStates } from "../queries/rollout-state.ts";
import { search } from "../queries/search.ts";
import { readVulnerability } from "../queries/vulnerability.ts";
import { routes } from "../routes/index.ts";
import type { Services } from "../services.ts";

function noBundles(): never {
  throw new ProblemError({
    code: "no-bundle-key",
    message: "This controller has no key that signs bundles.",
    next: "Start it with a data directory.",
  });
}

export function bindKnow(api: Api, services: Services, states: RolloutStates): void {
  const { store, intel } = services;
  const { db } = store;
  bind(api, routes.overview, async () => readOverview(services, states));
  bind(api, routes.search, async ({ query }) => ({ hits: await search(db, query.q) }));
  const planned = createPlannedPackages();
  bind(api, routes.queue, async ({ query }) => listQueue(db, query, planned));
  bind(api, routes.findings, async ({ query }) => listFindings(db, query));
  bind(api, routes.vulnerability, async ({ params }) => readVulnerability(db, params.id));

  const feedNow = async (id: string) => {
    const feed = (await listFeeds(db, intel)).find((f) => f.id === id);
    if (!feed) throw notFound("feed", id);
    return feed;
  };
  bind(api, routes.feeds, async () => ({ rows: await listFeeds(db, intel) }));
  bind(api, routes.feedRefresh, async ({ params }) => {
    await feedNow(params.id);
    await intel.refresh(params.id);
    return feedNow(params.id);
  });

  bind(api, routes.bundleKey, async () => ({ publicKey: intel.bundles.publicKey() ?? noBundles() }));
  bind(api, routes.bundleExport, async ({ context }) => {
    const content = intel.bundles.export() ?? noBundles();
    context.header("content-type", "application/gzip");
    context.header("content-disposition", 'attachment; filename="breakwater-intel.bundle"');
    return stream(context, async (out) => {
      for await (const chunk of content) await out.write(chunk as Uint8Array);
    });
  });
  bind(api, routes.bundleImport, async ({ context }) => {
    const { body } = context.req.raw;
    if (!body) throw badRequest("The request carries no bundle.", "Send the bundle's bytes as the body.");
    return expectOk(await intel.bundles.import(body));
  });
}
