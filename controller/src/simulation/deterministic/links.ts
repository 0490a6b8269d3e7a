import type { Instant } from "@breakwater/shared/core";
import type { Chance } from "./chance.ts";
import type { Faults } from "./faults.ts";
import type { Timeline } from "./timeline.ts";

const SECOND = 1_000;
const HOUR = 3_600_000;
/** A silent stream is noticed after this long. */
const NOTICED_AFTER_MS = 30 * SECOND;
const LATENCY_MS = 40;

interface Cut {
  readonly from: number;
  readonly to: number;
}

/**
 * The network between the controllers and each endpoint: it drops, repeats, delays (and so reorders) messages, and is cut
 * for a while now and then. Cuts are computed only when somebody asks, so that idle endpoints cost nothing.
 */
export function createLinks(timeline: Timeline, chance: Chance, faults: Faults["network"]) {
  const links = new Map<string, { cuts: Cut[]; count: number; reached: number; sent: number }>();

  const linkOf = (id: string) => {
    const known = links.get(id);
    if (known) return known;
    const fresh = { cuts: [] as Cut[], count: 0, reached: Number.NaN, sent: 0 };
    links.set(id, fresh);
    return fresh;
  };

  /** The cut that holds at a moment. Moments may be asked for in any order that is not far in the past. */
  function cutAt(id: string, at: number): Cut | undefined {
    if (faults.partitionPerHour <= 0) return undefined;
    const link = linkOf(id);
    if (Number.isNaN(link.reached)) link.reached = at;
    while (link.reached <= at) {
      const name = `partition/${id}/${link.count++}`;
      const from = link.reached + chance.exponential(`${name}/after`, HOUR / faults.partitionPerHour);
      const long = chance.roll(`${name}/long`) < 0.3;
      const to = from + chance.between(`${name}/for`, long ? 120 * SECOND : 5 * SECOND, long ? 1.5 * HOUR : 120 * SECOND);
      link.reached = to;
      if (chance.strikes(name, 1)) link.cuts.push({ from, to });
    }
    while (link.cuts.length > 8) link.cuts.shift();
    return link.cuts.find((c) => c.from <= at && at < c.to);
  }

  function carry(id: string, name: string, arrive: () => void): void {
    if (chance.strikes(`${name}/drop`, faults.drop)) return;
    const delay =
      LATENCY_MS * (0.5 + chance.roll(`${name}/latency`)) + (faults.delayMs > 0 ? chance.exponential(`${name}/delay`, faults.delayMs) : 0);
    timeline.after(delay, () => {
      if (!cutAt(id, timeline.now())) arrive();
    });
  }

  return {
    /** Sends a message to or from an endpoint; it arrives once, twice or never. */
    send(id: string, arrive: () => void): void {
      if (cutAt(id, timeline.now())) return;
      const name = `message/${id}/${linkOf(id).sent++}`;
      carry(id, name, arrive);
      if (chance.strikes(`${name}/twice`, faults.duplicate)) carry(id, `${name}/again`, arrive);
    },
    /** As the controller sees it. */
    connected(id: string): boolean {
      const cut = cutAt(id, timeline.now());
      return cut === undefined || timeline.now() - cut.from < NOTICED_AFTER_MS;
    },
    /** Since when the endpoint has not been heard; undefined while it is connected. */
    silentSince: (id: string): Instant | undefined => cutAt(id, timeline.now())?.from as Instant | undefined,
    /** When a cut that holds now ends; now when none does. */
    backAt: (id: string): number => cutAt(id, timeline.now())?.to ?? timeline.now(),
  };
}
export type Links = ReturnType<typeof createLinks>;
