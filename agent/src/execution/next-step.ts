import type { FailureClass } from "@breakwater/shared/command";
import { lastly, type RebootStep, rebootStep } from "./next-reboot.ts";
import type { Purpose } from "./records.ts";
import { changedSince, type Direction, type Standing, type Transaction, wasCutOff } from "./standing.ts";

/** Times the same change is begun again after an interruption, and times going back is tried. */
export const MAX_APPLY_ATTEMPTS = 2;
export const MAX_RESTORE_ATTEMPTS = 2;

export type Step =
  | { readonly kind: "done" }
  | { readonly kind: "observe" }
  | { readonly kind: "attach"; readonly transaction: Transaction }
  | { readonly kind: "repair"; readonly rung: number }
  | { readonly kind: "precheck" }
  | { readonly kind: "prefetch" }
  | { readonly kind: "keep" }
  | { readonly kind: "transact"; readonly purpose: Exclude<Purpose, "repair"> }
  /** Services that scripts were kept from starting. */
  | { readonly kind: "start-deferred" }
  | { readonly kind: "restart"; readonly after: Direction }
  | RebootStep
  | { readonly kind: "verify"; readonly of: Direction }
  | { readonly kind: "confirm" }
  /** The network was lost by the change: what it was before is more than the packages' bytes. */
  | { readonly kind: "reconnect" }
  | { readonly kind: "avoid" }
  /** Something is wrong with the change; the class "from-output" is read off what the tools printed. */
  | { readonly kind: "fail"; readonly failureClass: FailureClass | "from-output"; readonly message: string }
  | {
      readonly kind: "conclude";
      readonly state: Conclusion;
      readonly message: string;
      /** Where it fails although the change itself stands. */
      readonly failureClass?: FailureClass;
    };
export type Conclusion = "succeeded" | "failed" | "rolled-back" | "rollback-failed" | "cancelled" | "refused";

const count = (s: Standing, purpose: Purpose): number => s.transactions.filter((t) => t.began.purpose === purpose).length;
const last = (s: Standing, purpose: Purpose): Transaction | undefined => s.transactions.findLast((t) => t.began.purpose === purpose);

/**
 * The only place that decides what an execution does next. It sees the journal and nothing else, so a restarted
 * executor goes on where the last one stopped, and every decision can be tried without a machine.
 */
export function nextStep(s: Standing, repairRungs: number): Step {
  const step = decide(s, repairRungs);
  return s.deferred && !BEFORE_STARTS.has(step.kind) ? { kind: "start-deferred" } : step;
}

/** While dpkg has work before it, nothing is started; once it has none, that comes before all else, however the execution ends. */
const BEFORE_STARTS: ReadonlySet<Step["kind"]> = new Set(["done", "observe", "attach", "repair", "transact", "fail"]);

function decide(s: Standing, repairRungs: number): Step {
  if (s.terminal) return { kind: "done" };
  const open = s.transactions.find((t) => !t.ended);
  if (open) return { kind: "attach", transaction: open };
  if (!s.observed) return { kind: "observe" };
  return s.origin.kind === "rollback-received" ? restoring(s, repairRungs) : applying(s, repairRungs);
}

function applying(s: Standing, repairRungs: number): Step {
  const observed = s.observed;
  if (!observed) return { kind: "observe" };
  const applies = count(s, "apply");
  if (s.failing) return afterFailure(s, repairRungs);
  if (applies === 0) {
    if (s.cancel) return unchanged(s, "cancelled", `Cancelled before anything was changed: ${s.cancel.reason}`);
    if (!observed.healthy)
      return s.rung < repairRungs
        ? { kind: "repair", rung: s.rung }
        : {
            kind: "fail",
            failureClass: "package-manager-broken",
            message: `The package manager is broken and could not be mended: ${observed.problems.join(" ")}`,
          };
    if (!s.prechecked) return { kind: "precheck" };
    if (s.prechecked.changes.length === 0)
      return { kind: "conclude", state: "succeeded", message: "Every package was already at its planned version or a newer one." };
    if (!s.prefetched) return { kind: "prefetch" };
    if (!s.kept) return { kind: "keep" };
    if (s.action.rollback && !s.kept.reversible) return { kind: "conclude", state: "refused", message: `not-reversible: ${s.kept.why}` };
    const draining = drainBefore(s, s.prechecked.drain);
    if (draining === "failed") return { kind: "fail", failureClass: "hook-failed", message: `${drainProblem(s)} Nothing was changed.` };
    return draining ?? { kind: "transact", purpose: "apply" };
  }
  const lost = wasCutOff(last(s, "apply"));
  if (!observed.healthy && lost && s.rung < repairRungs) return { kind: "repair", rung: s.rung };
  const wrong = notAtTarget(s);
  if (!observed.healthy || wrong.length > 0) {
    if (s.cancel)
      return {
        kind: "fail",
        failureClass: "interrupted",
        message: `Stopped on request: ${s.cancel.reason} ${describe(observed.problems, wrong)}`,
      };
    if (observed.healthy && lost && applies < MAX_APPLY_ATTEMPTS) return { kind: "transact", purpose: "apply" };
    return { kind: "fail", failureClass: "from-output", message: describe(observed.problems, wrong) };
  }
  // What a repair before it did mended somebody else's work, and says nothing of this change.
  const ours = s.transactions.slice(s.transactions.findIndex((t) => t.began.purpose === "apply"));
  const scripts = [...new Set(ours.flatMap((t) => (t.began.purpose === "restore" ? [] : (t.ended?.failedScripts ?? []))))];
  if (scripts.length > 0) {
    const message = `The planned versions are installed, but what these scripts had to do is not done: ${scripts.join(", ")}.`;
    return { kind: "fail", failureClass: "maintainer-script", message };
  }
  if (s.action.restartServices && !s.restarted.has("apply")) return { kind: "restart", after: "apply" };
  const rebooting = rebootStep(s, "apply");
  if (rebooting) return rebooting;
  const verified = s.verified.get("apply");
  if (!verified) return { kind: "verify", of: "apply" };
  if (s.action.limits.commitConfirmMs > 0 && !s.contactSeen) return { kind: "confirm" };
  return lastly(s, "apply", verified.notes.join(" "));
}

