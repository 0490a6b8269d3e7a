import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type EndpointAction, type FailureClass, isNew, type PackageChange } from "@breakwater/shared/command";
import { type Clock, formatInstant, type Instant, type Result, unreachable } from "@breakwater/shared/core";
import type { Report } from "../executor/protocol.ts";
import { sha256File } from "../packages/bytes.ts";
import {
  type InstalledPackage,
  type ManagerCommand,
  type PackageFile,
  type PackageManager,
  packageKey,
} from "../packages/package-manager.ts";
import type { Run } from "../packages/run.ts";
import type { BootLoader, Machine } from "../reboot/index.ts";
import type { Snapshots, Taken } from "../snapshots/index.ts";
import { runChecks } from "./checks.ts";
import { spaceShort } from "./free-space.ts";
import type { Journal } from "./journal.ts";
import { mendKept } from "./kept-bytes.ts";
import { leavingNow } from "./leaving.ts";
import { bringUp, linksUp } from "./links.ts";
import type { Step } from "./next-step.ts";
import { foundIn, logOf, outputTail, readSlice, sizeOf } from "./output.ts";
import { performHooks, performReboot, rebootPrecheck, weighReboot } from "./perform-reboot.ts";
import { deferStarts, startDeferred, startsPrecheck } from "./perform-starts.ts";
import { judgeBeforehand } from "./precheck.ts";
import type { JournalRecord, Purpose } from "./records.ts";
import { restartStale } from "./restart-stale.ts";
import { type Standing, standingOf, type Transaction, wasCutOff } from "./standing.ts";
import type { Starts } from "./starts.ts";
import { tooLate } from "./too-late.ts";
import { startTransaction, watchTransaction } from "./transaction.ts";
import { runningServices } from "./units.ts";
import { verify } from "./verify.ts";
import { keepWayBack } from "./way-back.ts";

const LOCK_POLL_MS = 1_000;
/** Output that goes with an alarm. */
const STALL_TAIL_BYTES = 4_000;
/** A bad version stays away for this long; by then its successor is out or a person has looked. */
const AVOID_MS = 14 * 86_400_000;
const CONTACT_POLL_MS = 100;

export interface Surroundings {
  readonly run: Run;
  readonly manager: PackageManager;
  readonly clock: Clock;
  /** Directory of this execution: journal and output. */
  readonly directory: string;
  /** Directory of this execution's packages: readable by apt's download user, writable by root. */
  readonly archives: string;
  /** Directories that may hold bytes of installed versions: what earlier executions brought. */
  caches(): Promise<readonly string[]>;
  readonly journal: Journal;
  readonly stallMs: number;
  /** Why the machine's owner does not let these changes come from where they come from; undefined when he does. */
  foreignOrigin(changes: readonly PackageChange[]): Promise<string | undefined>;
  /** Whether the owner still lets the change begin. */
  mayBegin(action: EndpointAction): Promise<Result<void>>;
  /** Why the owner's policy lets the machine not be rebooted now, or gives too little time for it. */
  mayReboot(action: EndpointAction, neededMs: number): Promise<Result<void>>;
  /** Of these services those that the owner lets nobody restart. */
  excludedRestarts(units: readonly string[]): Promise<string[]>;
  /** Services that the owner lets no script start while a change runs. */
  deferStarts(): Promise<{ readonly services: readonly string[]; readonly drain: boolean }>;
  readonly starts: Starts;
  /** Where the owner's hooks are. */
  readonly configDir: string;
  readonly bootLoader: BootLoader;
  readonly machine: Machine;
  readonly snapshots: Pick<Snapshots, "take">;
  /** Waits until the controller holds all that was reported, or the limit. */
  delivered(limitMs: number): Promise<void>;
  /** Moment, by performance.now(), of the last contact to the controller that the connection part told of. */
  lastContact(): number;
  report(state: string, more: Partial<Report>): void;
  output(offset: number, text: Buffer): void;
}

type Named = { name: string; architecture: string; version: string; status: string };
const brief = ({ name, architecture, version, status }: InstalledPackage): Named => ({ name, architecture, version, status });
const chosen = (all: readonly InstalledPackage[], wanted: readonly { name: string; architecture: string }[]): Named[] => {
  const keys = new Set(wanted.map(packageKey));
  return all.filter((p) => keys.has(packageKey(p))).map(brief);
};

