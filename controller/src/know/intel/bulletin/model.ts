/** Offsets into the text that was read, in UTF-16 code units; `end` is the first one outside. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One sentence or line of the text that says something worth showing to who plans the patch. */
export interface Statement extends Evidence {
  readonly text: string;
}

/** Where a reading came from, and how sure the reader is of it: 0 (a guess) to 1 (spelled out). */
export interface Evidence {
  readonly confidence: number;
  readonly span: Span;
}

/**
 * A stretch of affected versions. `introduced` counts ("0": from the first one on), `fixed` does not, `lastAffected` does;
 * at most one of the two upper bounds is given, and neither where no version is known to be safe.
 */
export interface BulletinRange {
  readonly introduced: string;
  /** Whether the text names the lower bound itself. */
  readonly introducedStated: boolean;
  readonly fixed?: string;
  readonly lastAffected?: string;
}

/** What the text says of one package or product. */
export interface Affected extends Evidence {
  /** "deb", "rpm", "apk", "npm", "pypi", "maven", "gem", "nuget", "cargo", "go", "composer"; null where the text gives no hint. */
  readonly ecosystem: string | null;
  /** As the text spells it. */
  readonly package: string;
  /** The release the line speaks of, as in "bookworm" or "Ubuntu 22.04 LTS"; null where it speaks of none. */
  readonly release: string | null;
  readonly ranges: readonly BulletinRange[];
  readonly fixedVersion: string | null;
  readonly evidence: {
    readonly package: Evidence;
    readonly range: Evidence | null;
    readonly fixedVersion: Evidence | null;
  };
}

export type NoteKind = "restart" | "regression" | "configuration" | "known-issue" | "workaround" | "end-of-support";

export interface Note extends Statement {
  readonly kind: NoteKind;
}

/** Everything read from one text. A proposal until a person or a structured source confirms it. */
export interface Bulletin {
  /** CVE ids, sorted. */
  readonly ids: readonly string[];
  readonly affected: readonly Affected[];
  /** Sentences that say under which condition one is affected. */
  readonly prerequisites: readonly string[];
  /** Sentences that say what goes wrong with the fix installed. */
  readonly knownIssues: readonly string[];
  readonly severity: "low" | "moderate" | "high" | "critical" | null;
  /** How sure the reader is of the whole: that this is a bulletin, and of the least sure thing it claims. */
  readonly confidence: number;
  /** Whether the text speaks of vulnerabilities at all; when not, nothing is claimed. */
  readonly isBulletin: boolean;
  /** Whether the text states more than is read from one: what is given is the beginning of it. */
  readonly cut: boolean;
  /** Names of advisories other than CVE: GHSA, USN, DSA, RHSA, SUSE-SU ... */
  readonly advisories: readonly string[];
  readonly notes: readonly Note[];
  readonly evidence: {
    readonly ids: readonly ({ readonly id: string } & Evidence)[];
    readonly severity: Evidence | null;
    readonly prerequisites: readonly Statement[];
    readonly knownIssues: readonly Statement[];
  };
}
