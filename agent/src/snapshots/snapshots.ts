/** A copy of the root file system as it was at a moment, kept by the file system itself. */
export interface Snapshot {
  /** The execution before whose change it was taken. */
  readonly id: string;
  readonly path: string;
  /** ISO instant; empty where the file system does not tell. */
  readonly takenAt: string;
}

/** `path` where there is one now; otherwise `why` not. Both empty: this file system takes none, and nobody expected it. */
export interface Taken {
  readonly path: string;
  readonly why: string;
}

/** Snapshots of `/`, by the file system that it lies on. Taking and dropping them changes nothing that anybody reads. */
export interface Snapshots {
  take(id: string): Promise<Taken>;
  list(): Promise<readonly Snapshot[]>;
  /** Drops those that nobody wants any more. @returns what could not be dropped, a line each */
  keepOnly(wanted: (id: string) => boolean): Promise<readonly string[]>;
  /**
   * Makes the machine boot into a copy of it the next time; the present one is kept beside it. Nothing changes before that.
   * @param prepare is given the copy's path before anything is exchanged; where it fails, nothing is
   * @returns where the present file system will lie
   * @throws ProblemError when there is no such snapshot
   */
  restore(id: string, prepare: (copy: string) => Promise<void>): Promise<string>;
}

/** Takes none, and knows of none. */
export const noSnapshots: Pick<Snapshots, "take" | "keepOnly"> = {
  take: async () => ({ path: "", why: "" }),
  keepOnly: async () => [],
};
