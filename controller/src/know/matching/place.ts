import { compareVersions, type Order } from "@breakwater/shared/version";
import type { AffectedRange } from "../intel/index.ts";
import type { AdvisedName } from "./source.ts";
import type { MatchState } from "./vote.ts";

/**
 * How one name's installed version stands to each bound that was asked for. A library's advisories list the same hundreds of versions again
 * and again: without this, 38 records of one Python package took 21,000 comparisons and 200 ms for each of its versions, for 751 distinct bounds.
 */
export type Orders = Map<string, Order>;

/** Where an installed version lies in one stretch of affected ones. @param known kept over all stretches of the same name */
export function placeIn(name: AdvisedName, range: AffectedRange, known: Orders = new Map()): MatchState {
  const order = (bound: string): Order => {
    const before = known.get(bound);
    if (before !== undefined) return before;
    const found = compared(name, bound);
    known.set(bound, found);
    return found;
  };
  if (range.urgency === "under-investigation") return "unknown";
  if (range.versions)
    return range.versions.includes(name.version) || range.versions.some((v) => order(v) === "=") ? "no-fix" : "not-affected";
  if (range.introduced !== "0") {
    const since = order(range.introduced);
    if (since === "?") return "unknown";
    if (since === "<") return "not-affected";
  }
  if (range.fixed !== null) {
    // "0": the vendor's word for "no version of this release was ever affected".
    if (range.fixed === "0") return "not-affected";
    const until = order(range.fixed);
    if (until === "?") return "unknown";
    if (until !== "<") return "fixed";
    return range.channel === "esm" && !isOfEsm(name.version) ? "no-fix" : "open";
  }
  if (range.lastAffected !== null) {
    const until = order(range.lastAffected);
    if (until === "?") return "unknown";
    return until === ">" ? "not-affected" : "no-fix";
  }
  return order(name.version) === "?" ? "unknown" : "no-fix";
}

/** A version that Ubuntu Pro has built tells that this machine may have its fixes. */
const isOfEsm = (version: string) => /[+~.]esm\d/.test(version);

function compared(name: AdvisedName, bound: string): Order {
  if (name.ecosystem !== "rpm") return compareVersions(name.ecosystem, name.version, bound);
  const [epoch, rest] = split(bound);
  const [own, ownRest] = split(name.version);
  return name.withoutEpoch || isCutEpoch(name, epoch, own)
    ? compareVersions("rpm", ownRest, rest)
    : compareVersions("rpm", name.version, bound);
}

/** Rocky's feed keeps the last digit of an epoch only: bind 32:9.11 is "2:9.11" there. */
const isCutEpoch = (name: AdvisedName, epoch: string, own: string) =>
  name.distribution.startsWith("rocky:") && epoch.length === 1 && own.length > 1 && own.endsWith(epoch);

function split(evr: string): [string, string] {
  const colon = evr.indexOf(":");
  return colon < 0 ? ["", evr] : [evr.slice(0, colon), evr.slice(colon + 1)];
}
