import { type Problem, ProblemError } from "@breakwater/shared/core";
import { OpenAPIHono } from "@hono/zod-openapi";
import { bodyLimit } from "hono/body-limit";
import { compress } from "hono/compress";
import { HTTPException } from "hono/http-exception";
import { MAX_CMDB_BYTES } from "../../know/cmdb/index.ts";
import { MAX_FLEET_FILE_BYTES } from "../../know/fleet/index.ts";
import { MAX_VEX_BYTES } from "../../know/vex/index.ts";
import type { Env, RequestContext } from "./bind.ts";
import { createEventStreams } from "./events.ts";
import { bindAccount } from "./handlers/account.ts";
import { bindAssessment } from "./handlers/assessment.ts";
import { bindAuth } from "./handlers/auth.ts";
import { bindCmdb } from "./handlers/cmdb.ts";
import { bindDeployments } from "./handlers/deployments.ts";
import { bindFleet } from "./handlers/fleet.ts";
import { bindKnow } from "./handlers/know.ts";
import { bindPlans } from "./handlers/plans.ts";
import { serveInstall } from "./install/index.ts";
import { createMetrics } from "./metrics.ts";
import { guard } from "./middleware/guard.ts";
import { securityHeaders } from "./middleware/headers.ts";
import { identify } from "./middleware/identify.ts";
import { sameSite } from "./middleware/same-site.ts";
import { badRequest, type DetailedProblem, noSuchRoute, notJson, statusOf, tooLarge } from "./problems.ts";
import { createRolloutStates } from "./queries/rollout-state.ts";
import { allRoutes } from "./routes/index.ts";
import type { Services } from "./services.ts";
import { loadStaticFiles, serveStatic } from "./static-files.ts";

/** Scenario texts and plan intents are the largest bodies; ten thousand endpoint ids fit. */
const MAX_BODY_BYTES = 1_000_000;
/** A VEX document, an export of a configuration database, or a fleet file travels as a text in JSON, which may double some of its characters. */
const MAX_DOCUMENT_BODY_BYTES = 2 * Math.max(MAX_VEX_BYTES, MAX_CMDB_BYTES, MAX_FLEET_FILE_BYTES);
export const BASE = "/api/v1";
/** Answered without asking who it is: that stands in the store, and these are asked when the store is away. */
const PROBES: ReadonlySet<string> = new Set([`${BASE}/healthz`, `${BASE}/readyz`]);
const DOCUMENTS: ReadonlySet<string> = new Set([`POST ${BASE}/vex/documents`, `POST ${BASE}/cmdb/imports`, `PUT ${BASE}/fleet-file`]);

export interface ApiOptions {
  /** The listener speaks TLS, or a proxy in front of it does: cookies are Secure. */
  readonly secure: boolean;
  /** A proxy in front of us sets X-Forwarded-For; believe its last entry. */
  readonly trustProxy?: boolean;
  /** The console's built files; without them pages say how to build it. */
  readonly consoleDirectory?: string;
}

