import { formatOrder, newApprovalKey, parseOrder, signHalt } from "@breakwater/shared/command";
import { expectOk } from "@breakwater/shared/core";
import { PROTOCOL } from "@breakwater/shared/wire";
import { describe, expect, it } from "vitest";
import { createHalts } from "../../know/halts/index.ts";
import { schema } from "../../store/index.ts";
import { apply, eventually, gatewayOfFile, report } from "./gateway-of-file.testing.ts";
import { hello, openStream, openTestGateway } from "./testing.ts";

const g = gatewayOfFile();
const { clock, newMachine, outboxRows, queueCommand, session, steps, told } = g;

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
      await g.store.db.insert(schema.rehearsal).values({
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
      const row = await g.store.db.query.rehearsal.findFirst({ where: (r, { eq }) => eq(r.id, "rh_elder") });
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
    await g.store.db.insert(schema.endpoint).values({
      ...(await g.store.db.query.endpoint.findFirst({ where: (row, { eq }) => eq(row.id, identity.endpointId) })),
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
    await g.store.db
      .insert(schema.approvalKey)
      .values({ keyId: key.keyId, publicKey: key.publicKey, owner: "ada", createdAt: new Date().toISOString() });
    const halts = createHalts({ store: g.store, clock });
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

/** A query that fails as one does without a connection: it can be built up, and is refused when somebody awaits it. */
function refusedQuery(): unknown {
  const built = new Proxy(refusedQuery, {
    get: (_, key) =>
      key === "then" ? (_done: unknown, refuse: (cause: Error) => void) => refuse(new Error("connection refused")) : () => built,
  });
  return built;
}

describe("reports", () => {
  it("are stored once however often they come, also to a controller that was started anew", async () => {
    const identity = await newMachine();
    await queueCommand(identity, "ex_twice", apply);
    const opened = await session(identity);
    opened.send({ sequence: 1, executionReport: report("ex_twice", 1, "accepted") });
    await opened.next("ack");
    opened.send({ sequence: 2, executionReport: report("ex_twice", 2, "succeeded", { terminal: true }) });
    opened.close();

    const restarted = await openTestGateway(g.store, { clock, ca: g.test.ca, fleet: g.test.fleet });
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
    const failing = new Proxy(g.store.db, {
      get(target, key) {
        if (away && ["execute", "transaction", "select", "update", "insert"].includes(String(key))) return refusedQuery;
        const value = Reflect.get(target, key);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const shaky = await openTestGateway(g.store, { clock, ca: g.test.ca, store: { ...g.store, db: failing } });
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
