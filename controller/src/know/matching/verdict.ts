import { compareVersions } from "@breakwater/shared/version";
import { type AffectedRange, redHatPointOf } from "../intel/index.ts";
import type { AdvisoryIndex, AdvisoryOnPackage } from "./advisory-index.ts";
import { otherStream } from "./module-stream.ts";
import { type OrderTo, orderFrom, placeIn } from "./place.ts";
import { isOfStream, ofStreams } from "./red-hat-streams.ts";
import { type AdvisedName, advisedNames, type MatchPackage } from "./source.ts";
import { foreignVendor } from "./vendor.ts";
import { type MatchState, type NoFixReason, type Proof, readNoFixReason, restated, strongestReason, type Vote, vote } from "./vote.ts";

export type { MatchState, NoFixReason, Proof } from "./vote.ts";

/** What the advisories say of one vulnerability in one package. */
export interface Verdict {
  readonly vulnerability: string;
  readonly state: MatchState;
  /** The highest version that any advisory on it asks for and the package lacks; the version that brought the fix when fixed. */
  readonly fixedVersion: string | null;
  /** null of every state but no-fix. */
  readonly noFixBecause: NoFixReason | null;
  /** The package as advisories name it. */
  readonly source: string;
  readonly proofs: readonly Proof[];
}

/** Strongest first: one advisory that says "affected" outweighs any that do not. */
const STRENGTH: readonly MatchState[] = ["open", "no-fix", "unknown", "ignored", "fixed", "not-affected"];

/** Judges one package against everything that is said about it in its release, one verdict a vulnerability. */
export const judgePackage = (pkg: MatchPackage, index: AdvisoryIndex): Verdict[] => judge(pkg, index, false);

/**
 * Those of the verdicts that are findings. Most of what is said about a package is about versions of before, thousands of times for a
 * kernel; what is no finding takes no weight from one, so none of it is written out here.
 */
export const findingsOf = (pkg: MatchPackage, index: AdvisoryIndex): Verdict[] =>
  // Streams of longer support weigh what the other stream says, finding or not.
  redHatPointOf(pkg.distribution) ? judgePackage(pkg, index).filter((v) => isFinding(v.state)) : judge(pkg, index, true);

function judge(pkg: MatchPackage, index: AdvisoryIndex, findingsOnly: boolean): Verdict[] {
  const votes = new Map<string, { votes: Vote | Vote[]; readonly ofStream?: Vote[] }>();
  const point = redHatPointOf(pkg.distribution);
  let vendor: string | undefined | null = null;
  const heard = new Set<string>();
  const names = advisedNames(pkg);
  for (const [nth, name] of names.entries()) {
    const order = orderFrom(name);
    for (const advisory of index.of(name)) {
      const ofStream = point !== undefined && isOfStream(name);
      if (names.length > 1) {
        const key = `${ofStream ? name.distribution : ""}\n${advisory.feed}\n${advisory.id}`;
        // What an advisory says of the installed package itself outweighs what it says of its source.
        if (nth > 0 && heard.has(key)) continue;
        heard.add(key);
      }
      const given = voteOf(pkg, name, advisory, { index, order, findingsOnly });
      if (!given) continue;
      if (vendor === null) vendor = foreignVendor(pkg);
      for (const vulnerability of advisory.vulnerabilities) {
        const counted = overruled(given, vulnerability, vendor, index);
        if (findingsOnly && !isFinding(counted.state)) continue;
        const about = votes.get(vulnerability);
        if (point) {
          const sides = about ?? { votes: [], ofStream: [] };
          if (!about) votes.set(vulnerability, sides);
          (ofStream ? sides.ofStream : (sides.votes as Vote[]))?.push(counted);
        } else if (!about) votes.set(vulnerability, { votes: counted });
        else if (Array.isArray(about.votes)) about.votes.push(counted);
        else about.votes = [about.votes, counted];
      }
    }
  }
  const verdicts: Verdict[] = [];
  for (const [vulnerability, about] of votes)
    if (point)
      verdicts.push(combine(pkg.ecosystem, vulnerability, ofStreams(pkg, point.stream, about.votes as Vote[], about.ofStream ?? [])));
    else verdicts.push(Array.isArray(about.votes) ? combine(pkg.ecosystem, vulnerability, about.votes) : alone(vulnerability, about.votes));
  return verdicts;
}

const isFinding = (state: MatchState) => state === "open" || state === "no-fix";

/** What takes the weight from a vote that would be a finding. */
function overruled(given: Vote, vulnerability: string, vendor: string | undefined, index: AdvisoryIndex): Vote {
  if (!isFinding(given.state)) return given;
  const reason = vendor
    ? `built by ${vendor}, of which this advisory does not speak`
    : index.rejected.has(vulnerability)
      ? `${vulnerability} was rejected or withdrawn`
      : undefined;
  return reason ? ignored(given, reason) : given;
}

const ignored = (given: Vote, reason: string): Vote => restated(given, "ignored", `ignored: ${reason}`);

/**
 * What one advisory says: the strongest of what its ranges say, and of two that ask for a fix the higher one.
 * @returns undefined when only findings are asked for and it is none
 */
