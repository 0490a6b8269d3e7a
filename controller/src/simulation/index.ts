import { addMs, type Clock, formatInstant, hours, type Instant, instant, minutes, seconds, systemClock } from "@breakwater/shared/core";
import type { Logger } from "@breakwater/shared/log";
import { createWaveJudge, type Health } from "../act/health/index.ts";
import { createRollout } from "../act/rollout/index.ts";
import { createPlanning } from "../decide/planning/index.ts";
import { createFleet } from "../know/fleet/index.ts";
import { createInventory } from "../know/inventory/index.ts";
import type { Store } from "../store/index.ts";
import { createDemoClock, type DemoClock } from "./demo-clock.ts";
import { enrolSimulated } from "./enrol.ts";
import { simulatedFleet } from "./fleet.ts";
import { createMachines } from "./machines.ts";
import { momentOf, readProgress, writeProgress } from "./progress.ts";
import { createStory } from "./story.ts";

/** The story begins so long ago, with some telemetry from before it, and is told in some four minutes. */
const STORY_MS = hours(36);
const PAST_MS = hours(6);
const SPEED = 540;
/** Sampling while the clock hurries, and like a real agent once it has caught up. */
const HURRIED_SAMPLE_MS = minutes(5);
const SAMPLE_MS = seconds(15);
const TICK_MS = 250;
/** Progress is written, and the endpoints are marked as seen, so often. Real time. */
const NOTE_EVERY_MS = 3_000;

export interface Demo {
  /** The time in which the simulated endpoints live. */
  readonly clock: DemoClock;
  stop(): Promise<void>;
}

export interface DemoParts {
  readonly store: Store;
  readonly log: Logger;
  /** The controller's own telemetry store: simulated samples go where real ones go. */
  readonly health: Health;
  readonly real?: Clock;
  readonly seed?: string;
  readonly speed?: number;
}

/**
 * Starts the demo: sixty simulated endpoints and two deployments over them, told in a hurry and then in real time. Goes on
 * where it stopped when the store knows it already. Everything it writes is marked as simulated.
 */
export async function startDemo({ store, log, health, real = systemClock, seed = "breakwater", speed = SPEED }: DemoParts): Promise<Demo> {
  const begin = addMs(real.now(), -STORY_MS);
  const progress = await readProgress(store, seed, begin);
  const fresh = progress.clockAt === progress.beganAt;
  // A demo that was left alone for weeks does not tell them all.
  const clock = createDemoClock(real, instant(Math.max(momentOf(progress.clockAt), begin)), speed);
  const endpoints = simulatedFleet(progress.seed);
  const fleet = createFleet({ store, clock });
  const inventory = createInventory({ store, clock });
  const planning = createPlanning({ store, clock });
  const machines = createMachines({ seed: progress.seed, endpoints, store, clock, log, health, inventory });
  const rollout = createRollout({
    store,
    clock,
    log,
    health: createWaveJudge({ health, store, clock }),
    instanceId: "demo",
    simulated: true,
    pollMs: TICK_MS,
    judgeEveryMs: minutes(10),
    // Leases are told in the demo's time: as long in real time as a real engine's.
    leaseMs: 30_000 * speed,
  });
  const story = createStory({ planning, rollout, clock, log });

  await enrolSimulated(store, clock, fleet, endpoints);
  await machines.recover();
  let sampledAt = sampleUpTo(addMs(clock.now(), fresh ? -PAST_MS : -HURRIED_SAMPLE_MS));
  let notedAt = real.now();
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;

  function sampleUpTo(from: Instant): Instant {
    let at = from;
    for (;;) {
      const next = addMs(at, clock.caughtUp() ? SAMPLE_MS : HURRIED_SAMPLE_MS);
      if (next > clock.now()) return at;
      machines.sampleAll(next);
      at = next;
    }
  }

  async function note(): Promise<void> {
    notedAt = real.now();
    progress.clockAt = formatInstant(clock.now());
    await fleet.touch(endpoints.map((e) => e.id));
    await writeProgress(store, real, progress);
  }

  async function tick(): Promise<void> {
    clock.advance();
    sampledAt = sampleUpTo(sampledAt);
    await machines.work();
    if ((await story.advance(progress)) || real.now() - notedAt >= NOTE_EVERY_MS) await note();
  }

  let ticking: Promise<void> = note();
  function loop(): void {
    ticking = tick()
      .catch((cause) => log.error({ err: cause }, "the demo stumbled; it goes on"))
      .then(() => {
        if (!stopping) timer = setTimeout(loop, TICK_MS);
      });
  }
  await ticking;
  await rollout.start();
  loop();
  log.info({ endpoints: endpoints.length, from: formatInstant(clock.now()), speed }, "the demo runs; everything it shows is simulated");

  return {
    clock,
    async stop() {
      stopping = true;
      clearTimeout(timer);
      await ticking;
      await rollout.stop();
      await note();
    },
  };
}
