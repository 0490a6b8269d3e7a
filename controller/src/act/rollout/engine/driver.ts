import { addMs, type Clock, fail, type Instant, ok, type Problem, ProblemError, type Result } from "@breakwater/shared/core";
import type { Logger } from "@breakwater/shared/log";
import { eq, sql } from "drizzle-orm";
import { type Db, type Store, schema } from "../../../store/index.ts";
import {
  COMPARED_PAST_MS,
  currentWave,
  type Decided,
  decide,
  decideAll,
  executionEffects,
  type Facts,
  type HeardVerdict,
  isFinal,
  judgements,
  type OperatorCommand,
  type Patience,
  type RolloutCommand,
  type RolloutState,
  replay,
  type WindowClock,
} from "../core/index.ts";
import { readFacts } from "./facts.ts";
import { readHistory } from "./history.ts";
import type { Judgement, WaveJudge } from "./judge.ts";
import { settleOutbox, takeBackUnsent } from "./outbox.ts";
import { Overtaken, writeDecision } from "./persistence.ts";
import { readPlan } from "./plan-row.ts";
import { deliveredOf, newReports } from "./reports.ts";
import { readSuperseded } from "./superseded.ts";

/** Decisions that add starts hold this transaction lock, so that two deployments cannot both take the last place. */
const START_LOCK = 7264002;
const OFFERS_EVERY_MS = 15_000;
/** A command that somebody else overtook is decided again this often before it is given back. */
const ATTEMPTS = 5;

export interface DriverParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly health: WaveJudge;
  readonly windowsOf: (state: RolloutState["plan"]) => WindowClock;
  readonly patience: Patience;
  /** Least time between two judgements of a wave, by the passed clock. */
  readonly judgeEveryMs: number;
}

interface Loaded {
  readonly state: RolloutState;
  readonly sequence: number;
  readonly windows: WindowClock;
}

/**
 * Moves one deployment. It remembers what it read only to read less: each decision is written under the sequence it was
 * made at, and is made again when that has moved on.
 */
