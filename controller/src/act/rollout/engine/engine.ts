import { type Clock, type DeploymentId, fail, formatInstant, ok, ProblemError, type Result } from "@breakwater/shared/core";
import type { Logger } from "@breakwater/shared/log";
import { desc, eq } from "drizzle-orm";
import type { RolloutPlan } from "../../../decide/planning/index.ts";
import { EVENT_CHANNEL, type Store, schema } from "../../../store/index.ts";
import {
  type Forecast,
  forecast,
  type OperatorCommand,
  PATIENCE,
  type Patience,
  sentences,
  type Wait,
  type WindowClock,
} from "../core/index.ts";
import { deployPlan } from "./deploy.ts";
import { createDriver, type Driver } from "./driver.ts";
import { type Freeze, readFreeze, writeFreeze } from "./freeze.ts";
import type { WaveJudge } from "./judge.ts";
import { giveLeasesBack, takeLeases } from "./lease.ts";
import { Overtaken } from "./persistence.ts";
import { planWindows } from "./plan-windows.ts";
import { momentOf } from "./rows.ts";
import { type DeploymentView, viewDeployment, waitsOf } from "./view.ts";

export interface RolloutParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly health: WaveJudge;
  /** Unique among the controllers on one store: names the holder of leases. */
  readonly instanceId: string;
  /** Drive only simulated, or only real deployments; without it, both. Two engines with different clocks share a store so. */
  readonly simulated?: boolean;
  /** Windows of a plan's endpoints; shared/window unless a test says otherwise. */
  readonly windows?: (plan: RolloutPlan) => WindowClock;
  readonly patience?: Partial<Patience>;
  /** Real time between two looks without a wake-up. */
  readonly pollMs?: number;
  /** By the passed clock. */
  readonly judgeEveryMs?: number;
  readonly leaseMs?: number;
}

export interface Explanation {
  readonly waits: readonly Wait[];
  readonly sentences: readonly string[];
  readonly forecast: Forecast;
}

export type CommandGiven = OperatorCommand extends infer C ? (C extends OperatorCommand ? Omit<C, "withdrawn"> : never) : never;

/** A wave is judged at most this often; the judge itself reads one-minute figures and hard failures as they come. */
const JUDGE_EVERY_MS = 3_000;
const LEASE_MS = 30_000;
const POLL_MS = 1_000;
const WOKEN_DELAY_MS = 50;
/** Rounds in a row without waiting, as long as each changed something. */
const ROUNDS_PER_PASS = 20;

