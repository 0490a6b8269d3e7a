import { newApprovalKey, signApproval } from "@breakwater/shared/command";
import type { EndpointId } from "@breakwater/shared/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addEndpoint, wireInventory, wirePackage, wireUpdate } from "../../know/testing.ts";
import { recordEvents } from "../../store/index.ts";
import { main } from "../cli/main.ts";
import { ROLES, suffices } from "./auth/index.ts";
import { serveApi } from "./listen.ts";
import { allRoutes } from "./routes/index.ts";
import type { Role } from "./schemas/index.ts";
import { asToken, openTestApi, type TestApi } from "./testing.ts";

let t: TestApi;
let setupToken = "";
const password = "a long enough password";
const tokens = {} as Record<Role, string>;
const json = { "content-type": "application/json", "x-breakwater": "1" };
const post = (path: string, body: unknown, headers: Record<string, string> = json) =>
  t.request(path, { method: "POST", headers, body: JSON.stringify(body) });

beforeAll(async () => {
  t = await openTestApi();
  setupToken = (await t.auth.setupLink("http://localhost"))?.split("#")[1] ?? "";
});
afterAll(() => t.close());

interface Ran {
  readonly code: number;
  readonly err: string;
  /** What JSON.parse gives; the tests say what they expect of it. */
  readonly value: ReturnType<typeof JSON.parse>;
}
/** The command line against this API, as its administrator. */
async function commandLine(): Promise<{ run: (argv: readonly string[], input?: string) => Promise<Ran>; close(): Promise<void> }> {
  const server = await serveApi(t.api, { host: "127.0.0.1", port: 0 });
  return {
    run: async (argv, input = "") => {
      let out = "";
      let err = "";
      const code = await main([...argv, "--json"], {
        out: (text: string) => {
          out += text;
        },
        err: (text: string) => {
          err += text;
        },
        readInput: () => input,
        ask: async () => undefined,
        env: { BREAKWATER_SERVER: `http://127.0.0.1:${server.port}`, BREAKWATER_TOKEN: tokens.admin },
        clock: t.clock,
        fetch,
        configFile: "/nonexistent/breakwater.json",
      });
      return { code, err, value: out === "" ? undefined : JSON.parse(out) };
    },
    close: () => server.close(),
  };
}

describe("set-up", () => {
  it("refuses a wrong token, takes the right one once, and never opens again", async () => {
    expect((await post("/setup", { token: "wrong", name: "ada", password })).status).toBe(401);
    const created = await post("/setup", { token: setupToken, name: "ada", password });
    expect(created.status).toBe(201);
    expect(created.headers.get("set-cookie")).toMatch(/^breakwater=bws_.*HttpOnly; SameSite=Strict/);
    expect(await created.json()).toMatchObject({ name: "ada", role: "admin", via: "session" });
    const again = await post("/setup", { token: setupToken, name: "eve", password });
    expect(again.status).toBe(409);
    expect(await again.json()).toMatchObject({ code: "setup-closed" });
    expect(await t.auth.setupLink("http://localhost")).toBeUndefined();
    expect(await (await t.request("/setup")).json()).toEqual({ needed: false });
  });
});

describe("signing in", () => {
  it("takes the password, and stores neither it nor the session's secret", async () => {
    const signedIn = await post("/session", { name: "ada", password });
    expect(signedIn.status).toBe(200);
    const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
    expect(await (await t.request("/me", { headers: { cookie } })).json()).toMatchObject({ name: "ada" });
    const everything = JSON.stringify([await t.store.db.query.user.findMany(), await t.store.db.query.userSession.findMany()]);
    expect(everything).not.toContain(password);
    expect(everything).not.toContain(cookie.split("=")[1]);
  });

  it("refuses what another site sends with the cookie", async () => {
    const cookie = (await post("/session", { name: "ada", password })).headers.get("set-cookie")?.split(";")[0] ?? "";
    const foreign = { "content-type": "application/json", cookie, "sec-fetch-site": "cross-site", origin: "https://evil.example" };
    const refused = await post("/tokens", { label: "x" }, foreign);
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ code: "cross-site" });
    expect((await post("/tokens", { label: "x" }, { "content-type": "application/json", cookie })).status).toBe(403);
  });

  it("stops guessing", async () => {
    const answers = [];
    for (let i = 0; i < 7; i++) answers.push((await post("/session", { name: "mallory", password: `guess number ${i}` })).status);
    expect(answers).toEqual([401, 401, 401, 401, 401, 429, 429]);
  });

  it("keeps the last administrator", async () => {
    const cookie = (await post("/session", { name: "ada", password })).headers.get("set-cookie")?.split(";")[0] ?? "";
    const [ada] = await t.auth.listUsers();
    const refused = await t.request(`/users/${ada?.id}`, { method: "PATCH", headers: { ...json, cookie }, body: '{"disabled":true}' });
    expect(await refused.json()).toMatchObject({ code: "last-admin" });
  });
});

