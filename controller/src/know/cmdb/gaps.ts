import { days, type Instant } from "@breakwater/shared/core";
import type { KnownEndpoint, SeenNeighbour } from "./endpoints.ts";
import { strangersOf } from "./neighbours.ts";
import { type Criterion, reconcile, type SourcedEntry, type Standing } from "./reconcile.ts";
import type { SoftwareGap } from "./software-tally.ts";

/** What can be amiss, in the order in which it is told; "matched" is not amiss. */
export const GAP_KINDS = [
  "unknown-to-cmdb",
  "without-agent",
  "neighbour",
  "ambiguous",
  "retired-alive",
  "stale",
  "software-version",
  "software-not-installed",
  "software-unlisted",
  "matched",
] as const;
type GapKind = (typeof GAP_KINDS)[number];

/** An entry that nobody touched for so long is stale. */
const STALE_DAYS = 90;

/** One line of the comparison between what is there and what configuration databases say. */
export interface Gap {
  readonly kind: GapKind;
  readonly name: string;
  readonly why: string;
  /** The endpoint itself, or those that it may be. */
  readonly endpoints: readonly { readonly id: string; readonly hostname: string }[];
  /** How many endpoints it concerns; of software `endpoints` holds examples only. */
  readonly count: number;
  readonly source: string;
  readonly place: number | null;
  readonly by: Criterion | null;
  readonly serial: string;
  readonly addresses: readonly string[];
  readonly macs: readonly string[];
  readonly owner: string;
  readonly criticality: number | null;
  readonly site: string;
  readonly status: string;
  readonly seenAt: string | null;
  readonly listed: readonly string[];
  readonly installed: readonly string[];
  readonly simulated: boolean;
}

const NOTHING = {
  ...{ endpoints: [], count: 0, source: "", place: null, by: null, serial: "", addresses: [], macs: [], owner: "", criticality: null },
  ...{ site: "", status: "", seenAt: null, listed: [], installed: [], simulated: false },
} as const;

export interface Known {
  readonly entries: readonly SourcedEntry[];
  readonly endpoints: readonly KnownEndpoint[];
  readonly seen: readonly SeenNeighbour[];
}

/** Machines on one side and not on the other, and whose entries are doubtful. Pure. */
export function machineGaps(
  { entries, endpoints, seen }: Known,
  now: Instant,
): { gaps: Gap[]; standings: ReadonlyMap<SourcedEntry, Standing> } {
  const { standings, unknown } = reconcile(entries, endpoints);
  const byId = new Map(endpoints.map((e) => [e.id, e]));
  const gaps: Gap[] = [];
  // Without any configuration database there is nothing that could not know an endpoint.
  if (entries.length > 0) for (const endpoint of unknown) gaps.push(unknownEndpoint(endpoint));
  for (const [entry, standing] of standings) gaps.push(...gapsOf(entry, standing, byId, now));
  for (const stranger of strangersOf(seen, endpoints, entries))
    gaps.push({
      ...NOTHING,
      ...{ kind: "neighbour", name: stranger.entry?.names[0] ?? stranger.addresses[0] ?? stranger.mac },
      why: tellStranger(stranger.router, stranger.entry),
      endpoints: refsTo(stranger.seenBy.slice(0, 5), byId),
      ...{ count: stranger.seenBy.length, addresses: stranger.addresses, macs: stranger.mac === "" ? [] : [stranger.mac] },
      ...(stranger.entry ? { source: stranger.entry.source, place: stranger.entry.place } : {}),
      simulated: stranger.seenBy.every((id) => byId.get(id)?.simulated ?? false),
    });
  return { gaps, standings };
}

const tellStranger = (router: boolean, entry: SourcedEntry | null): string =>
  `${router ? "a router" : "a machine"} in a network of these endpoints, and none of them; ${entry ? "an entry has its address" : "no entry has its address"}`;

const unknownEndpoint = (endpoint: KnownEndpoint): Gap => ({
  ...NOTHING,
  ...{ kind: "unknown-to-cmdb", name: endpoint.hostname, why: "no entry has its machine id, serial number, address or name" },
  ...{ endpoints: [{ id: endpoint.id, hostname: endpoint.hostname }], count: 1 },
  ...{
    serial: endpoint.serial,
    addresses: endpoint.addresses,
    macs: endpoint.macs,
    seenAt: endpoint.lastSeenAt,
    simulated: endpoint.simulated,
  },
});

function* gapsOf(entry: SourcedEntry, standing: Standing, byId: ReadonlyMap<string, KnownEndpoint>, now: Instant): Generator<Gap> {
  const ids = standing.kind === "matched" ? [standing.endpointId] : standing.kind === "ambiguous" ? standing.candidates : [];
  const base = {
    ...NOTHING,
    name: entry.names[0] ?? entry.serial ?? "",
    ...{ endpoints: refsTo(ids.slice(0, 20), byId), count: ids.length, source: entry.source, place: entry.place },
    ...{ serial: entry.serial, addresses: entry.addresses, macs: entry.macs, owner: entry.owner, criticality: entry.criticality },
    ...{ site: entry.site, status: entry.status, seenAt: entry.seenAt },
    simulated: ids.length > 0 && ids.every((id) => byId.get(id)?.simulated ?? false),
  };
  const named = { ...base, name: base.name || entry.addresses[0] || entry.macs[0] || entry.machineIds[0] || "" };
  if (standing.kind === "matched") yield { ...named, kind: "matched", by: standing.by, why: `by its ${standing.by.replaceAll("-", " ")}` };
  if (standing.kind === "ambiguous") yield { ...named, kind: "ambiguous", why: standing.why };
  // A machine that is out of use has no agent, as it should.
  if (standing.kind === "without-agent" && !entry.retired) yield { ...named, kind: "without-agent", why: "no endpoint has anything of it" };
  if (standing.kind === "matched" && entry.retired)
    yield { ...named, kind: "retired-alive", by: standing.by, why: `"${entry.status}" in the database, and its agent reports` };
  if (!entry.retired && entry.seenAt !== null && now - Date.parse(entry.seenAt) > days(STALE_DAYS))
    yield { ...named, kind: "stale", why: `the database itself has not seen or changed it for more than ${STALE_DAYS} days` };
}

const refsTo = (ids: readonly string[], byId: ReadonlyMap<string, KnownEndpoint>) =>
  ids.map((id) => ({ id, hostname: byId.get(id)?.hostname ?? id }));

const SOFTWARE_WHY: Readonly<Record<SoftwareGap["kind"], string>> = {
  "software-version": "installed in another version than listed",
  "software-not-installed": "listed, and no package or component of this name is installed",
  "software-unlisted": "installed, and not among what the entry lists",
};

export const softwareGapRow = (gap: SoftwareGap, hostnameOf: (id: string) => string): Gap => ({
  ...NOTHING,
  ...{ kind: gap.kind, name: gap.name, why: SOFTWARE_WHY[gap.kind], count: gap.endpoints, listed: gap.listed, installed: gap.installed },
  endpoints: gap.examples.map((id) => ({ id, hostname: hostnameOf(id) })),
});

/** In the order of kinds, what is real before what is simulated, then what concerns most, then by name. */
export const inOrder = (a: Gap, b: Gap): number =>
  GAP_KINDS.indexOf(a.kind) - GAP_KINDS.indexOf(b.kind) ||
  Number(a.simulated) - Number(b.simulated) ||
  (a.kind.startsWith("software") ? b.count - a.count : 0) ||
  a.name.localeCompare(b.name, "en") ||
  (a.place ?? 0) - (b.place ?? 0);
