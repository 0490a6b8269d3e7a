import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EndpointAction, RehearsalReport } from "@breakwater/shared/command";
import { type Clock, fail, formatInstant, ok, type Result } from "@breakwater/shared/core";
import type { Logger } from "@breakwater/shared/log";
import type { Brakes } from "../brakes/index.ts";
import { foreignOrigin, SYSTEMCTL, type Trust } from "../execution/index.ts";
import type { ExecutionStanding, ExecutorEvent, RehearseRequest, Report } from "../executor/protocol.ts";
import { emptyReport, executionReportSchema } from "../executor/protocol.ts";
import type { PackageManager, Run } from "../packages/index.ts";
import { endClone, UNIT_PREFIX } from "./clone.ts";
import { runRehearsal } from "./run-rehearsal.ts";

/** Reports of ended rehearsals are kept this long for a controller that was away. */
const KEEP_MS = 30 * 86_400_000;
/** Ended ones that the controller knows, beyond which the oldest are forgotten sooner. */
const KEEP_KNOWN = 100;
/** A permission to rehearse may be used again and again; one who asks and takes no answers fills no disk with them. */
const MAX_UNTOLD = 100;
/** Long enough for a service that dies after its first minute to be given up by systemd. */
const WATCH_MS = 80_000;

export interface RehearsalsOptions {
  readonly stateDir: string;
  readonly manager: PackageManager;
  readonly trust: Trust;
  readonly brakes: Pick<Brakes, "look" | "haltOn" | "mayBegin">;
  readonly run: Run;
  readonly clock: Clock;
  readonly log: Logger;
  readonly watchMs?: number;
  /** The execution that owns the machine now. */
  owner(): string | undefined;
  emit(event: ExecutorEvent): void;
}

interface Rehearsal {
  readonly id: string;
  readonly action: EndpointAction | undefined;
  readonly reports: Report[];
  acknowledged: number;
}

/**
 * Rehearsals of this machine, one at a time. Nothing of one needs to be resumed: what a crash or a power cut leaves is
 * swept away at the next start and told as interrupted. A real change always has precedence.
 */
