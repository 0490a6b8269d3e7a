import type { EndpointAction } from "@breakwater/shared/command";
import { describe, expect, it } from "vitest";
import { nextStep } from "./next-step.ts";
import type { JournalRecord, RecordOf } from "./records.ts";
import { standingOf } from "./standing.ts";

const at = "2026-01-01T00:00:00.000Z";
const RUNGS = 4;
const baseAction: EndpointAction = {
  version: 1,
  planId: "pl_1",
  endpointId: "ep_1",
  packages: [{ manager: "apt", name: "shop", architecture: "all", from: "1.0", to: "1.1" }],
  checks: [],
  restartServices: false,
  reboot: "never",
  rollback: true,
  limits: { commitConfirmMs: 0, lockWaitMs: 0, checkGraceMs: 0, downloadBytesPerSecond: 0 },
};
const old = { name: "shop", architecture: "all", version: "1.0", status: "installed" };
const upgraded = { ...old, version: "1.1" };
const broken = { ...upgraded, status: "half-configured" };
const file = { name: "shop", architecture: "all", version: "1.0", file: "/x/shop.deb", sha256: "0", source: "archive" };

const received = (action: EndpointAction = baseAction): JournalRecord => ({
  kind: "apply-received",
  at,
  executionId: "ex_1",
  request: { action: "", planHeader: "", proof: [], approvals: [], notAfter: at },
  action,
  planDigest: "d",
  planExpiresAt: at,
});
const observed = (healthy: boolean, pkg: typeof old): JournalRecord => ({
  kind: "observed",
  at,
  healthy,
  problems: healthy ? [] : ["shop is broken."],
  packages: [pkg],
});
const prechecked: RecordOf<"prechecked"> = {
  kind: "prechecked",
  at,
  before: [old],
  changes: baseAction.packages,
  unitsBefore: [],
  machineBefore: [],
  reviewsBefore: [],
  kernelNote: "",
  linksBefore: [],
};
const kept = (reversible = true): JournalRecord => ({
  kind: "kept",
  at,
  files: reversible ? [file] : [],
  reversible,
  why: reversible ? "" : "no bytes",
});
const began = (purpose: "apply" | "restore" | "repair", number: number, rung = 0): JournalRecord => ({
  kind: "transaction-began",
  at,
  purpose,
  number,
  unit: "u",
  rung,
  argv: [],
  logOffset: 0,
});
const ended = (number: number, exit: string | null): JournalRecord => ({ kind: "transaction-ended", at, number, exit });
const failing: JournalRecord = { kind: "failing", at, failureClass: "maintainer-script", message: "postinst.", output: "" };
const ready = [received(), observed(true, old), prechecked, { kind: "prefetched", at, files: [] } as JournalRecord, kept()];
const next = (...records: JournalRecord[]) => {
  const standing = standingOf(records);
  if (!standing) throw new Error("no standing");
  return nextStep(standing, RUNGS);
};

describe("an execution before its change", () => {
  it("looks at the package manager first, and mends it rung by rung before it judges the plan", () => {
    expect(next(received())).toEqual({ kind: "observe" });
    expect(next(received(), observed(false, old))).toEqual({ kind: "repair", rung: 0 });
    expect(next(received(), observed(false, old), { kind: "repair-skipped", at, rung: 0 })).toEqual({ kind: "repair", rung: 1 });
    expect(next(received(), observed(false, old), { kind: "repair-skipped", at, rung: 3 })).toMatchObject({
      kind: "fail",
      failureClass: "package-manager-broken",
    });
  });
  it("keeps the way back before it changes anything", () => {
    expect(next(...ready.slice(0, 2))).toEqual({ kind: "precheck" });
    expect(next(...ready.slice(0, 3))).toEqual({ kind: "prefetch" });
    expect(next(...ready.slice(0, 4))).toEqual({ kind: "keep" });
    expect(next(...ready)).toEqual({ kind: "transact", purpose: "apply" });
  });
  it("refuses when the plan wants a way back and there is none", () => {
    expect(next(...ready.slice(0, 4), kept(false))).toMatchObject({ kind: "conclude", state: "refused" });
  });
  it("ends cancelled when it was asked to stop in time", () => {
    expect(next(...ready, { kind: "cancel-asked", at, reason: "no" })).toMatchObject({ kind: "conclude", state: "cancelled" });
  });
  it("ends failed, with nothing to restore, when the precheck says no", () => {
    expect(next(received(), observed(true, old), failing)).toMatchObject({ kind: "conclude", state: "failed" });
  });
});

