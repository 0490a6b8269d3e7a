import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { DEFAULT_REBOOT_LIMIT_MS } from "@breakwater/shared/command";
import { type Clock, fail, formatInstant, ok, ProblemError, type Result } from "@breakwater/shared/core";
import type { Logger } from "@breakwater/shared/log";
import type { Brakes } from "../brakes/index.ts";
import type { Uptime } from "../brakes/running-time.ts";
import type { ApplyRequest, ExecutionStanding, ExecutorEvent, ExecutorStatus, Report } from "../executor/protocol.ts";
import { emptyReport, OUTPUT_CHUNK_BYTES } from "../executor/protocol.ts";
import type { PackageManager } from "../packages/package-manager.ts";
import type { Run } from "../packages/run.ts";
import type { BootLoader, Machine } from "../reboot/index.ts";
import type { Snapshots } from "../snapshots/index.ts";
import { doubtClock } from "./clock-doubt.ts";
import { endOfDamaged, isDamaged, lostJournals } from "./damaged-journals.ts";
import { foreignOrigin } from "./foreign-origin.ts";
import { type Journal, openJournal, syncDirectory } from "./journal.ts";
import { nextStep } from "./next-step.ts";
import { currentStanding, perform } from "./perform.ts";
import { prune } from "./prune.ts";
import type { JournalRecord } from "./records.ts";
import type { Retention } from "./retention.ts";
import { openRevisions } from "./revisions.ts";
import { overtakes, type Standing, standingOf, usesUp } from "./standing.ts";
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

interface Execution {
  readonly id: string;
  readonly journal: Journal;
  acknowledged: number;
}

export interface ExecutionsOptions {
  /** Root's own, mode 0755: `executions/` (0700) and `archives/`. */
  readonly stateDir: string;
  readonly manager: PackageManager;
  readonly trust: Trust;
  readonly brakes: Pick<Brakes, "look" | "haltOn" | "mayBegin" | "begins">;
  readonly run: Run;
  readonly clock: Clock;
  readonly log: Logger;
  readonly version: string;
  /** After this long without output an alarm is reported. Nothing is ever ended for it. */
  readonly stallMs: number;
  /** Where the owner's hooks are, and what boots the machine. */
  readonly configDir: string;
  readonly bootLoader: BootLoader;
  readonly machine: Machine;
  readonly snapshots: Pick<Snapshots, "take" | "keepOnly">;
  /** Keeps packages' scripts from starting what the owner names. */
  readonly starts: Starts;
  /** How long the machine has been up; the kernel's word unless a test says otherwise. */
  readonly uptime?: () => Uptime;
  /** How much of ended executions is kept. */
  readonly retention: Retention;
  /** Ends what must not be under way beside a change (a rehearsal), and waits for its end. */
  clearTheWay(why: string): Promise<void>;
  emit(event: ExecutorEvent): void;
}

