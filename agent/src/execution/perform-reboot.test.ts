import type { EndpointAction } from "@breakwater/shared/command";
import { fail, type Instant, ok } from "@breakwater/shared/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { PackageManager } from "../packages/index.ts";
import { bootIdentity } from "../reboot/index.ts";
import type { Surroundings } from "./perform.ts";
import { performReboot } from "./perform-reboot.ts";
import type { JournalRecord, RecordOf } from "./records.ts";
import type { Reboot, Standing } from "./standing.ts";

const MINUTE = 60_000;
const [OLD, NEW] = ["6.1.0-18-amd64", "6.1.0-20-amd64"];
const START = Date.parse("2026-01-01T00:00:00Z");
const at = new Date(START).toISOString();
const image = (release: string) => ({ name: `linux-image-${release}`, architecture: "amd64", version: "6.1", status: "installed" });
const weighed: RecordOf<"reboot-weighed"> = {
  ...{ kind: "reboot-weighed", at, after: "apply", decision: "reboot", why: "", bootId: "boot-1" },
  reasons: [`kernel ${OLD} runs, ${NEW} is installed`],
};
const began = (once: string): RecordOf<"reboot-began"> => ({
  ...{ kind: "reboot-began", at, after: "apply", bootId: "boot-1", limitMs: MINUTE },
  kernel: { running: OLD, next: NEW, keep: once && "old", once, before: "", why: "" },
});

/** A machine that boots what it is told, when it is told; its clock moves with every look. */
function machine(
  options: { boot?: string; kernel?: string; reboots?: string; allowed?: boolean; grub?: boolean; fallback?: boolean } = {},
) {
  const records: JournalRecord[] = [];
  const done: string[] = [];
  let now = START;
  const entry = (release: string) => ({ id: `menu>${release}`, release, recovery: false });
  const w = {
    clock: {
      now() {
        now += 20_000;
        return now as Instant;
      },
    },
    journal: { append: (r: JournalRecord) => records.push(r) },
    manager: {
      ...{ id: "apt", halfDone: () => [], rebootReasons: async () => [] },
      ...{ installed: async () => [image(OLD), image(NEW)], everyVersion: async () => [image(OLD), image(NEW)] },
    } as unknown as PackageManager,
    mayReboot: async () => (options.allowed === false ? fail({ code: "policy-window", message: "It closes." }) : ok(undefined)),
    report: (state: string, { message = "" }) => done.push(`report ${state}: ${message}`),
    delivered: async () => undefined,
    configDir: "/nonexistent",
    bootLoader: {
      look: async () =>
        options.grub === false
          ? { kind: "none", why: "there is no grub here" }
          : { kind: "grub", entries: [entry(OLD), entry(NEW)], bootsSaved: true, bootsOnce: true, cannotForget: "", savedEntry: "" },
      setDefault: async (e: string) => void done.push(`default ${e}`),
      bootOnce: async (e: string) => void done.push(`once ${e}`),
      forgetOnce: async () => void done.push("forget"),
    },
    machine: {
      bootId: async () => options.boot ?? "boot-1",
      kernel: () => options.kernel ?? OLD,
      reboot: async () => {
        done.push("reboot");
        return options.reboots;
      },
      settled: async () => "running",
    },
  } as unknown as Surroundings;
  const go = (reboot: Reboot) =>
    performReboot(
      "apply",
      { action: { reboot: "when-needed" } as EndpointAction, reboots: new Map([["apply", reboot]]) } as unknown as Standing,
      w,
    );
  return { go, w, records, done, kinds: () => records.map((r) => r.kind) };
}

afterEach(() => vi.restoreAllMocks());