describe("an execution after its change", () => {
  const applied = [...ready, began("apply", 1)];
  it("takes up a transaction that an earlier executor began", () => {
    expect(next(...applied)).toMatchObject({ kind: "attach", transaction: { began: { number: 1 } } });
  });
  it("takes a version whose own script failed for no success, also where the package manager calls that a warning", () => {
    const failed: JournalRecord = { kind: "transaction-ended", at, number: 1, exit: "exited 0", failedScripts: ["%post(bw-1.1)"] };
    const step = next(...applied, failed, observed(true, upgraded));
    expect(step).toMatchObject({ kind: "fail", failureClass: "maintainer-script", message: expect.stringContaining("%post(bw-1.1)") });
    expect(next(...applied, failed, observed(true, upgraded), failing)).toEqual({ kind: "transact", purpose: "restore" });
    const none: JournalRecord = { ...failed, failedScripts: [] };
    // A repair before the change ran somebody else's script.
    const mended = [began("repair", 1), failed, observed(true, old), ...ready.slice(2)];
    expect(next(received(), ...mended, began("apply", 2), { ...none, number: 2 }, observed(true, upgraded)).kind).not.toBe("fail");
    expect(next(...applied, none, observed(true, upgraded)).kind).not.toBe("fail");
  });
  it("believes the state and not the exit status", () => {
    expect(next(...applied, ended(1, "exited 0"), observed(true, old))).toMatchObject({ kind: "fail", failureClass: "from-output" });
    expect(next(...applied, ended(1, "exited 100"), observed(true, upgraded))).toMatchObject({ kind: "verify", of: "apply" });
  });
  it("mends dpkg after a power cut, finishes the change once more, and gives up on the second cut", () => {
    const cut = [...applied, ended(1, null)];
    expect(next(...cut, observed(false, broken))).toEqual({ kind: "repair", rung: 0 });
    const mended = [...cut, began("repair", 2), ended(2, "exited 0")];
    expect(next(...mended)).toEqual({ kind: "observe" });
    expect(next(...mended, observed(true, upgraded))).toEqual({ kind: "verify", of: "apply" });
    expect(next(...mended, observed(true, old))).toEqual({ kind: "transact", purpose: "apply" });
    expect(next(...mended, observed(true, old), began("apply", 3), ended(3, null), observed(true, old))).toMatchObject({ kind: "fail" });
  });
  it("mends dpkg and goes on where the transaction itself was killed, which is no word on the packages", () => {
    const killed = [...applied, ended(1, "killed KILL"), observed(false, broken)];
    expect(next(...killed)).toEqual({ kind: "repair", rung: 0 });
    expect(next(...killed, began("repair", 2), ended(2, "exited 0"), observed(true, upgraded))).toMatchObject({ kind: "verify" });
  });
  it("goes back from a failed script without running it again", () => {
    expect(next(...applied, ended(1, "exited 100"), observed(false, broken), failing)).toEqual({ kind: "transact", purpose: "restore" });
  });
  it("goes on restoring, and finishes what is whole, when it is asked to stop", () => {
    const stop: JournalRecord = { kind: "cancel-asked", at, reason: "Halted by a signed order." };
    const torn = [...applied, ended(1, "exited 100"), observed(false, broken), failing, stop];
    expect(next(...torn)).toEqual({ kind: "transact", purpose: "restore" });
    expect(next(...applied, stop, ended(1, "exited 0"), observed(true, upgraded))).toEqual({ kind: "verify", of: "apply" });
    const halfway = next(...applied, stop, ended(1, "exited 0"), observed(true, old));
    expect(halfway).toMatchObject({
      kind: "fail",
      failureClass: "interrupted",
      message: expect.stringContaining("Halted by a signed order"),
    });
  });
  it("does not undo, with its own change, one that somebody else made since", () => {
    const back: RecordOf<"rollback-received"> = {
      ...{ kind: "rollback-received", at, executionId: "ex_1_rb", ofExecutionId: "ex_1", reason: "It crashes." },
      ...{ action: baseAction, kept: [file], before: [old], brought: [], rebooted: false },
    };
    expect(next(back, observed(true, upgraded))).toEqual({ kind: "transact", purpose: "restore" });
    expect(next(back, observed(false, broken))).toEqual({ kind: "transact", purpose: "restore" });
    expect(next(back, observed(true, { ...old, version: "1.2" }))).toMatchObject({
      ...{ kind: "conclude", state: "rollback-failed", failureClass: "version-mismatch" },
      message: expect.stringContaining("shop is 1.2 now, neither the 1.1 that was brought nor the 1.0 from before."),
    });
    // What somebody removed since is not brought back behind his back, as the bytes of before would do.
    expect(next(back, { ...observed(true, old), packages: [] } as JournalRecord)).toMatchObject({
      ...{ kind: "conclude", state: "rollback-failed", failureClass: "version-mismatch" },
      message: expect.stringContaining("shop is not installed any more; 1.1 was brought, 1.0 was there before."),
    });
    // Once going back began, it goes on, whatever it finds.
    const torn = next(
      back,
      observed(true, upgraded),
      began("restore", 1),
      ended(1, "exited 100"),
      observed(true, { ...old, version: "1.2" }),
    );
    expect(torn).toEqual({ kind: "transact", purpose: "restore" });
  });
  it("says that one package which somebody else moved keeps all others from going back", () => {
    const [change] = baseAction.packages;
    const action = { ...baseAction, packages: [change, { ...change, name: "till" }] } as EndpointAction;
    const till = (version: string) => ({ ...old, name: "till", version });
    const back: RecordOf<"rollback-received"> = {
      ...{ kind: "rollback-received", at, executionId: "ex_1_rb", ofExecutionId: "ex_1", reason: "It crashes." },
      ...{ action, kept: [file], before: [old, till("1.0")], brought: [], rebooted: false },
    };
    const seen = (...packages: (typeof old)[]) => ({ ...observed(true, old), packages }) as JournalRecord;
    expect(next(back, seen(upgraded, till("1.1")))).toEqual({ kind: "transact", purpose: "restore" });
    const refused = next(back, seen(upgraded, till("1.2")));
    expect(refused).toMatchObject({ kind: "conclude", state: "rollback-failed", failureClass: "version-mismatch" });
    expect((refused as { message: string }).message).toMatch(
      /^till is 1\.2 now.* All 2 packages of the plan go back together or not at all, so none of them did\. Nothing was undone/,
    );
  });
  it("says that there is no way back where the kept bytes changed on the disk, and undoes nothing half", () => {
    const gone: JournalRecord = { kind: "kept-damaged", at, problem: "the kept bytes of shop 1.0 changed on the disk" };
    const torn = [...applied, ended(1, "exited 100"), observed(false, broken), failing, gone];
    expect(next(...torn)).toMatchObject({
      ...{ kind: "conclude", state: "rollback-failed" },
      message: expect.stringMatching(
        /^postinst\. Going back is not possible: the kept bytes of shop 1\.0 changed.*Not as before: shop:all\./,
      ),
    });
    const back: RecordOf<"rollback-received"> = {
      ...{ kind: "rollback-received", at, executionId: "ex_1_rb", ofExecutionId: "ex_1", reason: "It crashes." },
      ...{ action: baseAction, kept: [file], before: [old], brought: [], rebooted: false },
    };
    expect(next(back, observed(true, upgraded), gone)).toMatchObject({
      ...{ kind: "conclude", state: "rollback-failed", failureClass: "hash-mismatch" },
      message: expect.stringContaining("Nothing was undone"),
    });
  });
  describe("with a package that it brought and that was not there", () => {
    const image = { manager: "apt", name: "image-2", architecture: "all", from: "", to: "2.0" } as const;
    const action = { ...baseAction, packages: [...baseAction.packages, image] } as EndpointAction;
    const there = { name: "image-2", architecture: "all", version: "2.0", status: "installed" };
    const both = (...packages: (typeof old)[]) => ({ ...observed(true, old), packages }) as JournalRecord;
    const begun = applied.map(
      (r): JournalRecord =>
        r.kind === "apply-received" ? { ...r, action } : r.kind === "prechecked" ? { ...r, changes: action.packages } : r,
    );
    const stays: JournalRecord = {
      ...{ kind: "brought-stays", at, packages: [{ name: "image-2", architecture: "all" }], why: "it is the kernel that runs now." },
    };
    const verified: JournalRecord = { kind: "verified", at, of: "restore", passed: true, notes: [], checks: [] };
    const avoided: JournalRecord = { kind: "avoided", at, file: "f", expires: at };

    it("goes back where only that package came, and is back only when it is gone", () => {
      expect(next(...begun, ended(1, "exited 100"), both(old, there), failing)).toEqual({ kind: "transact", purpose: "restore" });
      expect(next(...begun, ended(1, "exited 100"), both(old), failing)).toMatchObject({ kind: "conclude", state: "failed" });
      const restored = [...begun, ended(1, "exited 100"), both(upgraded, there), failing, began("restore", 2), ended(2, "exited 0")];
      expect(next(...restored, both(old, there))).toEqual({ kind: "transact", purpose: "restore" });
      expect(next(...restored, both(old))).toEqual({ kind: "avoid" });
    });
    it("begins again after it was cut off between the two, and is not done without the new one", () => {
      expect(next(...begun, ended(1, null), both(old, there))).toEqual({ kind: "transact", purpose: "apply" });
      expect(next(...begun, ended(1, "exited 0"), both(upgraded))).toMatchObject({
        kind: "fail",
        message: expect.stringContaining("image-2 is not"),
      });
    });
    it("is back with it where it has to stay, and says so", () => {
      const restored = [...begun, ended(1, "exited 100"), both(upgraded, there), failing, stays, began("restore", 2), ended(2, "exited 0")];
      expect(next(...restored, both(old, there))).toEqual({ kind: "avoid" });
      expect(next(...restored, both(old, there), avoided, verified)).toMatchObject({
        ...{ kind: "conclude", state: "rolled-back" },
        message: expect.stringContaining("The versions from before are back. image-2 stays: it is the kernel that runs now."),
      });
    });
    it("takes exactly that one away when it is undone later, and nothing that somebody put in its place", () => {
      const back: RecordOf<"rollback-received"> = {
        ...{ kind: "rollback-received", at, executionId: "ex_1_rb", ofExecutionId: "ex_1", reason: "It crashes." },
        ...{ action, kept: [file], before: [old], brought: [{ name: "image-2", architecture: "all" }], rebooted: false },
      };
      expect(next(back, both(upgraded, there))).toEqual({ kind: "transact", purpose: "restore" });
      expect(next(back, both(old, there))).toEqual({ kind: "transact", purpose: "restore" });
      // Of a package that was there before the change, and that the plan named too, the rollback says nothing.
      expect(next({ ...back, brought: [] }, both(old, there))).toEqual({ kind: "avoid" });
      expect(next(back, both(upgraded, { ...there, version: "2.1" }))).toMatchObject({
        ...{ state: "rollback-failed", failureClass: "version-mismatch" },
        message: expect.stringContaining("image-2 is 2.1 now, not the 2.0 that was brought."),
      });
      const more: JournalRecord = { kind: "kept-damaged", at, problem: "it would also remove till", failureClass: "removal-needed" };
      expect(next(back, both(upgraded, there), more)).toMatchObject({
        ...{ state: "rollback-failed", failureClass: "removal-needed" },
        message: expect.stringContaining("it would also remove till. Nothing was undone."),
      });
    });
  });
  it("does not restore what was not changed", () => {
    expect(next(...applied, ended(1, "exited 100"), observed(true, old), failing)).toMatchObject({ kind: "conclude", state: "failed" });
  });
  it("calls it rolled back only when versions, dpkg and checks are as before", () => {
    const restored = [...applied, ended(1, "exited 100"), observed(false, broken), failing, began("restore", 2), ended(2, "exited 0")];
    expect(next(...restored, observed(true, old))).toEqual({ kind: "avoid" });
    const avoided: JournalRecord = { kind: "avoided", at, file: "f", expires: at };
    const verified = (passed: boolean): JournalRecord => ({ kind: "verified", at, of: "restore", passed, notes: [], checks: [] });
    expect(next(...restored, observed(true, old), avoided, verified(true))).toMatchObject({ kind: "conclude", state: "rolled-back" });
    expect(next(...restored, observed(true, old), avoided, verified(false))).toMatchObject({ kind: "conclude", state: "rollback-failed" });
  });
  it("brings the network back too when nobody could be reached after the change", () => {
    const lost: JournalRecord = { ...failing, failureClass: "commit-confirm" } as JournalRecord;
    const restored = [...applied, ended(1, "exited 0"), observed(true, upgraded), lost, began("restore", 2), ended(2, "exited 0")];
    expect(next(...restored, observed(true, old))).toEqual({ kind: "reconnect" });
    expect(next(...restored, observed(true, old), { kind: "reconnected", at, notes: [] })).toEqual({ kind: "avoid" });
  });
  it("tries going back twice and then says that it did not succeed", () => {
    const once = [
      ...applied,
      ended(1, "exited 100"),
      observed(true, upgraded),
      failing,
      began("restore", 2),
      ended(2, "exited 100"),
      observed(true, upgraded),
    ];
    expect(next(...once)).toEqual({ kind: "transact", purpose: "restore" });
    expect(next(...once, began("restore", 3), ended(3, "exited 100"), observed(true, upgraded))).toMatchObject({
      kind: "conclude",
      state: "rollback-failed",
    });
  });
  it("leaves a change in place where the plan does not ask for going back", () => {
    const forward = received({ ...baseAction, rollback: false });
    expect(next(forward, ...ready.slice(1), began("apply", 1), ended(1, "exited 0"), observed(true, upgraded), failing)).toMatchObject({
      kind: "conclude",
      state: "failed",
    });
  });
  it("waits for contact where the plan limits its absence", () => {
    const confirm = received({ ...baseAction, limits: { ...baseAction.limits, commitConfirmMs: 1000 } });
    const done = [confirm, ...ready.slice(1), began("apply", 1), ended(1, "exited 0"), observed(true, upgraded)];
    const verified: JournalRecord = { kind: "verified", at, of: "apply", passed: true, notes: [], checks: [] };
    expect(next(...done, verified)).toEqual({ kind: "confirm" });
    expect(next(...done, verified, { kind: "contact-seen", at })).toMatchObject({ kind: "conclude", state: "succeeded" });
  });
});

