import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newApprovalKey } from "@breakwater/shared/command";
import { type Random, systemClock } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import type { ControllerMessage__Output, Welcome__Output } from "@breakwater/shared/wire";
import * as grpc from "@grpc/grpc-js";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { loadOperatorKeys } from "../policy/index.ts";
import { reconnectDelay } from "./backoff.ts";
import { createDroppableQueue } from "./droppable-queue.ts";
import { certificateLife, type EnrolledIdentity, enrol, readIdentity, renew, renewalDue } from "./index.ts";
import { createOutbox } from "./outbox.ts";
import { createSession, type Session } from "./session.ts";
import { openStream } from "./stream.ts";
import { startTestController, type TestController, testAuthority, until, WELCOME } from "./testing.ts";

let controller: TestController;
let dir: string;
/** No waiting between attempts. */
const eager: Random = { next: () => 0 };
const log = createLogger("test", "silent");

beforeAll(async () => {
  [controller, dir] = [await startTestController(), await mkdtemp(join(tmpdir(), "breakwater-session-"))];
});
afterAll(async () => {
  await controller.stop();
  await rm(dir, { recursive: true });
});
beforeEach(() => {
  controller.streams.length = 0;
  controller.greet = (stream) => stream.send(WELCOME);
});

const join_ = (options: Partial<Parameters<typeof enrol>[0]> = {}) =>
  enrol({
    server: controller.enrolAddress,
    joinToken: "good",
    operatorKeys: [],
    stateDir: join(dir, "state"),
    configDir: join(dir, "config"),
    identity: {},
    clock: systemClock,
    ...options,
  });

describe("enrolment", () => {
  it("trusts the authority on first use, pins the keys that the controller names, and keeps its key to itself", async () => {
    const key = newApprovalKey();
    controller.operatorKeys = [{ keyId: "x", publicKey: key.publicKey, owner: "ada" }];
    const answer = await join_();
    expect(answer).toMatchObject({ ok: true, value: { authority: { how: "first-use", fingerprint: controller.authority.fingerprint } } });
    expect(await readIdentity(join(dir, "state"))).toMatchObject({ endpointId: "ep_test", sessionAddress: controller.sessionAddress });
    expect((await stat(join(dir, "state", "identity.json"))).mode & 0o777).toBe(0o600);
    expect(await loadOperatorKeys(join(dir, "config"))).toMatchObject({ source: "enrolment", keys: [{ keyId: key.keyId, owner: "ada" }] });
  });

  it("says nothing to a server whose authority is not the one that was named", async () => {
    const other = await testAuthority();
    expect(await join_({ caFingerprint: other.fingerprint })).toMatchObject({ ok: false, problem: { code: "ca-fingerprint-mismatch" } });
    const spelled = `SHA256:${controller.authority.fingerprint.toUpperCase().match(/../g)?.join(":")}`;
    expect(await join_({ caFingerprint: spelled })).toMatchObject({ ok: true, value: { authority: { how: "fingerprint" } } });
  });

  it("says what to do about a token that is refused and an address where nobody is", async () => {
    expect(await join_({ joinToken: "old" })).toMatchObject({ ok: false, problem: { code: "join-token-refused" } });
    expect(await join_({ server: "127.0.0.1:1" })).toMatchObject({ ok: false, problem: { code: "controller-unreachable" } });
    expect(await join_({ server: "nonsense" })).toMatchObject({ ok: false, problem: { code: "address-malformed" } });
  });

  it("leaves an owner's keys alone", async () => {
    const own = newApprovalKey();
    const configDir = join(dir, "owned");
    await join_({ configDir, operatorKeys: [{ ...own, owner: "me" }] });
    expect(await loadOperatorKeys(configDir)).toMatchObject({ source: "owner", keys: [{ keyId: own.keyId }] });
  });

  it("of a certificate that ran out is asked for where none is needed, with a proof of its key", async () => {
    const life = controller.certificateLifeMs;
    controller.certificateLifeMs = -30_000;
    const enrolled = await join_();
    controller.certificateLifeMs = life;
    if (!enrolled.ok) throw new Error(enrolled.problem.message);
    const [late, before] = [enrolled.value.identity, controller.renewals];
    const renewed = await renew(join(dir, "state"), late, systemClock);
    expect(renewed).toMatchObject({ ok: true });
    expect(controller.renewals).toBe(before);
    expect(renewalDue((await readIdentity(join(dir, "state")))?.certificatePem ?? "")).toBeGreaterThan(Date.now());
    const other = await join_();
    if (!other.ok) throw new Error(other.problem.message);
    const stolen = { ...late, privateKeyPem: other.value.identity.privateKeyPem };
    expect(await renew(join(dir, "state"), stolen, systemClock)).toMatchObject({ ok: false, problem: { code: "renewal-failed" } });
  });

  it("renews over mTLS at two thirds of the life, with a new key", async () => {
    const before = (await readIdentity(join(dir, "state"))) as EnrolledIdentity;
    const { notBefore, notAfter } = certificateLife(before.certificatePem);
    expect(renewalDue(before.certificatePem)).toBe(notBefore + ((notAfter - notBefore) * 2) / 3);
    const renewed = await renew(join(dir, "state"), before, systemClock);
    expect(renewed.ok).toBe(true);
    const after = JSON.parse(await readFile(join(dir, "state", "identity.json"), "utf8"));
    expect(after.certificatePem).not.toBe(before.certificatePem);
    expect(after.privateKeyPem).not.toBe(before.privateKeyPem);
    expect(after.trustBundlePem).toBe(before.trustBundlePem);
  });
});

