import { compareVersions } from "@breakwater/shared/version";
import type { AffectedRange } from "../intel/index.ts";
import type { AdvisoryIndex, AdvisoryOnPackage } from "./advisory-index.ts";
import { advisedName, type MatchPackage } from "./source.ts";
import { foreignVendor } from "./vendor.ts";

/**
 * open: affected, and a fixed version exists. no-fix: affected, none exists in this release. fixed: earlier versions were
 * affected, this one has the fix. not-affected: the advisory is about this package, not about this version. ignored: a rule
 * or a person decided that it does not count. Only open and no-fix are findings.
 */
export type MatchState = "open" | "no-fix" | "fixed" | "not-affected" | "ignored";

/** Why a verdict is what it is: the record, and the comparison that was made. */
export interface Proof {
  readonly kind: "advisory" | "changelog";
  /** Id of the record, or what the changelog is of. */
  readonly record: string;
  readonly feed: string;
  /** When the record last changed. */
  readonly modified: string | null;
  readonly statement: string;
}

/** What the advisories say of one vulnerability in one package. */
export interface Verdict {
  readonly vulnerability: string;
  readonly state: MatchState;
  /** The highest version that any advisory on it asks for and the package lacks; the version that brought the fix when fixed. */
  readonly fixedVersion: string | null;
  /** The package as advisories name it. */
  readonly source: string;
  readonly proofs: readonly Proof[];
}

interface Vote {
  readonly state: MatchState;
  readonly fixed: string | null;
  readonly proof: Proof;
}

/** Strongest first: one advisory that says "affected" outweighs any that do not. */
const STRENGTH: readonly MatchState[] = ["open", "no-fix", "ignored", "fixed", "not-affected"];

/** Judges one package against everything that is said about it in its release, one verdict a vulnerability. */
export function judgePackage(pkg: MatchPackage, index: AdvisoryIndex): Verdict[] {
  const name = advisedName(pkg);
  const advisories = index.of(name);
  if (advisories.length === 0) return [];
  const vendor = foreignVendor(pkg);
  const votes = new Map<string, Vote[]>();
  for (const advisory of advisories) {
    const vote = voteOf(name.ecosystem, name.package, name.version, advisory);
    if (!vote) continue;
    for (const vulnerability of advisory.vulnerabilities) {
      const list = votes.get(vulnerability) ?? [];
      if (list.length === 0) votes.set(vulnerability, list);
      list.push(overruled(vote, vulnerability, vendor, index));
    }
  }
  return [...votes].map(([vulnerability, list]) => combine(name.ecosystem, name.package, vulnerability, list));
}

const isFinding = (state: MatchState) => state === "open" || state === "no-fix";

/** What takes the weight from a vote that would be a finding. */
function overruled(vote: Vote, vulnerability: string, vendor: string | undefined, index: AdvisoryIndex): Vote {
  if (!isFinding(vote.state)) return vote;
  const reason = vendor
    ? `built by ${vendor}, of which this advisory does not speak`
    : index.rejected.has(vulnerability)
      ? `${vulnerability} was rejected or withdrawn`
      : undefined;
  return reason ? ignored(vote, reason) : vote;
}

const ignored = (vote: Vote, reason: string): Vote => ({
  ...vote,
  state: "ignored",
  proof: { ...vote.proof, statement: `${vote.proof.statement}; ignored: ${reason}` },
});

/** Undefined when the installed version cannot be compared: then nothing is known, and nothing is said. */
function voteOf(ecosystem: string, pkg: string, version: string, advisory: AdvisoryOnPackage): Vote | undefined {
  let best: Vote | undefined;
  for (const range of advisory.ranges) {
    const place = placeIn(ecosystem, version, range);
    if (!place) return undefined;
    const vote: Vote = {
      state: place,
      fixed: range.fixed,
      proof: {
        kind: "advisory",
        record: advisory.id,
        feed: advisory.feed,
        modified: advisory.modified,
        statement: statementOf(pkg, version, range, place),
      },
    };
    const weighed = isFinding(place) ? weigh(vote, advisory, range) : vote;
    if (!best || STRENGTH.indexOf(weighed.state) < STRENGTH.indexOf(best.state)) best = weighed;
  }
  return best;
}

function weigh(vote: Vote, advisory: AdvisoryOnPackage, range: AffectedRange): Vote {
  if (advisory.withdrawn) return ignored(vote, `${advisory.id} was withdrawn`);
  // Debian's own word for a flaw without security impact in what it ships.
  if (range.urgency === "unimportant") return ignored(vote, "the vendor calls it unimportant");
  return vote;
}

function placeIn(ecosystem: string, version: string, range: AffectedRange): MatchState | undefined {
  if (range.introduced !== "0") {
    const order = compareVersions(ecosystem, version, range.introduced);
    if (order === "?") return undefined;
    if (order === "<") return "not-affected";
  }
  if (range.fixed !== null) {
    // "0": the vendor's word for "no version of this release was ever affected".
    if (range.fixed === "0") return "not-affected";
    const order = compareVersions(ecosystem, version, range.fixed);
    if (order === "?") return undefined;
    return order === "<" ? "open" : "fixed";
  }
  if (range.lastAffected !== null) {
    const order = compareVersions(ecosystem, version, range.lastAffected);
    if (order === "?") return undefined;
    return order === ">" ? "not-affected" : "no-fix";
  }
  return "no-fix";
}

function statementOf(pkg: string, version: string, range: AffectedRange, state: MatchState): string {
  const release = range.distribution ? ` in ${range.distribution}` : "";
  switch (state) {
    case "open":
      return `${pkg} ${version} is below ${range.fixed}, the fixed version${release}`;
    case "fixed":
      return `${pkg} ${version} is not below ${range.fixed}, the fixed version${release}`;
    case "no-fix":
      return `${pkg} ${version} is affected, and no fixed version is known${release}`;
    default:
      return `${pkg} ${version} lies outside the affected versions${release}`;
  }
}

function combine(ecosystem: string, source: string, vulnerability: string, votes: readonly Vote[]): Verdict {
  const strongest = STRENGTH.find((state) => votes.some((v) => v.state === state)) ?? "not-affected";
  const agreeing = votes.filter((v) => (isFinding(strongest) ? isFinding(v.state) : v.state === strongest));
  const fixedVersion = agreeing.reduce<string | null>((highest, vote) => {
    if (vote.fixed === null || vote.fixed === "0") return highest;
    return highest === null || compareVersions(ecosystem, vote.fixed, highest) === ">" ? vote.fixed : highest;
  }, null);
  return { vulnerability, state: strongest, fixedVersion, source, proofs: agreeing.map((v) => v.proof) };
}
