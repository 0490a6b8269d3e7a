import { type InventorySnapshotChunk__Output, PROTOCOL, type WireInventory__Output } from "@breakwater/shared/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAdmission } from "./admission.ts";
import { readHealthBatch } from "./health-batch.ts";
import { peerOf } from "./identity.ts";
import { LIMITS } from "./limits.ts";
import { negotiate } from "./negotiation.ts";
import { createSerialQueue } from "./serial-queue.ts";
import { createSessions, type LiveSession } from "./sessions.ts";
import { createSnapshotAssembly } from "./snapshot-assembly.ts";

const range = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 3 }))
  .map(([lowest, more]) => ({ lowest, highest: lowest + more }));

describe("protocol negotiation", () => {
  it("picks the highest generation that both speak, and fails only when there is none", () => {
    fc.assert(
      fc.property(range, range, (ours, theirs) => {
        const common = Array.from({ length: 20 }, (_, g) => g).filter(
          (g) => g >= ours.lowest && g <= ours.highest && g >= theirs.lowest && g <= theirs.highest,
        );
        const result = negotiate(ours, theirs);
        expect(result.ok ? result.value : undefined).toBe(common.at(-1));
      }),
    );
  });

  it("lets a controller and its agents be two generations apart", () => {
    expect(PROTOCOL.lowest).toBeLessThanOrEqual(Math.max(1, PROTOCOL.highest - 2));
    expect(negotiate({ lowest: 3, highest: 5 }, { lowest: 1, highest: 3 })).toEqual({ ok: true, value: 3 });
    expect(negotiate({ lowest: 1, highest: 3 }, { lowest: 3, highest: 5 })).toEqual({ ok: true, value: 3 });
    expect(negotiate({ lowest: 2, highest: 3 }, { lowest: 1, highest: 2 })).toEqual({ ok: true, value: 2 });
    expect(negotiate({ lowest: 1, highest: 2 }, { lowest: 2, highest: 3 })).toEqual({ ok: true, value: 2 });
    expect(negotiate({ lowest: 3, highest: 4 }, { lowest: 1, highest: 2 })).toMatchObject({ problem: { code: "agent-too-old" } });
    expect(negotiate({ lowest: 1, highest: 2 }, { lowest: 3, highest: 4 })).toMatchObject({ problem: { code: "controller-too-old" } });
    expect(negotiate({ lowest: 1, highest: 2 }, null)).toMatchObject({ problem: { code: "protocol-unsaid" } });
  });
});

describe("the peer", () => {
  const serialNumber = "00AB";
  it("is the one URI that our authority wrote", () => {
    expect(peerOf({ subjectaltname: "URI:spiffe://breakwater/endpoint/ep_1", serialNumber })).toEqual({
      ok: true,
      value: { kind: "endpoint", name: "ep_1", serial: "ab" },
    });
  });
  it.each([
    "URI:spiffe://breakwater/endpoint/ep_1, URI:spiffe://breakwater/endpoint/ep_2",
    "URI:spiffe://elsewhere/endpoint/ep_1",
    "URI:spiffe://breakwater/controller",
    "URI:spiffe://breakwater/endpoint/a/b",
    "DNS:ep_1",
    "",
  ])("is nobody with %j", (subjectaltname) => {
    expect(peerOf({ subjectaltname, serialNumber }).ok).toBe(false);
  });
});

