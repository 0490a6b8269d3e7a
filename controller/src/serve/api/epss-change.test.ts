import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectOk } from "@breakwater/shared/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addEndpoint, curlFeeds, curlPackages, wireInventory } from "../../know/testing.ts";
import { main } from "../cli/main.ts";
import { serveApi } from "./listen.ts";
import { openTestApi, type TestApi } from "./testing.ts";

let t: TestApi;
let server: Awaited<ReturnType<typeof serveApi>>;
let folder = "";
let token = "";
const scores = (model: string, day: string, ...lines: string[]) =>
  `#model_version:${model},score_date:${day}T00:00:00+0000\ncve,epss,percentile\n${lines.map((l) => `${l}\n`).join("")}`;

/** The command line against this API. */
async function run(...argv: string[]) {
  const told = { out: "", err: "" };
  const code = await main(argv, {
    out: (text) => {
      told.out += text;
    },
    err: (text) => {
      told.err += text;
    },
    readInput: () => "",
    ask: async () => undefined,
    env: { BREAKWATER_SERVER: `http://127.0.0.1:${server.port}`, BREAKWATER_TOKEN: token },
    clock: t.clock,
    fetch,
    configFile: join(folder, "config.json"),
  });
  return { code, ...told };
}

interface Found {
  readonly vulnerabilityId: string;
  readonly packageName: string;
  readonly risk: number;
  readonly due: unknown;
}
async function findings(): Promise<Found[]> {
  const { code, out, err } = await run("finding", "list", "--json");
  expect(err).toBe("");
  expect(code).toBe(0);
  return (JSON.parse(out) as Found[]).toSorted((a, b) =>
    `${a.vulnerabilityId} ${a.packageName}`.localeCompare(`${b.vulnerabilityId} ${b.packageName}`),
  );
}

/** EPSS of one day in March, by the model that is used then. */
const publish = async (text: string) => {
  await writeFile(join(folder, "epss.csv"), text);
  for (const { result } of await t.know.intel.refresh()) expectOk(result);
  await t.know.settle();
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "breakwater-test-"));
  await writeFile(join(folder, "epss.csv"), scores("v2025.03.14", "2026-03-01", "CVE-2026-1002,0.0805,0.92", "CVE-2026-1003,0.01,0.7"));
  t = await openTestApi([...(await curlFeeds()), { id: "epss", kind: "epss", source: join(folder, "epss.csv") }]);
  server = await serveApi(t.api, { host: "127.0.0.1", port: 0 });
  const user = await t.auth.createUser({ name: "ada", password: "a long enough password", role: "operator" }, "user:ada");
  const principal = { userId: user.id, name: "ada", role: "operator", via: "session", secretHash: "", expiresAt: t.clock.now() } as const;
  token = (await t.auth.createToken(principal, { label: "test", days: 1 })).token;
  for (const { result } of await t.know.intel.refresh()) expectOk(result);
  await addEndpoint(t.store, "ep_a", { declaredExposure: "public" });
  expectOk(await t.know.inventory.takeSnapshot("ep_a", wireInventory({ packages: curlPackages("7.88.1-10") }), "1"));
  await t.know.settle();
});
afterAll(async () => {
  await server.close();
  await t.close();
});

describe("another model of EPSS", () => {
  it("is said by the command line, moves no due date, and moves risk only where a vulnerability's rank moved", async () => {
    const before = await findings();
    expect(before.map((f) => f.vulnerabilityId)).toEqual(expect.arrayContaining(["CVE-2026-1001", "CVE-2026-1002", "CVE-2026-1003"]));
    expect(before.every((f) => f.due !== null)).toBe(true);
    expect((await run("intel", "list")).out).not.toContain("changed its model");

    // Under the new model 0.05217 has the rank that 0.0805 had; the other one rose among all.
    await publish(scores("v2026.06.15", "2026-03-02", "CVE-2026-1002,0.05217,0.92", "CVE-2026-1003,0.9,0.99"));
    const after = await findings();
    expect(after.map((f) => [f.vulnerabilityId, f.packageName, f.due])).toEqual(
      before.map((f) => [f.vulnerabilityId, f.packageName, f.due]),
    );
    const risks = (of: readonly Found[], cve: string) => of.filter((f) => f.vulnerabilityId === cve).map((f) => f.risk);
    for (const [i, risk] of risks(after, "CVE-2026-1002").entries()) expect(risk).toBeCloseTo(risks(before, "CVE-2026-1002")[i] ?? -1, 0);
    for (const [i, risk] of risks(after, "CVE-2026-1003").entries()) expect(risk).toBeGreaterThan(risks(before, "CVE-2026-1003")[i] ?? 100);

    const listed = await run("intel", "list");
    expect(listed.out).toContain("EPSS changed its model from v2025.03.14 to v2026.06.15 by 2026-03-02");
    expect(listed.out).toContain("No due date depends on EPSS.");
  });
});
