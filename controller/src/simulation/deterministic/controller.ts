import type { Instant } from "@breakwater/shared/core";
import {
  type Decided,
  decide,
  decideAll,
  evolveAll,
  executionEffects,
  type Facts,
  type HeardVerdict,
  isFinal,
  judgements,
  type OperatorCommand,
  PATIENCE,
  type RolloutCommand,
  type RolloutEvent,
  type RolloutState,
  type Rules,
  replay,
  type WindowClock,
} from "../../act/rollout/core/index.ts";
import type { RolloutPlan } from "../../decide/planning/index.ts";
import type { Chance } from "./chance.ts";
import { judgeDue, judgeDueOf } from "./judge-due.ts";
import { newReports } from "./new-reports.ts";
import { nextDue } from "./next-due.ts";
import { LEASE_MS, Overtaken, type SimulatedStore, StatementFailed } from "./store.ts";
import type { Timeline } from "./timeline.ts";
import type { WaveHealth } from "./wave-health.ts";

/** Notifications of a burst are gathered into one look. */
const WOKEN_AFTER_MS = 50;
/** After a failed look the next comes soon; a look that a lease forbids comes when it has run out. */
const AGAIN_AFTER_MS = 1_000;
const ROUNDS_PER_LOOK = 20;
const ATTEMPTS = 5;

/** A controller that is troubled stands still so often, for so long at most: longer than its lease. */
const STALLS = 0.02;
const LONGEST_STALL_MS = 90_000;

/** Thrown where a controller dies in the middle of its work. */
class Crashed extends Error {}

/** Adds to what a controller knows what nobody but the world does. */
export type World = (known: Pick<Facts, "windows" | "verdicts" | "planDigest">) => Facts;

export interface ControllerParts {
  readonly name: string;
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly store: SimulatedStore;
  readonly plan: RolloutPlan;
  readonly windows: WindowClock;
  readonly rules: Rules;
  /** Undefined where the policy has no judge: then the gate hears "undecided". */
  readonly health: WaveHealth | undefined;
  readonly world: World;
  /** Whether decisions may meet other controllers' and the clock: only then do looks take time. */
  readonly troubled: boolean;
  readonly committed: (events: readonly RolloutEvent[], after: RolloutState) => void;
  readonly crashed: (controller: Controller) => void;
}

interface Loaded {
  readonly state: RolloutState;
  readonly sequence: number;
}

/** Work that takes virtual time: each yield is a wait in milliseconds. */
type Work<T> = Generator<number, T, void>;

/**
 * One controller: what the engine's driver does around the real core, in virtual time. It holds a lease with a fencing
 * token, decides on what it read, and writes under the sequence that it read. It may be stopped between any two
 * statements, and remembers nothing over a crash.
 */
export class Controller {
  readonly #p: ControllerParts;
  alive = true;
  #life = 0;
  #looking = false;
  #woken = false;
  #nextLook = Number.POSITIVE_INFINITY;
  #cached: Loaded | undefined;
  #token: number | undefined;
  #dieAfter: number | undefined;
  #stalls = 0;
  #held: readonly string[] = [];
  readonly #verdicts = new Map<number, HeardVerdict>();
  constructor(parts: ControllerParts) {
    this.#p = parts;
  }

  get name(): string {
    return this.#p.name;
  }

