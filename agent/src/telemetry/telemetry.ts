import type { Check } from "@breakwater/shared/command";
import type { Clock } from "@breakwater/shared/core";
import type { Sample } from "@breakwater/shared/health";
import type { HealthBatch } from "@breakwater/shared/wire";
import { createSampler, type Sampler } from "./sampler.ts";

export interface Telemetry {
  start(): void;
  stop(): void;
  configure(settings: { intervalSeconds: number; checks: readonly Check[] }): void;
  readonly latest: readonly Sample[];
}

/** Sensible for any settings: below a second the sampling itself would be what is measured. */
const clampSeconds = (seconds: number): number => Math.min(3_600, Math.max(1, seconds));

/**
 * Takes samples at a steady pace of its own: cron's seconds would have every agent of a fleet sample and send in the same
 * second. A look that takes longer than the interval delays the next one, so that looks never overlap.
 */
export function createTelemetry(options: { clock: Clock; taken(batch: HealthBatch): void; sampler?: Sampler }): Telemetry {
  const sampler = options.sampler ?? createSampler(options.clock);
  let settings: { intervalSeconds: number; checks: readonly Check[] } = { intervalSeconds: 15, checks: [] };
  let latest: readonly Sample[] = [];
  let timer: NodeJS.Timeout | undefined;
  let stopped = true;
  let looking = false;

  const tick = async (): Promise<void> => {
    // A clock that is set back meanwhile would have the next look wait for as long.
    const startedAt = performance.now();
    looking = true;
    const batch = await sampler.take(settings.checks).finally(() => {
      looking = false;
    });
    latest = batch.samples;
    if (stopped) return;
    options.taken(batch);
    plan(clampSeconds(settings.intervalSeconds) * 1000 - (performance.now() - startedAt));
  };
  const plan = (delayMs: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void tick(), Math.max(0, delayMs));
  };

  return {
    start() {
      stopped = false;
      void tick();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
    configure(next) {
      const sooner = next.intervalSeconds < settings.intervalSeconds;
      settings = next;
      // A look that is under way plans the next one itself, by these settings.
      if (sooner && !stopped && timer && !looking) plan(clampSeconds(next.intervalSeconds) * 1000);
    },
    get latest() {
      return latest;
    },
  };
}
