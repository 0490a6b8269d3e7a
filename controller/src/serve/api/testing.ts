import { instant } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import { createAudit } from "../../account/audit/index.ts";
import { createHealth, createWaveJudge } from "../../act/health/index.ts";
import { createRollout } from "../../act/rollout/index.ts";
import { createPlanning } from "../../decide/planning/index.ts";
import { createFleet } from "../../know/fleet/index.ts";
import { startKnow } from "../../know/index.ts";
import type { FeedConfig } from "../../know/intel/index.ts";
import { createSboms } from "../../know/sbom/index.ts";
import type { Store } from "../../store/index.ts";
import { openTestStore } from "../../store/testing.ts";
import { createApi } from "./app.ts";
import { createAuth } from "./auth/index.ts";

/**
 * A controller without its gateway: everything real, on a test store or the one that is given, with a clock that the test owns, the feeds
 * that it names, and the console's files where they are named.
 */
export async function openTestApi(feeds: readonly FeedConfig[] = [], options: { store?: Store; consoleDirectory?: string } = {}) {
  const store = options.store ?? (await openTestStore());
  let now = instant(Date.parse("2026-03-02T08:00:00Z"));
  const clock = { now: () => now };
  const log = createLogger("test", "silent");
  const auth = createAuth({ store, clock });
  const health = createHealth({ store, clock, log });
  const rollout = createRollout({ store, clock, log, health: createWaveJudge({ health, store, clock }), instanceId: "test" });
  const know = await startKnow({ store, clock, log, feeds: [...feeds], schedules: { feeds: null, atStart: false } });
  const audit = createAudit({ store, clock, log });
  const services = {
    store,
    clock,
    log,
    auth,
    fleet: createFleet({ store, clock }),
    intel: know.intel,
    suppressions: know.suppressions,
    vex: know.vex,
    sboms: createSboms({ store, clock, version: "0.0.0" }),
    planning: createPlanning({ store, clock }),
    rollout,
    health,
    audit,
    system: {
      version: "0.0.0",
      startedAt: now,
      dataDirectory: null,
      addresses: { console: "http://localhost", session: "localhost:1", enrolment: "localhost:2" },
      caFingerprint: "00",
      agentPackage: null,
      simulatedTime: false,
    },
  };
  const api = await createApi(services, {
    secure: false,
    ...(options.consoleDirectory === undefined ? {} : { consoleDirectory: options.consoleDirectory }),
  });
  return {
    ...services,
    api,
    know,
    pass: (ms: number) => {
      now = instant(now + ms);
    },
    request: (path: string, init: RequestInit = {}) => api.app.request(path.startsWith("/api") ? path : `/api/v1${path}`, init),
    close: async () => {
      await api.close();
      await know.stop();
      await store.close();
    },
  };
}
export type TestApi = Awaited<ReturnType<typeof openTestApi>>;

/** Headers of a request with a body by an API token. */
export const asToken = (token: string, body?: unknown, method = "POST"): RequestInit => ({
  method: body === undefined && method === "POST" ? "GET" : method,
  headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
});
