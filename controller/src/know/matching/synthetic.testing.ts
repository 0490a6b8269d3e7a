import type { Random } from "@breakwater/shared/core";
import { compareVersions } from "@breakwater/shared/version";
import type { AdvisoryRecord, AffectedRange } from "../intel/index.ts";
import type { MatchPackage } from "./source.ts";

/** Chance with a seed, for fleets that are the same on every run (mulberry32). */
function seeded(seed: number): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}

const CURRENT_SHARE = 0.9;
const keyOf = (r: Pick<AffectedRange, "distribution" | "package">) => `${r.distribution}\n${r.package}`;
const SYSTEMS = ["debian:11", "debian:12", "debian:13", "almalinux:8", "almalinux:9"];

/** Advisories in the shape of a distribution's: some packages have hundreds, most have few. */
export function syntheticAdvisories(count: number): AdvisoryRecord[] {
  const random = seeded(1);
  return Array.from({ length: count }, (_, i) => {
    const distribution = SYSTEMS[Math.floor(random.next() * SYSTEMS.length)] ?? "debian:12";
    const ecosystem = distribution.startsWith("debian") ? "deb" : "rpm";
    const source = Math.floor(2_000 * random.next() ** 3);
    const fixed = `${1 + (i % 9)}.${Math.floor(random.next() * 40)}-${1 + (i % 5)}`;
    const names = ecosystem === "deb" ? [`source${source}`] : Array.from({ length: 10 }, (_, n) => `source${source}-part${n}`);
    const affected = names.map(
      (name): AffectedRange => ({ distribution, ecosystem, package: name, introduced: "0", fixed, lastAffected: null, urgency: "" }),
    );
    const vulnerabilities = Array.from({ length: 1 + (i % 4) }, (_, n) => `CVE-20${10 + (i % 16)}-${10_000 + i * 4 + n}`);
    return { id: `SYN-${i}`, summary: "", published: null, modified: null, withdrawn: false, vulnerabilities, affected };
  });
}

export interface SyntheticFleet {
  readonly catalogue: MatchPackage[];
  /** The catalogue entries of each endpoint, by their place in the catalogue. */
  readonly endpoints: Uint32Array[];
}

/**
 * A catalogue in which half of the entries are of packages that advisories name, in versions that these advisories are about, and
 * endpoints of one system each with packages of that system and some of every language.
 */
export function syntheticFleet(
  advisories: readonly AdvisoryRecord[],
  sizes: { readonly catalogue: number; readonly endpoints: number; readonly perEndpoint: number },
): SyntheticFleet {
  const random = seeded(2);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)] as T;
  const usable = advisories.flatMap((a) =>
    a.affected.filter((r) => r.fixed && r.fixed !== "0" && (r.distribution === "" || SYSTEMS.includes(r.distribution))),
  );
  const newest = new Map<string, AffectedRange>();
  for (const range of usable) {
    const known = newest.get(keyOf(range));
    if (!known || compareVersions(range.ecosystem, known.fixed ?? "", range.fixed ?? "") === "<") newest.set(keyOf(range), range);
  }
  const catalogue = new Map<string, MatchPackage>();
  for (let i = 0; catalogue.size < sizes.catalogue; i++) {
    const range = pick(usable);
    const named = i % 2 === 0;
    const name = named ? range.package : `quiet${i}`;
    // Most of what is installed is current; the rest lags behind by some advisories.
    const current = random.next() < CURRENT_SHARE ? newest.get(keyOf(range)) : undefined;
    const version = named ? ((current ?? range).fixed ?? "1") : `1.${i % 50}-1`;
    const { distribution, ecosystem } = range;
    const pkg = { ecosystem, name, version, architecture: "", sourceName: name, sourceVersion: version, vendor: "", distribution };
    catalogue.set(`${distribution}\n${ecosystem}\n${name}\n${version}`, pkg);
  }
  const all = [...catalogue.values()];
  const bySystem = new Map(SYSTEMS.map((s) => [s, all.flatMap((p, id) => (p.distribution === s || p.distribution === "" ? [id] : []))]));
  const endpoints = Array.from({ length: sizes.endpoints }, (_, i) => {
    const ids = bySystem.get(SYSTEMS[i % SYSTEMS.length] ?? "") ?? [];
    return Uint32Array.from({ length: sizes.perEndpoint }, () => pick(ids));
  });
  return { catalogue: all, endpoints };
}
