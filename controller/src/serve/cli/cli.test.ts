import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { haltDigest, newApprovalKey, parseOrder, verifyOrder } from "@breakwater/shared/command";
import { expectOk, formatInstant, instant } from "@breakwater/shared/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { main } from "./main.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "breakwater-cli-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs one command without a server. */
async function run(argv: readonly string[], input = "") {
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
    env: {},
    clock: { now: () => instant(Date.parse("2026-03-02T08:00:00Z")) },
    fetch,
    configFile: join(folder, "config.json"),
  });
  return { code, out, err };
}
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

describe("exit codes", () => {
  it("are 0 for help, 2 for a command written wrongly, 1 for a problem with what to do next", async () => {
    expect((await run(["--help"])).code).toBe(0);
    expect((await run(["no-such-command"])).code).toBe(2);
    expect((await run(["version", "compare", "deb"])).code).toBe(2);
    const unnamed = await run(["status", "--json"]);
    expect(unnamed).toMatchObject({ code: 1, out: "", err: expect.stringContaining("breakwater login") });
  });
});

describe("version compare", () => {
  it("prints one sign", async () => {
    expect((await run(["version", "compare", "deb", "1.0~rc1", "1.0"])).out).toBe("<\n");
    expect((await run(["version", "compare", "rpm", "1.0", "1.0"])).out).toBe("=\n");
  });
  it("answers every line of a batch, also the one that it cannot read", async () => {
    const input = '{"ecosystem":"semver","a":"2.0.0","b":"1.9.9"}\nnot json\n{"ecosystem":"semver","a":"x","b":"1.0.0"}\n';
    expect((await run(["version", "compare", "--batch"], input)).out).toBe(">\n?\n?\n");
    const ranges =
      '{"ecosystem":"semver","version":"1.2.3","range":">=1.0.0 <2.0.0"}\n{"ecosystem":"semver","version":"2.0.0","range":"<2.0.0"}';
    expect((await run(["version", "compare", "--ranges"], ranges)).out).toBe("true\nfalse\n");
  });
});

describe("match", () => {
  it("prints the matches of an inventory with feed files as one JSON value", async () => {
    const intel = mkdtempSync(join(folder, "intel-"));
    const record = {
      id: "DEBIAN-CVE-2026-0001",
      modified: "2026-01-01T00:00:00Z",
      upstream: ["CVE-2026-0001"],
      affected: [
        {
          package: { ecosystem: "Debian:12", name: "demo" },
          ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed: "1.2-2" }] }],
        },
      ],
    };
    writeFileSync(join(intel, "record.json"), JSON.stringify(record));
    const inventory = file("status", "Package: demo\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.2-1\n");
    const { code, out } = await run(["match", "--intel", intel, "--inventory", inventory, "--os", "debian:12", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject([
      { package: "demo", version: "1.2-1", vulnerability: "CVE-2026-0001", fixedVersion: "1.2-2", state: "open" },
    ]);
  });
});

describe("judge", () => {
  it("prints verdict, moment and metrics, and says which line it cannot read", async () => {
    const header = {
      patchedAt: "2026-03-01T12:00:00Z",
      bakeMinutes: 30,
      alpha: 0.01,
      metrics: { latency: { harmfulWhen: "up", tolerance: 0.1 } },
    };
    const samples = ["t1", "c1", "c2"].flatMap((endpoint) =>
      Array.from({ length: 150 }, (_, minute) => ({
        endpoint,
        group: endpoint.startsWith("t") ? "treated" : "control",
        metric: "latency",
        at: new Date(Date.parse("2026-03-01T10:00:00Z") + minute * 60_000).toISOString(),
        value: 100 + ((minute * 7 + endpoint.length) % 5),
      })),
    );
    const lines = [header, ...samples].map((l) => JSON.stringify(l)).join("\n");
    const judged = JSON.parse((await run(["judge", "--input", file("samples.jsonl", lines), "--json"])).out);
    expect(judged).toMatchObject({ metrics: [{ metric: "latency" }] });
    expect(["healthy", "undecided"]).toContain(judged.verdict);
    expect(await run(["judge", "--input", file("bad.jsonl", "{}\n"), "--json"])).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringContaining("line 1"),
    });
  });
});

describe("plan --scenario", () => {
  it("prints a plan for a described environment, as JSON or Markdown, without a server", async () => {
    const scenario = file(
      "scenario.txt",
      "Vulnerability: CVE-2026-0001 (CVSS 8.4). Affected software: demo 1.2 and earlier. Environment: 40 production servers, 12 development servers. Exposure: 4 servers internet-facing, 48 internal only.",
    );
    const plan = JSON.parse((await run(["plan", "--scenario", scenario, "--now", "2026-03-02T08:00:00Z", "--json"])).out);
    expect(plan.waves.reduce((n: number, w: { endpoints: number }) => n + w.endpoints, 0)).toBe(52);
    expect((await run(["plan", "--scenario", scenario, "--format", "md"])).out).toMatch(/^# /);
    expect((await run(["plan", "--scenario", scenario, "--now", "tomorrow"])).code).toBe(2);
  });
});

describe("keys", () => {
  it("are made once, for their owner's eyes only", async () => {
    const path = join(folder, "approval.pem");
    const made = await run(["key", "create", path, "--json"]);
    expect(JSON.parse(made.out)).toMatchObject({ keyId: expect.stringMatching(/^[0-9a-f]{16}$/), file: path });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await run(["key", "create", path])).toMatchObject({ code: 1, err: expect.stringContaining("never overwritten") });
  });
});

