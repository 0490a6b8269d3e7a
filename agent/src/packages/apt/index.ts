import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { isNew, type PackageChange } from "@breakwater/shared/command";
import { type Clock, fail, formatInstant, ok, type Result } from "@breakwater/shared/core";
import { comparePackageVersions } from "@breakwater/shared/package-version";
import { parseReleases } from "../../inventory/apt-policy.ts";
import type { ManagerCommand, ManagerFailure, Named, PackageFile, PackageManager, Simulation } from "../package-manager.ts";
import type { Ran, Run } from "../run.ts";
import { avoidanceText, avoidedVersions, removeExpired, writeAvoidance } from "./avoidance.ts";
import { bootNeed } from "./boot-space.ts";
import { keepInstalled, listDebs, writeStatusAfter } from "./bytes.ts";
import { configurationReviews } from "./conffiles.ts";
import { dpkgHealth, queryInstalled } from "./dpkg-state.ts";
import { APT_CACHE, APT_ENVIRONMENT, APT_GET, aptOptions, CONFFILE_OPTIONS, DPKG, pinned } from "./environment.ts";
import { classifyAptOutput, explainAptOutput } from "./failure.ts";
import { dpkgLockHolder } from "./lock.ts";
import { originsOf, parseOffers } from "./origins.ts";
import { pinnedAway } from "./pins.ts";
import { refreshApt } from "./refresh.ts";
import { packagesOfRunningKernel } from "./running-kernel.ts";
import { parseSimulation } from "./simulation.ts";
import { parseSizes } from "./space.ts";

const LOOK_TIMEOUT_MS = 5 * 60_000;
/** Downloads alone may be cut off: nothing is changed by then. */
const DOWNLOAD_TIMEOUT_MS = 2 * 3_600_000;

/** Between two tries to get the lock of an archive directory. */
const LOCK_RETRY_MS = 2_000;

/**
 * `DPkg::Lock::Timeout` does not cover an archive directory's lock either. It is held where an executor was killed while it
 * downloaded: its apt-get goes on, and what it brings is wanted.
 */
async function untilUnlocked(waitMs: number, download: () => Promise<Ran>): Promise<Ran> {
  for (let left = waitMs; ; left -= LOCK_RETRY_MS) {
    const ran = await download();
    const locked = /^E: (?:Could not get lock|Unable to lock(?: the download)? directory) /m.test(ran.stderr);
    if (ran.exitCode === 0 || !locked || left <= 0) return ran;
    await wait(LOCK_RETRY_MS);
  }
}

const failed = (ran: Ran, otherwise: ManagerFailure["failureClass"]): ManagerFailure => {
  const output = `${ran.stdout}\n${ran.stderr}`.trim();
  const told = output.split("\n").filter((l) => l.startsWith("E: "));
  return {
    failureClass: classifyAptOutput(output) ?? otherwise,
    message: ran.timedOut ? "apt-get did not end in time." : (told[0] ?? `apt-get ended with ${ran.exitCode ?? "a signal"}.`),
    output: output.slice(-16_384),
  };
};

