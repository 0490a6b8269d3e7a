import { setTimeout as wait } from "node:timers/promises";
import { type Clock, formatInstant } from "@breakwater/shared/core";
import type { Logger } from "@breakwater/shared/log";
import type { Brakes } from "../brakes/index.ts";
import type { ExecutorEvent, Report } from "../executor/protocol.ts";
import { emptyReport, OUTPUT_CHUNK_BYTES } from "../executor/protocol.ts";
import type { PackageManager } from "../packages/package-manager.ts";
import type { Run } from "../packages/run.ts";
import type { BootLoader, Machine } from "../reboot/index.ts";
import type { Snapshots } from "../snapshots/index.ts";
import { type Execution, type Places, packagesOf } from "./execution.ts";
import { foreignOrigin } from "./foreign-origin.ts";
import { nextStep } from "./next-step.ts";
import { currentStanding, perform } from "./perform.ts";
import type { Standing } from "./standing.ts";
import type { Starts } from "./starts.ts";
import { interruptTransaction } from "./transaction.ts";
import type { Trust } from "./trust.ts";

const DAY_MS = 86_400_000;
const ACKNOWLEDGED_POLL_MS = 250;
/** What stopped for want of a journal that can be written (a full disk, a read-only file system) is taken up again after this long. */
const RESUME_MS = 15_000;
/** A step that throws (systemd not answering, a full disk) is tried again this many times before the execution fails. */
const MAX_ODD_FAILURES = 3;
const FULL: readonly unknown[] = ["ENOSPC", "EDQUOT"];
/** The disk is full, or it failed and is read-only until somebody mends it. */
const STORAGE_FAULTS: readonly unknown[] = [...FULL, "EROFS", "EIO"];
const storageFault = (error: unknown): boolean => STORAGE_FAULTS.includes((error as NodeJS.ErrnoException).code);

export interface DriverOptions {
  readonly manager: PackageManager;
  readonly trust: Trust;
  readonly brakes: Pick<Brakes, "haltOn">;
  readonly run: Run;
  readonly clock: Clock;
  readonly log: Logger;
  /** After this long without output an alarm is reported. Nothing is ever ended for it. */
  readonly stallMs: number;
  /** Where the owner's hooks are, and what boots the machine. */
  readonly configDir: string;
  readonly bootLoader: BootLoader;
  readonly machine: Machine;
  readonly snapshots: Pick<Snapshots, "take">;
  /** Keeps packages' scripts from starting what the owner names. */
  readonly starts: Starts;
  emit(event: ExecutorEvent): void;
}