describe("roles", () => {
  beforeAll(async () => {
    for (const role of ROLES) {
      const name = `the-${role}`;
      const user = await t.auth.createUser({ name, password, role }, "user:ada");
      const opened = await t.auth.createToken(
        { userId: user.id, name, role, via: "session", secretHash: "", expiresAt: t.clock.now() },
        { label: "test", days: 1 },
      );
      tokens[role] = opened.token;
    }
  });

  it("know every route, and every route is in the table", () => {
    const bound = t.api.app.routes.filter(
      (r) => r.path.startsWith("/api/v1") && ["GET", "POST", "PUT", "PATCH", "DELETE"].includes(r.method),
    );
    const table = new Set(allRoutes.map((r) => `${r.method.toUpperCase()} /api/v1${r.path.replace(/\{(\w+)\}/g, ":$1")}`));
    const unlisted = [...new Set(bound.map((r) => `${r.method} ${r.path}`))].filter((r) => !table.has(r) && !r.endsWith("/openapi.json"));
    expect(unlisted).toEqual([]);
  });

  it("let in whom a route's access names and nobody else", async () => {
    const wrong: string[] = [];
    for (const route of allRoutes) {
      if (route.id === "streamEvents" || route.id === "signOut") continue;
      const path = route.path.replace(/\{\w+\}/g, "none");
      // An unreadable body ends every write after the guard and before it does anything.
      const init = { method: route.method.toUpperCase(), ...(route.body ? { body: "{", headers: { ...json } } : { headers: { ...json } }) };
      const stranger = (await t.request(path, init)).status;
      if (route.access !== "public" && stranger !== 401) wrong.push(`${route.id}: stranger ${stranger}`);
      if (route.access === "public") continue;
      for (const role of ROLES) {
        const { status } = await t.request(path, { ...init, headers: { ...init.headers, authorization: `Bearer ${tokens[role]}` } });
        if ((status === 403) === suffices(role, route.access) || status === 401 || status === 500)
          wrong.push(`${route.id}: ${role} ${status}`);
      }
    }
    expect(wrong).toEqual([]);
  }, 180_000);
});

describe("answers", () => {
  it("say what is wrong and what to do, without inner names", async () => {
    const refused = await t.request("/endpoints?limit=0", asToken(tokens.viewer));
    expect(refused.status).toBe(400);
    expect(refused.headers.get("content-type")).toContain("application/problem+json");
    expect(await refused.json()).toMatchObject({ code: "bad-request", next: expect.stringContaining("again"), details: [{ at: "limit" }] });
    expect((await t.request("/endpoints/ep_none", asToken(tokens.viewer))).status).toBe(404);
    expect(await (await t.request("/nothing")).json()).toMatchObject({ code: "no-such-route" });
  });

  it("carry the headers that keep a browser safe", async () => {
    const { headers } = await t.request("/healthz");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cache-control")).toBe("no-store");
  });

  it("describe themselves as OpenAPI", async () => {
    const document = (await (await t.api.app.request("/openapi.json")).json()) as { openapi: string; paths: Record<string, unknown> };
    expect(document.openapi).toBe("3.1.0");
    expect(Object.keys(document.paths)).toContain("/api/v1/deployments/{id}/rollback");
  });

  it("give metrics without an endpoint in any label", async () => {
    const text = await (await t.api.app.request("/metrics")).text();
    expect(text).toContain("breakwater_endpoints");
    expect(text).not.toContain("ep_");
  });
});

describe("live events", () => {
  const at = () => t.clock.now();
  const tell = (type: string, n: number) =>
    t.store.db.transaction((tx) => recordEvents(tx, [{ at: at(), type, actor: "engine", subject: "test:1", data: { n } }]));

  it("resume after the last one seen, and leave out what a role may not see", async () => {
    await tell("test.happened", 1);
    const [first] = await t.store.db.query.domainEvent.findMany({ where: (e, { eq }) => eq(e.type, "test.happened") });
    await tell("user.created", 2);
    await tell("test.happened", 3);
    const response = await t.request("/events", {
      headers: { authorization: `Bearer ${tokens.viewer}`, "last-event-id": String(first?.position) },
    });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const reader = response.body?.getReader();
    let text = "";
    while (!text.includes('"n":3')) text += Buffer.from((await reader?.read())?.value ?? []).toString();
    await reader?.cancel();
    expect(text).not.toContain('"n":1');
    expect(text).not.toContain("user.created");
  });
});