function voteOf(
  pkg: MatchPackage,
  name: AdvisedName,
  advisory: AdvisoryOnPackage,
  { index, order, findingsOnly }: { readonly index: AdvisoryIndex; readonly order: OrderTo; readonly findingsOnly: boolean },
): Vote | undefined {
  let best: Vote | undefined;
  for (const range of advisory.ranges) {
    const apart = apartFrom(pkg, name, advisory, range, index);
    const state = apart ? "not-affected" : placeIn(name, range, order);
    if (findingsOnly && !isFinding(state)) continue;
    const statement = apart ? `${name.package} ${name.version}: ${apart}` : statementOf(name, range, state);
    const proof = { kind: "advisory", record: advisory.id, feed: advisory.feed, modified: advisory.modified, statement } as const;
    const given = weigh(vote(state, range.fixed, name.package, proof, state === "no-fix" ? whyNoFix(range) : null), advisory, range);
    const strength = STRENGTH.indexOf(given.state) - (best ? STRENGTH.indexOf(best.state) : STRENGTH.length);
    if (strength < 0 || (strength === 0 && higher(name.ecosystem, given.fixed, best?.fixed ?? null))) best = given;
  }
  if (!best && !findingsOnly) throw new Error(`${advisory.id} is indexed without a range`);
  return best;
}

/** Of a range that is affected and has no fix for this endpoint. */
const whyNoFix = ({ fixed, urgency }: AffectedRange): NoFixReason => (fixed !== null ? "esm-only" : readNoFixReason(urgency));

const higher = (ecosystem: string, a: string | null, b: string | null) =>
  a !== null && (b === null || compareVersions(ecosystem, a, b) === ">");

/** Why a range is not about this package at all, whatever its version. */
function apartFrom(pkg: MatchPackage, name: AdvisedName, advisory: AdvisoryOnPackage, range: AffectedRange, index: AdvisoryIndex) {
  const other =
    name.ecosystem === "rpm" && (isVersion(range.fixed) || advisory.module)
      ? otherStream({ ...pkg, source: name.package }, advisory, isVersion(range.fixed) ? range.fixed : null, (tag) => index.streamsOf(tag))
      : undefined;
  return other ?? otherArchitecture(pkg, range);
}

/** Why a range is about other machines; undefined where the architecture is among its own, or nobody told either. */
function otherArchitecture({ architecture }: MatchPackage, { architectures = "" }: AffectedRange): string | undefined {
  if (architectures === "" || architecture === "" || architectures.split(",").includes(architecture)) return undefined;
  return `the advisory is about ${architectures.replaceAll(",", ", ")}, the installed one is of ${architecture}`;
}

/** "0" is no version: the vendor's word for "none was ever affected". */
const isVersion = (fixed: string | null): fixed is string => fixed !== null && fixed !== "0";

function weigh(given: Vote, advisory: AdvisoryOnPackage, range: AffectedRange): Vote {
  if (!isFinding(given.state)) return given;
  if (advisory.withdrawn) return ignored(given, `${advisory.id} was withdrawn`);
  // Debian's own word for a flaw without security impact in what it ships.
  if (range.urgency === "unimportant") return ignored(given, "the vendor calls it unimportant");
  return given;
}

function statementOf({ package: pkg, version }: AdvisedName, range: AffectedRange, state: MatchState): string {
  const release = range.distribution ? ` in ${range.distribution}` : "";
  const to = range.channel ? ` (${CHANNELS[range.channel] ?? range.channel})` : "";
  switch (state) {
    case "open":
      return `${pkg} ${version} is below ${range.fixed}, the fixed version${release}${to}`;
    case "fixed":
      return `${pkg} ${version} is not below ${range.fixed}, the fixed version${release}`;
    case "no-fix":
      return range.fixed !== null
        ? `${pkg} ${version} is affected${release}, and the fixed version ${range.fixed} is for others only${to}`
        : `${pkg} ${version} is affected, and no fixed version is known${release}${range.urgency ? ` (${range.urgency})` : ""}`;
    case "unknown":
      if (range.urgency === "under-investigation") return `the vendor still looks into whether ${pkg}${release} is affected`;
      return `${pkg} ${version} cannot be compared with the affected versions${release}`;
    default:
      if (range.fixed === "0" && range.urgency) return `the vendor says that ${pkg}${release} is not affected (${range.urgency})`;
      return `${pkg} ${version} lies outside the affected versions${release}`;
  }
}

const CHANNELS: Readonly<Record<string, string>> = { esm: "Ubuntu Pro", ltss: "SUSE's long term service" };

function alone(vulnerability: string, { state, fixed, noFixBecause, source, alone: proofs }: Vote): Verdict {
  return { vulnerability, state, fixedVersion: fixed === "0" || state === "no-fix" ? null : fixed, noFixBecause, source, proofs };
}

function combine(ecosystem: string, vulnerability: string, votes: readonly Vote[]): Verdict {
  const strongest = STRENGTH.find((state) => votes.some((v) => v.state === state)) ?? "not-affected";
  const agreeing = votes.filter((v) => (isFinding(strongest) ? isFinding(v.state) : v.state === strongest));
  const fixedVersion = agreeing.reduce<string | null>((highest, vote) => {
    if (vote.fixed === null || vote.fixed === "0" || vote.state === "no-fix") return highest;
    return higher(ecosystem, vote.fixed, highest) ? vote.fixed : highest;
  }, null);
  const noFixBecause = strongest === "no-fix" ? strongestReason(agreeing) : null;
  const source = agreeing[0]?.source ?? "";
  return { vulnerability, state: strongest, fixedVersion, noFixBecause, source, proofs: agreeing.map((v) => v.proof) };
}