function afterFailure(s: Standing, repairRungs: number): Step {
  const observed = s.observed;
  const failing = s.failing;
  if (!observed || !failing) return { kind: "observe" };
  const applied = count(s, "apply") > 0;
  const changed = s.prechecked ? changedSince(s.prechecked.before, observed.packages, s.brought) : [];
  const untouched = changed.length === 0;
  if (!applied) return unchanged(s, "failed", failing.message);
  const restores = count(s, "restore");
  if (untouched && restores === 0) {
    if (observed.healthy) return unchanged(s, "failed", `${failing.message} Every package of the plan is as it was before.`);
    if (s.rung < repairRungs) return { kind: "repair", rung: s.rung };
    return {
      kind: "conclude",
      state: "failed",
      message: `${failing.message} The package manager is broken: ${observed.problems.join(" ")}${staysDrained(s)}`,
    };
  }
  if (!(s.action.rollback && s.kept?.reversible)) {
    if (!observed.healthy && s.rung < repairRungs) return { kind: "repair", rung: s.rung };
    const why = s.action.rollback ? (s.kept?.why ?? "") : "The plan does not ask for it.";
    return {
      kind: "conclude",
      state: "failed",
      message: `${failing.message} Nothing was rolled back: ${why} Changed: ${changed.join(", ")}.${staysDrained(s)}`,
    };
  }
  if (s.keptDamaged) return noWayBack(s, changed, failing.message);
  if (restores === 0) return { kind: "transact", purpose: "restore" };
  if (!observed.healthy && s.rung < repairRungs) return { kind: "repair", rung: s.rung };
  return afterRestore(s, changed, failing.message);
}

function noWayBack(s: Standing, changed: readonly string[], cause: string): Step {
  const problems = s.observed?.problems ?? [];
  const stands = [...problems, `Not as before: ${changed.join(", ")}.${staysDrained(s)}`].join(" ");
  return {
    kind: "conclude",
    state: "rollback-failed",
    message: `${cause} Going back is not possible: ${s.keptDamaged?.problem}. ${stands}`,
  };
}

/** What is left to do once a restore ran and dpkg was mended as far as it goes. */
function afterRestore(s: Standing, changed: readonly string[], cause: string): Step {
  const problems = s.observed?.problems ?? [];
  if (changed.length > 0 || !s.observed?.healthy) {
    if (count(s, "restore") < MAX_RESTORE_ATTEMPTS) return { kind: "transact", purpose: "restore" };
    return {
      kind: "conclude",
      state: "rollback-failed",
      message: `${cause} Going back did not succeed. Not as before: ${changed.join(", ") || "none"}. ${problems.join(" ")}${staysDrained(s)}`,
    };
  }
  if (s.action.restartServices && !s.restarted.has("restore")) return { kind: "restart", after: "restore" };
  if (s.failing?.failureClass === "commit-confirm" && !s.reconnected) return { kind: "reconnect" };
  if (!s.avoided) return { kind: "avoid" };
  const rebooting = rebootStep(s, "restore");
  if (rebooting) return rebooting;
  const verified = s.verified.get("restore");
  if (!verified) return { kind: "verify", of: "restore" };
  const notes = verified.notes.join(" ");
  if (verified.passed) return lastly(s, "restore", `${cause} The versions from before are back. ${staysNote(s)}${notes}`);
  return {
    kind: "conclude",
    state: "rollback-failed",
    message: `${cause} The versions from before are back, but: ${notes} ${staysNote(s)}${staysDrained(s)}`,
  };
}