describe("services that scripts may not start", () => {
  const deferred: JournalRecord = { kind: "starts-deferred", at, services: ["db"], up: ["db.service"], others: [], logOffset: 0 };
  const started: JournalRecord = { kind: "deferred-started", at, units: ["db.service"], notes: [] };
  const applied = [...ready, deferred, began("apply", 1)];
  it("are started once dpkg has no work before it, and before anything is judged", () => {
    expect(next(...applied)).toMatchObject({ kind: "attach" });
    expect(next(...applied, ended(1, null), observed(false, broken))).toEqual({ kind: "repair", rung: 0 });
    const whole = [...applied, ended(1, "exited 0"), observed(true, upgraded)];
    expect(next(...whole)).toEqual({ kind: "start-deferred" });
    expect(next(...whole, started)).toEqual({ kind: "verify", of: "apply" });
  });
  it("stay stopped until the way back is done, whichever transaction stopped them", () => {
    const back = [...applied, ended(1, "exited 100"), observed(false, broken), failing];
    expect(next(...back)).toEqual({ kind: "transact", purpose: "restore" });
    const again: JournalRecord = { ...deferred, up: [] } as JournalRecord;
    const restored = [...back, again, began("restore", 2), ended(2, "exited 0"), observed(true, old)];
    expect(next(...restored)).toEqual({ kind: "start-deferred" });
    expect(standingOf(restored)?.deferred?.up).toEqual(["db.service"]);
    expect(next(...restored, started)).toEqual({ kind: "avoid" });
  });
  it("are started before an end that nothing was changed for, also where the executor was killed before its transaction", () => {
    expect(next(...ready, deferred)).toEqual({ kind: "transact", purpose: "apply" });
    const stop: JournalRecord = { kind: "cancel-asked", at, reason: "no" };
    expect(next(...ready, deferred, stop)).toEqual({ kind: "start-deferred" });
    expect(next(...ready, deferred, stop, started)).toMatchObject({ kind: "conclude", state: "cancelled" });
    const broke = [received(), observed(false, old), deferred, began("repair", 1), ended(1, "exited 1"), observed(false, old)];
    const given = [...broke, { kind: "repair-skipped", at, rung: 3 } as JournalRecord, failing];
    expect(next(...given)).toEqual({ kind: "start-deferred" });
    expect(next(...given, started)).toMatchObject({ kind: "conclude", state: "failed" });
  });
});

