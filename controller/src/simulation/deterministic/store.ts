import type { AgentExecutionState } from "@breakwater/shared/command";
import type { Instant } from "@breakwater/shared/core";
import { type Effect, executionEffects, type RolloutEvent, type RolloutState } from "../../act/rollout/core/index.ts";
import type { Chance } from "./chance.ts";

/** A statement failed: nothing of its transaction is written, or, at the commit, perhaps all of it. */
export class StatementFailed extends Error {}
/** Somebody else decided meanwhile, or took the lease over. */
export class Overtaken extends Error {}

export const LEASE_MS = 30_000;
const STANDING_COMMAND_MS = 90 * 86_400_000;

/** Which of an endpoint's two journals: there is one deployment, so the endpoint names the execution. */
export type JournalKey = `${"apply" | "rollback"} ${string}`;

export interface OutboxRow {
  readonly endpointId: string;
  readonly command: "apply" | "cancel" | "rollback";
  readonly notAfter: number;
  leasedUntil: number;
  delivered: boolean;
  done: boolean;
  /** A transaction that has not ended deletes it: nobody else may touch it meanwhile. */
  locked: boolean;
}

export interface StoredReport {
  readonly step: number;
  readonly state: AgentExecutionState;
  readonly failureClass: string;
}

/**
 * What the controllers share: one deployment's history, its lease, the outbox and the endpoints' reports, with the
 * rules of the engine's tables. Any statement may fail; a transaction is written whole or not at all.
 */
export class SimulatedStore {
  readonly history: RolloutEvent[] = [];
  readonly outbox = new Map<string, OutboxRow>();
  /** By journal, then by step. */
  readonly reports = new Map<JournalKey, Map<number, StoredReport>>();
  /** Journals with reports that no decision has taken in. */
  readonly unread = new Map<JournalKey, Set<number>>();
  lease: { holder: string; token: number; until: number } = { holder: "", token: 0, until: 0 };
  planDigest = "approved";
  readonly #chance: Chance;
  readonly #failPerStatement: number;
  /** Leaves out what is withdrawn: a broken rule, for the test of the tests. */
  readonly #keepsWithdrawn: boolean;
  readonly #fenced: boolean;
  #statements = 0;
  constructor(chance: Chance, failPerStatement: number, broken: { readonly withdrawal?: boolean; readonly fencing?: boolean } = {}) {
    this.#chance = chance;
    this.#failPerStatement = failPerStatement;
    this.#keepsWithdrawn = broken.withdrawal ?? false;
    this.#fenced = !broken.fencing;
  }

  statement(): void {
    if (this.#failPerStatement > 0 && this.#chance.strikes(`statement/${this.#statements++}`, this.#failPerStatement))
      throw new StatementFailed("the database did not answer");
  }

  /** Appends a decision that was made after `sequence` events, with all that follows from it. */
  commit(decision: {
    readonly sequence: number;
    readonly token: number | undefined;
    readonly events: readonly RolloutEvent[];
    readonly after: RolloutState;
    readonly withdrawn: readonly string[];
    readonly now: Instant;
  }): void {
    this.statement();
    const overtaken = decision.token !== undefined && decision.token !== this.lease.token;
    if (this.#fenced && (decision.sequence !== this.history.length || overtaken))
      throw new Overtaken("the deployment was moved on by somebody else");
    for (let i = 0; i < 3; i += 1) this.statement();
    const name = `commit/${this.#statements++}`;
    const lost = this.#chance.strikes(name, this.#failPerStatement);
    if (lost && this.#chance.roll(`${name}/before`) < 0.5) throw new StatementFailed("the commit failed");
    this.history.push(...decision.events);
    for (const id of decision.withdrawn) this.outbox.delete(`apply ${id}`);
    const touched = new Set<string>();
    const notAfter = new Map<string, number>();
    for (const event of decision.events) {
      if ("endpointId" in event && event.endpointId !== undefined) touched.add(event.endpointId);
      if (event.type === "execution-started") notAfter.set(event.endpointId, event.notAfter);
      if (event.type === "execution-withdrawn")
        for (const command of ["apply", "cancel", "rollback"]) this.outbox.delete(`${command} ${event.endpointId}`);
    }
    for (const id of touched) {
      const execution = decision.after.executions.get(id);
      if (execution) this.settle(executionEffects(execution), notAfter, decision.now);
    }
    if (lost) throw new StatementFailed("the answer to the commit was lost");
  }

  /** Makes the outbox what the state says it must be. Repeating it changes nothing. */
  settle(effects: readonly Effect[], notAfter: ReadonlyMap<string, number>, now: Instant): void {
    for (const effect of effects) {
      if (effect.kind === "judge") continue;
      const { execution, command } = effect;
      const key = `${command} ${execution.endpointId}`;
      const row = this.outbox.get(key);
      if (effect.kind === "withdraw") {
        if (row && !this.#keepsWithdrawn) row.done = true;
      } else if (!row && !(command === "apply" && execution.state !== "queued")) {
        const until = command === "apply" ? (notAfter.get(execution.endpointId) ?? now) : now + STANDING_COMMAND_MS;
        const { endpointId } = execution;
        this.outbox.set(key, { endpointId, command, notAfter: until, leasedUntil: 0, delivered: false, done: false, locked: false });
      }
    }
  }

  openRows(endpointId: string): OutboxRow[] {
    return (["apply", "cancel", "rollback"] as const).flatMap((command) => {
      const row = this.outbox.get(`${command} ${endpointId}`);
      return row && !row.done ? [row] : [];
    });
  }

  /** Endpoints whose command has certainly not left yet. */
  unsent(state: RolloutState): string[] {
    return [...this.outbox.values()]
      .filter((r) => r.command === "apply" && !r.done && !r.delivered && r.leasedUntil === 0)
      .filter((r) => state.executions.get(r.endpointId)?.state === "queued")
      .map((r) => r.endpointId);
  }

  /** Holds, or lets go of, the rows that a transaction takes back. */
  lock(endpointIds: readonly string[], locked: boolean): void {
    for (const id of endpointIds) {
      const row = this.outbox.get(`apply ${id}`);
      if (row) row.locked = locked;
    }
  }

  /** What has come and was not read, as of now. */
  arrived(): readonly (readonly [JournalKey, readonly number[]])[] {
    return [...this.unread].map(([key, steps]) => [key, [...steps]]);
  }

  /** A committed decision has taken these in. */
  read(arrived: readonly (readonly [JournalKey, readonly number[]])[]): void {
    for (const [key, steps] of arrived) {
      const left = this.unread.get(key);
      for (const step of steps) left?.delete(step);
      if (left?.size === 0) this.unread.delete(key);
    }
  }

  /** Takes in a report. @returns whether it was new */
  takeReport(journal: JournalKey, report: StoredReport): boolean {
    this.statement();
    const known = this.reports.get(journal) ?? new Map<number, StoredReport>();
    this.reports.set(journal, known);
    if (known.has(report.step)) return false;
    known.set(report.step, report);
    this.unread.set(journal, (this.unread.get(journal) ?? new Set()).add(report.step));
    return true;
  }
}
