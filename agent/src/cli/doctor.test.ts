import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { createSecureServer } from "node:http2";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTls } from "node:tls";
import { type Clock, type Instant, systemClock } from "@breakwater/shared/core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type EnrolledIdentity, enrol } from "../session/index.ts";
import { startTestController, type TestController, testAuthority } from "../session/testing.ts";
import { readConfiguration } from "./configuration.ts";
import { diagnose } from "./doctor.ts";
import { examineExecutor } from "./doctor-local.ts";
import { examineNetwork } from "./doctor-network.ts";
import { examinePermissions } from "./doctor-permissions.ts";
import type { Finding } from "./finding.ts";

type Authority = Awaited<ReturnType<typeof testAuthority>>;
const HOUR = 3_600_000;
let controller: TestController;
let identity: EnrolledIdentity;
let directory = "";
const servers: Server[] = [];

beforeAll(async () => {
  controller = await startTestController();
  const place = mkdtempSync(join(tmpdir(), "doctor-enrol-"));
  const enrolled = await enrol({
    ...{ server: controller.enrolAddress, joinToken: "good", operatorKeys: [], stateDir: place, configDir: place, clock: systemClock },
    identity: {},
  });
  rmSync(place, { recursive: true });
  if (!enrolled.ok) throw new Error(enrolled.problem.message);
  identity = enrolled.value.identity;
});
afterAll(() => controller.stop());
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "doctor-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.on("tlsClientError", () => {}).on("error", () => {});
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
/** A server certificate by an authority, as a controller's server would present it. */
async function certified(by: Authority, names: Parameters<Authority["issue"]>[1] = [{ type: "ip", value: "127.0.0.1" }], endsMs = HOUR) {
  const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const certificate = await by.issue(keys.publicKey, names, new Date(Date.now() + endsMs));
  const der = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  return { key: `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`, cert: `${certificate.toString("pem")}\n${by.pem}` };
}
const http2 = async (of: Awaited<ReturnType<typeof certified>>) =>
  listen(createSecureServer({ ...of, requestCert: true, ca: controller.authority.pem }, (_, answer) => void answer.end()));
const shifted = (byMs: number): Clock => ({ now: () => (Date.now() + byMs) as Instant });

async function walk(at: Partial<EnrolledIdentity>, more: { clock?: Clock; env?: NodeJS.ProcessEnv } = {}) {
  return (await examineNetwork({ ...identity, ...at }, more.clock ?? systemClock, more.env ?? {})).findings;
}
const broken = (findings: readonly Finding[]) => findings.filter((f) => f.state === "broken").map((f) => f.hop);
/** The one broken hop, with what is said of it. */
function only(findings: readonly Finding[]): Finding {
  expect(findings.filter((f) => f.state === "broken")).toHaveLength(1);
  const found = findings.find((f) => f.state === "broken") as Finding;
  expect(found.next).toBeTruthy();
  return found;
}

describe("on a sound way", () => {
  it("every hop is good", async () => {
    const findings = await walk({});
    expect(findings.map((f) => [f.hop, f.state])).toEqual(
      ["name resolution", "tcp", "tls", "controller's certificate", "http/2", "clock", "authentication"].map((hop) => [hop, "good"]),
    );
  });
});

