import { seededRandom } from "@breakwater/shared/core";

/**
 * Chance by name: the same seed and name always give the same number, whatever else was drawn before. So a fault can be
 * left out of a run without shifting all that comes after it, which is what makes shrinking possible.
 */
export interface Chance {
  /** Uniform in [0, 1). */
  roll(name: string): number;
  /** Exponentially distributed with this mean. */
  exponential(name: string, mean: number): number;
  between(name: string, from: number, to: number): number;
  /** Whether a fault of this probability strikes. Remembered under its name when it does. */
  strikes(fault: string, probability: number): boolean;
  /** Names of the faults that struck, in order. */
  readonly struck: readonly string[];
}

/** @param only when given, no other fault may strike */
export function chanceOf(seed: number, only?: ReadonlySet<string>): Chance {
  const struck: string[] = [];
  const roll = (name: string): number => seededRandom(`${seed}/${name}`).next();
  return {
    roll,
    exponential: (name, mean) => -Math.log(1 - roll(name)) * mean,
    between: (name, from, to) => from + roll(name) * (to - from),
    strikes(fault, probability) {
      if (probability <= 0 || roll(fault) >= probability || only?.has(fault) === false) return false;
      struck.push(fault);
      return true;
    },
    struck,
  };
}
