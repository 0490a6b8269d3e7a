/** One stretch of affected versions of one package. "introduced" counts, "fixed" does not (as OSV has it). */
export interface AffectedRange {
  /** "debian:12"; "" for packages that belong to no operating system's release (npm, PyPI ...). */
  readonly distribution: string;
  /** "deb", "rpm", "apk", "npm", "pypi", "maven", "gem", "nuget", "cargo", "go", "packagist" ...: a package format, which has one version order. */
  readonly ecosystem: string;
  /** As the publisher names it: the source package for deb, apk and some rpm systems, the installed one for others. */
  readonly package: string;
  readonly introduced: string;
  readonly fixed: string | null;
  readonly lastAffected: string | null;
  /** The vendor's own urgency, e.g. Debian's "unimportant"; "" when it says none. */
  readonly urgency: string;
  /** The paid channel that the fixed version is in: "esm", "ltss"; none when absent. */
  readonly channel?: string;
  /** It is about the installed package of that name, in a system whose advisories speak of source packages otherwise. */
  readonly binary?: boolean;
  /** The architectures that it is about, each between commas ("aarch64,x86_64"); absent or "" when about all. */
  readonly architectures?: string;
  /** Exactly these versions, whatever the bounds say of others; absent when the record lists none. */
  readonly versions?: readonly string[];
}

/** A stream of an rpm module: packages of two streams of one module are never compared. */
export interface ModuleStream {
  readonly name: string;
  readonly stream: string;
}

/** A vendor's statement. */
export interface AdvisoryRecord {
  readonly id: string;
  readonly summary: string;
  /** ISO 8601 in UTC; null when the record does not say. */
  readonly published: string | null;
  readonly modified: string | null;
  readonly withdrawn: boolean;
  /**
   * CVE ids, sorted; where there is none, the record's own id when it is about one vulnerability in a library or tool. Empty for
   * one that names no vulnerability, e.g. a system's regression update.
   */
  readonly vulnerabilities: readonly string[];
  /** Other names of the same vulnerability that are no CVE: "GHSA-...". Records that share one speak of the same. */
  readonly aliases?: readonly string[];
  readonly module?: ModuleStream;
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
  readonly kind: "kev" | "epss" | "exploit" | "ssvc" | "chatter";
  readonly at: string | null;
  /** EPSS: probability of exploitation within 30 days. The others: 1. */
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

/** Takes what a feed says, record by record, so that a feed may be larger than the memory. */
export interface FeedSink {
  advisory(record: AdvisoryRecord): void;
  vulnerability(record: VulnerabilityRecord): void;
  signal(record: SignalRecord): void;
  /** A record that cannot be read: set aside and counted. */
  reject(record: string, reason: string): void;
  /** Version of the model that made the values (EPSS). */
  modelVersion(version: string): void;
  /** The date that a document carries; of several the newest is the feed's. */
  dated(moment: string | null): void;
  /**
   * Everything of one of the publisher's documents is told now: of its advisories (ids that begin with `id` and a slash, or are it) none stays
   * that is not. Only a feed that is read piece by piece needs it.
   */
  document(id: string): void;
  /** Asked between documents: a reader waits here for a store that is slower than it. */
  ready(): Promise<void>;
}

/** Keeps everything that it is told. */
export const collectInto = (content: FeedContent): FeedSink => ({
  advisory: (record) => void content.advisories.push(record),
  vulnerability: (record) => void content.vulnerabilities.push(record),
  signal: (record) => void content.signals.push(record),
  reject: (record, reason) => void content.rejects.push({ record: record.slice(0, 200), reason: reason.slice(0, 500) }),
  modelVersion: (version) => {
    content.modelVersion ||= version;
  },
  dated: () => {},
  document: () => {},
  ready: async () => {},
});

export const CVE_ID = /^CVE-\d{4}-\d{4,}$/;

/** A moment as feeds write it, in UTC; null for none and for Go's zero time "0001-01-01". */
export function feedMoment(text: string | undefined): string | null {
  const ms = text ? Date.parse(text) : Number.NaN;
  // What claims to be of the far future claims nothing.
  return Number.isNaN(ms) || ms < Date.parse("1970-01-02T00:00:00Z") || ms > Date.parse("2100-01-01T00:00:00Z")
    ? null
    : new Date(ms).toISOString();
}