/** Takes executions from step to step to their end, one at a time, and reports each step. */
export function createDriver(o: DriverOptions, places: Places, executions: ReadonlyMap<string, Execution>) {
  let running: { id: string; done: Promise<void> } | undefined;
  /** By performance.now(), which no setting of the clock moves. */
  let contactAt = Number.NEGATIVE_INFINITY;

  const report = (e: Execution, state: string, more: Partial<Report>): void => {
    const s = currentStanding(e.journal);
    const full: Report = {
      // Damage may have cut off reports that the controller holds, and it drops what it holds by its number.
      ...emptyReport(e.id, Math.max(s.step, e.acknowledged) + 1, state, formatInstant(o.clock.now())),
      packages: packagesOf(s),
      packageManagerHealth: s.observed ? (s.observed.healthy ? "healthy" : "broken") : "",
      journalDigest: e.journal.digest,
      ...more,
    };
    full.message = full.message.slice(0, 4_000);
    e.journal.append({ kind: "report", at: full.at, report: full });
    o.emit({ event: "report", report: full });
  };

  const emitOutput = (e: Execution) => (offset: number, bytes: Buffer) => {
    for (let i = 0; i < bytes.length; i += OUTPUT_CHUNK_BYTES)
      o.emit({ event: "output", executionId: e.id, offset: offset + i, text: bytes.subarray(i, i + OUTPUT_CHUNK_BYTES).toString("utf8") });
  };

  /** The plan that an execution is under, or the one whose change a rollback undoes. */
  const planDigestOf = (e: Execution): string => {
    const { origin } = currentStanding(e.journal);
    if (origin.kind === "apply-received") return origin.planDigest;
    const of = executions.get(origin.ofExecutionId);
    return of ? planDigestOf(of) : "";
  };

  /** Asks for an end at the next safe point. What is being restored goes on: the machine is to be whole. */
  async function stop(e: Execution, reason: string): Promise<void> {
    const s = currentStanding(e.journal);
    if (!s.cancel) e.journal.append({ kind: "cancel-asked", at: formatInstant(o.clock.now()), reason });
    const open = s.transactions.find((t) => !t.ended && t.began.purpose === "apply");
    if (open && !(await interruptTransaction(o.run, open.began.unit)))
      o.log.info({ executionId: e.id }, "the transaction cannot be asked to stop and goes on to its end");
  }

  /** Reboots by plans within a day, over all executions that this machine remembers. One that did not come about counts for nothing. */
  const recentReboots = (): number =>
    [...executions.values()]
      .flatMap((e) => [...currentStanding(e.journal).reboots.values()])
      .filter(({ began, ended }) => began && ended?.booted !== false && o.clock.now() - Date.parse(began.at) < DAY_MS).length;

  async function delivered(e: Execution, limitMs: number): Promise<void> {
    const until = performance.now() + limitMs;
    while (e.acknowledged < currentStanding(e.journal).step && performance.now() < until) await wait(ACKNOWLEDGED_POLL_MS);
  }

  async function drive(e: Execution): Promise<void> {
    let odd = 0;
    const { step, origin } = currentStanding(e.journal);
    if (step === 0) report(e, "accepted", { message: origin.kind === "rollback-received" ? origin.reason : "" });
    for (;;) {
      const standing = currentStanding(e.journal);
      const step = nextStep(standing, o.manager.repairRungs);
      if (step.kind === "done") return;
      try {
        const halted = standing.cancel ? undefined : o.brakes.haltOn(planDigestOf(e));
        if (halted) {
          e.journal.append({ kind: "cancel-asked", at: formatInstant(o.clock.now()), reason: halted });
          continue;
        }
        await perform(step, standing, {
          run: o.run,
          manager: o.manager,
          clock: o.clock,
          directory: places.directoryOf(e.id),
          archives: places.archivesOf(e.id),
          caches: async () => places.fetched(),
          journal: e.journal,
          stallMs: o.stallMs,
          foreignOrigin: (changes) => foreignOrigin(o.manager, o.trust, changes),
          mayBegin: (action) => o.trust.mayBegin(action, o.clock.now()),
          mayReboot: (action, neededMs) => o.trust.mayReboot(action, o.clock.now(), recentReboots(), neededMs),
          excludedRestarts: (units) => o.trust.excludedRestarts(units),
          deferStarts: () => o.trust.deferStarts(),
          starts: o.starts,
          configDir: o.configDir,
          bootLoader: o.bootLoader,
          machine: o.machine,
          snapshots: o.snapshots,
          delivered: (limitMs) => delivered(e, limitMs),
          lastContact: () => contactAt,
          report: (state, more) => report(e, state, more),
          output: emitOutput(e),
        });
      } catch (error) {
        if (storageFault(error)) {
          heldUp(e, standing, step.kind, error as Error);
          continue;
        }
        o.log.error({ err: error, executionId: e.id, step: step.kind }, "a step of an execution failed in an unforeseen way");
        if (++odd < MAX_ODD_FAILURES) continue;
        giveUp(e, standing, step.kind, error as Error);
      }
    }
  }

  /**
   * Nothing of ours is wrong, and it may pass. Before a change that is the end; in the middle of one, to give up would leave the machine
   * between two versions for want of a few bytes, so it is tried again until there is room.
   */
  function heldUp(e: Execution, s: Standing, step: string, error: Error): void {
    if (s.transactions.length > 0) throw error;
    const message = `The step "${step}" could not be taken: ${error.message}`.slice(0, 2_000);
    const failureClass = FULL.includes((error as NodeJS.ErrnoException).code) ? "no-space" : "internal";
    // Of a rollback that never began, the versions that were to go still stand.
    const state = s.origin.kind === "rollback-received" ? "rollback-failed" : "failed";
    if (s.failing) report(e, state, { failureClass, message, terminal: true });
    else e.journal.append({ kind: "failing", at: formatInstant(o.clock.now()), failureClass, message, output: "" });
  }

  /** A fault of our own: before a change it is a plain failure; after one, going back is tried once, then it is told as it is. */
  function giveUp(e: Execution, s: Standing, step: string, error: Error): void {
    const message = `The executor failed in the step "${step}": ${error.message}`.slice(0, 2_000);
    if (!s.failing && step !== "conclude") {
      e.journal.append({ kind: "failing", at: formatInstant(o.clock.now()), failureClass: "internal", message, output: "" });
      return;
    }
    const touched = s.transactions.length > 0;
    report(e, touched ? "rollback-failed" : "failed", { failureClass: "internal", message, terminal: true });
  }

  /** Until it has ended. It throws where not even the journal can be written; the machine stays its own, and it is tried again. */
  async function driveToTheEnd(e: Execution): Promise<void> {
    for (;;) {
      try {
        return await drive(e);
      } catch (error) {
        o.log.error({ err: error, executionId: e.id }, "an execution stopped; it is taken up again soon, or at the next start");
        await wait(RESUME_MS);
      }
    }
  }

  function start(e: Execution): void {
    const done = driveToTheEnd(e).finally(() => {
      running = undefined;
      const next = [...executions.values()].find((x) => !currentStanding(x.journal).terminal && x.id !== e.id);
      if (next) start(next);
    });
    running = { id: e.id, done };
  }

  return {
    /** Until its end, and then whatever else is unfinished. */
    start,
    stop,
    report,
    planDigestOf,
    recentReboots,
    /** The controller was heard from. */
    heard(): void {
      contactAt = performance.now();
    },
    /** The execution that owns the machine now. */
    get owner(): string | undefined {
      return running?.id;
    },
  };
}