describe("session", () => {
  const sessions: Session[] = [];
  const open = async (identity?: EnrolledIdentity, silenceMs?: number) => {
    const seen: { welcomes: Welcome__Output[]; messages: ControllerMessage__Output[] } = { welcomes: [], messages: [] };
    const own = identity ?? ((await readIdentity(join(dir, "state"))) as EnrolledIdentity);
    const session = createSession({
      identity: () => own,
      hello: async () => ({ protocol: { lowest: 1, highest: 1 }, incarnation: 7, timezone: "Europe/Berlin" }),
      welcome: (w) => void seen.welcomes.push(w),
      message: (m) => void seen.messages.push(m),
      contact: () => {},
      stateChanged: () => {},
      clock: systemClock,
      random: eager,
      log,
      open: (...how) => openStream(how[0], how[1], how[2], how[3], silenceMs),
    });
    sessions.push(session);
    session.start();
    return { session, seen };
  };
  const stream = (n: number) => until(() => controller.streams[n]);
  beforeEach(async () => {
    await Promise.all(sessions.splice(0).map((s) => s.stop()));
    controller.streams.length = 0;
  });
  afterAll(() => Promise.all(sessions.map((s) => s.stop())));

  it("greets, answers pings and passes on what is asked", async () => {
    const { session, seen } = await open();
    const s = await stream(0);
    expect(s.hello).toMatchObject({ incarnation: 7, timezone: "Europe/Berlin" });
    await until(() => session.state.kind === "connected");
    // The first is a sign of life alone, and wants no answer.
    s.send({ ping: { nonce: 0 } });
    s.send({ ping: { nonce: 42 } });
    await until(() => s.received.some((m) => m.pong?.nonce === 42));
    expect(s.received.filter((m) => m.pong).map((m) => m.pong?.nonce)).toEqual([42]);
    s.send({ command: { executionId: "ex_1", cancel: { reason: "no" } } });
    await until(() => seen.messages.some((m) => m.command?.executionId === "ex_1"));
  });

  it("sends again what was not acknowledged, numbered anew, and nothing that was", async () => {
    const { session } = await open();
    const acknowledged: string[] = [];
    for (const id of ["a", "b", "c"]) session.send(id, { executionReport: { executionId: id } }, () => acknowledged.push(id));
    const first = await stream(0);
    await until(() => first.received.length === 3);
    expect(first.received.map((m) => [m.sequence, m.executionReport?.executionId])).toEqual([
      [1, "a"],
      [2, "b"],
      [3, "c"],
    ]);
    first.send({ ack: { sequence: 2 } });
    await until(() => acknowledged.length === 1);
    first.end();
    const second = await stream(1);
    await until(() => second.received.length === 2);
    expect(second.received.map((m) => [m.sequence, m.executionReport?.executionId])).toEqual([
      [1, "a"],
      [2, "c"],
    ]);
    second.send({ ack: { sequence: 1 } });
    second.send({ ack: { sequence: 2 } });
    await until(() => acknowledged.length === 3);
    expect(session.waiting).toBe(0);
  });

  it("keeps health for later while it is away, without numbers", async () => {
    const { session } = await open();
    session.offerHealth({ at: "2026-01-01T00:00:00Z", samples: [] });
    const s = await stream(0);
    const message = await until(() => s.received[0]);
    expect([message.sequence, message.health?.at]).toEqual([0, "2026-01-01T00:00:00Z"]);
  });

  it("does not come back before it may", async () => {
    controller.greet = (s) => s.send({ disconnect: { reason: "maintenance", retryAfterSeconds: 120 } });
    const { session } = await open();
    const state = await until(() => (session.state.kind === "waiting" ? session.state : undefined));
    expect(state.last).toMatchObject({ kind: "asked-to-leave", reason: "maintenance" });
    expect(state.until - state.since).toBe(120_000);
  });

  it("waits long after a refusal, and keeps trying", async () => {
    controller.greet = (s) => s.end({ code: grpc.status.PERMISSION_DENIED, details: "revoked" });
    const { session } = await open();
    const state = await until(() => (session.state.kind === "waiting" ? session.state : undefined));
    expect(state.last).toMatchObject({ kind: "refused", reason: "revoked" });
    expect(state.until - state.since).toBe(60_000);
  });

  it("leaves a controller that gives no sign of life any more, and stays with one that does", async () => {
    const { session } = await open(undefined, 400);
    const s = await stream(0);
    await until(() => session.state.kind === "connected");
    for (let i = 0; i < 8; i++) {
      s.send({ ping: { nonce: 0 } });
      await new Promise((go) => setTimeout(go, 150));
    }
    expect([session.state.kind, controller.streams.length]).toEqual(["connected", 1]);
    const silentSince = Date.now();
    const state = await until(() => (session.state.kind === "waiting" ? session.state : undefined));
    expect(state.last).toMatchObject({ kind: "unreachable", reason: "no sign of life from the controller for 0.4 s" });
    expect(Date.now() - silentSince).toBeGreaterThan(350);
    // It comes back by itself.
    await stream(1);
  });

  it("leaves a controller whose protocol it does not speak, or that commands before it welcomes", async () => {
    controller.greet = (s) => s.send({ welcome: { ...WELCOME.welcome, protocol: 9 } });
    const { session } = await open();
    expect(await until(() => (session.state.kind === "waiting" ? session.state.last.kind : undefined))).toBe("protocol");
    controller.greet = (s) => s.send({ command: { executionId: "ex", cancel: {} } });
    const early = await open();
    controller.streams.length = 0;
    await stream(0);
    expect(early.seen.messages).toEqual([]);
  });

  it("refuses a controller with another authority", async () => {
    const own = (await readIdentity(join(dir, "state"))) as EnrolledIdentity;
    const { session } = await open({ ...own, trustBundlePem: (await testAuthority()).pem });
    expect(await until(() => (session.state.kind === "waiting" ? session.state.last.kind : undefined))).toBe("unreachable");
    expect(controller.streams).toEqual([]);
  });
});

