import type { SeenNeighbour } from "./endpoints.ts";
import { tellsMachinesApart } from "./identifiers.ts";
import type { EndpointIdentity, SourcedEntry } from "./reconcile.ts";

/** A machine in the endpoints' own networks that has no agent. */
export interface Stranger {
  /** "" where only addresses are known. */
  readonly mac: string;
  readonly addresses: readonly string[];
  /** A router of that network, by its own word or by a route of who saw it. */
  readonly router: boolean;
  /** Endpoints that saw it. */
  readonly seenBy: readonly string[];
  /** An entry of a configuration database that has its hardware address or address. */
  readonly entry: SourcedEntry | null;
}

/**
 * Neighbours that are no endpoint: neither their hardware address nor their address is one's own. Told once, by hardware
 * address where one is known, however many endpoints saw it: behind a router two machines may have one private address.
 */
export function strangersOf(
  seen: readonly SeenNeighbour[],
  endpoints: readonly EndpointIdentity[],
  entries: readonly SourcedEntry[],
): readonly Stranger[] {
  const macs = new Set(endpoints.flatMap((e) => e.macs));
  const addresses = new Set(endpoints.flatMap((e) => e.addresses));
  const found = new Map<string, { mac: string; addresses: Set<string>; router: boolean; seenBy: Set<string> }>();
  for (const { by, mac, address, router } of seen) {
    if (macs.has(mac) || addresses.has(address) || (mac === "" && !tellsMachinesApart(address))) continue;
    const key = mac || address;
    const known = found.get(key) ?? { mac, addresses: new Set(), router: false, seenBy: new Set() };
    if (tellsMachinesApart(address)) known.addresses.add(address);
    known.router ||= router;
    known.seenBy.add(by);
    found.set(key, known);
  }
  const byMac = new Map(entries.flatMap((entry) => entry.macs.map((mac) => [mac, entry] as const)));
  const byAddress = new Map(entries.flatMap((entry) => entry.addresses.map((address) => [address, entry] as const)));
  return [...found.values()].map((s) => ({
    ...{ mac: s.mac, router: s.router, addresses: [...s.addresses].sort(), seenBy: [...s.seenBy] },
    entry: byMac.get(s.mac) ?? [...s.addresses].map((a) => byAddress.get(a)).find((e) => e !== undefined) ?? null,
  }));
}