/** Takes one step. Everything it learns goes to the journal; it decides nothing that `nextStep` could. */
export async function perform(step: Exclude<Step, { kind: "done" }>, standing: Standing, w: Surroundings): Promise<void> {
  const at = () => formatInstant(w.clock.now());
  const append = (record: JournalRecord) => w.journal.append(record);
  const failing = (failureClass: FailureClass, message: string, output = "") =>
    append({ kind: "failing", at: at(), failureClass, message, output });
  const { action } = standing;
  const locked = async () =>
    failing("lock-timeout", `The package manager is in use by ${await w.manager.lockHolder()}, for longer than the plan waits.`);

  switch (step.kind) {
    case "observe": {
      if (standing.step <= 1 && standing.origin.kind === "apply-received") w.report("prechecking", { message: "" });
      // Another program's half-done work, or what is left of a transaction whose apt-get was killed, is no state to judge by.
      const free = await lockFree(action.limits.lockWaitMs, standing.transactions.length > 0 ? standing.state : "prechecking", w);
      const health = await w.manager.health();
      const packages = chosen(await w.manager.installed(), action.packages);
      append({ kind: "observed", at: at(), healthy: health.healthy, problems: health.problems.slice(0, 50), packages });
      if (!free && standing.transactions.length === 0 && standing.origin.kind === "apply-received") await locked();
      return;
    }
    case "attach": {
      const { began } = step.transaction;
      const exit = await watch(step.transaction, w);
      await w.starts.release();
      const failedScripts = foundIn(logOf(w.directory), began.logOffset, (text) => w.manager.failedScripts(text));
      return append({ kind: "transaction-ended", at: at(), number: began.number, exit, failedScripts });
    }
    case "repair": {
      const command = await w.manager.repairCommand(step.rung, filesAtHand(standing), w.archives);
      if (!command) return append({ kind: "repair-skipped", at: at(), rung: step.rung });
      return begin("repair", command, standing, w, step.rung);
    }
    case "precheck": {
      if (!(await lockFree(action.limits.lockWaitMs, "prechecking", w))) return locked();
      const all = await w.manager.installed();
      const judged = await judgeBeforehand(w.manager, action, all);
      if (!judged.ok) return failing(judged.problem.failureClass, judged.problem.message, judged.problem.output);
      const foreign = await w.foreignOrigin(judged.value);
      if (foreign) return failing("repository-untrusted", foreign);
      const checks = await runChecks(w.run, action.checks, 0, () => performance.now());
      const bad = checks.filter((c) => !c.passed);
      if (bad.length > 0)
        return failing("check-failed", `Failed before anything was changed: ${bad.map((c) => `${c.name} (${c.detail})`).join(", ")}.`);
      const short = judged.value.length === 0 ? undefined : spaceShort(await w.manager.spaceNeeds(judged.value));
      if (short) return failing("no-space", short);
      const boot = await rebootPrecheck(action, w);
      if (boot.refused) return failing("reboot-not-done", boot.refused);
      const starts = await startsPrecheck(w);
      if (starts.refused) return failing("hook-failed", starts.refused);
      return append({
        kind: "prechecked",
        at: at(),
        before: chosen(all, action.packages),
        changes: judged.value,
        unitsBefore: (await runningServices(w.run)).map((u) => ({ unit: u.unit, restarts: u.restarts })),
        machineBefore: all.map((p) => `${packageKey(p)}=${p.version}`),
        reviewsBefore: [...(await w.manager.configurationReviews())],
        kernelNote: boot.kernelNote,
        linksBefore: linksUp(),
        ...(starts.drain ? { drain: true } : {}),
      });
    }
    case "prefetch": {
      mkdirSync(join(w.archives, "new"), { recursive: true });
      const limits = { bytesPerSecond: action.limits.downloadBytesPerSecond, lockWaitMs: action.limits.lockWaitMs };
      const fetched = await w.manager.prefetch(standing.prechecked?.changes ?? [], join(w.archives, "new"), limits);
      if (!fetched.ok) return failing(fetched.problem.failureClass, fetched.problem.message, fetched.problem.output);
      return append({ kind: "prefetched", at: at(), files: [...fetched.value] });
    }
    case "keep": {
      const kept = await keepOld(standing, w);
      const snapshot = await w.snapshots.take(standing.executionId);
      append({ kind: "kept", at: at(), ...kept, snapshot });
      return w.report("prefetched", {
        message: [
          kept.reversible ? `Old and new versions are at hand. ${kept.why}` : `No way back by packages: ${kept.why}`,
          snapshotNote(snapshot),
          standing.prechecked?.kernelNote,
        ]
          .filter(Boolean)
          .join(" "),
      });
    }
    case "transact": {
      if (step.purpose === "restore") {
        const kept = standing.origin.kind === "rollback-received" ? standing.origin.kept : (standing.kept?.files ?? []);
        const mended = await mendKept(w.manager, kept, await w.caches());
        if (mended.lost !== "") return append({ kind: "kept-damaged", at: at(), problem: mended.lost });
        const { leaving, stays, problem } = await leavingNow(w.manager, kept, standing.brought);
        if (problem) return append({ kind: "kept-damaged", at: at(), ...problem });
        if (stays) append({ kind: "brought-stays", at: at(), ...stays });
        const reasons = why(standing);
        w.report("rolling-back", { ...reasons, message: [reasons.message, ...mended.notes].join(" ") });
        return begin(
          "restore",
          w.manager.restoreCommand(kept.map(asKept), join(w.archives, "new"), action.limits.lockWaitMs, leaving),
          standing,
          w,
          0,
        );
      }
      const late = await tooLate(standing, w);
      if (late) return append({ kind: "cancel-asked", at: at(), reason: late });
      const files = standing.prefetched?.files ?? [];
      for (const f of files)
        if ((await sha256File(f.file).catch(() => "")) !== f.sha256)
          return failing("hash-mismatch", `${f.file} is not what was fetched and checked before.`);
      // A change whose way back is gone is not begun where the plan wants one.
      const wayBack = action.rollback ? await mendKept(w.manager, standing.kept?.files ?? [], await w.caches()) : { notes: [], lost: "" };
      if (wayBack.lost !== "") return failing("hash-mismatch", `There is no way back any more: ${wayBack.lost}. Nothing was changed.`);
      w.report("applying", { message: wayBack.notes.join(" ") });
      return begin(
        "apply",
        w.manager.applyCommand(standing.prechecked?.changes ?? [], join(w.archives, "new"), action.limits.lockWaitMs),
        standing,
        w,
        0,
      );
    }
    case "restart": {
      const { units, notes } = await restartStale(w.run, w.excludedRestarts);
      return append({ kind: "restarted", at: at(), after: step.after, units, notes });
    }
    case "start-deferred":
      return startDeferred(standing, w);
    case "weigh-reboot":
      return weighReboot(step.after, standing, w);
    case "hooks":
      return performHooks(step.phase, standing, w);
    case "reboot":
      return performReboot(step.after, standing, w);
    case "keep-kernel":
      return append({ kind: "kernel-kept", at: at(), entry: step.entry, problem: (await w.bootLoader.setDefault(step.entry)) ?? "" });
    case "verify":
      return verify(step.of, standing, w, outputTail(w.directory, standing));
    case "confirm": {
      append({ kind: "contact-awaited", at: at(), limitMs: action.limits.commitConfirmMs });
      const from = performance.now();
      // Its acknowledgement is the contact, long before the controller's next sign of life.
      w.report("verifying", { message: "The change stands; it is kept once the controller is heard from." });
      while (w.lastContact() < from && performance.now() - from < action.limits.commitConfirmMs) await wait(CONTACT_POLL_MS);
      if (w.lastContact() >= from) return append({ kind: "contact-seen", at: at() });
      return failing(
        "commit-confirm",
        `The controller could not be reached for ${Math.round(action.limits.commitConfirmMs / 1000)} s after the change.`,
      );
    }
    case "reconnect":
      return append({ kind: "reconnected", at: at(), notes: await bringUp(w.run, standing.prechecked?.linksBefore ?? []) });
    case "avoid": {
      // What was new comes only with these again, and a later plan could not name it over a pin: apt looks for it by itself.
      const bad = action.packages.filter((p) => !isNew(p)).map((p) => ({ name: p.name, version: p.to }));
      const expires = formatInstant((w.clock.now() + AVOID_MS) as Instant);
      const file = await w.manager.avoid(standing.executionId, bad, `Breakwater rolled back: ${why(standing).message}`, expires);
      return append({ kind: "avoided", at: at(), file, expires });
    }
    case "fail": {
      const output = outputTail(w.directory, standing);
      const failureClass = step.failureClass === "from-output" ? (w.manager.classify(output) ?? lostOr(standing)) : step.failureClass;
      const told = w.manager.explain(output);
      return failing(failureClass, told === "" ? step.message : `${step.message} ${told}.`, output);
    }
    case "conclude": {
      const terminalChecks = standing.verified.get(step.state === "succeeded" || step.failureClass ? "apply" : "restore")?.checks ?? [];
      const broken = standing.observed?.healthy === false;
      const { snapshot } = standing.kept ?? {};
      const last = step.state === "rollback-failed" && snapshot?.path ? ` ${snapshotNote(snapshot)}` : "";
      return w.report(step.state, {
        message: `${step.message.trim()}${last}`,
        failureClass: step.failureClass ?? (step.state === "succeeded" ? "" : (standing.failing?.failureClass ?? "")),
        output: standing.failing?.output ?? outputTail(w.directory, standing),
        checks: terminalChecks,
        packageManagerHealth: broken ? "broken" : standing.transactions.some((t) => t.began.purpose === "repair") ? "repaired" : "healthy",
        terminal: true,
      });
    }
    default:
      return unreachable(step);
  }
}

