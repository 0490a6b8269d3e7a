import type { EndpointAction } from "@breakwater/shared/command";
import { describe, expect, it } from "vitest";
import { nextStep } from "./next-step.ts";
import type { JournalRecord, RecordOf } from "./records.ts";
import { standingOf } from "./standing.ts";

const at = "2026-01-01T00:00:00.000Z";
const action: EndpointAction = {
  version: 1,
  planId: "pl_1",
  endpointId: "ep_1",
  packages: [{ manager: "apt", name: "shop", architecture: "all", from: "1.0", to: "1.1" }],
  checks: [],
  restartServices: true,
  reboot: "when-needed",
  rollback: true,
  limits: { commitConfirmMs: 1_000, lockWaitMs: 0, checkGraceMs: 0, downloadBytesPerSecond: 0 },
};
const old = { name: "shop", architecture: "all", version: "1.0", status: "installed" };
const upgraded = { ...old, version: "1.1" };
const observed = (p: typeof old): JournalRecord => ({ kind: "observed", at, healthy: true, problems: [], packages: [p] });
const applied = (change: Partial<EndpointAction> = {}): JournalRecord[] => [
  {
    kind: "apply-received",
    at,
    executionId: "ex_1",
    request: { action: "", planHeader: "", proof: [], approvals: [], notAfter: at },
    action: { ...action, ...change },
    planDigest: "d",
    planExpiresAt: at,
  },
  observed(old),
  {
    kind: "prechecked",
    at,
    before: [old],
    changes: action.packages,
    unitsBefore: [],
    machineBefore: [],
    reviewsBefore: [],
    kernelNote: "",
    linksBefore: [],
  },
  { kind: "prefetched", at, files: [] },
  { kind: "kept", at, files: [{ ...old, file: "/x", sha256: "0", source: "archive" }], reversible: true, why: "" },
  { kind: "transaction-began", at, purpose: "apply", number: 1, unit: "u", rung: 0, argv: [], logOffset: 0 },
  { kind: "transaction-ended", at, number: 1, exit: "exited 0" },
  observed(upgraded),
  { kind: "restarted", at, after: "apply", units: [], notes: [] },
];
const weighed = (decision: RecordOf<"reboot-weighed">["decision"], after: "apply" | "restore" = "apply"): JournalRecord => ({
  kind: "reboot-weighed",
  at,
  after,
  reasons: decision === "not-needed" ? [] : ["required by shop"],
  decision,
  why: decision === "not-allowed" ? "the window closes in 3 min" : "",
  bootId: "boot-1",
});
const hooks = (phase: "drain" | "undrain", passed = true): JournalRecord => ({
  kind: "hooks-ran",
  at,
  phase,
  passed,
  hooks: [],
  problem: passed ? "" : "/etc/x exited 1",
});
const began = (once = "", after: "apply" | "restore" = "apply"): JournalRecord => ({
  kind: "reboot-began",
  at,
  after,
  bootId: "boot-1",
  limitMs: 60_000,
  kernel: { running: "6.1.0-1", next: once === "" ? "" : "6.1.0-2", keep: once === "" ? "" : "old", once, before: "", why: "" },
});
const ended = (booted: boolean, after: "apply" | "restore" = "apply"): JournalRecord => ({
  kind: "reboot-ended",
  at,
  after,
  booted,
  bootId: booted ? "boot-2" : "boot-1",
  kernel: "6.1.0-2",
  why: booted ? "" : "still up",
});
const verified = (passed: boolean, of: "apply" | "restore" = "apply"): JournalRecord => ({
  kind: "verified",
  at,
  of,
  passed,
  notes: [],
  checks: [],
});
const contact: JournalRecord = { kind: "contact-seen", at };
const failing: JournalRecord = { kind: "failing", at, failureClass: "check-failed", message: "shop is down.", output: "" };
const next = (...records: JournalRecord[]) => {
  const standing = standingOf(records);
  if (!standing) throw new Error("no standing");
  return nextStep(standing, 4);
};
const ready = [...applied(), weighed("reboot"), hooks("drain")];
const back = [...ready, began(), ended(true)];