describe("the broken hop is named", () => {
  it("name: nobody knows it, and nothing behind it is tried", async () => {
    const findings = await walk({ sessionAddress: "controller.invalid:7443" });
    expect(only(findings)).toMatchObject({ hop: "name resolution", detail: expect.stringContaining("controller.invalid") });
    expect(findings.filter((f) => f.state === "skipped").map((f) => f.hop)).toContain("authentication");
  });

  it("TCP: nobody listens", async () => {
    const address = await listen(createServer());
    await new Promise((done) => servers.pop()?.close(done));
    expect(only(await walk({ sessionAddress: address }))).toMatchObject({ hop: "tcp", detail: expect.stringContaining("ECONNREFUSED") });
  });

  it("TCP: nothing comes back, as behind a firewall that drops", async () => {
    // A listener that takes nobody in: once its queue is full, the kernel drops who knocks.
    const listener = `require("net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, function () { console.log(this.address().port) })`;
    const stopped = spawn(process.execPath, ["-e", listener], { stdio: ["ignore", "pipe", "inherit"] });
    const port = Number(String((await once(stopped.stdout, "data"))[0]));
    stopped.kill("SIGSTOP");
    const knocking = Array.from({ length: 8 }, () => connect(port, "127.0.0.1").on("error", () => {}));
    try {
      await new Promise((done) => setTimeout(done, 300));
      expect(only(await walk({ sessionAddress: `127.0.0.1:${port}` }))).toMatchObject({
        ...{ hop: "tcp", detail: `127.0.0.1:${port} does not answer`, next: expect.stringContaining("firewall") },
      });
    } finally {
      stopped.kill("SIGKILL");
      for (const socket of knocking) socket.destroy();
    }
  });

  it("TLS: something takes the connection and says nothing", async () => {
    const mute = await listen(createServer((socket) => void socket.on("error", () => {}).resume()));
    expect(only(await walk({ sessionAddress: mute }))).toMatchObject({ hop: "tls", next: expect.stringContaining("not the controller") });
  });

  it("TLS: the other side speaks something else, or an old version", async () => {
    const plain = await listen(createServer((socket) => void socket.on("error", () => {}).end("HTTP/1.1 400 Bad Request\r\n\r\n")));
    expect(only(await walk({ sessionAddress: plain }))).toMatchObject({ hop: "tls", next: expect.stringContaining("does not speak TLS") });
    const old = await listen(createTls({ ...(await certified(controller.authority)), maxVersion: "TLSv1.2" }));
    expect(only(await walk({ sessionAddress: old }))).toMatchObject({ hop: "tls", next: expect.stringContaining("TLS 1.3") });
  });

  it("certificate: of another authority, though it has the same name", async () => {
    const address = await http2(await certified(await testAuthority()));
    const found = only(await walk({ sessionAddress: address }));
    expect(found).toMatchObject({ hop: "controller's certificate", detail: expect.stringContaining(controller.authority.fingerprint) });
  });

  it("certificate: expired, by the controller's own clock", async () => {
    const address = await http2(await certified(controller.authority, undefined, -30_000));
    const found = only(await walk({ sessionAddress: address }));
    expect(found).toMatchObject({ hop: "controller's certificate", detail: expect.stringContaining("it expired at") });
  });

  it("certificate: names another host", async () => {
    const address = await http2(await certified(controller.authority, [{ type: "dns", value: "other.example" }]));
    const found = only(await walk({ sessionAddress: address }));
    expect(found).toMatchObject({ hop: "controller's certificate", detail: "it names DNS:other.example, not 127.0.0.1" });
  });

  it("HTTP/2: stripped by a middlebox, silently or with an alert", async () => {
    const certificate = await certified(controller.authority);
    const silent = await listen(createTls(certificate));
    const refusing = await listen(createTls({ ...certificate, ALPNProtocols: ["http/1.1"] }));
    for (const sessionAddress of [silent, refusing])
      expect(only(await walk({ sessionAddress }))).toMatchObject({ hop: "http/2", next: expect.stringContaining("middlebox") });
  });

  it("clock: ahead or behind, and then no certificate is blamed for it", async () => {
    for (const [byMs, word] of [
      [2 * HOUR, "ahead of"],
      [-2 * HOUR, "behind"],
    ] as const) {
      const found = only(await walk({}, { clock: shifted(byMs) }));
      expect(found).toMatchObject({ hop: "clock", detail: expect.stringContaining(word) });
      expect(Number(/(\d+) s/.exec(found.detail)?.[1])).toBeGreaterThan(7_000);
    }
  });

  it("authentication: our own certificate ran out, though the listener hangs up before it tells the time", async () => {
    const usual = controller.certificateLifeMs;
    controller.certificateLifeMs = -30_000;
    const enrolled = await enrol({
      ...{ server: controller.enrolAddress, joinToken: "good", operatorKeys: [], stateDir: directory, configDir: directory },
      ...{ clock: systemClock, identity: {} },
    });
    controller.certificateLifeMs = usual;
    if (!enrolled.ok) throw new Error(enrolled.problem.message);
    const configuration = await readConfiguration(
      { stateDir: directory, configDir: directory, executorSocket: join(directory, "none") },
      {},
    );
    // By a clock that is three days ahead any certificate would look old: the controller's time is what counts.
    const findings = await diagnose(configuration, shifted(72 * HOUR), {});
    expect(broken(findings)).toEqual(expect.arrayContaining(["certificate", "clock"]));
    const fresh = await walk(enrolled.value.identity);
    expect(broken(fresh)).toEqual(["authentication"]);
    expect(fresh.find((f) => f.hop === "clock")).toMatchObject({ state: "good" });
  });

  it("authentication: the certificate was revoked, which TLS alone does not tell", async () => {
    controller.refusal = "This certificate was revoked.";
    try {
      const found = only(await walk({}));
      expect(found).toMatchObject({ hop: "authentication", detail: expect.stringContaining("This certificate was revoked.") });
    } finally {
      controller.refusal = undefined;
    }
    // To ask changes nothing.
    expect(controller.renewals).toBe(0);
  });

  it("authentication: whether it was revoked cannot be asked of one that speaks no gRPC, and is not called good", async () => {
    const address = await http2(await certified(controller.authority));
    const findings = await walk({ sessionAddress: address });
    expect(findings.find((f) => f.hop === "authentication")).toMatchObject({
      state: "doubtful",
      detail: expect.stringContaining("could not be asked"),
    });
  });

  it("authentication: the certificate is another fleet's", async () => {
    const other = await testAuthority();
    const keys = await certified(other, [{ type: "url", value: "spiffe://breakwater/endpoint/ep_test" }]);
    const found = only(await walk({ privateKeyPem: keys.key, certificatePem: keys.cert.split("\n\n")[0] as string }));
    expect(found.hop).toBe("authentication");
  });
});