const lostOr = (s: Standing): FailureClass =>
  wasCutOff(s.transactions.findLast((t) => t.began.purpose === "apply")) ? "interrupted" : "version-mismatch";
/** A person's last resort; nobody goes back to it by himself, since all that was written since would be gone. */
const snapshotNote = ({ path, why }: Taken): string =>
  path
    ? `The root file system of before is kept in ${path}: \`breakwater-agent snapshots\`.`
    : why && `No snapshot of the root file system: ${why}`;
const asKept = (f: PackageFile) => ({ ...f, source: "archive" as const });
const filesAtHand = (s: Standing): PackageFile[] => [
  ...(s.prefetched?.files ?? []),
  ...(s.kept?.files ?? []),
  ...(s.origin.kind === "rollback-received" ? s.origin.kept : []),
];
const why = (s: Standing): { failureClass: string; message: string; output: string } => ({
  failureClass: s.failing?.failureClass ?? "",
  message: s.failing?.message ?? (s.origin.kind === "rollback-received" ? s.origin.reason : ""),
  output: s.failing?.output ?? "",
});

const endOf = (log: string): string => readSlice(log, Math.max(0, sizeOf(log) - STALL_TAIL_BYTES), sizeOf(log)).toString("utf8");
const noteOf = (w: Surroundings, number: number): string => join(w.directory, `exit-${number}`);

