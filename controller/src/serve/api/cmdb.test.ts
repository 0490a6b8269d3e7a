import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addEndpoint } from "../../know/testing.ts";
import { main } from "../cli/main.ts";
import { serveApi } from "./listen.ts";
import { asToken, openTestApi, type TestApi } from "./testing.ts";

let t: TestApi;
let server: Awaited<ReturnType<typeof serveApi>>;
let folder = "";
const tokens = { viewer: "", operator: "" };

beforeAll(async () => {
  t = await openTestApi();
  folder = await mkdtemp(join(tmpdir(), "breakwater-cmdb-"));
  for (const role of ["viewer", "operator"] as const) {
    const user = await t.auth.createUser({ name: `the-${role}`, password: "a long enough password", role }, "user:ada");
    const principal = { userId: user.id, name: `the-${role}`, role, via: "session", secretHash: "", expiresAt: t.clock.now() } as const;
    tokens[role] = (await t.auth.createToken(principal, { label: "test", days: 1 })).token;
  }
  for (const id of ["web-1", "web-2"]) await addEndpoint(t.store, id);
  server = await serveApi(t.api, { host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
  await server.close();
  await t.close();
  await rm(folder, { recursive: true });
});

async function run(argv: readonly string[], role: "viewer" | "operator" = "operator", input = "") {
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
    ask: async () => undefined,
    env: { BREAKWATER_SERVER: `http://127.0.0.1:${server.port}`, BREAKWATER_TOKEN: tokens[role] },
    clock: t.clock,
    fetch,
    configFile: join(folder, "config.json"),
  });
  return { code, out, err };
}

describe("a configuration database on the command line", () => {
  it("is imported by operators, with a mapping, and says what it set aside", async () => {
    const [file, mapping] = [join(folder, "export.csv"), join(folder, "mapping.yaml")];
    await writeFile(file, 'CI;IP;Boss\nweb-1;;Ada\n"=cmd|calc";10.9.9.9;Grace\n;;\nx;y\n');
    await writeFile(mapping, "columns:\n  name: CI\n  owner: Boss\n");
    const viewer = await run(["cmdb", "import", file, "--mapping", mapping], "viewer");
    expect(viewer).toMatchObject({ code: 1, err: expect.stringContaining("role operator") });
    const taken = await run(["cmdb", "import", file, "--mapping", mapping, "--source", "glpi"]);
    expect(taken.err).toBe("");
    expect(taken.out).toContain("glpi: 2 machines, 0 pieces of software.");
    expect(taken.out).toContain("owner from Boss");
    expect(taken.out).toContain("line 4: it has neither name");
    expect(taken.out).toContain("line 5: it has 2 columns where the header has 3");
  });
  it("that cannot be read is refused, and so is a mapping of what is not there", async () => {
    const nonsense = await run(["cmdb", "import", "-"], "operator", "hello");
    expect(nonsense).toMatchObject({ code: 1, out: "", err: expect.stringContaining("no column tells one machine from another") });
    const mapping = join(folder, "wrong.json");
    await writeFile(mapping, '{"columns": {"owner": "Chief"}}');
    const wrong = await run(["cmdb", "import", "-", "--mapping", mapping], "operator", "name,boss\nx,y\n");
    expect(wrong.err).toContain('no column "Chief"');
    expect((await run(["cmdb", "list"])).out).toContain("glpi");
  });
  it("shows gaps in both directions", async () => {
    const told = JSON.parse((await run(["cmdb", "gaps", "--json"], "viewer")).out);
    expect(told).toMatchObject({ endpoints: 2, entries: 2, counts: { "unknown-to-cmdb": 1, "without-agent": 1, matched: 1 } });
    expect(told.rows.map((r: { kind: string; name: string }) => `${r.kind} ${r.name}`)).toEqual([
      "unknown-to-cmdb web-2",
      "without-agent =cmd|calc",
    ]);
    const lines = (await run(["cmdb", "gaps", "--kind", "without-agent"], "viewer")).out;
    expect(lines).toContain("1 entries without an agent");
    expect(lines).not.toContain("web-2");
    expect((await run(["cmdb", "gaps", "--source", "nowhere"])).err).toContain('Nothing was imported from a source called "nowhere"');
  });
  it("is exported as CSV in which nothing is a formula", async () => {
    const answer = await t.request("/cmdb/gaps.csv?kind=without-agent", asToken(tokens.viewer));
    expect(answer.headers.get("content-type")).toContain("text/csv");
    expect(answer.headers.get("content-disposition")).toContain("breakwater-gaps.csv");
    const [head, first] = (await answer.text()).split("\r\n");
    expect(head).toContain("kind,name,why");
    expect(first).toContain("without-agent,'=cmd|calc,no endpoint has anything of it");
    expect((await t.request("/cmdb/gaps.csv?source=nowhere", asToken(tokens.viewer))).status).toBe(404);
  });
  it("leaves a record in the audit chain, and one when it is taken out", async () => {
    expect((await run(["cmdb", "remove", "glpi", "--reason", "replaced by another"])).code).toBe(0);
    expect((await run(["cmdb", "gaps"])).out).toContain("No gap was found.");
    await t.audit.start();
    await t.audit.stop();
    expect(await t.audit.verify()).toMatchObject({ ok: true });
    const rows = (await t.request("/audit?limit=100", asToken(tokens.operator))).json();
    expect(((await rows) as { rows: { type: string }[] }).rows.map((r) => r.type)).toEqual(
      expect.arrayContaining(["cmdb.imported", "cmdb.removed"]),
    );
  });
});
