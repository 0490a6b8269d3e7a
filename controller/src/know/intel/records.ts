/** One stretch of affected versions of one package. "introduced" counts, "fixed" does not (as OSV has it). */
export interface AffectedRange {
  /** "debian:12"; "" for packages that belong to no operating system's release (npm, PyPI ...). */
  readonly distribution: string;
  /** "deb", "rpm", "apk", "npm", "pypi", "maven", "gem", "nuget", "cargo": a package format, which has one version order. */
  readonly ecosystem: string;
  /** Source package for deb and apk, as advisories speak of sources. */
  readonly package: string;
  readonly introduced: string;
  readonly fixed: string | null;
  readonly lastAffected: string | null;
  /** The vendor's own urgency, e.g. Debian's "unimportant"; "" when it says none. */
  readonly urgency: string;
}

/** A vendor's statement. */
export interface AdvisoryRecord {
  readonly id: string;
  readonly summary: string;
  /** ISO 8601 in UTC; null when the record does not say. */
  readonly published: string | null;
  readonly modified: string | null;
  readonly withdrawn: boolean;
  /** CVE ids, sorted. Empty for one that names no vulnerability, e.g. a regression update. */
  readonly vulnerabilities: readonly string[];
  readonly affected: readonly AffectedRange[];
}

/** What a feed says about a CVE itself. Empty values say nothing and overwrite nothing. */
export interface VulnerabilityRecord {
  readonly id: string;
  readonly summary: string;
  readonly published: string | null;
  readonly cvssVector: string;
  readonly cwe: readonly string[];
  readonly withdrawn: boolean;
}

/** Evidence about exploitation of a CVE. */
export interface SignalRecord {
  readonly vulnerabilityId: string;
  readonly kind: "kev" | "epss";
  readonly at: string | null;
  /** EPSS: probability of exploitation within 30 days. KEV: 1. */
  readonly value: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A record that could not be read: set aside and counted. */
export interface RejectRecord {
  readonly record: string;
  readonly reason: string;
}

/** Everything that one feed says, normalised. */
export interface FeedContent {
  readonly advisories: AdvisoryRecord[];
  readonly vulnerabilities: VulnerabilityRecord[];
  readonly signals: SignalRecord[];
  readonly rejects: RejectRecord[];
  /** Version of the model that made the values (EPSS); "" otherwise. */
  modelVersion: string;
}

export const emptyContent = (): FeedContent => ({ advisories: [], vulnerabilities: [], signals: [], rejects: [], modelVersion: "" });

export const CVE_ID = /^CVE-\d{4}-\d{4,}$/;

/** A moment as feeds write it, in UTC; null for none and for Go's zero time "0001-01-01". */
export function feedMoment(text: string | undefined): string | null {
  const ms = text ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) || ms < Date.parse("1970-01-02T00:00:00Z") ? null : new Date(ms).toISOString();
}