export function createRehearsals(o: RehearsalsOptions) {
  const directoryOf = (id: string) => join(o.stateDir, "rehearsals", id);
  const archivesOf = (id: string) => join(o.stateDir, "archives", id);
  const rehearsals = new Map<string, Rehearsal>();
  let running: { readonly id: string; readonly planDigest: string; readonly done: Promise<void> } | undefined;
  let abortReason: string | undefined;

  const ended = (r: Rehearsal): boolean => r.reports.at(-1)?.terminal ?? false;
  const report = (r: Rehearsal, state: string, more: Partial<Report>): void => {
    const full: Report = { ...emptyReport(r.id, r.reports.length + 1, state, formatInstant(o.clock.now())), ...more };
    r.reports.push(full);
    writeFileSync(join(directoryOf(r.id), "reports.part"), JSON.stringify(r.reports), { mode: 0o600, flush: true });
    renameSync(join(directoryOf(r.id), "reports.part"), join(directoryOf(r.id), "reports.json"));
    o.emit({ event: "report", report: full });
  };
  /** All but the reports. */
  const clearAway = (id: string): void => {
    for (const name of readdirSync(directoryOf(id)))
      if (!["reports.json", "acknowledged"].includes(name)) rmSync(join(directoryOf(id), name), { recursive: true, force: true });
    rmSync(archivesOf(id), { recursive: true, force: true });
  };

  async function drive(r: Rehearsal, action: EndpointAction): Promise<void> {
    let told = "";
    try {
      const rehearsed = await runRehearsal(r.id, action, {
        run: o.run,
        manager: o.manager,
        directory: directoryOf(r.id),
        archives: archivesOf(r.id),
        caches: () => readdirSync(join(o.stateDir, "archives")).map((id) => join(o.stateDir, "archives", id, "new")),
        watchMs: o.watchMs ?? WATCH_MS,
        foreignOrigin: (changes) => foreignOrigin(o.manager, o.trust, changes),
        aborted: () => abortReason,
        progress(step) {
          if (step === told) return;
          told = step;
          report(r, "rehearsing", { message: step });
        },
      });
      clearAway(r.id);
      conclude(r, rehearsed);
    } catch (error) {
      o.log.error({ err: error, executionId: r.id }, "a rehearsal failed in an unforeseen way");
      clearAway(r.id);
      report(r, "rehearsed", {
        terminal: true,
        failureClass: "internal",
        message: `The rehearsal could not be carried out: ${(error as Error).message}`.slice(0, 2_000),
      });
    }
  }

  const conclude = (r: Rehearsal, rehearsal: RehearsalReport): void =>
    report(r, "rehearsed", {
      terminal: true,
      failureClass: rehearsal.failureClass,
      message: rehearsal.reason,
      output: rehearsal.steps.find((s) => s.outcome === "failed" || s.outcome === "hung")?.output ?? "",
      packageManagerHealth: "healthy",
      rehearsal,
    });

  /** Clones that an executor before us left running. Transient units of that name are nobody else's. */
  async function sweepUnits(): Promise<number> {
    const listed = await o.run([SYSTEMCTL, "list-units", "--all", "--plain", "--no-legend", `${UNIT_PREFIX}*.service`], {
      env: { LC_ALL: "C.UTF-8" },
      timeoutMs: 30_000,
    });
    const units = listed.stdout.split("\n").flatMap((l) =>
      l
        .trim()
        .split(/\s+/)
        .slice(0, 1)
        .filter((u) => u.startsWith(UNIT_PREFIX)),
    );
    for (const unit of units) await endClone(o.run, unit);
    return units.length;
  }

  return {
    /** Sweeps away what an earlier executor left, and remembers what it reported. */
    async recover(): Promise<void> {
      mkdirSync(join(o.stateDir, "rehearsals"), { recursive: true, mode: 0o700 });
      const swept = await sweepUnits();
      if (swept > 0) o.log.warn({ swept }, "a copy of this machine was still there and was ended");
      const ids = readdirSync(join(o.stateDir, "rehearsals"));
      const changedAt = new Map(ids.map((id) => [id, statSync(directoryOf(id)).mtimeMs]));
      const newestFirst = ids.toSorted((a, b) => (changedAt.get(b) ?? 0) - (changedAt.get(a) ?? 0));
      for (const [index, id] of newestFirst.entries()) {
        const r: Rehearsal = {
          id,
          action: undefined,
          reports: readReports(directoryOf(id)),
          acknowledged: readAcknowledged(directoryOf(id)),
        };
        clearAway(id);
        const age = o.clock.now() - (changedAt.get(id) ?? 0);
        const known = index >= KEEP_KNOWN && r.acknowledged >= r.reports.length;
        if (r.reports.length === 0 || (ended(r) && (known || age > KEEP_MS))) {
          rmSync(directoryOf(id), { recursive: true, force: true });
          continue;
        }
        rehearsals.set(id, r);
        if (ended(r)) continue;
        report(r, "rehearsed", {
          terminal: true,
          failureClass: "interrupted",
          message: "The executor ended during the rehearsal; its copy of the machine was swept away. Nothing was changed.",
        });
      }
    },

    async rehearse(request: RehearseRequest): Promise<Result<ExecutionStanding>> {
      const known = rehearsals.get(request.executionId);
      if (known) return ok(standing(known, true));
      const { id: _id, op: _op, executionId, ...command } = request;
      const verified = await o.trust.verifyRehearsal(command, o.clock.now());
      if (!verified.ok) return verified;
      await o.brakes.look();
      const { digest: planDigest } = verified.value;
      const may = o.brakes.mayBegin("rehearse", planDigest);
      if (!may.ok) return may;
      // The same request may have come again while this one was looked at.
      const meanwhile = rehearsals.get(executionId);
      if (meanwhile) return ok(standing(meanwhile, true));
      const owner = o.owner() ?? running?.id;
      if (owner)
        return fail({ code: "busy", message: `${owner} owns this machine.`, next: "Ask for the rehearsal again when it has ended." });
      const untold = [...rehearsals.values()].filter((r) => r.acknowledged < r.reports.length).length;
      if (untold >= MAX_UNTOLD)
        return fail({
          code: "busy",
          message: `What ${untold} rehearsals found here was never acknowledged; nothing more is tried until it is.`,
          next: "The controller acknowledges reports once it holds them: look at its log.",
        });
      const r: Rehearsal = { id: executionId, action: verified.value.action, reports: [], acknowledged: 0 };
      rehearsals.set(executionId, r);
      abortReason = undefined;
      try {
        mkdirSync(directoryOf(executionId), { recursive: true, mode: 0o700 });
        report(r, "accepted", {});
      } catch (error) {
        // Nobody was told, and nothing was begun that a later request could find.
        rehearsals.delete(executionId);
        throw error;
      }
      const done = drive(r, verified.value.action).finally(() => {
        running = undefined;
      });
      running = { id: executionId, planDigest, done };
      return ok(standing(r, false));
    },

    /** Ends the rehearsal under way, if there is one, and waits until nothing of it is left. */
    async giveWay(why: string): Promise<void> {
      if (!running) return;
      abortReason = why;
      await running.done;
    },
    /** A halt may have come: ends the rehearsal under way where one is about its plan. */
    heedHalts(): void {
      if (running) abortReason ??= o.brakes.haltOn(running.planDigest);
    },
    cancel(executionId: string, reason: string): Result<ExecutionStanding> | undefined {
      const r = rehearsals.get(executionId);
      if (!r) return undefined;
      if (running?.id === executionId) abortReason = reason;
      return ok(standing(r, ended(r)));
    },

    list: () => [...rehearsals.values()].map((r) => ({ ...brief(r), acknowledged: r.acknowledged })),
    reports: (afterStep: Readonly<Record<string, number>>): Report[] =>
      [...rehearsals.values()].flatMap((r) => r.reports.filter((x) => x.step > Math.max(r.acknowledged, afterStep[r.id] ?? 0))),
    acknowledge(executionId: string, step: number): Result<{ acknowledged: number }> | undefined {
      const r = rehearsals.get(executionId);
      if (!r) return undefined;
      r.acknowledged = Math.max(r.acknowledged, Math.min(step, r.reports.length));
      writeFileSync(join(directoryOf(executionId), "acknowledged"), `${r.acknowledged}\n`, { mode: 0o600 });
      return ok({ acknowledged: r.acknowledged });
    },
    get idle(): boolean {
      return running === undefined;
    },
  };
}
export type Rehearsals = ReturnType<typeof createRehearsals>;

const brief = (r: Rehearsal) => {
  const last = r.reports.at(-1);
  return { executionId: r.id, state: last?.state ?? "accepted", step: last?.step ?? 0, terminal: last?.terminal ?? false };
};
const standing = (r: Rehearsal, replay: boolean): ExecutionStanding => ({ ...brief(r), replay });

/** What cannot be read is as good as gone: old rehearsals must never keep the executor from its real work. */
function readReports(directory: string): Report[] {
  const path = join(directory, "reports.json");
  if (!existsSync(path)) return [];
  try {
    return executionReportSchema.array().parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return [];
  }
}

function readAcknowledged(directory: string): number {
  const path = join(directory, "acknowledged");
  return existsSync(path) ? Number.parseInt(readFileSync(path, "utf8"), 10) || 0 : 0;
}