describe("a reboot in an execution", () => {
  it("is not thought of where the plan says never", () => {
    expect(next(...applied({ reboot: "never" }))).toEqual({ kind: "verify", of: "apply" });
  });
  it("comes after the restarts, drained, and before the last look", () => {
    expect(next(...applied().slice(0, -1))).toEqual({ kind: "restart", after: "apply" });
    expect(next(...applied())).toEqual({ kind: "weigh-reboot", after: "apply" });
    expect(next(...applied(), weighed("reboot"))).toEqual({ kind: "hooks", phase: "drain" });
    expect(next(...ready)).toEqual({ kind: "reboot", after: "apply" });
    expect(next(...ready, began())).toEqual({ kind: "reboot", after: "apply" });
    expect(next(...back)).toEqual({ kind: "verify", of: "apply" });
  });
  it("takes draining back only when the machine is well and the controller was heard", () => {
    expect(next(...back, verified(true))).toEqual({ kind: "confirm" });
    expect(next(...back, verified(true), contact)).toEqual({ kind: "hooks", phase: "undrain" });
    expect(next(...back, verified(true), contact, hooks("undrain"))).toMatchObject({ kind: "conclude", state: "succeeded" });
  });
  it("makes a kernel that was booted once the default last of all, and only when it proved well", () => {
    const once = [...ready, began("new"), ended(true), verified(true)];
    expect(next(...once)).toEqual({ kind: "confirm" });
    expect(next(...once, contact)).toEqual({ kind: "keep-kernel", entry: "new" });
    expect(next(...once, contact, { kind: "kernel-kept", at, entry: "new", problem: "" })).toEqual({ kind: "hooks", phase: "undrain" });
    expect(next(...ready, began("new"), ended(true), failing)).toEqual({ kind: "transact", purpose: "restore" });
  });
  it("that is not needed changes nothing", () => {
    expect(next(...applied(), weighed("not-needed"))).toEqual({ kind: "verify", of: "apply" });
    expect(next(...applied(), weighed("not-needed"), verified(true), contact)).toMatchObject({ kind: "conclude", state: "succeeded" });
  });
});

describe("a reboot that could not be had", () => {
  const undone = { kind: "conclude", state: "failed", failureClass: "reboot-not-done" };
  it("is never told as success, and is no reason to go back", () => {
    expect(next(...applied(), weighed("not-allowed"), verified(true), contact)).toMatchObject({
      ...undone,
      message: expect.stringContaining("the window closes in 3 min"),
    });
    const down = [...ready, began(), ended(false), verified(true), contact];
    expect(next(...down)).toEqual({ kind: "hooks", phase: "undrain" });
    expect(next(...down, hooks("undrain"))).toMatchObject({ ...undone, message: expect.stringContaining("still up") });
  });
  it("is not begun where draining failed, and what was drained is taken back", () => {
    const failed = [...applied(), weighed("reboot"), hooks("drain", false)];
    expect(next(...failed)).toEqual({ kind: "verify", of: "apply" });
    expect(next(...failed, verified(true), contact)).toEqual({ kind: "hooks", phase: "undrain" });
    expect(next(...failed, verified(true), contact, hooks("undrain"))).toMatchObject(undone);
  });
  it("is called off by a cancel that comes before it", () => {
    const cancelled = [...applied(), weighed("reboot"), { kind: "cancel-asked", at, reason: "halted" } as JournalRecord];
    expect(next(...cancelled)).toEqual({ kind: "verify", of: "apply" });
    expect(next(...cancelled, verified(true), contact)).toMatchObject({ ...undone, message: expect.stringContaining("halted") });
  });
  it("says when the machine may still be drained", () => {
    expect(next(...back, verified(true), contact, hooks("undrain", false))).toMatchObject({
      kind: "conclude",
      failureClass: "hook-failed",
    });
  });
});

describe("going back after a reboot", () => {
  const restored: JournalRecord[] = [
    ...back,
    failing,
    { kind: "transaction-began", at, purpose: "restore", number: 2, unit: "u", rung: 0, argv: [], logOffset: 0 },
    { kind: "transaction-ended", at, number: 2, exit: "exited 0" },
    observed(old),
    { kind: "restarted", at, after: "restore", units: [], notes: [] },
    { kind: "avoided", at, file: "f", expires: at },
  ];
  it("reboots once more where that is needed, still drained, and is not called rolled back without it", () => {
    expect(next(...restored)).toEqual({ kind: "weigh-reboot", after: "restore" });
    expect(next(...restored, weighed("reboot", "restore"))).toEqual({ kind: "reboot", after: "restore" });
    const home = [...restored, weighed("reboot", "restore"), began("", "restore"), ended(true, "restore"), verified(true, "restore")];
    expect(next(...home)).toEqual({ kind: "hooks", phase: "undrain" });
    expect(next(...home, hooks("undrain"))).toMatchObject({ kind: "conclude", state: "rolled-back" });
    const refused = [...restored, weighed("not-allowed", "restore"), verified(true, "restore"), hooks("undrain")];
    expect(next(...refused)).toMatchObject({ kind: "conclude", state: "rollback-failed" });
  });
  it("leaves a machine drained that is not well", () => {
    expect(next(...restored, weighed("not-needed", "restore"), verified(false, "restore"))).toMatchObject({
      kind: "conclude",
      state: "rollback-failed",
      message: expect.stringContaining("stays drained"),
    });
  });
  it("does not reboot where the change had not", () => {
    const before = [...applied(), failing, ...restored.slice(back.length + 1)];
    expect(next(...before)).toEqual({ kind: "verify", of: "restore" });
  });
});