describe("audit verify --file", () => {
  it("fails on a line that is no record, and on a head that does not occur", async () => {
    expect((await run(["audit", "verify", "--file", file("export.jsonl", "{}\n"), "--json"])).code).toBe(1);
    const cut = await run(["audit", "verify", "--file", file("empty.jsonl", ""), "--expect-head", "f".repeat(64), "--json"]);
    expect(cut).toMatchObject({ code: 1, err: expect.stringContaining("cut off") });
  });
});

describe("simulate", () => {
  const endpoint = { id: "a", timezone: "UTC", site: "s", tags: [], criticality: 3 };
  const truth = { failureRate: 0, harmful: null, applyMinutes: 5 };
  const fleet = { start: "2026-03-27T12:00:00Z", endpoints: [endpoint, { ...endpoint, id: "b" }], maxConcurrent: 1, errorBudget: 1, truth };

  it("prints one result for each seed, and writes what happened", async () => {
    const [path, trace] = [file("fleet.json", JSON.stringify(fleet)), join(folder, "trace.jsonl")];
    const done = await run(["simulate", "--fleet", path, "--seeds", "3..4", "--trace", trace, "--json"]);
    expect(done).toMatchObject({ code: 0, err: "" });
    const { seeds } = JSON.parse(done.out);
    expect(seeds).toMatchObject([
      { seed: 3, violations: [], harmed: 0, state: "succeeded", decisionsAsked: 0 },
      { seed: 4, violations: [], harmed: 0, state: "succeeded", decisionsAsked: 0 },
    ]);
    const lines = readFileSync(trace, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(
      lines
        .filter((l) => l.seed === 3 && l.kind === "applied")
        .map((l) => l.endpoint)
        .sort(),
    ).toEqual(["a", "b"]);
    expect(lines.at(-1)).toMatchObject({ seed: 4, kind: "finished", at: seeds[1].finishedAt });
  });

  it("says what is wrong with a fleet, a policy or the seeds", async () => {
    const path = file("bad-fleet.json", JSON.stringify({ ...fleet, errorBudget: 0 }));
    expect(await run(["simulate", "--fleet", path, "--seeds", "1..2"])).toMatchObject({
      code: 1,
      err: expect.stringContaining("errorBudget"),
    });
    expect((await run(["simulate", "--fleet", path, "--seeds", "2..1"])).code).toBe(2);
    expect((await run(["simulate", "--fleet", path, "--seeds", "1", "--policy", "bold"])).err).toContain("adaptive, rings, equal");
  });
});

describe("halt", () => {
  const NOW = instant(Date.parse("2026-03-02T08:00:00Z"));
  it("signs a halt and its end without a server, as endpoints verify them", async () => {
    const made = newApprovalKey();
    const keys = [{ keyId: made.keyId, publicKey: made.publicKey, owner: "ada" }];
    const key = file("halt-key.pem", made.privateKeyPem);
    const signed = await run([
      "halt",
      "sign",
      "--key",
      key,
      "--for",
      "endpoint:ep_1",
      "--until",
      "2026-03-03T00:00:00Z",
      "--reason",
      "a test",
    ]);
    expect(signed).toMatchObject({ code: 0, err: "" });
    const order = expectOk(parseOrder(signed.out));
    expect(verifyOrder(order, keys).ok).toBe(true);
    expect(order.statement).toMatchObject({ kind: "halt", scope: "endpoint:ep_1", reason: "a test", issuedAt: formatInstant(NOW) });
    const lifted = await run(["halt", "lift", "--key", key, file("halt.json", signed.out)]);
    const lift = expectOk(parseOrder(lifted.out));
    expect(verifyOrder(lift, keys).ok).toBe(true);
    expect(lift.statement).toMatchObject({ kind: "lift", halt: order.statement.kind === "halt" ? haltDigest(order.statement) : "" });
  });
  it("signs nothing that would hold nobody, and says why", async () => {
    const key = file("halt-key.pem", newApprovalKey().privateKeyPem);
    expect(await run(["halt", "sign", "--key", key, "--until", "2026-03-01T00:00:00Z"])).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringContaining("over before"),
    });
    expect(await run(["halt", "sign", "--key", key, "--for", "everybody"])).toMatchObject({ code: 1, out: "" });
    expect(await run(["halt", "sign", "--key", key, "--until", "tomorrow"])).toMatchObject({ code: 2, out: "" });
    expect(await run(["halt", "sign", "--key", file("no-key", "x")])).toMatchObject({
      code: 1,
      err: expect.stringContaining("private key"),
    });
    expect(await run(["halt", "lift", "--key", key, file("nonsense", "{}")])).toMatchObject({ code: 1, out: "" });
  });
});

describe("login", () => {
  it("says in one line where the token cannot be kept", async () => {
    const me = { id: "us_1", name: "ada", role: "admin", via: "token", expiresAt: "2026-06-01T00:00:00Z" };
    let err = "";
    const code = await main(["login", "--server", "http://127.0.0.1:1", "--token", "x"], {
      out: () => {},
      err: (text) => {
        err += text;
      },
      readInput: () => "",
      ask: async () => undefined,
      env: {},
      clock: { now: () => instant(Date.parse("2026-03-02T08:00:00Z")) },
      fetch: async () => Response.json(me),
      configFile: join(file("in-the-way", ""), "breakwater", "config.json"),
    });
    expect(code).toBe(1);
    expect(err).toMatch(/^breakwater: \S+config\.json cannot be written: a part of the path is no directory \(ENOTDIR\)\.\n[^\n]+\n$/);
  });
});
