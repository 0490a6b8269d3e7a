import { NEW_PACKAGES } from "@breakwater/shared/command";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addEndpoint, wireInventory, wirePackage, wireUpdate } from "../../know/testing.ts";
import { recordEvents, schema } from "../../store/index.ts";
import { main } from "../cli/main.ts";
import { serveApi } from "./listen.ts";
import { openTestApi, type TestApi } from "./testing.ts";

let t: TestApi;
let server: Awaited<ReturnType<typeof serveApi>>;
let token = "";
const FIRST = "a long enough password";

beforeAll(async () => {
  t = await openTestApi();
  const user = await t.auth.createUser({ name: "ada", password: FIRST, role: "admin" }, "user:ada");
  const principal = { userId: user.id, name: "ada", role: "admin", via: "session", secretHash: "", expiresAt: t.clock.now() } as const;
  token = (await t.auth.createToken(principal, { label: "test", days: 1 })).token;
  await addEndpoint(t.store, "ep_1");
  server = await serveApi(t.api, { host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
  await server.close();
  await t.close();
});

async function run(argv: readonly string[], input = "", typed: string[] = []) {
  let out = "";
  let err = "";
  const code = await main(argv, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    readInput: () => input,
    ask: async () => typed.shift(),
    env: { BREAKWATER_SERVER: `http://127.0.0.1:${server.port}`, BREAKWATER_TOKEN: token },
    clock: t.clock,
    fetch,
    configFile: "/nonexistent/breakwater.json",
  });
  return { code, out, err };
}

describe("users on the command line", () => {
  it("change their role, are disabled and enabled again", async () => {
    await run(["user", "add", "eve", "--role", "viewer"], `${FIRST}\n`);
    expect(await run(["user", "role", "eve", "operator"])).toMatchObject({ code: 0, err: "" });
    await run(["user", "disable", "eve"]);
    await expect(t.auth.signIn("eve", FIRST, "::1")).rejects.toThrow();
    expect(await run(["user", "enable", "eve"])).toMatchObject({ code: 0, out: "eve may sign in as operator.\n" });
    expect((await t.auth.signIn("eve", FIRST, "::2")).principal.role).toBe("operator");
    expect(await run(["user", "role", "nobody", "viewer"])).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringContaining("no user nobody"),
    });
  });
  it("get a new password from standard input or by typing it twice, never from an argument", async () => {
    expect((await run(["user", "password", "eve", "given as an argument"])).code).toBe(2);
    expect((await run(["user", "password", "eve"], "another long password\n")).code).toBe(0);
    await expect(t.auth.signIn("eve", FIRST, "::3")).rejects.toThrow();
    await t.auth.signIn("eve", "another long password", "::4");
    const slip = await run(["user", "password", "eve"], "", ["a third long password", "a third long pasword"]);
    expect(slip).toMatchObject({ code: 2, err: expect.stringContaining("nothing was changed") });
    await t.auth.signIn("eve", "another long password", "::5");
    expect((await run(["user", "password", "eve"], "short\n")).code).toBe(1);
  });
});