describe("snapshot assembly", () => {
  const part = (names: string[]) => ({
    packages: names.map((name) => ({ name })),
    pendingUpdates: [],
    services: [],
    listeners: [],
    loadedPackages: [],
    repositories: [],
    problems: [],
    components: names.map((name) => ({ name: `library ${name}` })),
    componentScan: names.includes("b") ? { roots: ["/"] } : null,
    containerRuntimes: [],
    os: null,
    kernel: null,
    reboot: null,
    hardware: null,
    collectedAt: "",
  });
  const chunk = (digest: string, index: number, last: boolean, names: string[]) =>
    ({ digest, index, last, part: part(names) as unknown as WireInventory__Output }) as InventorySnapshotChunk__Output;

  it("joins the chunks of one digest in order", () => {
    const assembly = createSnapshotAssembly();
    expect(assembly.take(chunk("d", 0, false, ["a"]), 1)).toMatchObject({ value: { kind: "waiting" } });
    const done = assembly.take(chunk("d", 1, true, ["b"]), 2);
    expect(done).toMatchObject({
      value: {
        kind: "complete",
        digest: "d",
        sequences: [1, 2],
        inventory: {
          packages: [{ name: "a" }, { name: "b" }],
          components: [{ name: "library a" }, { name: "library b" }],
          componentScan: { roots: ["/"] },
        },
      },
    });
  });
  it("lets another digest abandon the earlier one", () => {
    const assembly = createSnapshotAssembly();
    assembly.take(chunk("d", 0, false, ["a"]), 1);
    expect(assembly.take(chunk("e", 0, true, ["b"]), 2)).toMatchObject({
      value: { sequences: [2], abandoned: [1], inventory: { packages: [{ name: "b" }] } },
    });
  });
  it("has an end", () => {
    const assembly = createSnapshotAssembly();
    const many = Array.from({ length: LIMITS.snapshotPackages + 1 }, () => "x");
    expect(assembly.take(chunk("d", 0, false, many), 1)).toMatchObject({ ok: false, problem: { code: "too-large" } });
  });
});

describe("health batches", () => {
  const batch = (value: number, subject = "", metric = "load1") => ({ at: "2026-01-01T00:00:00Z", samples: [{ metric, subject, value }] });
  it("leave out what is no number or not known, and count it", () => {
    expect(readHealthBatch(batch(1), 0)).toMatchObject({ value: { samples: [{ value: 1 }], left: 0 } });
    expect(readHealthBatch(batch(Number.NaN), 0)).toMatchObject({ value: { samples: [], left: 1 } });
    expect(readHealthBatch(batch(1, "", "toString"), 0)).toMatchObject({ value: { samples: [], left: 1 } });
  });
  it("are moved to the controller's time when the agent's clock is off", () => {
    expect(readHealthBatch(batch(1), 60_000)).toMatchObject({ value: { at: Date.parse("2025-12-31T23:59:00Z") } });
    expect(readHealthBatch(batch(1), 900)).toMatchObject({ value: { at: Date.parse("2026-01-01T00:00:00Z") } });
    expect(readHealthBatch({ ...batch(1), at: "yesterday" }, 0).ok).toBe(false);
  });
});

describe("admission", () => {
  it("has a fixed number of places, and a place given back twice counts once", () => {
    const admission = createAdmission(2);
    const [first, second] = [admission.enter(), admission.enter()];
    expect(admission.enter()).toBeUndefined();
    first?.();
    first?.();
    expect(admission.taken).toBe(1);
    expect(admission.enter()).toBeDefined();
    second?.();
  });
});

describe("serial queue", () => {
  it("keeps order, pauses its source above its depth, and resumes it", async () => {
    const log: string[] = [];
    const source = { pause: () => log.push("pause"), resume: () => log.push("resume") };
    const done: number[] = [];
    let open: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const queue = createSerialQueue(4, source as never, (cause) => log.push(String(cause)));
    for (let i = 0; i < 6; i++)
      queue.add(async () => {
        await gate;
        done.push(i);
        if (i === 1) throw new Error("one fails");
      });
    expect(log).toEqual(["pause"]);
    open();
    await new Promise<void>((resolve) => queue.add(async () => resolve()));
    expect(done).toEqual([0, 1, 2, 3, 4, 5]);
    expect(log).toEqual(["pause", "Error: one fails", "resume"]);
    await queue.close();
  });
});

describe("live sessions", () => {
  const fake = (incarnation: number, bootId = "b") => {
    const ended: string[] = [];
    const session = { endpointId: "ep_1", serial: "1", incarnation, bootId, disconnect: (reason: string) => ended.push(reason) };
    return { session: session as unknown as LiveSession, ended };
  };
  it("let the newest win and tell a copied identity from a restart", () => {
    const sessions = createSessions();
    const [first, restarted, copied] = [fake(3), fake(4), fake(3)];
    expect(sessions.add(first.session)).toBeUndefined();
    expect(sessions.add(restarted.session)).toBeUndefined();
    expect(first.ended).toHaveLength(1);
    expect(sessions.add(copied.session)).toEqual({ kind: "incarnation-back", from: 4, to: 3 });
    expect(sessions.add(fake(3, "other").session)).toEqual({ kind: "two-boots" });
    expect(sessions.remove(copied.session)).toBe(false);
    expect(sessions.size).toBe(1);
  });
});
