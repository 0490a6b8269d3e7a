import type { DeploymentId, Instant } from "@breakwater/shared/core";
import { ALL_RULES, isFinal, isInFlight, type RolloutEvent, type RolloutState, type Rules, replay } from "../../act/rollout/core/index.ts";
import { planWindows } from "../../act/rollout/index.ts";
import { type Adversity, scheduleCrashes, supersede, tamper } from "./adversity.ts";
import { chanceOf } from "./chance.ts";
import { Controller, type World } from "./controller.ts";
import { FAILS_TO_RESTORE, SimulatedEndpoint } from "./endpoint.ts";
import type { Faults } from "./faults.ts";
import type { Fleet } from "./fleet-file.ts";
import { createGateway } from "./gateway.ts";
import { createLinks, type Links } from "./links.ts";
import { createOperator } from "./operator.ts";
import { NO_OTHERS, type Others, otherDeployments } from "./others.ts";
import { createPatches } from "./patches.ts";
import type { SimulatedPlan } from "./policies.ts";
import { createRecorder } from "./recorder.ts";
import { type JournalKey, SimulatedStore } from "./store.ts";
import { Timeline } from "./timeline.ts";
import type { TraceLine } from "./trace.ts";
import { createWaveHealth } from "./wave-health.ts";

const HOUR = 3_600_000;
/** After the end, late reports and repeated messages have this long to arrive before the journals are compared. */
const SETTLES_WITHIN_MS = 26 * HOUR;
/** Repeated and overtaken messages may still be on their way when everybody seems to be done. */
const SETTLES_AFTER_MS = HOUR;
/** A run that has not ended so long after its plan expired has come to a standstill. */
const LATEST_END_MS = 4 * 24 * HOUR;
/** Far more than any run takes: an endless loop in virtual time ends here, as a violation. */
const MOST_STEPS = 20_000_000;
const mostEvents = (endpoints: number): number => 2_000 + 200 * endpoints;
const CONTROLLERS = ["controller-a", "controller-b"];

/** Rules that are not the core's own, taken away for the test of the tests. */
export type BrokenPart = "withdrawal" | "fencing" | "advisories";

export interface RunOptions {
  readonly seed: number;
  readonly faults: Faults;
  readonly adversity?: Adversity;
  readonly rules?: Rules;
  readonly broken?: BrokenPart;
  /** Only these faults strike: how a failing run is made smaller. */
  readonly only?: ReadonlySet<string>;
}

/** One run, told by what happened in it. */
export interface Run {
  readonly trace: readonly TraceLine[];
  readonly state: RolloutState;
  /** Undefined when it came to a standstill. */
  readonly finishedAt: Instant | undefined;
  readonly harmed: number;
  readonly patched: number;
  readonly failed: number;
  readonly exposedEndpointDays: number;
  readonly decisionsAsked: number;
  /** Where an endpoint's journal and the controller's belief differ after everything was told. */
  readonly disagreements: readonly string[];
  /** Names of the faults that struck. */
  readonly struck: readonly string[];
}