describe("an endpoint on the command line", () => {
  it("shows what it holds, how it is reached, how it feels and what happened to it", async () => {
    await addEndpoint(t.store, "ep_full");
    const listener = {
      protocol: "tcp",
      address: "10.0.0.5",
      port: 443,
      scope: "private",
      pid: 42,
      process: "nginx",
      package: "nginx",
      unit: "nginx.service",
    };
    const loaded = (name: string, reach: string, pid: number) => ({
      ...{ name, pids: [pid], units: [], restartNeeded: false, reach, stale: [], files: [] },
    });
    const inventory = wireInventory({
      packages: [wirePackage("nginx", "1.22-1"), wirePackage("openssl", "3.0.15-1", { held: true })],
      pendingUpdates: [
        wireUpdate("openssl", "3.0.15-1", "3.0.17-1", { brings: [{ name: "libnew", architecture: "amd64", version: "2" }] }),
      ],
      listeners: [{ ...listener, namespace: "" }],
      loadedPackages: [loaded("nginx", "private", 42), loaded("openssl", "private", 42), loaded("cron", "none", 7)],
    });
    await t.know.inventory.takeSnapshot("ep_full", inventory, "1");
    await t.know.settle();
    const told = async (part: string, ...more: string[]) => {
      const ran = await run(["endpoint", part, "ep_full", ...more]);
      expect(ran).toMatchObject({ code: 0, err: "" });
      return ran.out.replaceAll(/ +/g, " ");
    };
    const packages = await told("packages");
    expect(packages).toContain("nginx 1.22-1 amd64");
    expect(packages).toContain(
      "openssl (held) 3.0.15-1 amd64 3.0.17-1 (not planned: it would install what is not there yet (libnew 2), and",
    );
    const installsNew = { capabilities: [NEW_PACKAGES] };
    await t.store.db.update(schema.endpoint).set(installsNew).where(eq(schema.endpoint.id, "ep_full"));
    expect(await told("packages")).toContain(
      "openssl (held) 3.0.15-1 amd64 3.0.17-1 (new: libnew 2) Debian bookworm-security (security) not known yet",
    );
    expect(await told("packages", "--upgradable")).not.toContain("nginx");
    expect(await told("packages", "--limit", "1")).toContain("The first 1 are shown");
    const exposure = await told("exposure");
    expect(exposure).toContain("tcp 10.0.0.5:443 private nginx nginx.service nginx, openssl");
    expect(exposure).toContain("Loaded by processes that listen nowhere: cron");

    for (const value of [1, 3])
      t.health.take("ep_full", t.clock.now(), [
        { metric: "load1", subject: "", value },
        { metric: "cpu_percent", subject: "", value: value * 10 },
      ]);
    await t.health.flush(true);
    const health = await told("health");
    expect(health).toMatch(/load1 .*3/);
    expect(health).toContain("cpu_percent");
    expect(await told("health", "--metrics", "load1")).not.toContain("cpu_percent");

    const deployed = { id: "dp_1", planId: "pl_1", planRevision: 1, title: "openssl first", state: "failed", sequence: 0, snapshot: {} };
    await t.store.db.insert(schema.deployment).values({ ...deployed, createdAt: new Date(t.clock.now()).toISOString() });
    await t.store.db.insert(schema.execution).values({
      ...{
        id: "ex_1",
        deploymentId: "dp_1",
        endpointId: "ep_full",
        wave: 0,
        state: "failed",
        failureClass: "dpkg",
        message: "no space left",
      },
    });
    const history = await told("history");
    expect(history).toContain("inventory.changed endpoint:ep_full kind snapshot");
    expect(await told("history", "--limit", "1")).toContain("There are older ones: --before");
    expect(history).toContain("ex_1 dp_1 openssl first 1 failed dpkg: no space left");
    await t.store.db.delete(schema.execution);
    await t.store.db.delete(schema.deployment);
  });

  it("of which no inventory was taken is unknown, not harmless", async () => {
    expect((await run(["endpoint", "exposure", "ep_1"])).out).toContain("unknown");
    expect((await run(["endpoint", "health", "ep_1"])).out).toContain("says nothing about how the machine feels");
    expect((await run(["endpoint", "packages", "ep_1"])).out).toContain("that says nothing");
    expect(JSON.parse((await run(["endpoint", "packages", "ep_1", "--upgradable", "--json"])).out)).toEqual([]);
    for (const part of ["packages", "exposure", "health", "history"])
      expect(await run(["endpoint", part, "ep_none"])).toMatchObject({ code: 1, out: "", err: expect.stringContaining("ep_none") });
  });
  it("tells its history page by page, and no stranger's text speaks to the terminal", async () => {
    const at = t.clock.now();
    const told = (reason: string) => ({ at, type: "test.told", actor: "intel", subject: "endpoint:ep_1", data: { reason } });
    await t.store.db.transaction((tx) => recordEvents(tx, [told("the-first-event"), told("\u001b[31mred\u202e")]));
    const newest = await run(["endpoint", "history", "ep_1", "--limit", "1"]);
    expect(newest.out).toContain("reason  [31mred");
    expect(newest.out).not.toContain("\u202e");
    expect(newest.out).not.toContain("the-first-event");
    const { next } = JSON.parse((await run(["endpoint", "history", "ep_1", "--limit", "1", "--json"])).out);
    expect((await run(["endpoint", "history", "ep_1", "--before", next])).out).toContain("the-first-event");
  });
});

describe("the audit chain on the command line", () => {
  it("is listed by type", async () => {
    await t.audit.catchUp();
    const rows = JSON.parse((await run(["audit", "list", "--type", "user.created", "--json"])).out);
    expect(rows.length).toBeGreaterThan(0);
    expect(new Set(rows.map((r: { type: string }) => r.type))).toEqual(new Set(["user.created"]));
    expect((await run(["audit", "list", "--type", "user.nothing"])).out).toBe("No record matches.\n");
  });
});
