import type { CmdbEntry } from "./entry.ts";
import { hostNameOf, shortNameOf } from "./identifiers.ts";

/** By what an entry and an endpoint can be the same machine, the strongest first. */
export const CRITERIA = ["machine-id", "serial", "hardware-address", "address", "name", "short-name"] as const;
export type Criterion = (typeof CRITERIA)[number];

/** Of an endpoint, what tells it from others. */
export interface EndpointIdentity {
  readonly id: string;
  readonly hostname: string;
  /** Machine id and SMBIOS UUID. */
  readonly machineIds: readonly string[];
  readonly serial: string;
  readonly macs: readonly string[];
  readonly addresses: readonly string[];
}

/** An entry of one source. */
export interface SourcedEntry extends CmdbEntry {
  readonly source: string;
}

/** What became of an entry. */
export type Standing =
  | { readonly kind: "matched"; readonly endpointId: string; readonly by: Criterion }
  | { readonly kind: "ambiguous"; readonly candidates: readonly string[]; readonly why: string }
  | { readonly kind: "without-agent" };

export interface Reconciled<E extends EndpointIdentity> {
  readonly standings: ReadonlyMap<SourcedEntry, Standing>;
  /** Endpoints that no entry describes, not even perhaps. */
  readonly unknown: readonly E[];
}

const WORDS: Readonly<Record<Criterion, string>> = {
  "machine-id": "machine id",
  serial: "serial number",
  "hardware-address": "hardware address",
  address: "address",
  name: "name",
  "short-name": "short name",
};

/**
 * Which entry describes which endpoint. The strongest criterion that finds one decides. What several endpoints share (a
 * floating address, a placeholder serial number) decides nothing; what cannot be decided is ambiguous, never guessed.
 */
export function reconcile<E extends EndpointIdentity>(entries: readonly SourcedEntry[], endpoints: readonly E[]): Reconciled<E> {
  const index = indexOf(endpoints);
  const byId = new Map(endpoints.map((e) => [e.id, e]));
  const standings = new Map(entries.map((entry) => [entry, standingOf(entry, index, byId)]));
  for (const [entry, standing] of rivals(standings)) standings.set(entry, standing);
  const known = new Set<string>();
  for (const standing of standings.values()) {
    if (standing.kind === "matched") known.add(standing.endpointId);
    if (standing.kind === "ambiguous") for (const id of standing.candidates) known.add(id);
  }
  return { standings, unknown: endpoints.filter((e) => !known.has(e.id)) };
}

type Index = Readonly<Record<Criterion, ReadonlyMap<string, readonly string[]>>>;

const valuesOf = (criterion: Criterion, m: Omit<EndpointIdentity, "id" | "hostname">, names: readonly string[]): readonly string[] => {
  switch (criterion) {
    case "machine-id":
      return m.machineIds;
    case "serial":
      return m.serial === "" ? [] : [m.serial];
    case "hardware-address":
      return m.macs;
    case "address":
      return m.addresses;
    case "name":
      return names.map(hostNameOf);
    case "short-name":
      return names.map((n) => shortNameOf(hostNameOf(n)));
  }
};

function indexOf(endpoints: readonly EndpointIdentity[]): Index {
  const index = Object.fromEntries(CRITERIA.map((c) => [c, new Map<string, string[]>()])) as Record<Criterion, Map<string, string[]>>;
  for (const endpoint of endpoints)
    for (const criterion of CRITERIA)
      for (const value of new Set(valuesOf(criterion, endpoint, [endpoint.hostname]))) {
        const known = index[criterion].get(value);
        if (known) known.push(endpoint.id);
        else index[criterion].set(value, [endpoint.id]);
      }
  return index;
}

function standingOf(entry: SourcedEntry, index: Index, byId: ReadonlyMap<string, EndpointIdentity>): Standing {
  let shared: Standing | undefined;
  for (const criterion of CRITERIA) {
    const found = valuesOf(criterion, entry, entry.names).map((value) => index[criterion].get(value) ?? []);
    const only = new Set(found.filter((ids) => ids.length === 1).flat());
    const [id] = only;
    if (only.size > 1) return { kind: "ambiguous", candidates: [...only], why: `its ${WORDS[criterion]}s lead to ${only.size} endpoints` };
    if (id !== undefined) return contradicted(entry, byId.get(id), criterion) ?? { kind: "matched", endpointId: id, by: criterion };
    const many = [...new Set(found.flat())];
    if (many.length > 0) shared ??= { kind: "ambiguous", candidates: many, why: `${many.length} endpoints have its ${WORDS[criterion]}` };
  }
  return shared ?? { kind: "without-agent" };
}

/**
 * Two machines of one name: what is weaker must not decide against a serial number. Machine ids do not contradict: an entry may
 * hold one of the two kinds, and the endpoint tell the other only.
 */
function contradicted(entry: SourcedEntry, endpoint: EndpointIdentity | undefined, by: Criterion): Standing | undefined {
  if (!endpoint || CRITERIA.indexOf(by) <= CRITERIA.indexOf("serial")) return undefined;
  if (entry.serial === "" || endpoint.serial === "" || entry.serial === endpoint.serial) return undefined;
  const why = `it has the ${WORDS[by]} of ${endpoint.hostname}, and another serial number`;
  return { kind: "ambiguous", candidates: [endpoint.id], why };
}

/** Entries of one source that describe the same endpoint: the one by the strongest criterion stays, where there is one alone. */
function* rivals(standings: ReadonlyMap<SourcedEntry, Standing>): Generator<[SourcedEntry, Standing]> {
  const claims = new Map<string, { entry: SourcedEntry; rank: number }[]>();
  for (const [entry, standing] of standings) {
    if (standing.kind !== "matched") continue;
    const key = `${entry.source}\n${standing.endpointId}`;
    const claim = { entry, rank: CRITERIA.indexOf(standing.by) };
    claims.set(key, [...(claims.get(key) ?? []), claim]);
  }
  for (const [key, all] of claims) {
    if (all.length === 1) continue;
    const endpointId = key.slice(key.indexOf("\n") + 1);
    const best = Math.min(...all.map((c) => c.rank));
    const winners = all.filter((c) => c.rank === best);
    for (const { entry } of winners.length === 1 ? all.filter((c) => c.rank !== best) : all) {
      const others = all.filter((c) => c.entry !== entry).map((c) => c.entry.place);
      const why = `the entr${others.length === 1 ? "y" : "ies"} at ${others.slice(0, 5).join(", ")} describe${others.length === 1 ? "s" : ""} the same endpoint`;
      yield [entry, { kind: "ambiguous", candidates: [endpointId], why }];
    }
  }
}