/** Runs one deployment of a plan on a fleet from one seed, to its end. */
export function runSeed(fleet: Fleet, plan: SimulatedPlan, options: RunOptions): Run {
  const { seed, faults } = options;
  const timeline = new Timeline(fleet.start);
  const chance = chanceOf(seed, options.only);
  const recorder = createRecorder();
  const broken = { withdrawal: options.broken === "withdrawal", fencing: options.broken === "fencing" };
  const store = new SimulatedStore(chance, faults.database.failPerStatement, broken);
  const links = createLinks(timeline, chance, faults.network);
  const endpoints = new Map<string, SimulatedEndpoint>();
  const patches = createPatches(fleet, timeline, chance, (id) => operator.harmed(id));
  const created: RolloutEvent = {
    type: "created",
    at: fleet.start,
    deploymentId: "dp_simulated" as DeploymentId,
    planDigest: store.planDigest,
    expiresAt: plan.expiresAt,
    unchanging: [],
    irreversible: options.adversity?.oneWay ?? [],
    actor: "user:operator",
  };
  store.history.push(created);
  let finishedAt: Instant | undefined;
  let exposed = 0;

  const windows = planWindows(plan.rollout);
  let known: RolloutState | undefined;
  const others = options.adversity?.others
    ? otherDeployments(
        timeline,
        chance,
        fleet.endpoints.map((e) => e.id),
        ours,
        recorder.tell,
        () => wake(),
      )
    : NO_OTHERS;
  const mute = new Set(options.adversity?.mute);
  const health = plan.judged ? createWaveHealth(seed, plan.rollout, { patches, others, mute }) : undefined;
  const superseded = new Map<string, string>();
  const sites = new Map(fleet.endpoints.map((e) => [e.id, e.site]));
  const world = worldFacts(links, endpoints, superseded, others, sites);
  const oneWay = new Set(options.adversity?.oneWay);
  const reboots = new Set(options.adversity?.reboots);
  const controllers: Controller[] = CONTROLLERS.map(
    (name) =>
      new Controller({
        name,
        timeline,
        chance,
        store,
        plan: plan.rollout,
        windows,
        health,
        world,
        rules: options.rules ?? ALL_RULES,
        troubled: faults.controllerCrashPerHour > 0,
        committed,
        crashed,
      }),
  );
  const wake = () => {
    for (const c of controllers) if (c.alive) c.wake();
  };
  const gateway = createGateway({
    timeline,
    store,
    links,
    endpoints,
    recorder,
    answers: () => controllers.some((c) => c.alive),
    wake,
  });
  const operator = createOperator({ timeline, chance, controllers, whims: options.adversity?.whims ?? false });

  for (const { id } of fleet.endpoints)
    endpoints.set(
      id,
      new SimulatedEndpoint({
        id,
        timeline,
        chance,
        faults,
        truth: fleet.truth,
        failsToRestore: options.adversity?.failsToRestore ?? FAILS_TO_RESTORE,
        oneWay: oneWay.has(id),
        reboots: reboots.has(id),
        send: (key, report) => gateway.report(id, key, report),
        changed(to) {
          patches.changed(id, to);
          recorder.tell({ at: timeline.now(), kind: to === "new" ? "applied" : "restored", endpoint: id });
        },
      }),
    );

  function ours(endpointId: string) {
    const execution = known?.executions.get(endpointId);
    const bakeMs = known?.plan.waves[execution?.wave ?? 0]?.gate.bakeMs ?? 0;
    return { execution, bakeMs, inFlight: execution !== undefined && isInFlight(execution.state) };
  }

  function committed(events: readonly RolloutEvent[], after: RolloutState): void {
    known = after;
    recorder.recorded(events, after, timeline.now());
    operator.heard(events);
    gateway.notify(new Set(events.flatMap((e) => ("endpointId" in e && e.endpointId !== undefined ? [e.endpointId] : []))));
    if (finishedAt !== undefined || !over(after)) return;
    finishedAt = timeline.now();
    exposed = patches.exposedDays(finishedAt);
    recorder.tell({ at: finishedAt, kind: "finished", more: { state: after.phase.kind } });
  }

  function crashed(controller: Controller): void {
    recorder.tell({ at: timeline.now(), kind: "controller-crashed", more: { controller: controller.name } });
    const name = `restart/${controller.name}/${timeline.now()}`;
    const long = chance.roll(`${name}/long`) < 0.1;
    timeline.after(long ? chance.between(name, 2 * 60_000, 20 * 60_000) : chance.between(name, 2_000, 45_000), () => {
      controller.restart();
      recorder.tell({ at: timeline.now(), kind: "controller-recovered", more: { controller: controller.name } });
    });
    for (const other of controllers) if (other !== controller && other.alive) other.wake();
  }

  scheduleCrashes(timeline, chance, controllers, faults.controllerCrashPerHour, () => finishedAt !== undefined);
  if (options.adversity?.tampering) tamper(timeline, chance, store, recorder.tell, wake);
  if (options.adversity?.superseding)
    supersede(timeline, chance, endpoints.keys(), superseded, recorder.tell, wake, options.broken !== "advisories");
  for (const endpoint of options.adversity?.mute ?? []) recorder.tell({ at: timeline.now(), kind: "mute", endpoint });
  operator.start();
  wake();

  const latest = plan.expiresAt + LATEST_END_MS;
  let steps = 0;
  const most = mostEvents(fleet.endpoints.length);
  while (finishedAt === undefined && steps < MOST_STEPS && store.history.length < most && timeline.step(latest)) steps += 1;
  const settled = () =>
    timeline.now() >= (finishedAt ?? 0) + SETTLES_AFTER_MS &&
    store.unread.size === 0 &&
    [...endpoints.values()].every((e) => e.idle) &&
    [...store.outbox.values()].every((row) => row.done);
  for (let until = (finishedAt ?? 0) + SETTLES_WITHIN_MS, i = 0; finishedAt !== undefined && timeline.step(until); i += 1)
    if (i % 64 === 0 && settled()) break;
  const end = replay(plan.rollout, store.history);
  return {
    trace: recorder.inOrder(),
    state: end,
    finishedAt,
    harmed: patches.harmed,
    patched: patches.patched,
    failed: recorder.lines.filter((l) => l.kind === "failed").length,
    exposedEndpointDays: finishedAt === undefined ? patches.exposedDays(timeline.now()) : exposed,
    decisionsAsked: operator.decisionsAsked,
    disagreements: finishedAt === undefined ? [] : disagreements(end, endpoints),
    struck: chance.struck,
  };
}