  /** Looks soon at whatever there is to do. */
  wake(): void {
    if (this.#looking) this.#woken = true;
    else this.#lookAt(this.#p.timeline.now() + WOKEN_AFTER_MS);
  }

  crash(): void {
    this.alive = false;
    this.#life++;
    this.#looking = false;
    this.#cached = undefined;
    this.#token = undefined;
    this.#dieAfter = undefined;
    this.#verdicts.clear();
    this.#nextLook = Number.POSITIVE_INFINITY;
    this.#hold([]);
    const { store, timeline } = this.#p;
    if (store.lease.holder === this.name) store.lease.until = Math.min(store.lease.until, timeline.now() + LEASE_MS);
    this.#p.crashed(this);
  }

  /** Dies in the middle of what it does next, after so many statements. */
  crashAfter(statements: number): void {
    this.#dieAfter = statements;
  }

  restart(): void {
    this.alive = true;
    this.wake();
  }

  /** A person's word, through this controller. @returns false when it could not be written now */
  command(choose: (state: RolloutState) => OperatorCommand | undefined): boolean {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      try {
        const loaded = this.#load();
        const given = choose(loaded.state);
        if (!given) return true;
        const now = this.#p.timeline.now();
        if (!decide(loaded.state, given, now, this.#p.rules, PATIENCE).ok) return true;
        const stops = given.type === "pause" || given.type === "halt" || given.type === "cancel" || given.type === "rollback";
        const withdrawn = stops ? this.#p.store.unsent(loaded.state) : [];
        this.#write(loaded, this.#decideAll(loaded.state, [stops ? { ...given, withdrawn } : given], now), withdrawn, undefined);
        return true;
      } catch (cause) {
        if (cause instanceof Crashed) return false;
        if (!(cause instanceof Overtaken || cause instanceof StatementFailed)) throw cause;
      }
    }
    return false;
  }

  #lookAt(moment: number): void {
    if (!this.alive || moment >= this.#nextLook) return;
    this.#nextLook = moment;
    const life = this.#life;
    this.#p.timeline.at(moment, () => {
      if (this.#life !== life || !this.alive || this.#looking || this.#nextLook !== moment) return;
      this.#nextLook = Number.POSITIVE_INFINITY;
      this.#looking = true;
      this.#run(this.#look(), life);
    });
  }

  #run(work: Work<number>, life: number): void {
    if (this.#life !== life) return;
    try {
      const step = work.next();
      if (!step.done) {
        this.#p.timeline.after(step.value, () => this.#run(work, life));
        return;
      }
      this.#rest(step.value);
    } catch (cause) {
      if (cause instanceof Crashed) return;
      if (!(cause instanceof Overtaken || cause instanceof StatementFailed)) throw cause;
      this.#token = undefined;
      this.#rest(this.#p.timeline.now() + AGAIN_AFTER_MS);
    }
  }

  #rest(until: number): void {
    this.#looking = false;
    this.#lookAt(this.#woken ? this.#p.timeline.now() + WOKEN_AFTER_MS : until);
    this.#woken = false;
  }

  /** One look at everything there is to do. @returns when to look again */
  *#look(): Work<number> {
    const { store, timeline } = this.#p;
    this.#statement();
    const { lease } = store;
    if (lease.holder !== this.name && lease.until > timeline.now()) {
      this.#token = undefined;
      return lease.until;
    }
    if (lease.holder !== this.name || lease.until <= timeline.now())
      store.lease = { holder: this.name, token: lease.token + 1, until: Number.POSITIVE_INFINITY };
    const token = store.lease.token;
    // A live holder renews in time; one that stands still does not, and wakes up in a world that has gone on.
    yield* this.#stall();
    if (this.#token !== token) {
      this.#recover();
      this.#token = token;
    }
    for (let round = 0; round < ROUNDS_PER_LOOK; round += 1) {
      const moved = yield* this.#advance(token);
      const judged = yield* this.#judge(token);
      if (!moved && !judged) break;
    }
    if (store.lease.token !== token) throw new Overtaken("the lease was lost");
    store.lease.until = Number.POSITIVE_INFINITY;
    const loaded = this.#load();
    return nextDue(loaded.state, this.#facts(), timeline.now(), judgeDue(loaded.state, this.#verdicts));
  }