/** All executions of this machine: at most one owns it at a time, and each is remembered. */
export function createExecutions(o: ExecutionsOptions) {
  const directoryOf = (id: string) => join(o.stateDir, "executions", id);
  const archivesOf = (id: string) => join(o.stateDir, "archives", id);
  const executions = new Map<string, Execution>();
  let running: { id: string; done: Promise<void> } | undefined;
  /** By performance.now(), which no setting of the clock moves. */
  let contactAt = Number.NEGATIVE_INFINITY;

  const open = (id: string): Execution => {
    mkdirSync(directoryOf(id), { recursive: true, mode: 0o700 });
    syncDirectory(join(o.stateDir, "executions"));
    const execution = { id, journal: openJournal(join(directoryOf(id), "journal")), acknowledged: readAcknowledged(directoryOf(id)) };
    executions.set(id, execution);
    return execution;
  };

  /** A new execution, counted and with its first record on the disk; when that cannot be, there is none. */
  const openWith = (id: string, what: "apply" | "rollback", first: JournalRecord): Execution => {
    try {
      o.brakes.begins(what, id);
      const e = open(id);
      e.journal.append(first);
      return e;
    } catch (error) {
      executions.get(id)?.journal.close();
      executions.delete(id);
      const message = `Nothing was begun: the journal in ${o.stateDir} cannot be written: ${(error as Error).message}.`;
      throw new ProblemError({ code: "journal-unwritable", message, next: "Make room on that disk, or make it writable." });
    }
  };

  const standingFor = (e: Execution, replay: boolean): ExecutionStanding => {
    const s = currentStanding(e.journal);
    return { executionId: e.id, state: s.state, step: s.step, terminal: s.terminal, replay };
  };

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
          directory: directoryOf(e.id),
          archives: archivesOf(e.id),
          caches: async () => listArchives(join(o.stateDir, "archives")),
          journal: e.journal,
          stallMs: o.stallMs,
          foreignOrigin: (changes) => foreignOrigin(o.manager, o.trust, changes),
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

  const lost = lostJournals(directoryOf);
  function endDamaged(e: Execution, s: Standing): void {
    o.log.error({ executionId: e.id }, "a journal is damaged: nothing more is done by it");
    const { observed: _then, ...unseen } = s;
    const { state, ...rest } = endOfDamaged(s, e.journal.records.length, directoryOf(e.id));
    report(e, state, { ...rest, packages: packagesOf(unseen) });
  }

  const revisions = openRevisions(join(o.stateDir, "revisions.json"));
  /** Tidying must never keep the executor from what is unfinished, so a disk that refuses is only told. */
  const clearAway = (): void => {
    const place = { directoryOf, archivesOf, standing: currentStanding, revisions, log: o.log };
    try {
      // A journal is what says that an approval is used up, and is not forgotten by a clock that may be set right again.
      if (doubtClock(o.stateDir, o.clock.now(), o.uptime?.())) {
        o.log.warn("the clock was set by more than an hour within the last week of running time: nothing is forgotten by its word");
        return;
      }
      for (const id of prune([...executions.values()], { ...place, limits: o.retention, now: o.clock.now() })) executions.delete(id);
    } catch (error) {
      o.log.error({ err: error }, "what ended executions left cannot be cleared away; it is tried again at the next start");
    }
  };

  const busy = () =>
    fail({ code: "busy", message: `Execution ${running?.id} owns this machine.`, next: "Send the command again when it has ended." });
  const held = (what: "apply" | "rollback", planDigest: string): Result<ExecutionStanding> | undefined => {
    const may = o.brakes.mayBegin(what, planDigest);
    return may.ok ? undefined : may;
  };
  /**
   * Begins unless something stands in the way. That is asked twice: before the way is cleared, so that nobody ends a
   * rehearsal with a command that comes to nothing, and after, since another may have come meanwhile.
   */
  async function begin(obstacle: () => Result<ExecutionStanding> | undefined, what: string, now: () => Execution) {
    await o.brakes.look();
    const before = obstacle();
    if (before) return before;
    await o.clearTheWay(`${what} begins.`);
    await o.brakes.look();
    const meanwhile = obstacle();
    if (meanwhile) return meanwhile;
    const e = now();
    start(e);
    return ok(standingFor(e, false));
  }

  return {
    /** Reads every journal, takes up what is unfinished, and clears away what nobody needs any more. */
    async recover(): Promise<void> {
      mkdirSync(join(o.stateDir, "executions"), { recursive: true, mode: 0o700 });
      mkdirSync(join(o.stateDir, "archives"), { recursive: true, mode: 0o755 });
      await o.manager.expireAvoidances(formatInstant(o.clock.now()));
      for (const id of readdirSync(join(o.stateDir, "executions"))) {
        const e = open(id);
        if (e.journal.tail !== "clean")
          o.log.warn({ executionId: id, tail: e.journal.tail }, "the end of a journal was unreadable and is cut off");
        const s = standingOf(e.journal.records);
        const damaged = isDamaged(directoryOf(id));
        if (damaged && !s) {
          o.log.error({ executionId: id }, "a journal is damaged from its first record on: nothing is begun under its plan any more");
          lost.add(id);
          e.journal.close();
          executions.delete(id);
        } else if (damaged && s && !s.terminal) {
          endDamaged(e, s);
        } else if (!s) {
          // Its first record never got to the disk, so nothing was begun and nobody was told.
          e.journal.close();
          executions.delete(id);
          rmSync(directoryOf(id), { recursive: true, force: true });
        }
      }
      clearAway();
      // A snapshot stays as long as the packages that are its milder alternative.
      const stuck = await o.snapshots.keepOnly((id) => executions.has(id) && existsSync(archivesOf(id)));
      if (stuck.length > 0) o.log.warn({ stuck }, "snapshots that nobody needs any more cannot be dropped");
      const unfinished = [...executions.values()].find((e) => !currentStanding(e.journal).terminal);
      // What a killed executor laid is of no use once nothing of ours is under way; an unfinished one takes it away itself.
      if (!unfinished) await o.starts.release();
      if (unfinished) {
        o.log.info({ executionId: unfinished.id }, "taking up an unfinished execution");
        start(unfinished);
      }
    },

    async apply(request: ApplyRequest): Promise<Result<ExecutionStanding>> {
      const known = executions.get(request.executionId);
      if (known) return ok(standingFor(known, true));
      const { id: _id, op: _op, executionId, ...command } = request;
      const verified = await o.trust.verify(command, o.clock.now());
      if (!verified.ok) return verified;
      const { action, header, digest } = verified.value;
      const mayReboot = await o.trust.mayReboot(
        action,
        o.clock.now(),
        recentReboots(),
        action.rebootWithin?.limitMs ?? DEFAULT_REBOOT_LIMIT_MS,
      );
      if (!mayReboot.ok) return mayReboot;
      const obstacle = (): Result<ExecutionStanding> | undefined => {
        const meanwhile = executions.get(executionId);
        if (meanwhile) return ok(standingFor(meanwhile, true));
        const damaged = [...executions.values()].filter((e) => isDamaged(directoryOf(e.id)) && planDigestOf(e) === digest);
        const unknown = lost.refusal(executionId, digest, damaged[0]?.id);
        if (unknown) return unknown;
        const all = [...executions.values()].map((e) => currentStanding(e.journal));
        if (revisions.of(header.planId) > header.revision)
          return fail({ code: "replayed", message: "A later revision of this plan came here already." });
        const later = all.find((s) => overtakes(s, header));
        if (later) return fail({ code: "replayed", message: `A later revision of this plan came here already, as ${later.executionId}.` });
        const earlier = all.find((s) => usesUp(s, digest));
        if (!earlier) return held("apply", digest) ?? (running ? busy() : undefined);
        return fail({ code: "replayed", message: `This plan ran here as ${earlier.executionId}, which is ${earlier.state}.` });
      };
      return begin(obstacle, `execution ${executionId}`, () => {
        const at = formatInstant(o.clock.now());
        const planExpiresAt = header.expiresAt;
        const first = { kind: "apply-received", at, executionId, request: command, action, planDigest: digest, planExpiresAt } as const;
        return openWith(executionId, "apply", first);
      });
    },

    async rollback(executionId: string, ofExecutionId: string, reason: string): Promise<Result<ExecutionStanding>> {
      const known = executions.get(executionId);
      if (known) return ok(standingFor(known, true));
      const of = executions.get(ofExecutionId);
      if (!of) return fail({ code: "unknown-execution", message: `This machine's journal knows no execution ${ofExecutionId}.` });
      const allowed = await o.trust.mayRestore();
      if (!allowed.ok) return allowed;
      const s = currentStanding(of.journal);
      const { kept, prechecked, action } = s;
      const { drain } = await o.trust.deferStarts();
      if (!kept && isDamaged(directoryOf(of.id)))
        return fail({ code: "not-reversible", message: "The execution's journal is damaged on the disk, so what it kept is not known." });
      if (!(action.rollback && kept?.reversible && prechecked))
        return fail({ code: "not-reversible", message: kept?.why || "The plan did not provide for going back, so nothing was kept." });
      const obstacle = (): Result<ExecutionStanding> | undefined => {
        const meanwhile = executions.get(executionId);
        return meanwhile ? ok(standingFor(meanwhile, true)) : (held("rollback", planDigestOf(of)) ?? (running ? busy() : undefined));
      };
      return begin(obstacle, `rollback ${executionId}`, () => {
        const at = formatInstant(o.clock.now());
        const changed = new Set(prechecked.changes.map((c) => `${c.name}:${c.architecture}`));
        const rebooted = s.reboots.get("apply")?.ended?.booted === true;
        const before = prechecked.before.filter((p) => changed.has(`${p.name}:${p.architecture}`));
        return openWith(executionId, "rollback", {
          kind: "rollback-received",
          at,
          executionId,
          ofExecutionId,
          reason,
          action,
          kept: kept.files,
          before,
          rebooted,
          ...(drain ? { drain } : {}),
        });
      });
    },

    async cancel(executionId: string, reason: string): Promise<Result<ExecutionStanding>> {
      const e = executions.get(executionId);
      if (!e) return fail({ code: "unknown-execution", message: `This machine's journal knows no execution ${executionId}.` });
      const s = currentStanding(e.journal);
      if (s.terminal) return ok(standingFor(e, true));
      await stop(e, reason);
      return ok(standingFor(e, false));
    },

    /** A halt may have come: ends what is under way at its next safe point where one is about it. */
    async heedHalts(): Promise<void> {
      const e = running && executions.get(running.id);
      const halted = e && o.brakes.haltOn(planDigestOf(e));
      if (e && halted && !currentStanding(e.journal).terminal) await stop(e, halted);
    },

    async status(): Promise<ExecutorStatus> {
      const list = [...executions.values()].map((e) => {
        const { replay: _replay, ...standing } = standingFor(e, false);
        return { ...standing, acknowledged: e.acknowledged };
      });
      const described = await o.trust.describe();
      return { version: o.version, endpointId: await o.trust.endpointId(), ...described, running: running?.id ?? null, executions: list };
    },

    reports(afterStep: Readonly<Record<string, number>>): Report[] {
      return [...executions.values()].flatMap((e) =>
        e.journal.records.flatMap((r) =>
          r.kind === "report" && r.report.step > Math.max(e.acknowledged, afterStep[e.id] ?? 0) ? [r.report] : [],
        ),
      );
    },

    acknowledge(executionId: string, step: number): Result<{ acknowledged: number }> {
      const e = executions.get(executionId);
      if (!e) return fail({ code: "unknown-execution", message: `This machine's journal knows no execution ${executionId}.` });
      const upTo = Math.min(step, currentStanding(e.journal).step);
      if (upTo > e.acknowledged) {
        e.acknowledged = upTo;
        // Only the controller acknowledges: it has been heard from.
        contactAt = performance.now();
        // Not synced: an acknowledgement that is lost means a report sent twice, which the controller drops by its step.
        writeFileSync(join(directoryOf(executionId), "acknowledged"), `${upTo}\n`, { mode: 0o600 });
      }
      return ok({ acknowledged: e.acknowledged });
    },

    contact(): void {
      contactAt = performance.now();
    },

    get idle(): boolean {
      return running === undefined;
    },
    /** The execution that owns the machine now. */
    get owner(): string | undefined {
      return running?.id;
    },
  };
}
export type Executions = ReturnType<typeof createExecutions>;

function packagesOf(s: Standing): Report["packages"] {
  const before = s.prechecked?.before ?? (s.origin.kind === "rollback-received" ? s.origin.before : (s.observed?.packages ?? []));
  const key = (p: { name: string; architecture: string }) => `${p.name}:${p.architecture}`;
  const [then, now] = [new Map(before.map((p) => [key(p), p])), new Map((s.observed?.packages ?? []).map((p) => [key(p), p]))];
  return s.action.packages.map((p) => ({
    name: p.name,
    architecture: p.architecture,
    before: s.origin.kind === "rollback-received" ? p.to : (then.get(key(p))?.version ?? ""),
    wanted: s.origin.kind === "rollback-received" ? (then.get(key(p))?.version ?? "") : p.to,
    after: now.get(key(p))?.version ?? "",
    status: now.get(key(p))?.status ?? "",
  }));
}

function readAcknowledged(directory: string): number {
  try {
    return Number.parseInt(readFileSync(join(directory, "acknowledged"), "utf8"), 10) || 0;
  } catch {
    return 0;
  }
}

const listArchives = (root: string): string[] => readdirSync(root).map((id) => join(root, id, "new"));
