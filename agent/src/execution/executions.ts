import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_REBOOT_LIMIT_MS, isNew } from "@breakwater/shared/command";
import { fail, formatInstant, ok, ProblemError, type Result } from "@breakwater/shared/core";
import type { Brakes } from "../brakes/index.ts";
import type { Uptime } from "../brakes/running-time.ts";
import type { ApplyRequest, ExecutionStanding, ExecutorStatus, Report } from "../executor/protocol.ts";
import type { Snapshots } from "../snapshots/index.ts";
import { doubtClock } from "./clock-doubt.ts";
import { endOfDamaged, isDamaged, lostJournals } from "./damaged-journals.ts";
import { createDriver, type DriverOptions } from "./driver.ts";
import { type Execution, packagesOf, placesOf, standingFor } from "./execution.ts";
import { currentStanding } from "./perform.ts";
import { prune } from "./prune.ts";
import type { JournalRecord } from "./records.ts";
import type { Retention } from "./retention.ts";
import { openRevisions } from "./revisions.ts";
import { overtakes, type Standing, standingOf, usesUp } from "./standing.ts";

export interface ExecutionsOptions extends DriverOptions {
  /** Root's own, mode 0755. */
  readonly stateDir: string;
  readonly brakes: Pick<Brakes, "look" | "haltOn" | "mayBegin" | "begins">;
  readonly version: string;
  readonly snapshots: Pick<Snapshots, "take" | "keepOnly">;
  /** How long the machine has been up; the kernel's word unless a test says otherwise. */
  readonly uptime?: () => Uptime;
  /** How much of ended executions is kept. */
  readonly retention: Retention;
  /** Ends what must not be under way beside a change (a rehearsal), and waits for its end. */
  clearTheWay(why: string): Promise<void>;
}

/** All executions of this machine: at most one owns it at a time, and each is remembered. */
export function createExecutions(o: ExecutionsOptions) {
  const places = placesOf(o.stateDir);
  const { directoryOf, archivesOf } = places;
  const executions = new Map<string, Execution>();
  const driver = createDriver(o, places, executions);
  const { planDigestOf } = driver;

  const open = (id: string): Execution => {
    const execution = places.open(id);
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

  const lost = lostJournals(directoryOf);
  function endDamaged(e: Execution, s: Standing): void {
    o.log.error({ executionId: e.id }, "a journal is damaged: nothing more is done by it");
    const { observed: _then, ...unseen } = s;
    const { state, ...rest } = endOfDamaged(s, e.journal.records.length, directoryOf(e.id));
    driver.report(e, state, { ...rest, packages: packagesOf(unseen) });
  }

  const revisions = openRevisions(join(o.stateDir, "revisions.json"));
  /** Tidying must never keep the executor from what is unfinished, so what goes wrong with it (a disk that refuses) is only told. */
  const tidy = (what: string, work: () => Promise<void>): Promise<void> =>
    work().catch((error: Error) => o.log.error({ err: error }, `${what} cannot be cleared away; it is tried again at the next start`));
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

  const busy = (): Result<ExecutionStanding> | undefined =>
    driver.owner
      ? fail({ code: "busy", message: `Execution ${driver.owner} owns this machine.`, next: "Send the command again when it has ended." })
      : undefined;
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
    driver.start(e);
    return ok(standingFor(e, false));
  }

  return {
    /** Reads every journal, takes up what is unfinished, and clears away what nobody needs any more. */
    async recover(): Promise<void> {
      places.prepare();
      await tidy("versions that were kept away", () => o.manager.expireAvoidances(formatInstant(o.clock.now())));
      for (const id of places.ids()) {
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
      await tidy("snapshots", async () => {
        const stuck = await o.snapshots.keepOnly((id) => executions.has(id) && existsSync(archivesOf(id)));
        if (stuck.length > 0) o.log.warn({ stuck }, "snapshots that nobody needs any more cannot be dropped");
      });
      const unfinished = [...executions.values()].find((e) => !currentStanding(e.journal).terminal);
      // What a killed executor laid is of no use once nothing of ours is under way; an unfinished one takes it away itself.
      if (!unfinished) await tidy("a policy-rc.d of an earlier transaction", () => o.starts.release());
      if (unfinished) {
        o.log.info({ executionId: unfinished.id }, "taking up an unfinished execution");
        driver.start(unfinished);
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
        driver.recentReboots(),
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
        if (!earlier) return held("apply", digest) ?? busy();
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
        return meanwhile ? ok(standingFor(meanwhile, true)) : (held("rollback", planDigestOf(of)) ?? busy());
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
          brought: prechecked.changes.filter(isNew).map(({ name, architecture }) => ({ name, architecture })),
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
      await driver.stop(e, reason);
      return ok(standingFor(e, false));
    },

    /** A halt may have come: ends what is under way at its next safe point where one is about it. */
    async heedHalts(): Promise<void> {
      const e = executions.get(driver.owner ?? "");
      const halted = e && o.brakes.haltOn(planDigestOf(e));
      if (e && halted && !currentStanding(e.journal).terminal) await driver.stop(e, halted);
    },

    async status(): Promise<ExecutorStatus> {
      const list = [...executions.values()].map((e) => {
        const { replay: _replay, ...standing } = standingFor(e, false);
        return { ...standing, acknowledged: e.acknowledged };
      });
      const described = await o.trust.describe();
      return { version: o.version, endpointId: await o.trust.endpointId(), ...described, running: driver.owner ?? null, executions: list };
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
        driver.heard();
        places.writeAcknowledged(e);
      }
      return ok({ acknowledged: e.acknowledged });
    },

    contact(): void {
      driver.heard();
    },

    get idle(): boolean {
      return driver.owner === undefined;
    },
    /** The execution that owns the machine now. */
    get owner(): string | undefined {
      return driver.owner;
    },
  };
}
export type Executions = ReturnType<typeof createExecutions>;
