import { sign, X509Certificate } from "node:crypto";
import { connect, type SecureVersion } from "node:tls";
import { formatOrder, newApprovalKey, parseOrder, signHalt } from "@breakwater/shared/command";
import { expectOk } from "@breakwater/shared/core";
import { EnrollmentService, type FleetSample__Output, lateRenewalText, PROTOCOL } from "@breakwater/shared/wire";
import * as grpc from "@grpc/grpc-js";
import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createHalts } from "../../know/halts/index.ts";
import { EVENT_CHANNEL, eventsAfter, type Store, schema } from "../../store/index.ts";
import { openTestStore } from "../../store/testing.ts";
import { encodeOutboxCommand, type OutboxCommand } from "../rollout/index.ts";
import { CODE_KEY } from "./refusal.ts";
import {
  callEnroll,
  clientCredentials,
  enrolMachine,
  hello,
  movableClock,
  newRequest,
  openStream,
  openTestGateway,
  openWatch,
  type TestGateway,
  type TestIdentity,
} from "./testing.ts";

let store: Store;
let test: TestGateway;
const clock = movableClock();
let machines = 0;
const streams: ReturnType<typeof openStream>[] = [];

beforeAll(async () => {
  store = await openTestStore();
  test = await openTestGateway(store, { clock });
});
afterAll(async () => {
  await test.close();
  await store.close();
});
afterEach(() => {
  for (const stream of streams.splice(0)) stream.close();
});

/** Waits for a condition, however busy the machine is. */
const eventually = <T>(look: () => T | Promise<T>) => vi.waitFor(look, { timeout: 60_000, interval: 20 });
const code = (error: unknown): unknown => (error as grpc.ServiceError).metadata?.get(CODE_KEY)[0];
const newMachine = () => enrolMachine(test, `m${machines++}`);
const stream = (identity: TestIdentity) => {
  const opened = openStream(identity);
  streams.push(opened);
  return opened;
};
async function session(identity: TestIdentity, overrides: Record<string, unknown> = {}) {
  const opened = stream(identity);
  opened.send(hello(identity.machine, overrides));
  return { ...opened, welcome: await opened.next("welcome") };
}
const token = async () => expectOk(await test.fleet.createJoinToken({ actor: "user:ada" })).secret;
const told = async (type: string, about: string) =>
  (await eventsAfter(store.db, 0, 10_000)).filter((e) => e.type === type && (e.subject.endsWith(about) || e.data.endpointId === about));

async function queueCommand(identity: TestIdentity, executionId: string, command: OutboxCommand, forMs = 3_600_000) {
  const at = new Date(clock.now()).toISOString();
  await store.db
    .insert(schema.execution)
    .values({ id: executionId, deploymentId: "dp_1", endpointId: identity.endpointId, wave: 0, state: "queued" })
    .onConflictDoNothing();
  await store.db.insert(schema.commandOutbox).values({
    executionId,
    endpointId: identity.endpointId,
    kind: command.kind,
    payload: encodeOutboxCommand(command),
    createdAt: at,
    notAfter: new Date(clock.now() + forMs).toISOString(),
  });
  await store.db.execute(sql`select pg_notify(${EVENT_CHANNEL}, '')`);
}
const cancel: OutboxCommand = { kind: "cancel", reason: "test" };
const apply: OutboxCommand = {
  kind: "apply",
  action: Buffer.from('{"a":1}').toString("base64"),
  planHeader: Buffer.from('{"h":1}').toString("base64"),
  proof: [{ sibling: Buffer.alloc(32, 7).toString("base64"), siblingIsLeft: true }],
  approvals: [{ keyId: "k1", signature: Buffer.alloc(64, 9).toString("base64"), approver: "ada", at: "2026-01-01T00:00:00Z" }],
  notAfter: "2030-01-01T00:00:00Z",
};
const report = (executionId: string, step: number, state: string, more: Record<string, unknown> = {}) => ({
  executionId,
  step,
  state,
  at: new Date().toISOString(),
  ...more,
});
const outboxRows = (executionId: string) =>
  store.db.query.commandOutbox.findMany({ where: (row, { eq }) => eq(row.executionId, executionId) });
const steps = async (executionId: string) =>
  (
    await store.db.query.executionReport.findMany({ where: (row, { eq }) => eq(row.executionId, executionId), orderBy: (row) => row.step })
  ).map((r) => `${r.step} ${r.state}`);

