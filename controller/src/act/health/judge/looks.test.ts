import { expect, it } from "vitest";
import { studentQuantile } from "./distribution.ts";
import { plannedLooks } from "./looks.ts";
import { normal, seeded } from "./sample-fleet.ts";

const MINUTE = 60_000;
const GRACE = 3 * MINUTE;
const PATHS = 60_000;
/** Student's t with so many degrees of freedom is the normal distribution. */
const MANY = 1e6;

it.each([30, 60, 120, 720])(
  "over a bake of %i minutes, sums of independent increments raise an alarm no more often than alpha",
  (minutes) => {
    const alpha = 0.01;
    const looks = plannedLooks(minutes * MINUTE, GRACE).map(({ afterMs, share }) => ({
      // What is known at the grace's end is a first sample.
      information: Math.max(1, (afterMs - GRACE) / MINUTE),
      limit: studentQuantile(alpha * share, MANY),
    }));
    const random = seeded(minutes);
    let alarms = 0;
    for (let path = 0; path < PATHS; path++) {
      let [sum, known] = [0, 0];
      alarms += Number(
        looks.some(({ information, limit }) => {
          sum += normal(random) * Math.sqrt(information - known);
          known = information;
          return sum / Math.sqrt(known) > limit;
        }),
      );
    }
    // Three standard errors of the count.
    expect(alarms / PATHS).toBeLessThan(alpha + 3 * Math.sqrt(alpha / PATHS));
    // It is spent, too: a judge that never speaks would keep any promise.
    expect(alarms / PATHS).toBeGreaterThan(alpha / 2);
  },
);
