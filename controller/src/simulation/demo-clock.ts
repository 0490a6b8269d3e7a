import { type Clock, type Instant, instant } from "@breakwater/shared/core";

/** A clock that starts in the past and hurries until it has caught up with the real one, which it then follows. */
export interface DemoClock extends Clock {
  readonly speed: number;
  /** Moves on by the real time since the last call. While hurrying it stands still in between, so that a busy machine makes the story longer and never makes it jump. */
  advance(): void;
  caughtUp(): boolean;
}

/** Real time that one step of a hurrying clock may stand for. */
const LONGEST_STEP_MS = 500;

/** @param from where it starts; a moment that is not past starts caught up */
export function createDemoClock(real: Clock, from: Instant, speed: number): DemoClock {
  let held = from;
  let advancedAt = real.now();
  let caughtUp = from >= advancedAt;
  return {
    speed,
    now: () => (caughtUp ? real.now() : held),
    caughtUp: () => caughtUp,
    advance() {
      const present = real.now();
      held = instant(Math.round(held + Math.min(LONGEST_STEP_MS, present - advancedAt) * speed));
      advancedAt = present;
      if (held >= present) caughtUp = true;
    },
  };
}
