import { METRICS, type MetricName } from "../health/index.ts";
import type { HealthBatch } from "./generated/breakwater/v1/HealthBatch.ts";
import type { HealthDelta } from "./generated/breakwater/v1/HealthDelta.ts";

/** All samples of one moment, whichever way they travelled. */
export interface HealthMoment {
  readonly at: string;
  readonly samples: readonly { readonly metric: string; readonly subject: string; readonly value: number }[];
}

/** More would not be exact as a double. */
const MAX_DECIMALS = 9;
const decimalsOf = (metric: string): number => (Object.hasOwn(METRICS, metric) ? METRICS[metric as MetricName].decimals : 3);
/** A figure in steps of its last decimal. @returns NaN where it has no exact number of them */
const inSteps = (value: number, decimals: number): number => {
  const steps = Math.round(value * 10 ** decimals);
  return Number.isSafeInteger(steps) ? steps || 0 : Number.NaN;
};
const ofSteps = (steps: number, decimals: number): number => steps / 10 ** decimals;

/**
 * One stream's sending side. A stream keeps order and loses nothing, so each message stands on the one before: what moved, and by how
 * many steps of its last decimal, which is a byte or two where the figure itself is eight.
 */
export function healthSteps(): { next(batch: HealthBatch): { health: HealthBatch } | { healthDelta: HealthDelta } } {
  let names = "";
  let before: number[] = [];
  return {
    next(batch) {
      const samples = (batch.samples ?? []).map((s) => ({ ...s, value: Number(s.value ?? 0), decimals: decimalsOf(s.metric ?? "") }));
      const now = samples.map((s) => `${s.metric}\n${s.subject}`).join("\n");
      const atUnixMs = Date.parse(batch.at ?? "");
      const last = before;
      const steps = samples.map((s) => inSteps(s.value, s.decimals));
      const exact = steps.every((n) => !Number.isNaN(n));
      before = exact ? steps : [];
      if (!exact) return { health: batch };
      if (now === names && last.length > 0 && !Number.isNaN(atUnixMs)) {
        const places = steps.flatMap((n, place) => (n === last[place] ? [] : [place]));
        const moved = places.map((place) => (steps[place] ?? 0) - (last[place] ?? 0));
        if (moved.every(Number.isSafeInteger)) return { healthDelta: { atUnixMs, places, steps: moved } };
      }
      names = now;
      return { health: { ...batch, samples: samples.map((s, i) => ({ ...s, value: ofSteps(steps[i] ?? 0, s.decimals) })) } };
    },
  };
}

/** One stream's receiving side. */
export interface HealthAssembly {
  whole(moment: {
    readonly at: string;
    readonly samples: readonly (HealthMoment["samples"][number] & { readonly decimals?: number })[];
  }): HealthMoment;
  /** @returns undefined when the delta does not fit what came before it */
  changed(delta: {
    readonly atUnixMs: number;
    readonly places: readonly number[];
    readonly steps: readonly number[];
  }): HealthMoment | undefined;
}

export function healthAssembly(): HealthAssembly {
  let last: { readonly metric: string; readonly subject: string; readonly decimals: number; readonly steps: number }[] = [];
  return {
    whole({ at, samples }) {
      last = samples.map(({ metric, subject, value, decimals = 0 }) => ({ metric, subject, decimals, steps: inSteps(value, decimals) }));
      return { at, samples: samples.map(({ metric, subject, value }) => ({ metric, subject, value })) };
    },
    changed({ atUnixMs, places, steps }) {
      if (places.length !== steps.length || last.length === 0 || !(atUnixMs > 0 && atUnixMs <= 8.64e15)) return undefined;
      const next = [...last];
      for (const [i, place] of places.entries()) {
        const figure = next[place];
        if (!figure) return undefined;
        next[place] = { ...figure, steps: figure.steps + (steps[i] ?? 0) };
      }
      if (!next.every((f) => f.decimals <= MAX_DECIMALS && Number.isSafeInteger(f.steps))) return undefined;
      last = next;
      const samples = next.map((f) => ({ metric: f.metric, subject: f.subject, value: ofSteps(f.steps, f.decimals) }));
      return { at: new Date(atUnixMs).toISOString(), samples };
    },
  };
}