async function begin(purpose: Purpose, command: ManagerCommand, s: Standing, w: Surroundings, rung: number): Promise<void> {
  // apt wants its archive directory to be there, also for a way back that downloads nothing.
  mkdirSync(join(w.archives, "new", "partial"), { recursive: true });
  await deferStarts(s, w);
  const number = s.transactions.length + 1;
  const unit = `breakwater-tx-${s.executionId}-${number}.service`;
  w.journal.append({
    kind: "transaction-began",
    at: formatInstant(w.clock.now()),
    purpose,
    number,
    unit,
    rung,
    argv: [...command.argv],
    logOffset: sizeOf(logOf(w.directory)),
  });
  await startTransaction(w.run, unit, command, logOf(w.directory), noteOf(w, number));
}

function watch({ began }: Transaction, w: Surroundings): Promise<string | null> {
  return watchTransaction({
    run: w.run,
    unit: began.unit,
    log: logOf(w.directory),
    exitNote: noteOf(w, began.number),
    from: began.logOffset,
    stallMs: w.stallMs,
    now: () => performance.now(),
    output: w.output,
    stalled: (forMs) =>
      w.report(began.purpose === "restore" ? "rolling-back" : "applying", {
        message: `The package manager has printed nothing for ${Math.round(forMs / 60_000)} min. It is left running: only a person may end it (unit ${began.unit}).`,
        output: endOf(logOf(w.directory)),
      }),
  });
}

async function lockFree(waitMs: number, state: string, w: Surroundings): Promise<boolean> {
  // No waiting here goes by the clock, which may be set meanwhile.
  const until = performance.now() + waitMs;
  let told = "";
  for (;;) {
    const holder = await w.manager.lockHolder();
    if (holder === undefined) return true;
    if (performance.now() >= until) return false;
    if (holder !== told) w.report(state, { message: `Waiting for ${holder}, which holds the package manager's lock.` });
    told = holder;
    await wait(LOCK_POLL_MS);
  }
}

async function keepOld(s: Standing, w: Surroundings) {
  const directory = join(w.archives, "old");
  mkdirSync(directory, { recursive: true });
  const place = { directory, caches: await w.caches(), scratch: join(w.directory, "status-after") };
  return keepWayBack(w.manager, s.prechecked?.changes ?? [], s.prefetched?.files ?? [], place);
}

export const currentStanding = (journal: Journal): Standing => {
  const standing = standingOf(journal.records);
  if (!standing) throw new Error("an execution without its first record was driven");
  return standing;
};