describe("enrolment", () => {
  it("turns a join token into a certificate that opens a session", async () => {
    const identity = await newMachine();
    expect(identity.sessionAddress).toBe(`127.0.0.1:${test.gateway.addresses().sessionPort}`);
    const { welcome } = await session(identity);
    expect(welcome).toMatchObject({ protocol: 1, sendInventory: true });
    expect(expectOk(await test.fleet.get(identity.endpointId))).toMatchObject({
      connected: true,
      timezone: "Europe/Berlin",
      policyMode: "patch",
    });
  });

  it("says why a token is of no use", async () => {
    const { csr } = await newRequest();
    const used = await token();
    await callEnroll(test, { joinToken: used, csr, machine: `m${machines++}` });
    const attempt = async (joinToken: string) =>
      callEnroll(test, { joinToken, csr, machine: "x" }).catch((e) => [e.code, code(e), e.details]);
    expect(await attempt(used)).toEqual([grpc.status.UNAUTHENTICATED, "token-used", expect.stringContaining("join-token create")]);
    expect(await attempt("bwjoin_wrong")).toEqual([grpc.status.UNAUTHENTICATED, "token-unknown", expect.any(String)]);
  });

  it("spends no token on a request whose signature does not fit its key", async () => {
    const joinToken = await token();
    const { csr } = await newRequest();
    const forged = Buffer.from(csr);
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    const machine = `m${machines++}`;
    await expect(callEnroll(test, { joinToken, csr: forged, machine })).rejects.toMatchObject({ code: grpc.status.INVALID_ARGUMENT });
    await expect(callEnroll(test, { joinToken, csr, machine })).resolves.toMatchObject({ endpointId: expect.stringMatching(/^ep_/) });
  });

  it("refuses TLS 1.2 on both listeners", async () => {
    const { enrollmentPort, sessionPort } = test.gateway.addresses();
    const identity = await newMachine();
    const client = { ca: test.ca.trustBundle, cert: identity.certificatePem, key: identity.privateKeyPem, ALPNProtocols: ["h2"] };
    const handshake = (port: number, maxVersion: SecureVersion) =>
      new Promise<string | null | undefined>((done) => {
        const socket = connect({ ...client, port, host: "127.0.0.1", minVersion: "TLSv1.2", maxVersion }, () => {
          done(socket.getProtocol());
          socket.destroy();
        });
        socket.on("error", (error: NodeJS.ErrnoException) => done(error.code));
      });
    for (const port of [enrollmentPort, sessionPort]) {
      expect(await handshake(port, "TLSv1.2")).toBe("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION");
      expect(await handshake(port, "TLSv1.3")).toBe("TLSv1.3");
    }
  });
});

describe("identity", () => {
  it("of another authority does not get through the handshake", async () => {
    const foreign = await openTestGateway(store, { clock });
    const identity = await enrolMachine(foreign, `m${machines++}`);
    const intruder = openStream({ ...identity, trustBundle: test.ca.trustBundle }, `127.0.0.1:${test.gateway.addresses().sessionPort}`);
    intruder.send(hello(identity.machine));
    expect((await intruder.status()).code).toBe(grpc.status.UNAVAILABLE);
    await foreign.close();
  });

  it("is the certificate's alone: another machine's description ends the stream", async () => {
    const identity = await newMachine();
    const other = await newMachine();
    const claimed = stream(identity);
    claimed.send(hello(other.machine));
    expect(await claimed.status()).toMatchObject({ code: grpc.status.PERMISSION_DENIED });
    expect(await told("endpoint.identity-copied", identity.endpointId)).toHaveLength(1);
  });

  it("may not report for another endpoint", async () => {
    const [mine, other] = [await newMachine(), await newMachine()];
    await queueCommand(other, "ex_other", cancel);
    const opened = await session(mine);
    opened.send({ sequence: 1, executionReport: report("ex_other", 1, "succeeded") });
    expect(await opened.status()).toMatchObject({ code: grpc.status.PERMISSION_DENIED });
    expect(await steps("ex_other")).toEqual([]);
  });

  it("ends with its revocation, on the live stream too", async () => {
    const identity = await newMachine();
    const opened = await session(identity);
    const [certificate] = await test.fleet.certificates.of(identity.endpointId);
    expectOk(await test.fleet.certificates.revoke(certificate?.serial ?? "", "user:ada", "stolen"));
    expect(await opened.status()).toMatchObject({ code: grpc.status.PERMISSION_DENIED, details: expect.stringContaining("revoked") });
    const again = stream(identity);
    again.send(hello(identity.machine));
    expect((await again.status()).metadata.get(CODE_KEY)).toEqual(["certificate-revoked"]);
  });

  it("that lives on two machines shows", async () => {
    const identity = await newMachine();
    const first = await session(identity, { incarnation: 5 });
    const second = await session(identity, { incarnation: 2, bootId: "boot-2" });
    expect((await first.next("disconnect")).reason).toContain("another connection");
    await eventually(async () => expect(await told("endpoint.clone-suspected", identity.endpointId)).toHaveLength(1));
    expect(second.isOpen()).toBe(true);
    expect(expectOk(await test.fleet.get(identity.endpointId)).connected).toBe(true);
  });
});

