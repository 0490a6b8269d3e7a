import { sql } from "drizzle-orm";
import type { MiddlewareHandler } from "hono";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { z } from "zod";
import { UNRESOLVED } from "../../know/matching/index.ts";
import { queryRows, type Store } from "../../store/index.ts";

const counts = z.object({
  endpoints: z.coerce.number(),
  connected: z.coerce.number(),
  open: z.coerce.number(),
  running: z.coerce.number(),
});

/** What Prometheus scrapes. No endpoint, user or path of a request is ever a label: their number has no bound. */
export function createMetrics(store: Store) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: "breakwater_" });
  const requests = new Histogram({
    name: "breakwater_http_request_seconds",
    help: "Time to answer a request",
    labelNames: ["method", "route", "status"],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [registry],
  });
  const streams = new Gauge({ name: "breakwater_event_streams", help: "Open live event streams", registers: [registry] });
  const failures = new Counter({ name: "breakwater_http_failures_total", help: "Requests that failed inside", registers: [registry] });
  const fleet = new Gauge({ name: "breakwater_endpoints", help: "Endpoints", labelNames: ["state"], registers: [registry] });
  const findings = new Gauge({ name: "breakwater_open_findings", help: "Findings that are open", registers: [registry] });
  const deployments = new Gauge({ name: "breakwater_running_deployments", help: "Deployments in motion", registers: [registry] });

  const timed: MiddlewareHandler = async (c, next) => {
    const stop = requests.startTimer();
    await next();
    stop({ method: c.req.method, route: c.req.matchedRoutes.at(-1)?.path ?? "none", status: String(c.res.status) });
  };

  async function render(): Promise<string> {
    const [now] = await queryRows(
      store.db,
      counts,
      sql`
      select (select count(*) from endpoint where revoked_at is null) as endpoints,
             (select count(*) from endpoint where revoked_at is null and connected) as connected,
             (select count(*) from finding where state in ${UNRESOLVED}) as open,
             (select count(*) from deployment where finished_at is null) as running`,
    );
    if (now) {
      fleet.set({ state: "connected" }, now.connected);
      fleet.set({ state: "disconnected" }, now.endpoints - now.connected);
      findings.set(now.open);
      deployments.set(now.running);
    }
    return registry.metrics();
  }
  return { timed, render, streams, failures, contentType: registry.contentType };
}
export type Metrics = ReturnType<typeof createMetrics>;