const over = (state: RolloutState): boolean => isFinal(state.phase) && ![...state.executions.values()].some((e) => isInFlight(e.state));

/** Facts that are only computed for whom the core asks about. */
function worldFacts(
  links: Links,
  endpoints: ReadonlyMap<string, SimulatedEndpoint>,
  superseded: ReadonlyMap<string, string>,
  others: Others,
  sites: ReadonlyMap<string, string>,
): World {
  const isChanging = (id: string): boolean => others.changes.get(id)?.some((c) => c.to === undefined) ?? false;
  const connected = (id: string): boolean => links.connected(id) && (endpoints.get(id)?.up ?? false);
  class Seen extends Map<string, { connected: boolean; lastSeenAt?: Instant }> {
    override get(id: string) {
      const silent = links.silentSince(id);
      return { connected: connected(id), ...(silent === undefined ? {} : { lastSeenAt: silent }) };
    }
  }
  class Healthy extends Set<string> {
    override has(id: string): boolean {
      return connected(id) && !isChanging(id);
    }
  }
  const seen = new Seen();
  const healthyMembers = new Healthy();
  function siteBusy(): Map<string, number> {
    const busy = new Map<string, number>();
    for (const [id] of others.changes) {
      const site = sites.get(id) ?? "default";
      if (isChanging(id)) busy.set(site, (busy.get(site) ?? 0) + 1);
    }
    return busy;
  }
  return ({ windows, planDigest, verdicts }) => ({
    endpoints: seen,
    healthyMembers,
    elsewhere: others.changes,
    siteBusyElsewhere: siteBusy(),
    superseded,
    windows,
    planDigest,
    verdicts,
  });
}

/** I5: what the controller believes is what the endpoint's journal says. */
function disagreements(state: RolloutState, endpoints: ReadonlyMap<string, SimulatedEndpoint>): string[] {
  const found: string[] = [];
  for (const execution of state.executions.values()) {
    const { endpointId, state: believed } = execution;
    const endpoint = endpoints.get(endpointId);
    const last = (["rollback", "apply"] as const)
      .map((of) => endpoint?.journals.get(`${of} ${endpointId}` as JournalKey))
      .find((j) => j !== undefined && j.steps.length > 0);
    if (isInFlight(believed)) found.push(`I5 ${endpointId} is still ${believed}`);
    else if (last === undefined) {
      if (believed !== "unreachable" && believed !== "cancelled")
        found.push(`I5 ${endpointId} is ${believed} and its endpoint knows nothing of it`);
    } else if (last.acknowledged >= last.steps.length && last.steps.at(-1)?.state !== believed)
      found.push(`I5 ${endpointId} is ${believed}, its journal says ${last.steps.at(-1)?.state}`);
  }
  return found;
}