/** The engine around the rollout core: deployments are made, driven, commanded and explained here. */
export function createRollout(parts: RolloutParts) {
  const { store, clock, log } = parts;
  const drivers = new Map<string, Driver>();
  const tokens = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let running = false;
  let passing: Promise<void> | undefined;
  let woken = false;
  let unlisten: (() => Promise<void>) | undefined;

  function driverOf(deploymentId: string): Driver {
    const known = drivers.get(deploymentId);
    if (known) return known;
    const driver = createDriver(
      {
        store,
        clock,
        log,
        health: parts.health,
        windowsOf: parts.windows ?? planWindows,
        patience: { ...PATIENCE, ...parts.patience },
        judgeEveryMs: parts.judgeEveryMs ?? JUDGE_EVERY_MS,
      },
      deploymentId,
    );
    drivers.set(deploymentId, driver);
    return driver;
  }

  async function drive(deploymentId: string, token: number): Promise<void> {
    const driver = driverOf(deploymentId);
    try {
      if (tokens.get(deploymentId) !== token) {
        await driver.recover();
        tokens.set(deploymentId, token);
      }
      for (let round = 0; round < ROUNDS_PER_PASS; round += 1) {
        const moved = await driver.advance(token);
        const judged = await driver.judge(token);
        if (!moved && !judged) return;
      }
    } catch (cause) {
      driver.forget();
      tokens.delete(deploymentId);
      if (cause instanceof Overtaken) log.info({ deploymentId }, "another controller moved this deployment on");
      else log.error({ deploymentId, err: cause }, "a deployment could not be moved on; it is tried again");
    }
  }

  /** One look at everything there is to do. Public for tests and simulations, which own the time between two looks. */
  async function pass(): Promise<void> {
    const leased = await takeLeases(store.db, parts.instanceId, clock.now(), parts.leaseMs ?? LEASE_MS, parts.simulated);
    const held = new Set(leased.map((l) => l.id));
    for (const [id, driver] of drivers) {
      if (held.has(id)) continue;
      tokens.delete(id);
      driver.forget();
    }
    for (const { id, fencingToken } of leased) await drive(id, fencingToken);
  }

  /** Looks soon: what a burst of notifications means is gathered into one look, which those that follow do not put off. */
  function wake(): void {
    if (woken) return;
    woken = true;
    if (running && !passing) lookIn(WOKEN_DELAY_MS);
  }

  function lookIn(delayMs: number): void {
    clearTimeout(timer);
    timer = setTimeout(look, delayMs);
  }

  function look(): void {
    woken = false;
    passing = pass().then(
      () => settled(),
      (cause: unknown) => {
        log.error({ err: cause }, "the rollout engine could not look; it looks again");
        settled();
      },
    );
  }

  function settled(): void {
    passing = undefined;
    if (running) lookIn(woken ? WOKEN_DELAY_MS : (parts.pollMs ?? POLL_MS));
  }

  async function known(deploymentId: string): Promise<Result<Driver>> {
    const [row] = await store.db.select({ id: schema.deployment.id }).from(schema.deployment).where(eq(schema.deployment.id, deploymentId));
    if (!row) return fail({ code: "unknown-deployment", message: `There is no deployment ${deploymentId}.` });
    return ok(driverOf(deploymentId));
  }

  return {
    /** Makes a deployment of an approved plan; it begins when its first wave's time has come. */
    async deploy(planId: string, revision: number, actor: string): Promise<Result<DeploymentId>> {
      const made = await deployPlan(store, clock, planId, revision, actor);
      if (made.ok) wake();
      return made;
    },

    /** A person's word. Answers once it is written: after a pause, halt or cancel nothing starts any more. */
    async command(deploymentId: string, given: CommandGiven): Promise<Result<void>> {
      const driver = await known(deploymentId);
      if (!driver.ok) return driver;
      const done = await driver.value.command(given as OperatorCommand);
      if (done.ok) wake();
      return done;
    },

    /** What the deployment waits for, until when, and what would make it go on. */
    async explain(deploymentId: string): Promise<Result<Explanation>> {
      const driver = await known(deploymentId);
      if (!driver.ok) return driver;
      try {
        const { state, facts, judgeProblem } = await driver.value.look();
        const now = clock.now();
        const waits = waitsOf(state, facts, now, judgeProblem);
        return ok({ waits, sentences: sentences(waits), forecast: forecast(state, facts, now) });
      } catch (cause) {
        if (cause instanceof ProblemError) return fail(cause.problem);
        throw cause;
      }
    },

    async get(deploymentId: string): Promise<Result<DeploymentView>> {
      const driver = await known(deploymentId);
      if (!driver.ok) return driver;
      try {
        const { state, facts, judgeProblem } = await driver.value.look();
        return ok(await viewDeployment(store.db, state, facts, clock.now(), judgeProblem));
      } catch (cause) {
        if (cause instanceof ProblemError) return fail(cause.problem);
        throw cause;
      }
    },

    /** Deployments, newest first. */
    async list(options: { readonly limit?: number } = {}) {
      const rows = await store.db
        .select()
        .from(schema.deployment)
        .orderBy(desc(schema.deployment.createdAt))
        .limit(Math.min(options.limit ?? 100, 1_000));
      return rows.map((row) => ({
        id: row.id,
        planId: row.planId,
        planRevision: row.planRevision,
        title: row.title,
        state: row.state,
        simulated: row.simulated,
        createdAt: formatInstant(momentOf(row.createdAt)),
        finishedAt: row.finishedAt === null ? undefined : formatInstant(momentOf(row.finishedAt)),
        snapshot: row.snapshot,
      }));
    },

    /** Nothing starts anywhere until `unfreeze`; what is in flight ends. */
    freeze: (reason: string, actor: string) => writeFreeze(store.db, clock, { reason }, reason, actor),
    unfreeze: async (reason: string, actor: string): Promise<void> => {
      await writeFreeze(store.db, clock, null, reason, actor);
      wake();
    },
    frozen: (): Promise<Freeze> => readFreeze(store.db),

    async start(): Promise<void> {
      if (running) return;
      running = true;
      unlisten = await store.listen(EVENT_CHANNEL, wake);
      // Somebody may have called before anybody looked.
      woken = false;
      wake();
    },

    /** Lets the decision that is being written end, and gives the leases back. */
    async stop(): Promise<void> {
      running = false;
      clearTimeout(timer);
      await unlisten?.();
      unlisten = undefined;
      await passing;
      await giveLeasesBack(store.db, parts.instanceId);
    },

    pass,
  };
}
export type Rollout = ReturnType<typeof createRollout>;