describe("a machine that its owner has drained for a change", () => {
  const wanted = [...ready.slice(0, 2), { ...prechecked, drain: true } as JournalRecord, ...ready.slice(3)];
  const hooks = (phase: "drain" | "undrain", passed = true): JournalRecord => ({
    ...{ kind: "hooks-ran", at, phase, passed, hooks: [], problem: passed ? "" : "10-lb exited 1" },
  });
  const undrained = { kind: "hooks", phase: "undrain" } as const;
  it("is changed once its hooks say so, and serves again when it is well", () => {
    expect(next(...wanted)).toEqual({ kind: "hooks", phase: "drain" });
    expect(next(...wanted, hooks("drain"))).toEqual({ kind: "transact", purpose: "apply" });
    const verified: JournalRecord = { kind: "verified", at, of: "apply", passed: true, notes: [], checks: [] };
    const done = [...wanted, hooks("drain"), began("apply", 1), ended(1, "exited 0"), observed(true, upgraded), verified];
    expect(next(...done)).toEqual(undrained);
    expect(next(...done, hooks("undrain"))).toMatchObject({ kind: "conclude", state: "succeeded" });
  });
  it("that cannot be drained is not changed, and serves again", () => {
    const refused = [...wanted, hooks("drain", false)];
    expect(next(...refused)).toMatchObject({ kind: "fail", failureClass: "hook-failed" });
    const told: JournalRecord = { kind: "failing", at, failureClass: "hook-failed", message: "Nothing was changed.", output: "" };
    expect(next(...refused, told)).toEqual(undrained);
    expect(next(...refused, told, hooks("undrain"))).toMatchObject({ kind: "conclude", state: "failed" });
    expect(next(...refused, told, hooks("undrain", false))).toMatchObject({
      ...{ kind: "conclude", state: "failed", message: expect.stringContaining("may still be drained: 10-lb exited 1") },
    });
  });
  it("serves again where the change was called off or came to nothing", () => {
    const stop: JournalRecord = { kind: "cancel-asked", at, reason: "no" };
    expect(next(...wanted, hooks("drain"), stop)).toEqual(undrained);
    expect(next(...wanted, hooks("drain"), stop, hooks("undrain"))).toMatchObject({ kind: "conclude", state: "cancelled" });
    const nothing = [...wanted, hooks("drain"), began("apply", 1), ended(1, "exited 100"), observed(true, old), failing];
    expect(next(...nothing)).toEqual(undrained);
    expect(next(...nothing, hooks("undrain"))).toMatchObject({ kind: "conclude", state: "failed" });
  });
  it("is drained for a way back that a person asks for, too", () => {
    const back: RecordOf<"rollback-received"> = {
      ...{ kind: "rollback-received", at, executionId: "ex_1_rb", ofExecutionId: "ex_1", reason: "It crashes." },
      ...{ action: baseAction, kept: [file], before: [old], brought: [], rebooted: false, drain: true },
    };
    expect(next(back, observed(true, upgraded))).toEqual({ kind: "hooks", phase: "drain" });
    expect(next(back, observed(true, upgraded), hooks("drain"))).toEqual({ kind: "transact", purpose: "restore" });
    const refused = [back, observed(true, upgraded), hooks("drain", false)];
    expect(next(...refused)).toEqual(undrained);
    expect(next(...refused, hooks("undrain"))).toMatchObject({ kind: "conclude", state: "rollback-failed", failureClass: "hook-failed" });
  });
});
