import { compareVersions, type Order } from "@breakwater/shared/version";
import type { AffectedRange } from "../intel/index.ts";
import type { AdvisedName } from "./source.ts";
import type { MatchState } from "./vote.ts";

/** How an installed version stands to others. */
export type OrderTo = (bound: string) => Order;

/** Each bound is compared once: hundreds of advisories on one package name the same few, some of them every version that there was. */
export function orderFrom(name: AdvisedName): OrderTo {
  const known = new Map<string, Order>();
  return (bound) => {
    const before = known.get(bound);
    if (before !== undefined) return before;
    const now = compare(name, bound);
    known.set(bound, now);
    return now;
  };
}

/** What equal versions of PEP 440 have in common: their first two numbers, a missing one counting as 0, unless an epoch comes before them. */
const FIRST_NUMBERS = /^\s*v?0*(\d+)(?:\.0*(\d+))?(?=[^\d!]|$)/i;
/** PyPI's records list every version that there was, and to compare each takes long: whether that is worth it. */
function mayEqual({ ecosystem, version }: AdvisedName, other: string): boolean {
  if (ecosystem !== "pypi") return true;
  const [own, theirs] = [FIRST_NUMBERS.exec(version), FIRST_NUMBERS.exec(other)];
  return !own || !theirs || (own[1] === theirs[1] && (own[2] ?? "0") === (theirs[2] ?? "0"));
}

/** Where an installed version lies in one stretch of affected ones. */
export function placeIn(name: AdvisedName, range: AffectedRange, order: OrderTo): MatchState {
  if (range.urgency === "under-investigation") return "unknown";
  if (range.versions)
    return range.versions.includes(name.version) || range.versions.some((v) => mayEqual(name, v) && order(v) === "=")
      ? "no-fix"
      : "not-affected";
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

function compare(name: AdvisedName, bound: string): Order {
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
