import type { AgentExecutionState } from "@breakwater/shared/command";
import type { Instant } from "@breakwater/shared/core";
import { APPLY_STEPS, ROLLBACK_STEPS } from "../executions.ts";
import type { Chance } from "./chance.ts";
import type { Faults } from "./faults.ts";
import type { Truth } from "./fleet-file.ts";
import type { JournalKey, OutboxRow, StoredReport } from "./store.ts";
import type { Timeline } from "./timeline.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** Reports that were not acknowledged are sent again. */
const AGAIN_AFTER_MS = 30 * SECOND;
/** Of failed executions: how many fail before they changed anything. */
const FAILS_BEFORE_CHANGE = 0.2;
/** Of those that are taken back: how many cannot be, unless a test says otherwise. */
export const FAILS_TO_RESTORE = 0.03;
/** Of crashes: how many are a reboot of the whole machine. */
const REBOOTS = 0.3;
/** Of reboots for a patch: how many take longer than any plan gives them. */
const STAYS_AWAY = 0.1;
/** Seconds after the command at which a machine goes down for its patch, on the scale of the other steps. */
const REBOOTED_AT = 110;
/** Where within "applying" the new version is in place. */
const IN_PLACE = 0.9;

interface Journal {
  readonly steps: StoredReport[];
  acknowledged: number;
  cancelled: boolean;
}

export interface EndpointParts {
  readonly id: string;
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly faults: Pick<Faults, "agentCrashPerExecution" | "clockSkewMs">;
  readonly truth: Truth;
  /** Of executions that are taken back: how many cannot be. */
  readonly failsToRestore: number;
  /** Its action forbids a rollback: what fails stays as it is. */
  readonly oneWay: boolean;
  /** Its machine goes down for the patch once the new version is in place, and is verified when it is back. */
  readonly reboots: boolean;
  /** Sends a report to whichever controller answers; the network may lose it. */
  readonly send: (journal: JournalKey, report: StoredReport) => void;
  /** The new version is in place, or the old one again. */
  readonly changed: (to: "new" | "old") => void;
}

/**
 * A simulated machine with its agent: a journal for each command, each step written before it is taken and reported until
 * it is acknowledged. The agent may crash between any two steps, and in the middle of the package manager's work; it then
 * reads its journal and goes on. A cancel that overtakes its command is remembered, since this network, unlike a gRPC
 * stream, may change the order.
 */
export class SimulatedEndpoint {
  readonly #p: EndpointParts;
  readonly journals = new Map<JournalKey, Journal>();
  readonly skewMs: number;
  #installed: "old" | "new" = "old";
  #downUntil = 0;
  #life = 0;
  #crashes = 0;
  #working = 0;
  #repeating = false;
  constructor(parts: EndpointParts) {
    this.#p = parts;
    const { clockSkewMs } = parts.faults;
    const name = `skew/${parts.id}`;
    this.skewMs = clockSkewMs > 0 && parts.chance.strikes(name, 1) ? parts.chance.between(`${name}/by`, -clockSkewMs, clockSkewMs) : 0;
  }

  /** A process that runs; what is sent to it while it is down is lost. */
  get up(): boolean {
    return this.#p.timeline.now() >= this.#downUntil;
  }
  /** Has nothing left to do or to say; one that is down goes on where it was when it is up again. */
  get idle(): boolean {
    return this.up && this.#working === 0 && [...this.journals.values()].every((j) => j.acknowledged >= j.steps.length);
  }

  /** Takes a command in. A repetition of what the journal knows only makes it report again. */
  hear(row: OutboxRow): void {
    if (!this.up) return;
    const key: JournalKey = `${row.command === "rollback" ? "rollback" : "apply"} ${row.endpointId}`;
    const known = this.journals.get(key);
    if (row.command === "cancel") {
      if (!known) this.#write(key, this.#open(key), "cancelled");
      else known.cancelled = true;
      this.#report();
      return;
    }
    if (known) {
      this.#report();
      return;
    }
    // Another command owns the machine: the controller sends this one again later.
    if (this.#working > 0) return;
    const journal = this.#open(key);
    if (row.command === "apply" && this.#p.timeline.now() + this.skewMs > row.notAfter) {
      this.#write(key, journal, "refused", "expired");
      return;
    }
    const apply = this.journals.get(`apply ${row.endpointId}`);
    if (row.command === "rollback" && !apply?.steps.some((s) => s.state === "applying")) {
      this.#write(key, journal, "rollback-failed", "not-reversible");
      return;
    }
    this.#write(key, journal, row.command === "apply" ? "accepted" : "rolling-back");
    this.#goOn(key, journal);
  }

  acknowledge(key: JournalKey, step: number): void {
    const journal = this.journals.get(key);
    if (journal && this.up) journal.acknowledged = Math.max(journal.acknowledged, Math.min(step, journal.steps.length));
  }

  #open(key: JournalKey): Journal {
    const journal: Journal = { steps: [], acknowledged: 0, cancelled: false };
    this.journals.set(key, journal);
    return journal;
  }

