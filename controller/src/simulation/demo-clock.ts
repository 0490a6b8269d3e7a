import { type Clock, type Instant, instant } from "@breakwater/shared/core";

/** A clock that starts in the past and hurries until it has caught up with the real one, which it then follows. */
export interface DemoClock extends Clock {
  readonly speed: number;
  caughtUp(): boolean;
}

/** @param from where it starts; a moment that is not past starts caught up */
export function createDemoClock(real: Clock, from: Instant, speed: number): DemoClock {
  const started = real.now();
  const now = () => {
    const present = real.now();
    return instant(Math.min(present, Math.round(from + (present - started) * speed)));
  };
  return { speed, now, caughtUp: () => now() >= real.now() };
}
