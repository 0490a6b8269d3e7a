import type { Tone } from "./Status.svelte";
import type { Gap } from "./types.ts";

/** What can be amiss between fleet, networks and configuration databases, in the order in which it is told. */
export const gapKinds: Record<Gap["kind"], { label: string; tone: Tone; long: string }> = {
  "unknown-to-cmdb": { label: "not in a database", tone: "warn", long: "Endpoints that no database knows" },
  "without-agent": { label: "no agent", tone: "harm", long: "Entries without an agent" },
  neighbour: { label: "neighbour, no agent", tone: "harm", long: "Neighbours without an agent" },
  ambiguous: { label: "ambiguous", tone: "warn", long: "Entries that cannot be matched for certain" },
  "retired-alive": { label: "retired, alive", tone: "warn", long: "Retired in the database, and alive" },
  stale: { label: "stale entry", tone: "gone", long: "Stale entries" },
  "software-version": { label: "other version", tone: "warn", long: "Software in another version than listed" },
  "software-not-installed": { label: "not installed", tone: "gone", long: "Software that is listed and not installed" },
  "software-unlisted": { label: "not listed", tone: "gone", long: "Software that is installed and not listed" },
  matched: { label: "matched", tone: "good", long: "Entries with their endpoint" },
};

/** Where an entry stands in its database's export. */
export const placeOf = (gap: Gap): string => (gap.place === null ? "" : `${gap.source}, at ${gap.place}`);