  #write(key: JournalKey, journal: Journal, state: AgentExecutionState, failureClass = ""): void {
    journal.steps.push({ step: journal.steps.length + 1, state, failureClass });
    this.#p.send(key, journal.steps.at(-1) as StoredReport);
    this.#repeat();
  }

  /** Sends what is not acknowledged, oldest first. */
  #report(): void {
    for (const [key, journal] of this.journals) for (const step of journal.steps.slice(journal.acknowledged)) this.#p.send(key, step);
    this.#repeat();
  }

  #repeat(): void {
    if (this.#repeating) return;
    this.#repeating = true;
    this.#p.timeline.after(AGAIN_AFTER_MS, () => {
      this.#repeating = false;
      if (![...this.journals.values()].some((j) => j.acknowledged < j.steps.length)) return;
      if (this.up) this.#report();
      else this.#repeat();
    });
  }

  /** Does the next step of a journal after its time, unless the agent crashes meanwhile; then it does it after that. */
  #goOn(key: JournalKey, journal: Journal): void {
    const last = journal.steps.at(-1)?.state ?? "accepted";
    const next = this.#after(key, last);
    if (next === undefined) return;
    const life = this.#life;
    this.#working++;
    const steps = key.startsWith("apply") ? APPLY_STEPS : ROLLBACK_STEPS;
    const name = `${key}/${last}`;
    const all = steps.at(-1)?.[1] ?? 1;
    const from = last === "rebooting" ? REBOOTED_AT : (steps.find(([state]) => state === last)?.[1] ?? 0);
    const until =
      next.state === "rebooting"
        ? REBOOTED_AT
        : (steps.find(([state]) => state === next.state)?.[1] ?? (last === "rolling-back" ? 100 : from + 20));
    const lasts = ((until - from) / all) * this.#p.truth.applyMinutes * MINUTE * this.#p.chance.between(`${key}/pace`, 0.8, 1.2);
    const crash = `crash/${name}/${this.#crashes}`;
    const crashes = this.#p.chance.strikes(crash, Math.min(0.95, this.#p.faults.agentCrashPerExecution / steps.length));
    const crashesAfter = crashes ? this.#p.chance.roll(`${crash}/when`) : Number.POSITIVE_INFINITY;
    const to =
      last === "applying" && (next.state === "verifying" || next.state === "rebooting")
        ? "new"
        : last === "rolling-back" && next.state === "rolled-back"
          ? "old"
          : undefined;
    if (to !== undefined)
      this.#p.timeline.after(IN_PLACE * lasts, () => {
        // After a crash the package manager is repaired, not run once more on what is in place.
        if (this.#life !== life || this.#installed === to) return;
        this.#installed = to;
        this.#p.changed(to);
      });
    if (crashes) this.#p.timeline.after(crashesAfter * lasts, () => this.#life === life && this.#crash(crash));
    this.#p.timeline.after(lasts, () => {
      if (this.#life !== life) return;
      this.#working--;
      if (journal.cancelled && beforeChange(journal.steps.at(-1)?.state)) {
        this.#write(key, journal, "cancelled");
        return;
      }
      this.#write(key, journal, next.state, next.failureClass);
      if (next.state === "rebooting") this.#reboot(key);
      else this.#goOn(key, journal);
    });
  }

  /** What follows a step, by the truth about this patch on this endpoint. */
  #after(key: JournalKey, last: AgentExecutionState): { state: AgentExecutionState; failureClass?: string } | undefined {
    const { chance, truth, id, failsToRestore } = this.#p;
    const of = key.slice(0, key.indexOf(" "));
    const fails = of === "apply" && chance.roll(`truth/${id}/fails`) < truth.failureRate;
    const early = chance.roll(`truth/${id}/early`) < FAILS_BEFORE_CHANGE;
    switch (last) {
      case "accepted":
        return { state: "prechecking" };
      case "prechecking":
        return fails && early ? { state: "failed", failureClass: "no-space" } : { state: "prefetched" };
      case "prefetched":
        return { state: "applying" };
      case "applying":
        return fails && chance.roll(`truth/${id}/script`) < 0.5
          ? { state: "failed", failureClass: "maintainer-script" }
          : { state: this.#p.reboots ? "rebooting" : "verifying" };
      case "rebooting":
        return { state: "verifying" };
      case "verifying":
        return fails ? { state: "failed", failureClass: "check-failed" } : { state: "succeeded" };
      case "failed":
        return early || this.#p.oneWay ? undefined : { state: "rolling-back" };
      case "rolling-back":
        // What was restored already cannot fail to be.
        if (of === "rollback" && this.journals.get(`apply ${id}`)?.steps.at(-1)?.state === "rolled-back") return { state: "rolled-back" };
        return chance.roll(`truth/${id}/${of}/restores`) < failsToRestore
          ? { state: "rollback-failed", failureClass: "internal" }
          : { state: "rolled-back" };
      default:
        return undefined;
    }
  }

  /** Goes down as its plan says. What was sent just before may still arrive. */
  #reboot(key: JournalKey): void {
    this.#life++;
    this.#working = 0;
    const { chance } = this.#p;
    const lost = chance.roll(`${key}/lost`) < STAYS_AWAY;
    this.#goDown(chance.between(`${key}/away`, lost ? 20 * MINUTE : MINUTE, lost ? 4 * 60 * MINUTE : 5 * MINUTE));
  }

  #crash(name: string): void {
    this.#life++;
    this.#crashes++;
    this.#working = 0;
    const { chance } = this.#p;
    const reboot = chance.roll(`${name}/reboot`) < REBOOTS;
    const downFor = chance.between(`${name}/down`, reboot ? 60 * SECOND : 3 * SECOND, reboot ? 5 * MINUTE : 30 * SECOND);
    this.#goDown(downFor);
  }

  #goDown(forMs: number): void {
    const { timeline } = this.#p;
    this.#downUntil = timeline.now() + Math.ceil(forMs);
    timeline.at(this.#downUntil, () => {
      for (const [key, journal] of this.journals) this.#goOn(key, journal);
      this.#report();
    });
  }

  /** The clock that this endpoint believes. */
  clock(): Instant {
    return (this.#p.timeline.now() + this.skewMs) as Instant;
  }
}

const beforeChange = (state: AgentExecutionState | undefined): boolean =>
  state === "accepted" || state === "prechecking" || state === "prefetched";