  *#stall(): Work<void> {
    const { troubled, chance, store, timeline } = this.#p;
    if (!troubled) return;
    const name = `stall/${this.name}/${this.#stalls++}`;
    if (!chance.strikes(name, STALLS)) return;
    store.lease.until = timeline.now() + LEASE_MS;
    yield chance.between(`${name}/for`, 1_000, LONGEST_STALL_MS);
  }

  #statement(): void {
    if (this.#dieAfter !== undefined && this.#dieAfter-- <= 0) {
      this.crash();
      throw new Crashed(this.name);
    }
    this.#p.store.statement();
  }

  #load(): Loaded {
    this.#statement();
    const { history } = this.#p.store;
    const known = this.#cached;
    if (known?.sequence === history.length) return known;
    this.#statement();
    // What was read before a failure is still true; only a controller that died has to read everything.
    const state = known ? evolveAll(known.state, history.slice(known.sequence)) : replay(this.#p.plan, history);
    this.#cached = { state, sequence: history.length };
    return this.#cached;
  }

  /** After taking a lease over: the outbox is made what the state says, whatever the one before left undone. */
  #recover(): void {
    const { store, timeline } = this.#p;
    const { state } = this.#load();
    const notAfter = new Map<string, Instant>();
    for (const event of store.history) if (event.type === "execution-started") notAfter.set(event.endpointId, event.notAfter);
    this.#statement();
    store.settle([...state.executions.values()].flatMap(executionEffects), notAfter, timeline.now());
  }

  #facts(): Facts {
    return this.#p.world({ windows: this.#p.windows, planDigest: this.#p.store.planDigest, verdicts: this.#verdicts });
  }

  /** Decides on what was read and writes it a little later, if nobody was faster. */
  *#transact(work: (loaded: Loaded) => (Decided & { withdrawn?: readonly string[] }) | undefined, token: number): Work<number> {
    const loaded = this.#load();
    const decided = work(loaded);
    if (!decided || decided.events.length === 0) return 0;
    const { withdrawn = [] } = decided;
    if (this.#p.troubled) {
      this.#hold(withdrawn);
      yield this.#p.chance.between(`write/${this.name}/${this.#stalls}`, 1, 150);
      yield* this.#stall();
      this.#hold([]);
    }
    this.#write(loaded, decided, withdrawn, token);
    return decided.events.length;
  }

  /** Row locks end with their transaction, and with the connection of a controller that dies. */
  #hold(endpointIds: readonly string[]): void {
    this.#p.store.lock(this.#held, false);
    this.#held = endpointIds;
    this.#p.store.lock(endpointIds, true);
  }

  #write(loaded: Loaded, { events, after }: Decided, withdrawn: readonly string[], token: number | undefined): void {
    if (events.length === 0) return;
    const { store, timeline } = this.#p;
    // The crash may come before the commit or after it; the outbox is part of the commit.
    this.#statement();
    const before = store.history.length;
    try {
      store.commit({ sequence: loaded.sequence, token, events, after, withdrawn, now: timeline.now() });
    } finally {
      if (store.history.length > before) this.#p.committed(events, after);
    }
    this.#cached = { state: after, sequence: store.history.length };
    this.#statement();
  }

  #decideAll(state: RolloutState, commands: readonly RolloutCommand[], now: Instant): Decided {
    return decideAll(state, commands, now, { rules: this.#p.rules });
  }

  /** Takes in what endpoints reported, then does whatever is due. @returns whether anything changed */
  *#advance(token: number): Work<boolean> {
    const { timeline, store } = this.#p;
    const arrived = store.arrived();
    const taken = yield* this.#transact(({ state }) => {
      this.#statement();
      return this.#decideAll(state, newReports(store, state, arrived, this.#p.rules.steps), timeline.now());
    }, token);
    store.read(arrived);
    const ticked = yield* this.#transact(
      ({ state }) => this.#decideAll(state, [{ type: "tick", facts: this.#facts() }], timeline.now()),
      token,
    );
    return taken + ticked > 0;
  }

  /** Asks the judge about every wave that is watched and due, and acts on a changed verdict. */
  *#judge(token: number): Work<boolean> {
    const { state } = this.#load();
    const { timeline, health, store } = this.#p;
    if (isFinal(state.phase) || timeline.now() < judgeDue(state, this.#verdicts)) return false;
    let changed = false;
    for (const effect of judgements(state, this.#facts(), timeline.now())) {
      if (effect.kind !== "judge" || timeline.now() < judgeDueOf(state, effect.wave, this.#verdicts)) continue;
      const last = this.#verdicts.get(effect.wave);
      const said = health?.judge(effect, timeline.now(), state.plan.waves[effect.wave]?.gate) ?? {
        verdict: "undecided" as const,
        summary: "nobody watches",
        blind: undefined,
      };
      const { verdict, blind } = said;
      this.#verdicts.set(effect.wave, { verdict, at: timeline.now(), ...(blind === undefined ? {} : { blind }) });
      const command = { type: "verdict" as const, wave: effect.wave, verdict: said.verdict, summary: said.summary };
      const told = yield* this.#transact((loaded) => {
        const now = timeline.now();
        const first = decide(loaded.state, command, now, this.#p.rules, PATIENCE);
        if (!first.ok || first.value.length === 0) return undefined;
        const withdrawn = said.verdict === "harmful" ? store.unsent(loaded.state) : [];
        return { ...this.#decideAll(loaded.state, [{ ...command, withdrawn }], now), withdrawn };
      }, token);
      // A gate may open on an old verdict that is given anew.
      changed ||= told > 0 || last?.at !== timeline.now();
    }
    return changed;
  }
}