describe("a reboot", () => {
  it("is on disk with the boot that it ends before systemd is asked, the old kernel kept and the new one for once", async () => {
    const m = machine({ reboots: "no bus" });
    await m.go({ weighed });
    expect(m.records[0]).toMatchObject({ kind: "reboot-began", bootId: "boot-1", kernel: { keep: `menu>${OLD}`, once: `menu>${NEW}` } });
    expect(m.done[0]).toMatch(/^report rebooting: Rebooting since .* is booted once; 6.1.0-18-amd64 stays the default/);
    expect(m.done.slice(1, 4)).toEqual([`default menu>${OLD}`, `once menu>${NEW}`, "reboot"]);
  });

  it("that does not come about is told with its reason, and leaves the boot loader as it was", async () => {
    const m = machine({ reboots: "no bus" });
    await m.go({ weighed });
    expect(m.done.slice(4)).toEqual(["forget", "default 0"]);
    expect(m.records.at(-1)).toMatchObject({ kind: "reboot-ended", booted: false, why: "systemd would not reboot: no bus" });
    const still = machine();
    let passed = 0;
    vi.spyOn(performance, "now").mockImplementation(() => (passed += 20_000));
    await still.go({ weighed, began: began("") });
    expect(still.done).toEqual(["reboot"]);
    expect(still.records).toMatchObject([
      { kind: "reboot-asked" },
      { kind: "reboot-ended", booted: false, why: expect.stringContaining("still up after 1 min") },
    ]);
  });

  it("is waited for as long as it may take, though the clock is set forward by a year as soon as it is asked for", async () => {
    const m = machine();
    (m.w as { clock: { now(): number } }).clock.now = () => START + 365 * 86_400_000;
    let passed = 0;
    const looks = vi.spyOn(performance, "now").mockImplementation(() => (passed += 20_000));
    await m.go({ weighed, began: began("") });
    expect(looks.mock.calls.length).toBeGreaterThanOrEqual(4);
    expect(m.records.at(-1)).toMatchObject({ kind: "reboot-ended", booted: false });
  });

  it("is not asked for again and again where boots cannot be told apart", async () => {
    const m = machine();
    await m.go({ weighed, began: began(""), asked: 3 });
    expect(m.done).toEqual([]);
    expect(m.records).toMatchObject([{ kind: "reboot-ended", booted: false, why: expect.stringContaining("asked 3 times") }]);
  });

  it("says where there is no kernel to fall back to", async () => {
    const m = machine({ grub: false, reboots: "no bus" });
    await m.go({ weighed });
    expect(m.done[0]).toContain("No kernel fallback: there is no grub here.");
    expect(m.done).not.toContain("forget");
  });

  it("is given up when the owner's word changed while the machine was drained", async () => {
    const m = machine({ allowed: false });
    await m.go({ weighed });
    expect(m.records).toMatchObject([{ kind: "reboot-weighed", decision: "not-allowed", why: "It closes." }]);
    expect(m.done).toEqual([]);
  });
});

describe("a boot", () => {
  it("is told from others by the kernel's id and the start of process 1, whatever that is called", () => {
    const stat = (name: string, started: number) => `1 (${name}) S ${Array.from({ length: 18 }, () => 0).join(" ")} ${started} 0 0\n`;
    expect(bootIdentity("a-b\n", stat("systemd", 12))).toBe("a-b/12");
    expect(bootIdentity("a-b\n", stat("odd) S 1 (", 4711))).toBe("a-b/4711");
    expect(() => bootIdentity("", stat("systemd", 12))).toThrow();
    expect(() => bootIdentity("a-b\n", "")).toThrow();
  });
});

describe("another boot than the one that was written down", () => {
  it("proves the reboot, whoever reads the journal then", async () => {
    const m = machine({ boot: "boot-2", kernel: NEW });
    await m.go({ weighed, began: began("new") });
    expect(m.records).toMatchObject([{ kind: "reboot-ended", booted: true, bootId: "boot-2", kernel: NEW, why: "" }]);
    expect(m.done).toEqual([]);
  });

  it("with the old kernel is a fall-back where the new one was tried once, and still open where nobody tried it", async () => {
    const fell = machine({ boot: "boot-2", kernel: OLD });
    await fell.go({ weighed, began: began("new") });
    expect(fell.records).toMatchObject([
      { kind: "reboot-ended", booted: true },
      { kind: "failing", failureClass: "kernel-fell-back" },
    ]);
    const pinned = machine({ boot: "boot-2", kernel: OLD });
    await pinned.go({ weighed, began: began("") });
    expect(pinned.records).toMatchObject([{ kind: "reboot-ended", booted: true, why: expect.stringContaining("does not boot 6.1.0-20") }]);
  });
});