describe("a proxy", () => {
  const proxy = (answer: string | undefined) => {
    const server = createHttp();
    server.on("connect", (request, client) => {
      if (answer) return void client.end(`HTTP/1.1 ${answer}\r\n\r\n`);
      const [host, port] = String(request.url).split(":");
      const upstream = connect(Number(port), host, () => {
        client.write("HTTP/1.1 200 OK\r\n\r\n");
        upstream.pipe(client).pipe(upstream);
      });
      upstream.on("error", () => client.destroy());
      client.on("error", () => upstream.destroy());
    });
    return listen(server);
  };

  it("that lets the connection pass is a hop like others, and the agent can enrol through it", async () => {
    const findings = await walk({}, { env: { https_proxy: `http://${await proxy(undefined)}` } });
    expect(broken(findings)).toEqual([]);
    expect(findings.map((f) => f.hop)).toContain("proxy");
    process.env.grpc_proxy = `http://${await proxy(undefined)}`;
    try {
      const enrolled = await enrol({
        ...{ server: controller.enrolAddress, joinToken: "good", caFingerprint: controller.authority.fingerprint, operatorKeys: [] },
        ...{ stateDir: directory, configDir: directory, clock: systemClock, identity: {} },
      });
      expect(enrolled).toMatchObject({ ok: true });
    } finally {
      delete process.env.grpc_proxy;
    }
  });

  it("that refuses is named, with its own words and what to do", async () => {
    const refused = async (answer: string) => only(await walk({}, { env: { https_proxy: `http://${await proxy(answer)}` } }));
    expect(await refused("403 Forbidden")).toMatchObject({ hop: "proxy", detail: expect.stringContaining("403 Forbidden to CONNECT") });
    expect(await refused("407 Proxy Authentication Required")).toMatchObject({ next: expect.stringContaining("name and a password") });
    const gone = await proxy(undefined);
    await new Promise((done) => servers.pop()?.close(done));
    expect(only(await walk({}, { env: { http_proxy: `http://${gone}` } }))).toMatchObject({ hop: "proxy" });
  });

  it("is gone round where no_proxy says so, and one that cannot be used is doubtful", async () => {
    const env = { https_proxy: `http://${await proxy("403 Forbidden")}` };
    for (const no_proxy of ["127.0.0.1", "127.0.0.0/8"]) expect(broken(await walk({}, { env: { ...env, no_proxy } }))).toEqual([]);
    const findings = await walk({}, { env: { https_proxy: "socks5://127.0.0.1:1" } });
    expect(findings.find((f) => f.hop === "proxy")).toMatchObject({ state: "doubtful", detail: expect.stringContaining("socks5:") });
  });
});

describe("permissions", () => {
  const agent = { name: "breakwater-agent", uid: 998, gids: [998] };

  it("of the state directory are the agent's own, whoever looks", async () => {
    const state = join(directory, "state");
    expect(await examinePermissions(state, agent)).toMatchObject({ state: "broken", detail: expect.stringContaining("does not exist") });
    mkdirSync(state, { mode: 0o750 });
    const { uid, gid } = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    expect(await examinePermissions(state, agent)).toMatchObject({ state: "broken", next: expect.stringContaining("chown") });
    const owner = { name: "owner", uid: uid === 0 ? 1 : uid, gids: [gid] };
    chmodSync(state, 0o770);
    expect(await examinePermissions(state, owner)).toMatchObject({ state: "good" });
    writeFileSync(join(state, "identity.json"), "{}");
    chmodSync(join(state, "identity.json"), 0o400);
    expect(await examinePermissions(state, owner)).toMatchObject({ state: "broken", detail: expect.stringContaining("identity.json") });
    chmodSync(state, 0o777);
    rmSync(join(state, "identity.json"));
    expect(await examinePermissions(state, owner)).toMatchObject({ state: "broken", next: expect.stringContaining("chmod o-w") });
  });

  it("of the executor's socket are told from one that nobody serves", async () => {
    const path = join(directory, "executor.sock");
    expect(await examineExecutor(path, agent)).toMatchObject({
      hop: "executor",
      state: "doubtful",
      detail: expect.stringContaining("ENOENT"),
    });
    const server = createServer();
    await new Promise<void>((done) => server.listen(path, done));
    chmodSync(path, 0o600);
    expect(await examineExecutor(path, agent)).toMatchObject({
      hop: "executor",
      state: "broken",
      detail: expect.stringContaining("may not ask"),
    });
    await new Promise((done) => server.close(done));
    writeFileSync(path, "");
    expect(await examineExecutor(path, agent)).toMatchObject({ state: "broken", detail: expect.stringContaining("no socket") });
  });
});