function restoring(s: Standing, repairRungs: number): Step {
  const observed = s.observed;
  if (!observed || s.origin.kind !== "rollback-received") return { kind: "observe" };
  const changed = changedSince(s.origin.before, observed.packages, s.brought);
  if (count(s, "restore") === 0) {
    if (s.cancel) return unchanged(s, "cancelled", `Cancelled before anything was changed: ${s.cancel.reason}`);
    const moved = movedSince(s, s.origin.before);
    if (moved.length > 0)
      return {
        kind: "conclude",
        state: "rollback-failed",
        failureClass: "version-mismatch",
        message: `${moved.join(" ")} Somebody else's change came since, which going back would undo with it.${oneForAll(s.origin.before.length)} Nothing was undone; plan the version that is wanted.`,
      };
    if (changed.length > 0 && s.keptDamaged)
      return unchanged(
        s,
        "rollback-failed",
        `Going back is not possible: ${s.keptDamaged.problem}. Nothing was undone.`,
        s.keptDamaged.failureClass ?? "hash-mismatch",
      );
    if (changed.length > 0) {
      const draining = drainBefore(s, s.origin.drain);
      if (draining === "failed") return unchanged(s, "rollback-failed", `${drainProblem(s)} Nothing was undone.`, "hook-failed");
      return draining ?? { kind: "transact", purpose: "restore" };
    }
  }
  if (!observed.healthy && s.rung < repairRungs) return { kind: "repair", rung: s.rung };
  if (changed.length > 0 && s.keptDamaged) return noWayBack(s, changed, s.origin.reason);
  return afterRestore(s, changed, s.origin.reason);
}

/** The owner's drain hooks, where he wants them before a change. @returns undefined when the change may begin */
function drainBefore(s: Standing, wanted: boolean | undefined): Step | "failed" | undefined {
  if (!wanted) return undefined;
  if (!s.drainedBefore) return { kind: "hooks", phase: "drain" };
  return s.drainedBefore.passed ? undefined : "failed";
}
/** What the change brought and is still there, for the reader who would take it to be gone. */
const staysNote = ({ stays }: Standing): string => (stays ? `${stays.packages.map((p) => p.name).join(", ")} stays: ${stays.why} ` : "");
const staysDrained = (s: Standing): string => (s.drained ? " The machine stays drained." : "");
const drainProblem = (s: Standing): string => `The drain hooks failed: ${s.drainedBefore?.problem}.`;

/** An end with every package as it was: a machine that was drained for the change serves again first. */
function unchanged(s: Standing, state: Conclusion, message: string, failureClass?: FailureClass): Step {
  if (s.drained) return { kind: "hooks", phase: "undrain" };
  const still = s.undrained && !s.undrained.passed ? ` The machine may still be drained: ${s.undrained.problem}.` : "";
  return { kind: "conclude", state, message: `${message}${still}`, ...(failureClass ? { failureClass } : {}) };
}

/** Said of a rollback that one package refuses: what the others brought stands as well. */
const oneForAll = (count: number): string =>
  count > 1 ? ` All ${count} packages of the plan go back together or not at all, so none of them did.` : "";

/**
 * Packages that stand at another version than the execution brought, and than they had before it, or are not there any more. What
 * was new and is gone already is as it was.
 */
function movedSince(s: Standing, before: readonly { name: string; architecture: string; version: string }[]): string[] {
  const new_ = s.brought.map((p) => ({ ...p, version: undefined }));
  return [...before, ...new_].flatMap(({ name, architecture, version }) => {
    const same = (p: { name: string; architecture: string }) => p.name === name && p.architecture === architecture;
    const now = s.observed?.packages.find(same)?.version;
    const brought = s.action.packages.find(same)?.to;
    if (brought === undefined || now === brought || now === version) return [];
    if (version === undefined) return [`${name} is ${now} now, not the ${brought} that was brought.`];
    if (now === undefined) return [`${name} is not installed any more; ${brought} was brought, ${version} was there before.`];
    return [`${name} is ${now} now, neither the ${brought} that was brought nor the ${version} from before.`];
  });
}

/** Packages whose planned version is not what is installed now. */
function notAtTarget(s: Standing): string[] {
  const now = new Map(s.observed?.packages.map((p) => [`${p.name}:${p.architecture}`, p]) ?? []);
  return (s.prechecked?.changes ?? []).flatMap((c) => {
    const p = now.get(`${c.name}:${c.architecture}`);
    return p?.version === c.to && p.status === "installed"
      ? []
      : [`${c.name} is ${p ? `${p.version} (${p.status})` : "not installed"}, planned ${c.to}.`];
  });
}

const describe = (problems: readonly string[], wrong: readonly string[]): string =>
  [...new Set([...wrong, ...problems])].slice(0, 20).join(" ");