/** Debian's apt and dpkg. */
export function createApt(run: Run, clock: Clock): PackageManager {
  const look = (argv: readonly [string, ...string[]]) => run(argv, { env: APT_ENVIRONMENT, timeoutMs: LOOK_TIMEOUT_MS });
  const nowIso = () => formatInstant(clock.now());
  const command = (argv: readonly [string, ...string[]]): ManagerCommand => ({ argv, env: APT_ENVIRONMENT });
  const readSimulation = (ran: Ran): Result<Simulation, ManagerFailure> => {
    if (ran.exitCode !== 0) return fail(failed(ran, "simulation-differs"));
    const parsed = parseSimulation(ran.stdout);
    if ("unreadable" in parsed)
      return fail({
        failureClass: "simulation-differs",
        message: `apt's simulation cannot be read: ${parsed.unreadable}`,
        output: ran.stdout.slice(-16_384),
      });
    return ok(parsed);
  };
  /**
   * New packages are not named: they come with what needs them, so that apt goes on knowing them as automatically installed and the
   * owner's own autoremove as what it may take away. Which version comes is held by the simulation before, and by the archive
   * directory, in which no other lies.
   */
  const install = (changes: readonly PackageChange[]) => ["install", "--only-upgrade", ...changes.filter((c) => !isNew(c)).map(pinned)];
  const archivesAt = (directory: string) => ["-o", `Dir::Cache::archives=${directory}`];

  return {
    id: "apt",
    repairRungs: 4,
    installed: () => queryInstalled(run),
    everyVersion: () => queryInstalled(run),
    // Packages' own scripts leave a flag file, which is read with the kernels.
    rebootReasons: async () => [],
    health: () => dpkgHealth(run),
    lockHolder: dpkgLockHolder,
    classify: classifyAptOutput,
    explain: explainAptOutput,
    // dpkg fails where a script fails.
    failedScripts: () => [],
    halfDone: () => [],
    refresh: () => refreshApt(run, nowIso),
    configurationReviews: () => configurationReviews(run),
    avoid: (id, bad, why, expires) => writeAvoidance(id, avoidanceText(bad, why, expires)),
    expireAvoidances: removeExpired,
    keep: (packages, directory, caches) => keepInstalled(run, packages, directory, ["/var/cache/apt/archives", ...caches]),

    async compareVersions(a, b) {
      const order = comparePackageVersions("deb", a, b);
      if (order === "?") throw new Error(`${a} or ${b} is no Debian version`);
      return order === "<" ? -1 : order === ">" ? 1 : 0;
    },

    // Without --no-remove, so that it is told what would go; the caller refuses.
    simulate: async (changes) => readSimulation(await look([APT_GET, "-s", ...aptOptions(1000), ...install(changes)])),

    async origins(changes) {
      const [releases, offers] = [
        await look([APT_CACHE, "policy"]),
        await look([APT_CACHE, "policy", ...changes.map((c) => `${c.name}:${c.architecture}`)]),
      ];
      return originsOf(changes, parseOffers(offers.stdout), parseReleases(releases.stdout));
    },

    async pinnedAway(changes) {
      // What we keep away ourselves after a rollback is no one's wish once a later plan names it.
      const ours = await avoidedVersions();
      const asked = changes.filter((c) => !ours.has(`${c.name} ${c.to}`));
      if (asked.length === 0) return [];
      const policy = await look([APT_CACHE, "policy", ...asked.map((c) => `${c.name}:${c.architecture}`)]);
      return pinnedAway(policy.stdout, asked);
    },

    async spaceNeeds(changes) {
      const ran = await look([APT_GET, "--print-uris", ...aptOptions(1000), ...install(changes)]);
      const boot = await bootNeed(changes);
      return [...parseSizes(`${ran.stdout}\n${ran.stderr}`), ...(boot ? [boot] : [])];
    },

    async prefetch(changes, directory, limits) {
      await mkdir(join(directory, "partial"), { recursive: true });
      const limit =
        limits.bytesPerSecond > 0 ? ["-o", `Acquire::http::Dl-Limit=${Math.max(1, Math.floor(limits.bytesPerSecond / 1024))}`] : [];
      const argv = [
        APT_GET,
        ...aptOptions(limits.lockWaitMs),
        ...archivesAt(directory),
        ...limit,
        "-d",
        "--no-remove",
        ...install(changes),
      ] as const;
      const ran = await untilUnlocked(limits.lockWaitMs, () => run(argv, { env: APT_ENVIRONMENT, timeoutMs: DOWNLOAD_TIMEOUT_MS }));
      if (ran.exitCode !== 0) return fail(failed(ran, "download-failed"));
      const files = await listDebs(run, directory);
      const missing = changes.filter(
        (c) => !files.some((f) => f.name === c.name && f.architecture === c.architecture && f.version === c.to),
      );
      if (missing.length > 0)
        return fail({
          failureClass: "download-failed",
          message: `${missing.length} packages are not there after the download, first ${missing[0]?.name} ${missing[0]?.to}.`,
          output: ran.stdout.slice(-4_096),
        });
      return ok(files);
    },

    async simulateRestore(kept, installedThen, scratch, brought) {
      await writeStatusAfter(run, installedThen, scratch);
      const status = ["-o", `Dir::State::status=${scratch}`];
      return readSimulation(await look([APT_GET, "-s", ...aptOptions(1000), ...status, ...restore(kept, brought)]));
    },

    newPackages: {
      ofRunningKernel: () => packagesOfRunningKernel(run),
      simulateRestore: async (kept, leaving) => readSimulation(await look([APT_GET, "-s", ...aptOptions(1000), ...restore(kept, leaving)])),
    },

    applyCommand: (changes, archives, lockWaitMs) =>
      command([APT_GET, ...aptOptions(lockWaitMs), ...archivesAt(archives), "--no-download", "--no-remove", ...install(changes)]),

    restoreCommand: (kept, archives, lockWaitMs, leaving) =>
      command([APT_GET, ...aptOptions(lockWaitMs), ...archivesAt(archives), ...restore(kept, leaving)]),

    async repairCommand(rung, files, archives) {
      const fix = [...aptOptions(600_000), ...archivesAt(archives), "--no-remove", "-f", "install"] as const;
      if (rung === 0) return command([DPKG, ...CONFFILE_OPTIONS, "--configure", "-a"]);
      if (rung === 1) return command([APT_GET, "--no-download", ...fix]);
      if (rung === 2) {
        const damaged = (await queryInstalled(run)).filter((p) => p.reinstallRequired || p.status !== "installed");
        const bytes = damaged.flatMap((p) => bestBytes(p, files));
        return bytes.length > 0 ? command([DPKG, ...CONFFILE_OPTIONS, "-i", ...bytes.map((f) => f.file)]) : undefined;
      }
      if (rung === 3) {
        // With downloading, and only when the solver finds a way without removing anything.
        const plan = readSimulation(await look([APT_GET, "-s", ...fix]));
        return plan.ok && plan.value.removes.length === 0 ? command([APT_GET, ...fix]) : undefined;
      }
      return undefined;
    },
  };
}

/**
 * A name with "-" behind it goes (apt-get(8)). In one transaction with the rest, since a package that took over files of another may
 * stand in the way of its elder version. They are removed and never purged: where an update split a package, the new part's postrm would
 * take the configuration, data and users with it that the elder one has again. Where nothing is to go nothing may.
 */
const restore = (kept: readonly PackageFile[], leaving: readonly Named[]): readonly string[] => [
  "--allow-downgrades",
  ...(leaving.length > 0 ? ["-o", "APT::Get::AutomaticRemove=false"] : ["--no-remove"]),
  "install",
  ...kept.map((k) => k.file),
  ...leaving.map((p) => `${p.architecture === "all" ? p.name : `${p.name}:${p.architecture}`}-`),
];

/** The version that dpkg believes to be unpacked, else any version of that package that is at hand. */
function bestBytes(p: { name: string; architecture: string; version: string }, files: readonly PackageFile[]): PackageFile[] {
  const same = files.filter((f) => f.name === p.name && f.architecture === p.architecture);
  const exact = same.find((f) => f.version === p.version);
  return exact ? [exact] : same.slice(0, 1);
}
