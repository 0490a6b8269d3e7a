import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectOk } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import type { WireInventory__Output } from "@breakwater/shared/wire";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventsAfter, type Store, schema } from "../../store/index.ts";
import { openTestStore } from "../../store/testing.ts";
import { type Know, startKnow } from "../index.ts";
import { addEndpoint, testClock, wireInventory, wirePackage, wireUpdate } from "../testing.ts";

let store: Store;
let know: Know;
type Loaded = WireInventory__Output["loadedPackages"][number];
const clock = testClock();
let made = 0;

const FIXED_SSL = "3.0.11-2";
const advisory = (id: string, name: string, cve: string, fixed: string, ecosystem = "Debian:12") => ({
  id,
  upstream: [cve],
  affected: [{ package: { ecosystem, name }, ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed }] }] }],
});

beforeAll(async () => {
  store = await openTestStore();
  const source = join(await mkdtemp(join(tmpdir(), "breakwater-test-")), "osv.json");
  await writeFile(
    source,
    JSON.stringify([
      advisory("DSA-1-1", "openssl", "CVE-2026-1001", FIXED_SSL),
      advisory("DSA-2-1", "linux", "CVE-2026-2001", "6.1.99-1"),
      advisory("ALSA-2026:1", "kernel-core", "CVE-2026-3001", "5.14.0-503.el9", "AlmaLinux:9"),
    ]),
  );
  const feeds = [{ id: "osv", kind: "osv" as const, source }];
  know = await startKnow({ store, clock, log: createLogger("test", "silent"), feeds, schedules: { feeds: null, atStart: false } });
  await know.intel.refresh();
});
afterAll(async () => {
  await know.stop();
  await store.close();
});

const endpoint = async (changes = {}) => {
  const id = `ep_${++made}`;
  await addEndpoint(store, id, changes);
  return async (inventory: Partial<WireInventory__Output>) => {
    expectOk(await know.inventory.takeSnapshot(id, wireInventory(inventory), `${id} ${Math.random()}`));
    await know.settle();
    const rows = await store.db.select().from(schema.finding).where(eq(schema.finding.endpointId, id));
    const [f, ...others] = rows;
    expect(others).toEqual([]);
    const running = (f?.proofs as { kind: string; statement: string }[] | undefined)?.find((p) => p.kind === "running");
    return { id, state: f?.state, why: running?.statement, closedBy: f?.closedBy ?? null, version: f?.installedVersion };
  };
};
const ssl = (version: string) => [wirePackage("libssl3", version, { sourceName: "openssl", sourceVersion: version })];
const loaded = (change: Partial<Loaded> = {}): Loaded[] => [
  { name: "libssl3", pids: [42, 43], units: ["web.service"], restartNeeded: false, reach: "public", stale: [], files: [], ...change },
];
const stale = [{ pid: 42, name: "web", unit: "web.service" }];
const events = async (id: string, type: string) =>
  (await eventsAfter(store.db, 0, 10_000)).filter((e) => e.subject === `endpoint:${id}` && e.type === type);