describe("session", () => {
  it("begins with Hello", async () => {
    const opened = stream(await newMachine());
    opened.send({ sequence: 1, executionReport: report("ex", 1, "accepted") });
    expect(await opened.status()).toMatchObject({ code: grpc.status.FAILED_PRECONDITION });
  });

  it("refuses an agent whose protocol it does not speak, and says which side to upgrade", async () => {
    const identity = await newMachine();
    const opened = stream(identity);
    opened.send(hello(identity.machine, { protocol: { lowest: 7, highest: 8 } }));
    expect(await opened.status()).toMatchObject({
      code: grpc.status.FAILED_PRECONDITION,
      details: expect.stringContaining("Upgrade the controller"),
    });
  });

  const pkg = (name: string) => ({ ecosystem: "deb", name, version: "1", architecture: "amd64", status: "installed" });
  const os = { id: "debian", versionId: "12" };

  it("puts a snapshot together and acknowledges it as a whole", async () => {
    const identity = await newMachine();
    const opened = await session(identity, { inventoryDigest: "d1" });
    opened.send({ sequence: 1, inventorySnapshot: { digest: "d1", index: 0, part: { packages: [pkg("a")], os } } });
    opened.send({ sequence: 2, inventorySnapshot: { digest: "d1", index: 1, last: true, part: { packages: [pkg("b")] } } });
    expect([await opened.next("ack"), await opened.next("ack")]).toEqual([{ sequence: 1 }, { sequence: 2 }]);
    const rows = await store.db.query.endpointPackage.findMany({ where: (row, { eq }) => eq(row.endpointId, identity.endpointId) });
    expect(rows).toHaveLength(2);
    const again = await session(identity, { inventoryDigest: "d1", incarnation: 2 });
    expect(again.welcome.sendInventory).toBe(false);
    again.send({ sequence: 1, inventoryDelta: { baseDigest: "never", digest: "d2" } });
    await again.next("sendInventory");
    await again.next("ack");
  });

  it("asks for descriptions of updates and takes them", async () => {
    const identity = await newMachine();
    const opened = await session(identity);
    const update = {
      ecosystem: "deb",
      name: "openssl",
      architecture: "amd64",
      installedVersion: "1",
      candidateVersion: "2",
      security: true,
    };
    const part = { os, packages: [pkg("openssl")], pendingUpdates: [update] };
    opened.send({ sequence: 1, inventorySnapshot: { digest: "d", index: 0, last: true, part } });
    const asked = await opened.next("describeUpdates");
    expect(asked.updates).toMatchObject([{ name: "openssl", fromVersion: "1", toVersion: "2" }]);
    const descriptions = asked.updates.map((update) => ({ update, cves: ["CVE-2026-0001"], urgency: "high" }));
    opened.send({ sequence: 2, updateDescriptions: { descriptions } });
    await opened.next("ack");
    await opened.next("ack");
    const row = await store.db.query.updateCatalogue.findFirst({ where: (row, { eq }) => eq(row.name, "openssl") });
    expect(row?.cves).toEqual(["CVE-2026-0001"]);
  });

  it("asks for more descriptions once few are unanswered, and does not bury the endpoint", async () => {
    const opened = await session(await newMachine());
    const names = Array.from({ length: 50 }, (_, i) => `many-${i}`);
    const pendingUpdates = names.map((name) => ({
      ...{ ecosystem: "deb", name, architecture: "amd64", installedVersion: "1", candidateVersion: "2" },
    }));
    opened.send({
      sequence: 1,
      inventorySnapshot: { digest: "d", index: 0, last: true, part: { os, packages: names.map((n) => pkg(n)), pendingUpdates } },
    });
    const first = (await opened.next("describeUpdates")).updates;
    expect(first).toHaveLength(20);
    const requests = () => opened.received.filter((m) => m.body === "describeUpdates").length;
    const before = requests();
    let sequence = 1;
    for (const update of first.slice(0, 14))
      opened.send({ sequence: ++sequence, updateDescriptions: { descriptions: [{ update, cves: [] }] } });
    for (let i = 0; i < 15; i++) await opened.next("ack");
    expect(requests()).toBe(before);
    opened.send({ sequence: ++sequence, updateDescriptions: { descriptions: [{ update: first[14] ?? null, cves: [] }] } });
    const second = (await opened.next("describeUpdates")).updates;
    expect(second).toHaveLength(20);
    expect(second.filter((u) => first.some((f) => f.name === u.name))).toEqual([]);
  });

  it("ends at a gap in the numbers, and only that session ends", async () => {
    const [gap, good] = [await session(await newMachine()), await session(await newMachine())];
    gap.send({ sequence: 3, inventoryDelta: { baseDigest: "a", digest: "b" } });
    expect(await gap.status()).toMatchObject({ code: grpc.status.OUT_OF_RANGE });
    good.send({ sequence: 1, inventoryDelta: { baseDigest: "a", digest: "b" } });
    await good.next("ack");
  });

  it("ends at a chunk out of order", async () => {
    const opened = await session(await newMachine());
    opened.send({ sequence: 1, inventorySnapshot: { digest: "d", index: 1, part: {} } });
    expect(await opened.status()).toMatchObject({ code: grpc.status.OUT_OF_RANGE });
  });

  it("ends at a message that is too large", async () => {
    const opened = await session(await newMachine());
    opened.send({ sequence: 1, executionReport: report("ex", 1, "failed", { output: "x".repeat(5 * 1024 * 1024) }) });
    expect(await opened.status()).toMatchObject({ code: grpc.status.RESOURCE_EXHAUSTED });
  });

  it("ends at bytes that are no message", async () => {
    const identity = await newMachine();
    const client = new grpc.Client(identity.sessionAddress, clientCredentials(identity.trustBundle, identity), {
      "grpc.use_local_subchannel_pool": 1,
    });
    const raw = client.makeBidiStreamRequest(
      "/breakwater.v1.AgentService/Session",
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
    );
    raw.on("error", () => {});
    raw.on("data", () => {});
    raw.write(Buffer.from([0x12, 0xff, 0xff, 0xff, 0xff, 0x0f]));
    const status = await new Promise<grpc.StatusObject>((done) => raw.on("status", done));
    client.close();
    expect(status.code).toBe(grpc.status.INTERNAL);
  });

  it("ends at a report that makes no sense", async () => {
    const identity = await newMachine();
    await queueCommand(identity, "ex_nonsense", cancel);
    const opened = await session(identity);
    opened.send({ sequence: 1, executionReport: report("ex_nonsense", 1, "exploded") });
    expect(await opened.status()).toMatchObject({ code: grpc.status.INVALID_ARGUMENT, details: expect.stringContaining("state") });
  });

  it("hands samples on at the controller's time", async () => {
    const identity = await newMachine();
    const opened = await session(identity, { clock: new Date(clock.now() - 3_600_000).toISOString() });
    opened.send({
      health: {
        at: new Date(clock.now() - 3_600_000).toISOString(),
        samples: [
          { metric: "cpu_percent", value: 12 },
          { metric: "of_the_future", value: 1 },
        ],
      },
    });
    const latest = await eventually(async () => {
      const found = await test.health.latest(identity.endpointId);
      expect(found).toHaveLength(1);
      return found[0];
    });
    expect(latest).toMatchObject({ metric: "cpu_percent", value: 12 });
    expect(Math.abs((latest?.at ?? 0) - clock.now())).toBeLessThan(60_000);
  });

  it("is told new checks while it lives", async () => {
    const identity = await newMachine();
    const opened = await session(identity);
    const check = { kind: "tcp", name: "ssh", host: "127.0.0.1", port: 22, timeoutMs: 1_000 };
    expectOk(await test.fleet.update(identity.endpointId, { checks: [check] }, "user:ada"));
    expect((await opened.next("settings")).checks).toMatchObject([{ name: "ssh", tcp: { port: 22 } }]);
  });

  it("that ends leaves its endpoint disconnected", async () => {
    const identity = await newMachine();
    const opened = await session(identity);
    opened.close();
    await eventually(async () => expect(expectOk(await test.fleet.get(identity.endpointId)).connected).toBe(false));
  });
});