describe("the way of a patch", () => {
  it("goes from the queue over a signed plan to a deployment that a person pauses, by command line alone", async () => {
    const key = newApprovalKey();
    const lastSeenAt = new Date(t.clock.now()).toISOString();
    await addEndpoint(t.store, "ep_1", { policyMode: "patch", pinnedKeyIds: [key.keyId], connected: true, lastSeenAt });
    await t.know.inventory.takeSnapshot(
      "ep_1" as EndpointId,
      wireInventory({
        packages: [wirePackage("openssl", "3.0.15-1~deb12u1")],
        pendingUpdates: [wireUpdate("openssl", "3.0.15-1~deb12u1", "3.0.17-1~deb12u1", { security: true })],
      }),
      "d".repeat(64),
    );
    const line = await commandLine();
    const run = (...argv: string[]) => line.run(argv);
    try {
      const queue = await run("queue");
      expect(queue.value).toMatchObject([{ sourceName: "openssl", endpoints: 1, described: false }]);
      const made = await run("plan", "create", "--patch", "openssl");
      expect(made.err).toBe("");
      const id = made.value.id;
      const again = await run("plan", "create", "--patch", "openssl", "--title", "made anew", "--revise", id);
      expect(again.err).toBe("");
      expect(again.value).toMatchObject({ id, revision: 2 });
      expect(again.value.digest).not.toBe(made.value.digest);
      expect((await run("plan", "show", id)).value).toMatchObject({ id, revision: 2, title: "made anew", digest: again.value.digest });
      expect((await run("plan", "show", id, "--revision", "1")).value).toMatchObject({ revision: 1, digest: made.value.digest });
      expect(await run("plan", "create", "--patch", "openssl", "--revise", "pl_none")).toMatchObject({
        code: 1,
        err: expect.stringContaining("pl_none"),
      });
      const refused = await run("plan", "deploy", id, "--yes");
      expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("not approved") });

      const admin = (path: string, body: unknown) => t.request(path, asToken(tokens.admin, body));
      expect((await admin("/approval-keys", { label: "laptop", publicKey: key.publicKey.toString("base64") })).status).toBe(201);
      const approval = signApproval(again.value.digest, key.privateKeyPem, "the-admin", t.clock.now());
      const signature = Buffer.from(approval.signature).toString("base64");
      const body = { revision: 2, digest: again.value.digest, keyId: key.keyId, signature, at: approval.at };
      expect((await t.request(`/plans/${id}/approve`, asToken(tokens.approver, body))).status).toBe(403);
      expect(await (await admin(`/plans/${id}/approve`, { ...body, digest: "0".repeat(64) })).json()).toMatchObject({
        code: "plan-changed",
      });
      expect(await (await admin(`/plans/${id}/approve`, body)).json()).toMatchObject({ state: "approved", approvals: 1 });

      const deployed = await run("plan", "deploy", id, "--yes");
      expect(deployed.err).toContain("patches 1 endpoint in 1 wave");
      const deploymentId = deployed.value.deploymentId;
      const unasked = await run("deployment", "halt", deploymentId, "--reason", "a test");
      expect(unasked).toMatchObject({ code: 1, err: expect.stringContaining("Nothing was done") });
      await t.rollout.pass();
      const paused = await run("deployment", "pause", deploymentId, "--reason", "lunch first");
      expect(paused.value).toMatchObject({ state: "paused", reason: "lunch first", cells: [{ endpointId: "ep_1" }] });
      const overview = await run("status");
      expect(overview.value.decisions).toMatchObject([{ kind: "deployment-paused", answers: expect.arrayContaining(["resume"]) }]);
      await t.audit.catchUp();
      expect((await run("audit", "verify")).value).toMatchObject({ ok: true });
      expect((await run("deployment", "show", "dp_none")).code).toBe(1);
    } finally {
      await line.close();
    }
  });

  it("follows an operator's own triggers, tree, approvals and growth, and says so", async () => {
    const key = newApprovalKey();
    const lastSeenAt = new Date(t.clock.now()).toISOString();
    for (const id of ["ep_o1", "ep_o2", "ep_o3", "ep_o4"]) {
      await addEndpoint(t.store, id, { policyMode: "patch", pinnedKeyIds: [key.keyId], connected: true, lastSeenAt, tags: ["own"] });
      const pendingUpdates = [wireUpdate("openssl", "3.0.15-1~deb12u1", "3.0.17-1~deb12u1", { security: true })];
      const inventory = wireInventory({ packages: [wirePackage("openssl", "3.0.15-1~deb12u1")], pendingUpdates });
      await t.know.inventory.takeSnapshot(id as EndpointId, inventory, "e".repeat(64));
    }
    const line = await commandLine();
    const create = (input: string, ...more: string[]) =>
      line.run(["plan", "create", "--tag", "own", "--bake-minutes", "60", ...more], input);
    const rules = `
triggers:
  - { metric: units_failed, count: 2, forMinutes: 5 }
tree:
  - { when: { trigger: 1 }, action: rollback-deployment, ask: on-call }
  - { when: harmful, action: halt }
`;
    const own = ["--triggers", "-", "--approve-wave", "2:the-admin", "--growth", "by-belief", "--largest-wave", "3"];
    try {
      const made = await create(rules, ...own);
      expect(made.err).toBe("");
      const shown = await line.run(["plan", "show", made.value.id]);
      expect(shown.value.rollout).toMatchObject({
        growth: { largestFactor: 5, ceiling: 3, seed: made.value.id },
        waves: [
          { gate: { approval: true, approvers: ["the-admin"] }, triggers: [{ metric: "units_failed", threshold: 2, forMs: 300_000 }] },
          {},
        ],
      });
      expect(shown.value.document.notes.join()).toContain("never leaves these rails");
      const approval = signApproval(made.value.digest, key.privateKeyPem, "the-admin", t.clock.now());
      const admin = (path: string, body: unknown) => t.request(path, asToken(tokens.admin, body));
      expect((await admin("/approval-keys", { label: "own", publicKey: key.publicKey.toString("base64") })).status).toBe(201);
      const signature = Buffer.from(approval.signature).toString("base64");
      const body = { revision: 1, digest: made.value.digest, keyId: key.keyId, signature, at: approval.at };
      expect((await admin(`/plans/${made.value.id}/approve`, body)).status).toBe(200);
      const { deploymentId } = (await line.run(["plan", "deploy", made.value.id, "--yes"])).value;
      const told = (await line.run(["deployment", "show", deploymentId])).value;
      expect(told.growth).toContain("at most 5 times the wave before, at most 3.");
      expect(told.waveList[0].gate).toMatchObject({ approval: true, approvers: ["the-admin"] });
      expect(told.waveList[0].tree).toMatchObject([
        { when: "newly failed systemd units on one endpoint: 2 or more for 5 min", ask: "the on-call engineer is asked" },
        { when: "the judge has proven harm", action: "start nothing further and end the deployment; what is patched stays" },
      ]);
      expect(told.waveList[0].growth).toBeNull();
      expect(Date.parse(told.forecast.earliest)).toBeLessThanOrEqual(Date.parse(told.forecast.at ?? told.forecast.earliest));

      const wrong = async (input: string, ...more: string[]) => (await create(input, ...more)).err;
      expect(await wrong("triggers: [{ metric: cpu_percent }]", "--triggers", "-")).toContain("-, triggers.0: a trigger has either");
      expect(await wrong("triggers: [", "--triggers", "-")).toContain("is neither YAML nor JSON");
      expect(await wrong("tree: [{ when: undecided, action: pause }]", "--triggers", "-")).toContain(
        "does not say what is done when the judge",
      );
      expect(await wrong("", "--approve-wave", "two")).toContain("--approve-wave takes a wave's number");
      expect(await wrong("", "--growth", "wild")).toContain("--growth takes fixed or by-belief");
      expect(await wrong("", "--largest-wave", "3")).toContain("give that too");
      expect(await wrong("", "--error-budget", "0")).toContain("an error budget of 0 would let nothing start");
    } finally {
      await line.close();
    }
  });

  it("keeps to rules that a file gives the fleet", async () => {
    const line = await commandLine();
    try {
      const file =
        "version: 1\nsites: [{ id: paris, maxConcurrent: 3 }]\nredundancyGroups: [{ id: front, minHealthy: 1 }]\ncalendar: [{ name: Sale, kind: blackout, timezone: Europe/Paris, rule: { kind: weekly, days: [fri], from: '08:00', to: '20:00' } }]\n";
      const counts = { sites: 1, redundancyGroups: 1, calendar: 1, endpoints: 0 };
      expect(await line.run(["fleet", "import", "-"], file)).toMatchObject({ code: 0, value: counts });
      expect((await line.run(["sites"])).value.rows).toMatchObject([{ id: "paris", maxConcurrent: 3 }]);
      expect((await line.run(["groups"])).value.rows).toMatchObject([{ id: "front", minHealthy: 1 }]);
      expect((await line.run(["calendar"])).value.rows).toMatchObject([{ name: "Sale", kind: "blackout" }]);
      expect((await line.run(["fleet", "export", "--format", "yaml"])).value.file).toContain("paris");
      const wrong = await line.run(["fleet", "import", "-"], "version: 1\nsites: [{ id: paris, maxConcurrent: none }]\n");
      expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining("line 2") });
    } finally {
      await line.close();
    }
  });
});