describe("a finding whose fix is installed", () => {
  it("waits while a process runs the old file, names it, and closes once the restart is seen", async () => {
    const report = await endpoint();
    expect((await report({ packages: ssl("3.0.9-1"), loadedPackages: loaded() })).state).toBe("open");
    const patched = await report({ packages: ssl(FIXED_SSL), loadedPackages: loaded({ restartNeeded: true, files: [], stale }) });
    expect(patched).toMatchObject({ state: "restart-needed", version: "3.0.9-1", closedBy: null });
    expect(patched.why).toBe("the fixed libssl3 is installed, and the old file still runs in web of web.service (pid 42)");
    expect((await events(patched.id, "finding.restart-needed"))[0]?.data).toMatchObject({
      count: 1,
      vulnerabilities: ["CVE-2026-1001"],
      because: [patched.why],
    });
    // A still newer version changes nothing about what runs.
    expect((await report({ packages: ssl("3.0.11-3"), loadedPackages: loaded({ restartNeeded: true, files: [], stale }) })).state).toBe(
      "restart-needed",
    );
    expect(await events(patched.id, "finding.restart-needed")).toHaveLength(1);
    const restarted = await report({ packages: ssl("3.0.11-3"), loadedPackages: loaded() });
    expect(restarted).toMatchObject({ state: "fixed", closedBy: "seen: libssl3 3.0.11-3" });
  });

  it("names whom an agent of before can tell of", async () => {
    const report = await endpoint();
    await report({ packages: ssl("3.0.9-1"), loadedPackages: loaded() });
    const patched = await report({ packages: ssl(FIXED_SSL), loadedPackages: loaded({ restartNeeded: true }) });
    expect(patched).toMatchObject({ state: "restart-needed", why: expect.stringContaining("one of web.service") });
  });

  it("is not called fixed where the look at the processes failed, and is where it merely was a part", async () => {
    const report = await endpoint();
    await report({ packages: ssl("3.0.9-1"), loadedPackages: loaded() });
    const blind = await report({ packages: ssl(FIXED_SSL), problems: [{ collector: "exposure", code: "failed", message: "no executor" }] });
    expect(blind).toMatchObject({ state: "restart-needed", why: expect.stringContaining("unknown: no executor") });
    const problems = [{ collector: "exposure", code: "partly-hidden", message: "processes of other users could not be read" }];
    const partly = await report({ packages: ssl(FIXED_SSL), loadedPackages: loaded(), problems });
    expect(partly).toMatchObject({ state: "fixed", closedBy: expect.stringContaining("not every process could be looked at") });
  });

  it("is open again when the old version comes back, and gone when the package is", async () => {
    const report = await endpoint();
    await report({ packages: ssl("3.0.9-1"), loadedPackages: loaded() });
    await report({ packages: ssl(FIXED_SSL), loadedPackages: loaded({ restartNeeded: true, files: [], stale }) });
    const back = await report({ packages: ssl("3.0.9-1"), loadedPackages: loaded({ restartNeeded: true, files: [], stale }) });
    expect(back).toMatchObject({ state: "open", why: undefined });
    expect((await report({ packages: [wirePackage("zlib1g", "1")] })).state).toBe("gone");
  });

  it("is told where the old version was never seen, as unknown and never as fixed, until the restart", async () => {
    const report = await endpoint();
    const unseen = await report({ packages: ssl(FIXED_SSL), loadedPackages: loaded({ restartNeeded: true, files: [], stale }) });
    expect(unseen).toMatchObject({ state: "restart-needed", version: "unknown", closedBy: null });
    expect(unseen.why).toBe(
      "the fixed libssl3 is installed, and the old file, of a version that was never seen, still runs in web of web.service (pid 42)",
    );
    // The same is said again, and nothing is told twice.
    const again = await report({ packages: ssl(FIXED_SSL), loadedPackages: loaded({ restartNeeded: true, files: [], stale }) });
    expect(again).toMatchObject({ state: "restart-needed", version: "unknown", why: unseen.why });
    expect(await events(unseen.id, "finding.restart-needed")).toHaveLength(1);
    // A newer version without a fix of its own changes nothing about what runs.
    expect((await report({ packages: ssl("3.0.11-3"), loadedPackages: loaded({ restartNeeded: true, files: [], stale }) })).state).toBe(
      "restart-needed",
    );
    expect(await report({ packages: ssl("3.0.11-3"), loadedPackages: loaded() })).toMatchObject({ state: "fixed" });
  });

  it("is none where what runs may have been fixed before: how old it is nobody knows", async () => {
    const report = await endpoint();
    expect(
      (await report({ packages: ssl("3.0.11-3"), loadedPackages: loaded({ restartNeeded: true, files: [], stale }) })).state,
    ).toBeUndefined();
  });

  it("is none where nothing old runs", async () => {
    const report = await endpoint();
    expect((await report({ packages: ssl(FIXED_SSL), loadedPackages: loaded() })).state).toBeUndefined();
  });
});

