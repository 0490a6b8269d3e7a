import type { Chance } from "./chance.ts";
import type { Fleet } from "./fleet-file.ts";
import type { Timeline } from "./timeline.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

/**
 * What the patch really does: which endpoints have it, whom it harms and since when, and how long endpoints were exposed.
 * The truth about an endpoint depends on seed and endpoint alone, so every policy meets the same.
 */
export function createPatches(fleet: Fleet, timeline: Timeline, chance: Chance, harmed: (id: string) => void) {
  const { harmful } = fleet.truth;
  const sites = harmful?.sites && new Set(harmful.sites);
  const siteOf = new Map(fleet.endpoints.map((e) => [e.id, e.site]));
  /** A harmful patch slows services down, or makes their checks fail. */
  const slows = chance.roll("truth/symptom") < 0.5;
  const patchedAt = new Map<string, number>();
  const onsets = new Map<string, number>();
  const everHarmed = new Set<string>();
  let patchedMs = 0;

  function susceptible(id: string): boolean {
    if (!harmful || (sites && !sites.has(siteOf.get(id) ?? ""))) return false;
    return chance.roll(`truth/${id}/harmful`) < harmful.share;
  }

  return {
    changed(id: string, to: "new" | "old"): void {
      const now = timeline.now();
      if (to === "old") {
        patchedMs += now - (patchedAt.get(id) ?? now);
        patchedAt.delete(id);
        onsets.delete(id);
        return;
      }
      patchedAt.set(id, now);
      if (!harmful || !susceptible(id)) return;
      const onset = now + harmful.onsetMinutes * MINUTE * chance.between(`truth/${id}/onset`, 0.8, 1.2);
      onsets.set(id, onset);
      timeline.at(onset, () => {
        if (onsets.get(id) !== onset || everHarmed.has(id)) return;
        everHarmed.add(id);
        harmed(id);
      });
    },
    /** Since when harm slows it down; infinity when it does not. */
    slowSince: (id: string): number => (slows ? (onsets.get(id) ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY),
    /** Since when its check fails. */
    downSince: (id: string): number | undefined => (slows ? undefined : onsets.get(id)),
    /** Days in which endpoints did not have the patch, from the start of the fleet to this moment. */
    exposedDays(until: number): number {
      let patched = patchedMs;
      for (const since of patchedAt.values()) patched += Math.max(0, until - since);
      return (fleet.endpoints.length * (until - fleet.start) - patched) / DAY;
    },
    /** Endpoints that were harmed, and those that will be, since they keep the patch. */
    get harmed(): number {
      return new Set([...everHarmed, ...onsets.keys()]).size;
    },
    get patched(): number {
      return patchedAt.size;
    },
  };
}
export type Patches = ReturnType<typeof createPatches>;