describe("waiting before the next attempt", () => {
  it("is fully jittered below a cap, on top of what the controller asked for", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1_000 }),
        fc.integer({ min: 0, max: 600_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (n, asked, chance) => {
          const delay = reconnectDelay(n, asked, { next: () => chance });
          expect(delay).toBeGreaterThanOrEqual(asked);
          expect(delay).toBeLessThanOrEqual(asked + 60_000);
        },
      ),
    );
  });

  it("is an hour and the jitter at most, however long the controller would have it away", () => {
    // 2^32 - 1 s is the most that the wire can say; a timer of more than 2^31 ms would fire at once.
    for (const asked of [3_600_000, 86_400_000, (2 ** 32 - 1) * 1_000, Number.MAX_VALUE])
      expect(reconnectDelay(0, asked, { next: () => 0.5 })).toBe(3_600_500);
  });
});

describe("queues", () => {
  it("drop the oldest health and count it", () => {
    const queue = createDroppableQueue<number>(2);
    for (const n of [1, 2, 3]) queue.push(n);
    expect([queue.dropped, queue.shift(), queue.shift(), queue.shift()]).toEqual([1, 2, 3, undefined]);
  });

  it("lose no durable message over any number of broken streams, and send none after its acknowledgement", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("add", "next", "ack", "restart"), { maxLength: 60 }), (steps) => {
        const outbox = createOutbox();
        const pending = new Set<string>();
        const numbers = new Map<number, string>();
        let count = 0;
        for (const step of steps) {
          if (step === "add") {
            const id = String(count++);
            pending.add(id);
            outbox.add(id, { goodbye: { reason: id } }, () => pending.delete(id));
          } else if (step === "next") {
            const message = outbox.next();
            if (message) {
              expect(pending.has(message.goodbye?.reason ?? "")).toBe(true);
              expect(message.sequence).toBe(numbers.size + 1);
              numbers.set(Number(message.sequence), message.goodbye?.reason ?? "");
            }
          } else if (step === "ack") {
            const last = [...numbers.keys()].at(-1);
            if (last !== undefined) outbox.acknowledge(last);
          } else {
            outbox.restart();
            numbers.clear();
          }
          expect(outbox.waiting).toBe(pending.size);
        }
        outbox.restart();
        const resent = new Set<string>();
        for (let m = outbox.next(); m; m = outbox.next()) resent.add(m.goodbye?.reason ?? "");
        expect(resent).toEqual(pending);
      }),
    );
  });
});
