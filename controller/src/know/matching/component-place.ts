import type { ComponentUse } from "../risk/index.ts";
import type { Proof } from "./verdict.ts";
import type { EndpointView } from "./wanted-findings.ts";

/** Where a component lies on an endpoint, and who uses it there. */
export interface ComponentPlace extends ComponentUse {
  readonly path: string;
  readonly evidence: string;
  /** Since when the looks could not look there; null when it was seen at the last one. */
  readonly unseenSince: string | null;
}

const WORDS: Readonly<Record<string, string>> = { none: "which does not listen", loopback: "which listens on loopback" };

/** Places that a finding names of one version; the endpoint's list of components has them all. */
const MAX_PLACES = 20;

/** The lines of a finding's proofs that say where a component lies and who uses it, those that are used first. */
export function proofsOfPlaces(ecosystem: string, name: string, version: string, places: readonly ComponentPlace[]): Proof[] {
  const named = [...places].sort((a, b) => Number(a.reach === "") - Number(b.reach === "")).slice(0, MAX_PLACES);
  const proofs = named.map((place) => proofOfPlace(ecosystem, name, version, place));
  if (places.length <= MAX_PLACES) return proofs;
  const left = places.length - MAX_PLACES;
  return [
    ...proofs,
    { kind: "place", record: `${name} ${version} elsewhere`, feed: "", modified: null, statement: `and in ${left} more places` },
  ];
}

function proofOfPlace(ecosystem: string, name: string, version: string, place: ComponentPlace): Proof {
  const { path, evidence, reach, process, unit, unseenSince } = place;
  const user = unit && process ? `${process} of ${unit}` : unit || process;
  const used =
    reach === ""
      ? "no process was seen to use it"
      : `used by ${user || "a process"}, ${WORDS[reach] ?? `which listens on a ${reach} address`}`;
  const unseen = unseenSince === null ? "" : `; not looked at since ${unseenSince.slice(0, 10)}`;
  return {
    kind: "place",
    record: path,
    feed: "",
    modified: null,
    statement: `${ecosystem} ${name} ${version} lies in ${path}, as its ${evidence || "file"} says; ${used}${unseen}`,
  };
}

/** The places of each component of an endpoint, of all of its versions, by ecosystem and name. */
export function placesByName(view: EndpointView): ReadonlyMap<string, readonly ComponentPlace[]> {
  const places = new Map<string, ComponentPlace[]>();
  for (const { judged, places: own } of view.installed) {
    if (!own || judged.findings.length === 0) continue;
    const key = `${judged.pkg.ecosystem} ${judged.pkg.name}`;
    const known = places.get(key);
    if (known) known.push(...own);
    else places.set(key, [...own]);
  }
  return places;
}
