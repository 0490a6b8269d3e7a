import { type Api, bind } from "../bind.ts";
import { readOverview } from "../overview/index.ts";
import { notFound } from "../problems.ts";
import { listFeeds } from "../queries/feeds.ts";
import { listFindings } from "../queries/findings.ts";
import { listQueue } from "../queries/queue.ts";
import type { RolloutStates } from "../queries/rollout-state.ts";
import { search } from "../queries/search.ts";
import { readVulnerability } from "../queries/vulnerability.ts";
import { routes } from "../routes/index.ts";
import type { Services } from "../services.ts";

export function bindKnow(api: Api, services: Services, states: RolloutStates): void {
  const { store, intel } = services;
  const { db } = store;
  bind(api, routes.overview, async () => readOverview(services, states));
  bind(api, routes.search, async ({ query }) => ({ hits: await search(db, query.q) }));
  bind(api, routes.queue, async ({ query }) => listQueue(db, query));
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
}
