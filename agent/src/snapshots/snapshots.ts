import { ProblemError } from "@breakwater/shared/core";
import type { Run } from "../packages/run.ts";

const TIMEOUT_MS = 60_000;
const ENV = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8" };

/** Runs one of the file system's tools. What it returns throws with what the tool said. */
export const toolBy =
  (run: Run) =>
  async (...argv: readonly [string, ...string[]]): Promise<string> => {
    const ran = await run(argv, { env: ENV, timeoutMs: TIMEOUT_MS });
    if (ran.exitCode === undefined && !ran.timedOut && ran.stderr === "") throw new Error(`${argv[0]} cannot be run: is it installed?`);
    if (ran.timedOut) throw new Error(`${argv.slice(0, 3).join(" ")}: it did not end within ${TIMEOUT_MS / 1_000} s.`);
    if (ran.exitCode !== 0) throw new Error(`${argv.slice(0, 3).join(" ")}: ${ran.stderr.trim() || `it exited ${ran.exitCode}`}`);
    return ran.stdout;
  };

export const noSnapshot = (id: string, root: string): ProblemError =>
  new ProblemError({
    code: "no-snapshot",
    message: `There is no snapshot ${id} of ${root}.`,
    next: "`breakwater-agent snapshots` lists those that there are.",
  });

/** A copy of the root file system as it was at a moment, kept by the file system itself. */
export interface Snapshot {
  /** The execution before whose change it was taken. */
  readonly id: string;
  /** Where it lies: its path, or the logical volume. */
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
   * @param warn is told, before the exchange, what a person does should the power be lost in the middle of it
   * @returns where the present file system will lie
   * @throws ProblemError when there is no such snapshot
   */
  restore(id: string, prepare: (copy: string) => Promise<void>, warn?: (text: string) => void): Promise<string>;
}

/** Takes none, and knows of none. */
export const noSnapshots: Pick<Snapshots, "take" | "keepOnly"> = {
  take: async () => ({ path: "", why: "" }),
  keepOnly: async () => [],
};
