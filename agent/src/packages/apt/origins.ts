import type { PackageChange } from "@breakwater/shared/command";
import type { Release } from "../../inventory/apt-policy.ts";

/** A version of a package and the indexes that offer it, as in the releases of `apt-cache policy`. */
export interface Offer {
  /** "name", or "name:arch" for another architecture than the machine's own. */
  readonly name: string;
  readonly version: string;
  readonly indexes: readonly string[];
}

/** The version tables of `apt-cache policy NAME...`: every version, not only the candidate. dpkg's own status file is no origin. */
export function parseOffers(text: string): Offer[] {
  const offers: { name: string; version: string; indexes: string[] }[] = [];
  let name: string | undefined;
  let current: (typeof offers)[number] | undefined;
  for (const line of text.split("\n")) {
    const header = /^(\S+):$/.exec(line);
    const version = /^ (?:\*\*\*| {3}) (\S+) -?\d+(?: \(phased \d+%\))?$/.exec(line);
    const source = /^ {8,}-?\d+ (\S.*)$/.exec(line);
    if (header) {
      name = header[1];
      current = undefined;
    } else if (version?.[1] && name !== undefined) {
      current = { name, version: version[1], indexes: [] };
      offers.push(current);
    } else if (source?.[1] && current && source[1] !== "/var/lib/dpkg/status") current.indexes.push(source[1]);
  }
  return offers;
}

/**
 * Where each change's new version comes from. A version that several repositories offer has several origins, and apt may take it
 * from any. One that none offers is left out: the caller must treat it as unknown.
 */
export function originsOf(
  changes: readonly PackageChange[],
  offers: readonly Offer[],
  releases: ReadonlyMap<string, Release>,
): { name: string; origin: string; label: string; suite: string }[] {
  return changes.flatMap((change) =>
    offers
      .filter((o) => (o.name === change.name || o.name === `${change.name}:${change.architecture}`) && o.version === change.to)
      .flatMap((o) => o.indexes.flatMap((index) => releases.get(index) ?? []))
      .map(({ origin, label, suite }) => ({ name: change.name, origin, label, suite })),
  );
}