describe("a finding in a kernel", () => {
  const image = (release: string, version: string) =>
    wirePackage(`linux-image-${release}`, version, {
      sourceName: "linux-signed-amd64",
      sourceVersion: version.replace(/-(\d+)$/, "+$1"),
    });
  const kernel = (running: string, runningVersion: string, newestInstalled = running, name = `linux-image-${running}`) => ({
    running,
    runningVersion,
    newestInstalled,
    package: name,
  });
  const OLD = image("6.1.0-22-amd64", "6.1.94-1");
  const NEW = image("6.1.0-25-amd64", "6.1.99-1");

  it("waits for the reboot into the fixed one that is installed beside it, and closes when that runs", async () => {
    const report = await endpoint();
    expect((await report({ packages: [OLD], kernel: kernel("6.1.0-22-amd64", "6.1.94-1") })).state).toBe("open");
    const installed = await report({ packages: [OLD, NEW], kernel: kernel("6.1.0-22-amd64", "6.1.94-1", "6.1.0-25-amd64") });
    expect(installed).toMatchObject({
      state: "restart-needed",
      why: "the fixed linux-image-6.1.0-25-amd64 6.1.99-1 is installed, and the kernel 6.1.0-22-amd64 still runs",
    });
    const booted = await report({ packages: [OLD, NEW], kernel: kernel("6.1.0-25-amd64", "6.1.99-1") });
    expect(booted).toMatchObject({ state: "fixed", closedBy: expect.stringContaining("stays installed and does not run") });
    const fellBack = await report({ packages: [OLD, NEW], kernel: kernel("6.1.0-22-amd64", "", "6.1.0-25-amd64") });
    expect(fellBack.state).toBe("restart-needed");
  });

  it("is closed by the update of its meta package, which brings the fixed one, and waits for the reboot then", async () => {
    const meta = (version: string) =>
      wirePackage("linux-image-amd64", version, { sourceName: "linux-signed-amd64", sourceVersion: version.replace(/-(\d+)$/, "+$1") });
    const brings = [{ name: "linux-image-6.1.0-25-amd64", architecture: "amd64", version: "6.1.99-1" }];
    const update = wireUpdate("linux-image-amd64", "6.1.94-1", "6.1.99-1", {
      sourceName: "linux-signed-amd64",
      sourceVersion: "6.1.99+1",
      brings,
    });
    const kernels = (...packages: ReturnType<typeof wirePackage>[]) => [...packages, meta(packages.length > 1 ? "6.1.99-1" : "6.1.94-1")];
    const runs = kernel("6.1.0-22-amd64", "6.1.94-1", "6.1.0-25-amd64");
    const id = `ep_meta_${++made}`;
    await addEndpoint(store, id);
    const take = async (inventory: Partial<WireInventory__Output>) => {
      expectOk(await know.inventory.takeSnapshot(id, wireInventory(inventory), `${id} ${Math.random()}`));
      await know.settle();
      return store.db
        .select({ package: schema.finding.packageName, state: schema.finding.state, update: schema.updateCatalogue.name })
        .from(schema.finding)
        .leftJoin(schema.updateCatalogue, eq(schema.updateCatalogue.id, schema.finding.updateId))
        .where(eq(schema.finding.endpointId, id))
        .orderBy(schema.finding.packageName);
    };
    const pending = await take({ packages: kernels(OLD), pendingUpdates: [update], kernel: runs });
    expect(pending).toContainEqual({ package: "linux-image-6.1.0-22-amd64", state: "open", update: "linux-image-amd64" });
    const [told] = await store.db.select().from(schema.pendingUpdate).where(eq(schema.pendingUpdate.endpointId, id));
    expect(told).toMatchObject({ name: "linux-image-amd64", brings, bringsUnknown: false });
    const installed = await take({ packages: kernels(OLD, NEW), kernel: runs });
    expect(installed).toContainEqual({ package: "linux-image-6.1.0-22-amd64", state: "restart-needed", update: null });
    const booted = await take({ packages: kernels(OLD, NEW), kernel: kernel("6.1.0-25-amd64", "6.1.99-1") });
    expect(new Set(booted.map((f) => f.state))).toEqual(new Set(["fixed"]));
  });

  it("waits where the fixed build has the name of the old one, by what the kernel says of itself", async () => {
    const report = await endpoint();
    await report({ packages: [OLD], kernel: kernel("6.1.0-22-amd64", "6.1.94-1") });
    const rebuilt = image("6.1.0-22-amd64", "6.1.99-1");
    const installed = await report({ packages: [rebuilt], kernel: kernel("6.1.0-22-amd64", "6.1.94-1") });
    expect(installed).toMatchObject({ state: "restart-needed", why: expect.stringContaining("(6.1.94-1) from before it still runs") });
    expect((await report({ packages: [rebuilt], kernel: kernel("6.1.0-22-amd64", "6.1.99-1") })).state).toBe("fixed");
  });

  it("is told where the older build was never seen installed, by the version that the kernel says of itself", async () => {
    const report = await endpoint();
    const rebuilt = image("6.1.0-22-amd64", "6.1.100-1");
    const unseen = await report({ packages: [rebuilt], kernel: kernel("6.1.0-22-amd64", "6.1.94-1") });
    expect(unseen).toMatchObject({ state: "restart-needed", version: "6.1.94-1", why: expect.stringContaining("(6.1.94-1) from before") });
    expect((await report({ packages: [rebuilt], kernel: kernel("6.1.0-22-amd64", "6.1.100-1") })).state).toBe("fixed");
    const fixedAlready = await endpoint();
    expect((await fixedAlready({ packages: [rebuilt], kernel: kernel("6.1.0-22-amd64", "6.1.99-1") })).state).toBeUndefined();
  });

  it("is not gone while the removed kernel runs", async () => {
    const report = await endpoint();
    await report({ packages: [OLD], kernel: kernel("6.1.0-22-amd64", "6.1.94-1") });
    const removed = await report({ packages: [NEW], kernel: kernel("6.1.0-22-amd64", "6.1.94-1", "6.1.0-25-amd64", "") });
    expect(removed).toMatchObject({ state: "restart-needed", why: expect.stringContaining("was removed") });
    expect((await report({ packages: [NEW], kernel: kernel("6.1.0-25-amd64", "6.1.99-1") })).state).toBe("gone");
  });

  it("says nothing in a container, whose kernel is another machine's", async () => {
    const report = await endpoint();
    const kernelOfHost = kernel("6.8.4-3-pve", "", "6.1.0-22-amd64", "");
    expect((await report({ packages: [OLD], kernel: kernelOfHost })).state).toBe("open");
    expect((await report({ packages: [OLD, NEW], kernel: kernelOfHost })).state).toBe("open");
  });

  it("of rpm, where builds of one name stand side by side, follows the one that runs", async () => {
    const report = await endpoint({ osId: "almalinux", osVersion: "9.5" });
    const build = (version: string) =>
      wirePackage("kernel-core", version, { ecosystem: "rpm", architecture: "x86_64", sourceName: "kernel", vendor: "AlmaLinux" });
    const [old, fixed] = [build("5.14.0-427.el9"), build("5.14.0-503.el9")];
    const runs = (release: string) => kernel(`${release}.x86_64`, "", "5.14.0-503.el9.x86_64", "kernel-core");
    expect((await report({ packages: [old], kernel: runs("5.14.0-427.el9") })).state).toBe("open");
    expect((await report({ packages: [old, fixed], kernel: runs("5.14.0-427.el9") })).state).toBe("restart-needed");
    expect((await report({ packages: [old, fixed], kernel: runs("5.14.0-503.el9") })).state).toBe("fixed");
  });
});