describe("a rush of agents", () => {
  it("is let in a few at a time; the others are told when to come back", async () => {
    const narrow = await openTestGateway(store, { clock, ca: test.ca, limits: { handshakes: 1 } });
    const address = `127.0.0.1:${narrow.gateway.addresses().sessionPort}`;
    const [first, second] = [await newMachine(), await newMachine()];
    const [inside, outside] = [openStream(first, address), openStream(second, address)];
    inside.send(hello(first.machine));
    // It holds its place until the snapshot that it was asked for is stored.
    expect((await inside.next("welcome")).sendInventory).toBe(true);
    outside.send(hello(second.machine));
    expect((await outside.next("disconnect")).retryAfterSeconds).toBeGreaterThanOrEqual(5);
    inside.send({ sequence: 1, inventorySnapshot: { digest: "d", index: 0, last: true, part: { os: { id: "debian", versionId: "12" } } } });
    await inside.next("ack");
    const again = openStream(second, address);
    again.send(hello(second.machine));
    await again.next("welcome");
    for (const opened of [inside, again]) opened.close();
    await narrow.close();
  });
});

describe("commands", () => {
  it("travel as they were signed, and are done when the execution speaks", async () => {
    const identity = await newMachine();
    await queueCommand(identity, "ex_signed", apply);
    const opened = await session(identity);
    const command = await opened.next("command");
    expect(command).toMatchObject({ executionId: "ex_signed", body: "apply" });
    expect(command.apply?.action.toString()).toBe('{"a":1}');
    expect(command.apply?.approvals[0]?.signature).toHaveLength(64);
    opened.send({ sequence: 1, executionReport: report("ex_signed", 1, "accepted") });
    await opened.next("ack");
    expect((await outboxRows("ex_signed"))[0]?.doneAt).not.toBeNull();
  });

  it("are sent again when their lease runs out, and not before", async () => {
    const identity = await newMachine();
    const opened = await session(identity);
    await queueCommand(identity, "ex_lease", apply);
    await opened.next("command");
    await queueCommand(identity, "ex_marker", apply);
    expect((await opened.next("command")).executionId).toBe("ex_marker");
    clock.advance(31_000);
    const again = [(await opened.next("command")).executionId, (await opened.next("command")).executionId];
    expect(again).toEqual(["ex_lease", "ex_marker"]);
  });

  it("that an agent of the generation before does not know end in words, and all others reach it", async () => {
    const [elder, current] = [await newMachine(), await newMachine()];
    for (const [name, identity] of Object.entries({ elder, current })) {
      await store.db.insert(schema.rehearsal).values({
        ...{ id: `rh_${name}`, planId: "pl_1", planRevision: 1, endpointId: identity.endpointId },
        ...{ requestedAt: new Date(clock.now()).toISOString(), requestedBy: "user:ada", state: "requested" },
      });
      await queueCommand(identity, `rh_${name}`, { ...apply, kind: "rehearse" });
      await queueCommand(identity, `ex_${name}_apply`, apply);
    }
    const before = await session(elder);
    expect(before.welcome).toMatchObject({ protocol: 1 });
    expect((await before.next("command")).executionId).toBe("ex_elder_apply");
    const found = await eventually(async () => {
      const row = await store.db.query.rehearsal.findFirst({ where: (r, { eq }) => eq(r.id, "rh_elder") });
      expect(row?.state).toBe("ended");
      return row;
    });
    expect(found).toMatchObject({
      verdict: "not-rehearsable",
      failureClass: "agent-too-old",
      reason: expect.stringContaining("Upgrade the agent"),
    });
    expect((await outboxRows("rh_elder"))[0]).toMatchObject({ deliveredAt: null, doneAt: expect.any(String) });

    const now = await session(current, { protocol: PROTOCOL });
    expect(now.welcome).toMatchObject({ protocol: 2 });
    expect(await now.next("command")).toMatchObject({ executionId: "rh_current", body: "rehearse" });
  });

  it("that were on their way when the stream broke come at once on the next", async () => {
    const identity = await newMachine();
    const first = await session(identity);
    await queueCommand(identity, "ex_broken", apply);
    await first.next("command");
    first.close();
    const second = await session(identity, { incarnation: 2 });
    expect((await second.next("command")).executionId).toBe("ex_broken");
  });

  it("are told as expired once they may not begin any more", async () => {
    const identity = await newMachine();
    await queueCommand(identity, "ex_late", apply, 1_000);
    clock.advance(2_000);
    await eventually(async () => expect(await told("command.expired", "ex_late")).toHaveLength(1));
    expect(await told("command.expired", "ex_late")).toMatchObject([{ data: { delivered: false } }]);
  });

  it("of simulated endpoints are left alone", async () => {
    const identity = await newMachine();
    await store.db.insert(schema.endpoint).values({
      ...(await store.db.query.endpoint.findFirst({ where: (row, { eq }) => eq(row.id, identity.endpointId) })),
      id: "ep_simulated",
      simulated: true,
    } as typeof schema.endpoint.$inferInsert);
    await queueCommand({ ...identity, endpointId: "ep_simulated" }, "ex_simulated", apply, 1_000);
    await queueCommand(identity, "ex_real", apply, 1_000);
    clock.advance(2_000);
    await eventually(async () => expect((await outboxRows("ex_real"))[0]?.doneAt).not.toBeNull());
    expect((await outboxRows("ex_simulated"))[0]).toMatchObject({ doneAt: null, leaseUntil: null });
  });

  it("that are refused end their execution, once", async () => {
    const identity = await newMachine();
    await queueCommand(identity, "ex_refused", apply);
    const opened = await session(identity);
    await opened.next("command");
    const commandRefused = { executionId: "ex_refused", code: "policy-observe", message: "only looking" };
    opened.send({ sequence: 1, commandRefused });
    opened.send({ sequence: 2, commandRefused: { ...commandRefused, code: "replayed" } });
    await opened.next("ack");
    await opened.next("ack");
    expect(await steps("ex_refused")).toEqual(["1 refused"]);
    expect(await told("execution.reported", "ex_refused")).toMatchObject([
      { data: { state: "refused", failureClass: "policy-observe", terminal: true } },
    ]);
  });
});

