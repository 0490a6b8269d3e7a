/** What a repository's advisory says of an update. */
export interface RpmAdvisory {
  readonly id: string;
  readonly security: boolean;
  readonly severity: string;
  readonly title: string;
  readonly cves: readonly string[];
}

export interface RpmUpdate {
  readonly name: string;
  readonly architecture: string;
  readonly installed: string;
  readonly candidate: string;
  readonly sourceRpm: string;
  readonly repository: string;
  readonly repositoryName: string;
  /** 0 where the tool does not tell it. */
  readonly downloadBytes: number;
  readonly held: boolean;
  readonly advisories: readonly RpmAdvisory[];
}

/** What a tool above rpm knows from the lists that were fetched, and what it does not. */
export interface RpmUpdates {
  readonly updates: readonly RpmUpdate[];
  /** Repositories with updates that carry no advisories: which of those are for security nobody says. */
  readonly withoutAdvisories: readonly string[];
  /** Names that are installed beside their elder versions, kernels, with an update pending. */
  readonly besides: readonly string[];
  /** Enabled repositories of which nothing is known. */
  readonly empty: readonly string[];
  /** Installed versions with an update that no repository offers any more. */
  readonly lost: readonly { readonly name: string; readonly architecture: string; readonly version: string }[];
  /** Names of which newer versions come from another vendor than the installed one: nobody takes these by himself. */
  readonly otherVendor?: readonly string[];
}
