import type { HealthBatch } from "./generated/breakwater/v1/HealthBatch.ts";
import type { HealthDelta } from "./generated/breakwater/v1/HealthDelta.ts";

/** All samples of one moment, whichever way they travelled. */
export interface HealthMoment {
  readonly at: string;
  readonly samples: readonly { readonly metric: string; readonly subject: string; readonly value: number }[];
}

/** One stream's sending side. A stream keeps order and loses nothing, so each message stands on the one before. */
export function healthDeltas(): { next(batch: HealthBatch): { health: HealthBatch } | { healthDelta: HealthDelta } } {
  let names = "";
  let values: number[] = [];
  return {
    next(batch) {
      const samples = batch.samples ?? [];
      const now = samples.map((s) => `${s.metric}\n${s.subject}`).join("\n");
      const atUnixMs = Date.parse(batch.at ?? "");
      const before = values;
      values = samples.map((s) => Number(s.value ?? 0));
      if (now !== names || before.length === 0 || Number.isNaN(atUnixMs)) {
        names = now;
        return { health: batch };
      }
      const places = values.flatMap((v, place) => (Object.is(v, before[place]) ? [] : [place]));
      return { healthDelta: { atUnixMs, places, values: places.map((place) => values[place] ?? 0) } };
    },
  };
}

/** One stream's receiving side. */
export interface HealthAssembly {
  whole(moment: HealthMoment): HealthMoment;
  /** @returns undefined when the delta does not fit what came before it */
  changed(delta: {
    readonly atUnixMs: number;
    readonly places: readonly number[];
    readonly values: readonly number[];
  }): HealthMoment | undefined;
}

export function healthAssembly(): HealthAssembly {
  let last: HealthMoment["samples"] = [];
  return {
    whole(moment) {
      last = moment.samples;
      return moment;
    },
    changed({ atUnixMs, places, values }) {
      const sound = places.length === values.length && last.length > 0 && places.every((place) => place < last.length);
      if (!sound || !(atUnixMs > 0 && atUnixMs <= 8.64e15)) return undefined;
      const next = [...last];
      places.forEach((place, i) => {
        const { metric = "", subject = "" } = next[place] ?? {};
        next[place] = { metric, subject, value: values[i] ?? 0 };
      });
      last = next;
      return { at: new Date(atUnixMs).toISOString(), samples: next };
    },
  };
}