export function createDriver(parts: DriverParts, deploymentId: string) {
  const { store, clock, health } = parts;
  const verdicts = new Map<number, HeardVerdict>();
  let judgeProblem: { readonly message: string; readonly since: Instant } | undefined;
  let cached: Loaded | undefined;
  let offers: { readonly wave: number; readonly at: Instant; readonly superseded: ReadonlyMap<string, string> } | undefined;
  let line: Promise<unknown> = Promise.resolve();

  /** One after another: a command must not overtake the pass that is being written. */
  function inLine<T>(work: () => Promise<T>): Promise<T> {
    const mine = line.then(work);
    line = mine.catch(() => {});
    return mine;
  }

  async function load(db: Db): Promise<Loaded> {
    const [row] = await db
      .select({ sequence: schema.deployment.sequence, planId: schema.deployment.planId, revision: schema.deployment.planRevision })
      .from(schema.deployment)
      .where(eq(schema.deployment.id, deploymentId));
    if (!row) throw new ProblemError({ code: "unknown-deployment", message: `There is no deployment ${deploymentId}.` });
    if (cached?.sequence === row.sequence) return cached;
    const plan = await readPlan(db, row.planId, row.revision);
    if (!plan.ok) throw new ProblemError(plan.problem);
    const history = await readHistory(db, deploymentId);
    const state = replay(plan.value.rollout, history);
    return { state, sequence: history.length, windows: cached?.windows ?? parts.windowsOf(state.plan) };
  }

  const factsOf = async (db: Db, { state, windows }: Loaded, planDigest: string): Promise<Facts> =>
    readFacts(db, deploymentId, state.plan, {
      windows,
      planDigest,
      verdicts,
      superseded: await supersededOf(db, state),
      now: clock.now(),
      since: addMs(state.createdAt, -COMPARED_PAST_MS),
    });

  /** What endpoints are offered changes with their inventories, which come by the minute: not read anew for each look. */
  async function supersededOf(db: Db, state: RolloutState): Promise<ReadonlyMap<string, string>> {
    const wave = currentWave(state);
    const now = clock.now();
    if (offers?.wave === wave && now - offers.at < OFFERS_EVERY_MS && now >= offers.at) return offers.superseded;
    const waiting = (state.plan.waves[wave]?.endpointIds ?? []).filter((id) => !state.executions.has(id));
    offers = { wave, at: now, superseded: isFinal(state.phase) ? new Map() : await readSuperseded(db, state.plan, waiting, now) };
    return offers.superseded;
  }

  /** Decides and writes in one transaction. `work` sees the state as of that transaction. */
  async function transact(
    work: (tx: Db, loaded: Loaded) => Promise<(Decided & { evidence?: unknown }) | undefined>,
    fencingToken?: number,
  ): Promise<number> {
    const now = clock.now();
    let written: Loaded | undefined;
    const count = await store.db.transaction(async (raw) => {
      const tx = raw as Db;
      await tx.execute(sql`select pg_advisory_xact_lock(${START_LOCK})`);
      const loaded = await load(tx);
      const decided = await work(tx, loaded);
      if (!decided || decided.events.length === 0) return 0;
      const { events, after, evidence } = decided;
      const sequence = await writeDecision(tx, {
        before: loaded,
        after,
        events,
        now,
        evidence,
        ...(fencingToken === undefined ? {} : { fencingToken }),
      });
      written = { ...loaded, state: after, sequence };
      return events.length;
    });
    // Only what is committed is remembered.
    if (written) cached = written;
    return count;
  }

  /** What commands lead to in the transaction's state; what is refused of them is none of the engine's business. */
  const decideOn = (state: RolloutState, commands: readonly RolloutCommand[], now: Instant): Decided =>
    decideAll(state, commands, now, {
      patience: parts.patience,
      refused: ({ type }, problem) => parts.log.debug({ deploymentId, command: type, problem }, "the core refused what the engine told it"),
    });

  /** Takes in what endpoints reported, then does whatever is due. @returns whether anything changed */
  async function advance(fencingToken: number): Promise<boolean> {
    const taken = await takeReports(fencingToken);
    const loaded = await load(store.db);
    cached = loaded;
    const facts = await factsOf(store.db, loaded, loaded.state.planDigest);
    const due = decide(loaded.state, { type: "tick", facts }, clock.now(), undefined, parts.patience);
    if (!due.ok || due.value.length === 0) return taken;
    await transact(async (tx, current) => {
      const plan = await readPlan(tx, current.state.plan.planId, current.state.plan.revision);
      const fresh = await factsOf(tx, current, plan.ok ? plan.value.digest : "unreadable");
      return decideOn(current.state, [{ type: "tick", facts: fresh }], clock.now());
    }, fencingToken);
    return true;
  }

  async function takeReports(fencingToken: number): Promise<boolean> {
    const waiting = (await newReports(store.db, deploymentId)).length + (await deliveredOf(store.db, deploymentId)).length;
    if (waiting === 0) return false;
    const count = await transact(async (tx, current) => {
      const commands = [...(await deliveredOf(tx, deploymentId)), ...(await newReports(tx, deploymentId))];
      return decideOn(current.state, commands, clock.now());
    }, fencingToken);
    return count > 0;
  }

  /** Asks the judge about every wave that is watched, and acts on a changed verdict. */
  async function judge(fencingToken: number): Promise<boolean> {
    const loaded = cached ?? (await load(store.db));
    if (isFinal(loaded.state.phase)) return false;
    const now = clock.now();
    const facts = await factsOf(store.db, loaded, loaded.state.planDigest);
    let changed = false;
    for (const effect of judgements(loaded.state, facts, now)) {
      if (effect.kind !== "judge") continue;
      const last = verdicts.get(effect.wave);
      if (last && now - last.at < parts.judgeEveryMs) continue;
      const wave = loaded.state.plan.waves[effect.wave];
      if (!wave) continue;
      try {
        const said = await health.judge({
          deploymentId,
          wave: effect.wave,
          treated: effect.treated,
          control: effect.control,
          now,
          rules: { triggers: wave.triggers, gate: wave.gate },
        });
        judgeProblem = undefined;
        const suspects = said.suspects ?? [];
        verdicts.set(effect.wave, { verdict: said.verdict, at: now, suspects, ...(said.blind === undefined ? {} : { blind: said.blind }) });
        // A first answer after a restart may open a gate although the verdict is an old one.
        changed =
          (await hear(effect.wave, said, fencingToken)) ||
          changed ||
          last?.verdict !== said.verdict ||
          last.blind !== said.blind ||
          last.suspects?.length !== suspects.length;
      } catch (cause) {
        if (cause instanceof Overtaken) throw cause;
        // The gate stays shut without an answer; explain() says so, and the bake limit asks a person.
        verdicts.delete(effect.wave);
        judgeProblem = { message: cause instanceof Error ? cause.message : String(cause), since: judgeProblem?.since ?? now };
        parts.log.warn({ deploymentId, wave: effect.wave, err: cause }, "the judge could not answer");
      }
    }
    return changed;
  }

  async function hear(wave: number, said: Judgement, fencingToken: number): Promise<boolean> {
    const told = {
      type: "verdict" as const,
      wave,
      verdict: said.verdict,
      summary: said.summary,
      holding: said.holding ?? [],
      harmed: said.harmed ?? [],
    };
    const command = said.decidedAt === undefined ? told : { ...told, decidedAt: said.decidedAt };
    const would = cached && decide(cached.state, command, clock.now());
    if (would?.ok && would.value.length === 0) return false;
    const count = await transact(async (tx, current) => {
      const first = decide(current.state, command, clock.now());
      if (!first.ok || first.value.length === 0) return undefined;
      const stops = first.value.some((e) => e.type === "branch-taken");
      const withdrawn = stops ? await takeBackUnsent(tx, deploymentId) : [];
      return { ...decideOn(current.state, [{ ...command, withdrawn }], clock.now()), evidence: said.evidence };
    }, fencingToken);
    return count > 0;
  }

  /** Carries out a person's command, whoever holds the lease: the sequence decides who was first. */
  async function command(given: OperatorCommand): Promise<Result<void>> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        let problem: Problem | undefined;
        await transact(async (tx, current) => {
          const now = clock.now();
          const first = decide(current.state, given, now, undefined, parts.patience);
          if (!first.ok) {
            problem = first.problem;
            return undefined;
          }
          const stops = given.type === "pause" || given.type === "halt" || given.type === "cancel" || given.type === "rollback";
          return decideOn(current.state, [stops ? { ...given, withdrawn: await takeBackUnsent(tx, deploymentId) } : given], now);
        });
        return problem ? fail(problem) : ok(undefined);
      } catch (cause) {
        if (cause instanceof ProblemError) return fail(cause.problem);
        cached = undefined;
        if (!(cause instanceof Overtaken) || attempt === ATTEMPTS) throw cause;
      }
    }
  }

  /** After taking a lease over: the outbox is made what the state says, whatever the one before left undone. */
  async function recover(): Promise<void> {
    cached = undefined;
    await store.db.transaction(async (raw) => {
      const tx = raw as Db;
      const { state } = await load(tx);
      const history = await readHistory(tx, deploymentId);
      const notAfter = new Map(history.flatMap((e) => (e.type === "execution-started" ? [[e.endpointId, e.notAfter] as const] : [])));
      await settleOutbox(tx, state, [...state.executions.values()].flatMap(executionEffects), notAfter, clock.now());
    });
  }

  return {
    advance: (token: number) => inLine(() => advance(token)),
    judge: (token: number) => inLine(() => judge(token)),
    command: (given: OperatorCommand) => inLine(() => command(given)),
    recover: () => inLine(recover),
    forget: () => {
      cached = undefined;
    },
    /** State and facts of this moment, for explanations and pages. */
    look: () =>
      inLine(async () => {
        const loaded = await load(store.db);
        const plan = await readPlan(store.db, loaded.state.plan.planId, loaded.state.plan.revision);
        const facts = await factsOf(store.db, loaded, plan.ok ? plan.value.digest : "unreadable");
        return { ...loaded, facts, judgeProblem };
      }),
  };
}
export type Driver = ReturnType<typeof createDriver>;
