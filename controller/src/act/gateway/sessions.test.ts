import { expectOk } from "@breakwater/shared/core";
import type { FleetSample__Output } from "@breakwater/shared/wire";
import * as grpc from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { cancel, eventually, gatewayOfFile, report } from "./gateway-of-file.testing.ts";
import { clientCredentials, hello, openStream, openTestGateway, openWatch } from "./testing.ts";

const g = gatewayOfFile();
const { clock, newMachine, queueCommand, session, stream } = g;

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
    const rows = await g.store.db.query.endpointPackage.findMany({ where: (row, { eq }) => eq(row.endpointId, identity.endpointId) });
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
    const row = await g.store.db.query.updateCatalogue.findFirst({ where: (row, { eq }) => eq(row.name, "openssl") });
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
      const found = await g.test.health.latest(identity.endpointId);
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
    expectOk(await g.test.fleet.update(identity.endpointId, { checks: [check] }, "user:ada"));
    expect((await opened.next("settings")).checks).toMatchObject([{ name: "ssh", tcp: { port: 22 } }]);
  });

  it("that ends leaves its endpoint disconnected", async () => {
    const identity = await newMachine();
    const opened = await session(identity);
    opened.close();
    await eventually(async () => expect(expectOk(await g.test.fleet.get(identity.endpointId)).connected).toBe(false));
  });
});

describe("a rush of agents", () => {
  it("is let in a few at a time; the others are told when to come back", async () => {
    const narrow = await openTestGateway(g.store, { clock, ca: g.test.ca, limits: { handshakes: 1 } });
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

describe("watch", () => {
  it("is for monitors", async () => {
    const identity = await newMachine();
    const { call, client } = openWatch(g.test, identity, {});
    call.on("error", () => {});
    call.resume();
    expect((await new Promise<grpc.StatusObject>((done) => call.on("status", done))).code).toBe(grpc.status.PERMISSION_DENIED);
    client.close();
  });

  it("filters by endpoint, tag and metric", async () => {
    const monitor = expectOk(await g.test.gateway.createMonitor("grafana", "user:ada"));
    const [tagged, other] = [await newMachine(), await newMachine()];
    expectOk(await g.test.fleet.update(tagged.endpointId, { tags: ["watched"] }, "user:ada"));
    const { call, client } = openWatch(g.test, monitor, { tags: ["watched"], metrics: ["load1"] });
    const seen: FleetSample__Output[] = [];
    call.on("error", () => {});
    call.on("data", (response) => seen.push(...response.samples));
    const sample = (metric: "load1" | "cpu_percent", value: number) => ({ metric, subject: "", value });
    await eventually(() => {
      g.test.health.take(other.endpointId, clock.now(), [sample("load1", 1)]);
      g.test.health.take(tagged.endpointId, clock.now(), [sample("cpu_percent", 2), sample("load1", 3)]);
      expect(seen.length).toBeGreaterThan(0);
    });
    for (const one of seen) expect(one).toMatchObject({ endpointId: tagged.endpointId, metric: "load1", value: 3 });
    call.cancel();
    client.close();
    await eventually(() => expect(g.test.gateway.status().watchers).toBe(0));
  });

  it("drops the oldest for a reader that is too slow, and counts them", async () => {
    const monitor = expectOk(await g.test.gateway.createMonitor("slow", "user:ada"));
    const { call, client } = openWatch(g.test, monitor, {});
    call.on("error", () => {});
    await eventually(() => expect(g.test.gateway.status().watchers).toBe(1));
    // The watch is subscribed within the same turn as it is counted; nothing is read until the "data" listener below.
    const samples = Array.from({ length: 1_000 }, (_, i) => ({ metric: "load1" as const, subject: "", value: i }));
    for (let batch = 0; batch < 60; batch++) g.test.health.take(`ep_${batch}`, clock.now(), samples);
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
