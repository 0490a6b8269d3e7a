import type { FailureClass, ManagerName, PackageChange } from "@breakwater/shared/command";
import type { Result } from "@breakwater/shared/core";
import type { Refresh } from "../executor/protocol.ts";

/** One package as the package manager's own database has it. */
export interface InstalledPackage {
  readonly name: string;
  readonly architecture: string;
  readonly version: string;
  /** "installed", "half-configured", ... (dpkg(1), package states). */
  readonly status: string;
  readonly held: boolean;
  /** The package's files are damaged and it must be installed again before anything else. */
  readonly reinstallRequired: boolean;
}

export const packageKey = (p: { readonly name: string; readonly architecture: string }): string => `${p.name}:${p.architecture}`;

export interface ManagerHealth {
  readonly healthy: boolean;
  /** What is wrong, one plain line each. */
  readonly problems: readonly string[];
}

/** What the solver says a transaction would do. */
export interface Simulation {
  readonly installs: readonly { readonly name: string; readonly architecture: string; readonly from: string; readonly to: string }[];
  readonly removes: readonly { readonly name: string; readonly architecture: string; readonly version: string }[];
}

export interface PackageFile {
  readonly name: string;
  readonly architecture: string;
  readonly version: string;
  /** Absolute path in the execution's own directory. */
  readonly file: string;
  readonly sha256: string;
}
export interface KeptFile extends PackageFile {
  /** "archive": byte for byte from a cache; "repository": fetched again; "repack": rebuilt from the disk, edited configuration included. */
  readonly source: "archive" | "repository" | "repack";
}

/** An argument vector with its whole environment, run as a unit of its own. */
export interface ManagerCommand {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
}

export interface ManagerFailure {
  readonly failureClass: FailureClass;
  readonly message: string;
  readonly output: string;
}

/** Bytes needed on each file system a transaction writes to. */
export interface SpaceNeed {
  readonly path: string;
  readonly bytes: number;
}

export type ManagerId = ManagerName;

/** A package by what identifies it on a machine. */
export interface Named {
  readonly name: string;
  readonly architecture: string;
}

/** What a manager can do with packages that a change brings and that are not there before it. */
export interface NewPackages {
  /** Names of packages that hold the kernel which runs now. */
  ofRunningKernel(): Promise<ReadonlySet<string>>;
  /** What going back would do now: these kept versions in place, these packages gone. */
  simulateRestore(kept: readonly PackageFile[], leaving: readonly Named[]): Promise<Result<Simulation, ManagerFailure>>;
}

/** Everything the execution needs of a package manager; each lives in its own folder. */
export interface PackageManager {
  readonly id: ManagerId;
  /** One version of each package, the newest. */
  installed(): Promise<readonly InstalledPackage[]>;
  /** Every version, also those that are kept beside newer ones, as rpm's kernels are. */
  everyVersion(): Promise<readonly InstalledPackage[]>;
  /** Why the machine should be rebooted by what the manager changed since it started; kernels are judged apart from this. */
  rebootReasons(): Promise<readonly string[]>;
  health(): Promise<ManagerHealth>;
  /** Who holds the manager's lock now, e.g. "apt-get (pid 812)". */
  lockHolder(): Promise<string | undefined>;
  /** Sign of a - b in the manager's version order. */
  compareVersions(a: string, b: string): Promise<number>;
  simulate(changes: readonly PackageChange[]): Promise<Result<Simulation, ManagerFailure>>;
  /** Where each new version comes from, by its repository's Release file; nothing for one that no repository offers. */
  origins(
    changes: readonly PackageChange[],
  ): Promise<readonly { readonly name: string; readonly origin: string; readonly label: string; readonly suite: string }[]>;
  /** Changes that the administrator's preferences do not want, with the version that the manager would take by itself. */
  pinnedAway(changes: readonly PackageChange[]): Promise<readonly { readonly name: string; readonly candidate: string }[]>;
  spaceNeeds(changes: readonly PackageChange[]): Promise<readonly SpaceNeed[]>;
  /** Downloads the new versions into `directory`; signatures and hashes are checked by the manager itself. */
  prefetch(
    changes: readonly PackageChange[],
    directory: string,
    limits: { readonly bytesPerSecond: number; readonly lockWaitMs: number },
  ): Promise<Result<readonly PackageFile[], ManagerFailure>>;
  /** Lays the bytes of installed versions into `directory`, looking into `caches` first. Those that cannot be had are left out. */
  keep(packages: readonly InstalledPackage[], directory: string, caches: readonly string[]): Promise<readonly KeptFile[]>;
  /**
   * What going back would do, computed against the state after the change.
   * @param brought Packages that were not there before it, and go with it.
   */
  simulateRestore(
    kept: readonly KeptFile[],
    installedThen: readonly PackageFile[],
    scratch: string,
    brought: readonly Named[],
  ): Promise<Result<Simulation, ManagerFailure>>;
  /** Absent: this manager brings no packages that are not there, and a plan that wants one is refused. */
  readonly newPackages?: NewPackages;
  applyCommand(changes: readonly PackageChange[], archives: string, lockWaitMs: number): ManagerCommand;
  /** @param leaving Packages that the change brought and that are there: they are removed, and nothing else is. */
  restoreCommand(kept: readonly KeptFile[], archives: string, lockWaitMs: number, leaving: readonly Named[]): ManagerCommand;
  /**
   * The rungs of the repair ladder, mildest first; undefined when a rung is not applicable to the present state.
   * @param files Bytes at hand: of the new versions and of the kept ones.
   */
  repairCommand(rung: number, files: readonly PackageFile[], archives: string): Promise<ManagerCommand | undefined>;
  readonly repairRungs: number;
  classify(output: string): FailureClass | undefined;
  /** Scripts that failed of versions that came all the same, as the tool names them. rpm calls that a warning; dpkg leaves such a package unfinished. */
  failedScripts(output: string): readonly string[];
  /** What the tool calls a mere warning and did leave undone, one plain line each; rpm's failed scripts after unpacking. */
  halfDone(output: string): readonly string[];
  /** The tool's own line that says it best; empty when there is none. */
  explain(output: string): string;
  /** New index files; each repository's outcome is told by itself, a dead one does not fail the rest. */
  refresh(): Promise<Refresh>;
  /** Keeps bad versions from coming back until `expires` (ISO). Returns the file it wrote. */
  avoid(id: string, bad: readonly { readonly name: string; readonly version: string }[], why: string, expires: string): Promise<string>;
  /** Forgets avoidances that are past their time. */
  expireAvoidances(nowIso: string): Promise<void>;
  /** Configuration files of which a new version was laid beside an edited one, present now. */
  configurationReviews(): Promise<readonly string[]>;
}