describe("signed halts", () => {
  const key = newApprovalKey();
  const none = { halts: [], lifted: [], refused: [], problem: "", fuse: null };
  it("are carried to who is there and to who comes, once a stream, and what endpoints say of them is told", async () => {
    await store.db
      .insert(schema.approvalKey)
      .values({ keyId: key.keyId, publicKey: key.publicKey, owner: "ada", createdAt: new Date().toISOString() });
    const halts = createHalts({ store, clock });
    const [there, late] = [await newMachine(), await newMachine()];
    const live = await session(there);
    const order = expectOk(signHalt({ scope: "all", reason: "stop" }, key.privateKeyPem, clock.now()));
    const { digest } = expectOk(await halts.take(formatOrder(order), "user:ada"));
    const carried = await live.next("haltOrder");
    expect(expectOk(parseOrder(carried.order))).toEqual(order);

    const coming = await session(late);
    coming.send({ sequence: 1, brakes: none });
    await coming.next("haltOrder");
    coming.send({ sequence: 2, brakes: none });
    while ((await coming.next("ack")).sequence !== 2);
    expect(coming.received.filter((m) => m.haltOrder)).toEqual([]);

    const forged = { at: "2026-01-01T00:00:00Z", code: "halt-forged", message: "no", via: "controller" };
    const standing = { digest, order: formatOrder(order), via: "controller", receivedAt: "" };
    live.send({ sequence: 1, brakes: { ...none, halts: [standing], refused: [forged] } });
    await eventually(async () => expect(await told("endpoint.halted", there.endpointId)).toHaveLength(1));
    expect(await told("endpoint.halt-refused", there.endpointId)).toHaveLength(1);
  });
});