/** The whole HTTP surface: REST under /api/v1, live events, metrics, and the console's files. */
export async function createApi(services: Services, options: ApiOptions) {
  const { store, clock, log, auth } = services;
  const metrics = createMetrics(store);
  const events = await createEventStreams({ store, clock, auth, metrics });
  const files = options.consoleDirectory ? loadStaticFiles(options.consoleDirectory) : new Map();

  const app = new OpenAPIHono<Env>();
  app.use(metrics.timed);
  app.use(securityHeaders(options.secure));
  app.onError((error, c) => answerProblem(error, c, services, metrics));
  app.notFound((c) => serveStatic(files, c) ?? missing(c, files.size > 0));

  const api = new OpenAPIHono<Env>({
    defaultHook: (result) => {
      if (result.success) return;
      const issues = result.error.issues.map((issue) => ({ at: issue.path.join("."), message: issue.message }));
      const [first] = issues;
      throw badRequest(
        `${first?.at ? `${first.at}: ` : ""}${first?.message ?? "The request cannot be read"}.`,
        "Correct it and send it again; /openapi.json describes it.",
        issues,
      );
    },
  });
  const limited = (maxSize: number) =>
    bodyLimit({
      maxSize,
      onError: () => {
        throw tooLarge(maxSize);
      },
    });
  const [small, large] = [limited(MAX_BODY_BYTES), limited(MAX_DOCUMENT_BODY_BYTES)];
  const isDocument = (c: RequestContext) => DOCUMENTS.has(`${c.req.method} ${c.req.path}`);
  // A bundle of intelligence is read piece by piece, under a limit of its own.
  const isBundle = (c: RequestContext) => c.req.path === `${BASE}/intel/bundle` && c.req.method === "POST";
  api.use((c, next) => (isDocument(c) || isBundle(c) ? next() : small(c, next)));
  const identified = identify(auth, { secure: options.secure, trustProxy: options.trustProxy ?? false });
  api.use((c, next) => (PROBES.has(c.req.path) ? next() : identified(c, next)));
  api.use(sameSite);
  const packed = compress();
  api.use((c, next) => (c.req.path.endsWith("/events") ? next() : packed(c, next)));
  for (const route of allRoutes) api.on(route.method.toUpperCase(), route.path.replace(/\{(\w+)\}/g, ":$1"), guard(route.access));
  // Behind the guards: only who may send a document may make us read a large one.
  api.use((c, next) => (isDocument(c) ? large(c, next) : next()));
  bindAuth(api, services, options);
  const states = createRolloutStates(store.db);
  bindKnow(api, services, states);
  bindAssessment(api, services);
  bindFleet(api, services);
  bindCmdb(api, services);
  bindPlans(api, services);
  bindDeployments(api, services, states);
  bindAccount(api, services, events);
  app.route(BASE, api);

  app.openAPIRegistry.registerComponent("securitySchemes", "session", { type: "apiKey", in: "cookie", name: "breakwater" });
  app.openAPIRegistry.registerComponent("securitySchemes", "token", { type: "http", scheme: "bearer" });
  const describe = (c: RequestContext) => c.json(openApiDocument(app, services.system.version));
  app.get("/openapi.json", describe);
  app.get(`${BASE}/openapi.json`, describe);
  // Where probes and scrapers look for them.
  app.get("/healthz", (c) => c.json({ ok: true }));
  app.get("/readyz", () => app.request(`${BASE}/readyz`));
  serveInstall(app, services.system.agentPackage);
  app.get("/metrics", async (c) => c.text(await metrics.render(), 200, { "content-type": metrics.contentType }));
  log.debug({ files: files.size }, "API ready");
  return { app, close: events.close };
}
export type ApiServer = Awaited<ReturnType<typeof createApi>>;

const openApiDocument = (app: OpenAPIHono<Env>, version: string) =>
  app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Breakwater",
      version,
      description:
        "Sign in with POST /session (cookie) or send `Authorization: Bearer <API token>`. Requests that change something with the cookie need the header `x-breakwater: 1` or must come from the same origin. Lists give `next`, to be sent back as `cursor`.",
    },
  });

function answerProblem(error: Error, c: RequestContext, { log }: Services, metrics: { failures: { inc(): void } }): Response {
  const problem = problemOf(error);
  if (problem.code === "internal" || problem.code === "store-unavailable") {
    metrics.failures.inc();
    log.error({ err: error, method: c.req.method, path: c.req.path }, "a request failed");
  }
  const { code, message, next = "", details } = problem;
  const status = statusOf(problem);
  if (status === 429) c.header("retry-after", /\d+/.exec(next)?.[0] ?? "60");
  return c.body(JSON.stringify({ code, message, next, ...(details === undefined ? {} : { details }) }), status, {
    "content-type": "application/problem+json",
  });
}

/** SQLSTATE of PostgreSQL, embedded or not. */
const DISK_FULL = "53100";
/** Codes by which the database drivers say that it is away, not that the request is wrong. */
const AWAY = /^(ECONNREFUSED|ECONNRESET|EPIPE|ENOTFOUND|CONNECTION_(CLOSED|ENDED|DESTROYED)|CONNECT_TIMEOUT|57P0[123]|08\w{3}|53\w{3})$/;

function problemOf(error: Error): DetailedProblem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof HTTPException) return (error.status === 400 ? notJson() : badRequest(error.message, "See /openapi.json.")).problem;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    if ("code" in cause && cause.code === DISK_FULL)
      return {
        code: "store-unavailable",
        message: "The database cannot write: the disk under it is full.",
        next: "Nothing was changed and nothing is lost. Free space where the data lies, then try again; no restart is needed.",
      };
    else if ("code" in cause && AWAY.test(String(cause.code)))
      return {
        code: "store-unavailable",
        message: "The database does not answer.",
        next: "Nothing was changed. Try again; if it lasts, see /readyz and the controller's log.",
      };
  const internal: Problem = {
    code: "internal",
    message: "The controller failed on this request.",
    next: "Look into the controller's log; nothing was half done.",
  };
  return internal;
}

function missing(c: RequestContext, built: boolean): Response {
  if (built || c.req.path.startsWith("/api/")) {
    const { code, message, next } = noSuchRoute(c.req.path).problem;
    return c.body(JSON.stringify({ code, message, next }), 404, { "content-type": "application/problem+json" });
  }
  return c.text("The console is not built. Run `npm run build` in the project, then start again. The API answers under /api/v1.\n", 404);
}