describe("reports", () => {
  it("are stored once however often they come, also to a controller that was started anew", async () => {
    const identity = await newMachine();
    await queueCommand(identity, "ex_twice", apply);
    const opened = await session(identity);
    opened.send({ sequence: 1, executionReport: report("ex_twice", 1, "accepted") });
    await opened.next("ack");
    opened.send({ sequence: 2, executionReport: report("ex_twice", 2, "succeeded", { terminal: true }) });
    opened.close();

    const restarted = await openTestGateway(store, { clock, ca: test.ca, fleet: test.fleet });
    const address = `127.0.0.1:${restarted.gateway.addresses().sessionPort}`;
    const again = openStream(identity, address);
    again.send(hello(identity.machine, { incarnation: 2, unfinished: [report("ex_twice", 2, "succeeded", { terminal: true })] }));
    expect((await again.next("welcome")).forgetExecutions).toEqual(["ex_twice"]);
    again.send({ sequence: 1, executionReport: report("ex_twice", 1, "accepted") });
    again.send({ sequence: 2, executionReport: report("ex_twice", 2, "succeeded", { terminal: true }) });
    await again.next("ack");
    await again.next("ack");
    again.close();
    await restarted.close();
    expect(await steps("ex_twice")).toEqual(["1 accepted", "2 succeeded"]);
    expect(await told("execution.reported", "ex_twice")).toHaveLength(2);
  });

  it("of executions that nobody here knows are told and forgotten", async () => {
    const identity = await newMachine();
    const opened = await session(identity, { unfinished: [report("ex_orphan", 4, "applying")] });
    expect(opened.welcome.forgetExecutions).toEqual(["ex_orphan"]);
    expect(await told("execution.orphaned", "ex_orphan")).toHaveLength(1);
  });

  it("that an agent only names when it comes back do not keep it out", async () => {
    const identity = await newMachine();
    const opened = await session(identity, { unfinished: [{ executionId: "ex_named", step: 3, state: "applying", terminal: false }] });
    expect(opened.welcome.forgetExecutions).toEqual([]);
  });

  it("wait unacknowledged while the database is away, and none is lost", async () => {
    let away = false;
    const failing = new Proxy(store.db, {
      get(target, key) {
        if (away && ["execute", "transaction", "select", "update", "insert"].includes(String(key))) return refusedQuery;
        const value = Reflect.get(target, key);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const shaky = await openTestGateway(store, { clock, ca: test.ca, store: { ...store, db: failing } });
    const identity = await newMachine();
    await queueCommand(identity, "ex_away", apply);
    const opened = openStream(identity, `127.0.0.1:${shaky.gateway.addresses().sessionPort}`);
    opened.send(hello(identity.machine));
    await opened.next("welcome");
    away = true;
    opened.send({ sequence: 1, executionReport: report("ex_away", 1, "accepted") });
    await eventually(() => expect(shaky.gateway.status().storeAwaySince).toBeDefined());
    expect(opened.isOpen()).toBe(true);
    expect(opened.received.some((m) => m.body === "ack")).toBe(false);
    away = false;
    expect(await opened.next("ack")).toEqual({ sequence: 1 });
    expect(await steps("ex_away")).toEqual(["1 accepted"]);
    expect(shaky.gateway.status().storeAwaySince).toBeUndefined();
    opened.close();
    await shaky.close();
  });
});

/** A query that fails as one does without a connection: it can be built up, and is refused when somebody awaits it. */
function refusedQuery(): unknown {
  const built = new Proxy(refusedQuery, {
    get: (_, key) =>
      key === "then" ? (_done: unknown, refuse: (cause: Error) => void) => refuse(new Error("connection refused")) : () => built,
  });
  return built;
}

describe("renewal", () => {
  it("asked for without a request tells an endpoint whether its certificate is in force, and gives nothing", async () => {
    const identity = await newMachine();
    const ask = () => {
      const client = new EnrollmentService(identity.sessionAddress, clientCredentials(identity.trustBundle, identity));
      return new Promise<grpc.status | undefined>((done) => {
        client.renew({ csr: Buffer.alloc(0) }, (error) => {
          client.close();
          done(error?.code);
        });
      });
    };
    expect(await ask()).toBe(grpc.status.INVALID_ARGUMENT);
    const [certificate, ...more] = await test.fleet.certificates.of(identity.endpointId);
    expect(more).toEqual([]);
    expectOk(await test.fleet.certificates.revoke(certificate?.serial ?? "", "user:ada", "stolen"));
    expect(await ask()).toBe(grpc.status.PERMISSION_DENIED);
  });

  it("gives an endpoint a new certificate for its own id", async () => {
    const identity = await newMachine();
    const client = new EnrollmentService(identity.sessionAddress, clientCredentials(identity.trustBundle, identity));
    const { csr, privateKeyPem } = await newRequest();
    const renewed = await new Promise<string>((done, refuse) =>
      client.renew({ csr }, (error, r) => (r ? done(r.certificate) : refuse(error))),
    );
    client.close();
    const opened = await session({ ...identity, certificatePem: renewed, privateKeyPem });
    expect(opened.isOpen()).toBe(true);
    expect(await test.fleet.certificates.of(identity.endpointId)).toHaveLength(2);
  });
});

describe("renewal of a certificate that ran out while its endpoint was away", () => {
  const DAY = 86_400_000;
  /** A gateway of its own: its clock runs ahead by days. */
  async function away(days: number) {
    const gateway = await openTestGateway(store, { clock: movableClock() });
    const identity = await enrolMachine(gateway, `away-${Math.random()}`);
    (gateway.clock as ReturnType<typeof movableClock>).advance(days * DAY);
    const renew = async (change: { certificatePem?: string; privateKeyPem?: string } = {}) => {
      const { certificatePem, privateKeyPem } = { ...identity, ...change };
      const { csr } = await newRequest();
      const client = new EnrollmentService(
        `127.0.0.1:${gateway.gateway.addresses().enrollmentPort}`,
        clientCredentials(identity.trustBundle),
      );
      const late = { lateCertificate: certificatePem, lateSignature: sign("sha256", lateRenewalText(csr), privateKeyPem) };
      return new Promise<string>((done) =>
        client.renew({ csr, ...late }, (error, r) => {
          client.close();
          done(r ? (new X509Certificate(r.certificate).subjectAltName ?? "") : (error?.details ?? ""));
        }),
      );
    };
    return { ...gateway, identity, renew };
  }

  it("is given for its own id after a week, also when the answer got lost before", async () => {
    const { identity, renew, close } = await away(7);
    for (const _ of ["lost", "again"]) expect(await renew()).toBe(`URI:spiffe://breakwater/endpoint/${identity.endpointId}`);
    await close();
  });

  it("is refused without the key, for a stranger's certificate, after a month, once revoked, or once seen since", async () => {
    const { identity, renew, fleet, clock, close } = await away(7);
    const other = await newRequest();
    expect(await renew({ privateKeyPem: other.privateKeyPem })).toContain("not signed by the certificate's key");
    const elsewhere = await openTestGateway(store);
    expect(await renew(await enrolMachine(elsewhere, "stranger"))).toContain("no record of this certificate");
    await elsewhere.close();
    await store.db
      .update(schema.endpoint)
      .set({ lastSeenAt: new Date(clock.now() - DAY).toISOString() })
      .where(eq(schema.endpoint.id, identity.endpointId));
    expect(await renew()).toContain("seen with a newer certificate");
    expectOk(await fleet.remove(identity.endpointId, "user:ada"));
    expect(await renew()).toContain("revoked");
    await close();
    const long = await away(32);
    expect(await long.renew()).toContain("more than 30 days ago");
    await long.close();
  });
});

describe("watch", () => {
  it("is for monitors", async () => {
    const identity = await newMachine();
    const { call, client } = openWatch(test, identity, {});
    call.on("error", () => {});
    call.resume();
    expect((await new Promise<grpc.StatusObject>((done) => call.on("status", done))).code).toBe(grpc.status.PERMISSION_DENIED);
    client.close();
  });

  it("filters by endpoint, tag and metric", async () => {
    const monitor = expectOk(await test.gateway.createMonitor("grafana", "user:ada"));
    const [tagged, other] = [await newMachine(), await newMachine()];
    expectOk(await test.fleet.update(tagged.endpointId, { tags: ["watched"] }, "user:ada"));
    const { call, client } = openWatch(test, monitor, { tags: ["watched"], metrics: ["load1"] });
    const seen: FleetSample__Output[] = [];
    call.on("error", () => {});
    call.on("data", (response) => seen.push(...response.samples));
    const sample = (metric: "load1" | "cpu_percent", value: number) => ({ metric, subject: "", value });
    await eventually(() => {
      test.health.take(other.endpointId, clock.now(), [sample("load1", 1)]);
      test.health.take(tagged.endpointId, clock.now(), [sample("cpu_percent", 2), sample("load1", 3)]);
      expect(seen.length).toBeGreaterThan(0);
    });
    for (const one of seen) expect(one).toMatchObject({ endpointId: tagged.endpointId, metric: "load1", value: 3 });
    call.cancel();
    client.close();
    await eventually(() => expect(test.gateway.status().watchers).toBe(0));
  });

  it("drops the oldest for a reader that is too slow, and counts them", async () => {
    const monitor = expectOk(await test.gateway.createMonitor("slow", "user:ada"));
    const { call, client } = openWatch(test, monitor, {});
    call.on("error", () => {});
    await eventually(() => expect(test.gateway.status().watchers).toBe(1));
    // The watch is subscribed within the same turn as it is counted; nothing is read until the "data" listener below.
    const samples = Array.from({ length: 1_000 }, (_, i) => ({ metric: "load1" as const, subject: "", value: i }));
    for (let batch = 0; batch < 60; batch++) test.health.take(`ep_${batch}`, clock.now(), samples);
    let [received, dropped, lastValue] = [0, 0, ""];
    call.on("data", (response) => {
      received += response.samples.length;
      dropped += response.dropped;
      const last = response.samples.at(-1);
      lastValue = `${last.endpointId} ${last.value}`;
    });
    await eventually(() => expect(received + dropped).toBe(60_000));
    expect(dropped).toBeGreaterThan(0);
    expect(lastValue).toBe("ep_59 999");
    call.cancel();
    client.close();
  });
});

describe("stop", () => {
  it("tells agents when to come back and closes", async () => {
    const stopped = await openTestGateway(store, { clock, ca: test.ca });
    const identity = await newMachine();
    const opened = openStream(identity, `127.0.0.1:${stopped.gateway.addresses().sessionPort}`);
    opened.send(hello(identity.machine));
    await opened.next("welcome");
    const closing = stopped.close();
    const { reason, retryAfterSeconds } = await opened.next("disconnect");
    expect(reason).toContain("stopping");
    expect(retryAfterSeconds).toBeGreaterThan(0);
    expect((await opened.status()).code).toBe(grpc.status.OK);
    await closing;
    expect(expectOk(await test.fleet.get(identity.endpointId)).connected).toBe(false);
  });
});
