import { type Clock, fail, formatInstant, ok } from "@breakwater/shared/core";
import type { ManagerCommand, PackageManager } from "../package-manager.ts";
import { keepInstalled, settled } from "../rpm/bytes.ts";
import { coreReasons } from "../rpm/core-updates.ts";
import { archiveName, nevra, RPM, RPM_ENVIRONMENT } from "../rpm/environment.ts";
import { rpmReviews } from "../rpm/reviews.ts";
import { queryAllRpms, queryRpms, rpmHealth, rpmLockHolder } from "../rpm/rpm-state.ts";
import { bytesOfTorn } from "../rpm/torn.ts";
import { compareRpmVersions, rpmSpaceNeeds } from "../rpm/versions.ts";
import type { Run } from "../run.ts";
import { askZypper } from "./ask.ts";
import { avoid, expire, ownersLocks } from "./avoidance.ts";
import { exactly, INSTALL_OPTIONS, ZYPP_LOCK, ZYPPER, ZYPPER_OPTIONS } from "./environment.ts";
import { classifyZypperOutput, explainZypperOutput, zypperFailedScripts, zypperHalfDone } from "./failure.ts";
import { fetchRpms } from "./fetch.ts";
import { readInformation } from "./information.ts";
import { readLocked } from "./locks.ts";
import { zypperRebootReasons } from "./reboot.ts";
import { enabledRepositories, refreshAll } from "./repositories.ts";
import { simulateGoingBack } from "./restore.ts";
import { withoutRepositories, withSettings } from "./settings.ts";
import { simulateInstall } from "./simulation.ts";

const LOOK_TIMEOUT_MS = 10 * 60_000;
/** Downloads alone may be cut off: nothing is changed by then. */
const DOWNLOAD_TIMEOUT_MS = 2 * 3_600_000;
/** Versions of before, for the way back. */
const FETCH_OLD_TIMEOUT_MS = 30 * 60_000;
/** A question waits for another zypper for this long; the execution has waited with the plan's own time before. */
const LOCK_WAIT_MS = 60_000;
const ASKING = { lockWaitMs: LOCK_WAIT_MS } as const;

/**
 * zypper and rpm. Its solver says beforehand what would be done and its downloader fetches; then zypper itself, with these files and
 * without any repository, does it. An exit status is never the verdict: 0 is also what it says where nothing happened or was fetched.
 * New packages are not brought yet, as with dnf.
 */
export function createZypper(run: Run, clock: Clock): PackageManager {
  const transact = (more: readonly string[], files: readonly string[], directory: string, lockWaitMs: number): ManagerCommand => {
    const { options, env } = withoutRepositories(directory, lockWaitMs);
    return { argv: [ZYPPER, ...ZYPPER_OPTIONS, ...options, "install", ...INSTALL_OPTIONS, ...more, "--", ...files], env };
  };
  const look = <T>(work: (question: { env: Record<string, string>; timeoutMs: number }) => Promise<T>, locks?: string) =>
    withSettings({ ...ASKING, ...(locks === undefined ? {} : { locks }) }, (env) => work({ env, timeoutMs: LOOK_TIMEOUT_MS }));

  return {
    id: "zypper",
    repairRungs: 2,
    installed: async () => (await queryRpms(run)).packages,
    everyVersion: () => queryAllRpms(run),
    rebootReasons: async () => [...(await coreReasons(run)), ...zypperRebootReasons()],
    health: () => rpmHealth(run),
    lockHolder: () => rpmLockHolder(ZYPP_LOCK),
    compareVersions: async (a, b) => compareRpmVersions(a, b),
    classify: classifyZypperOutput,
    explain: explainZypperOutput,
    failedScripts: zypperFailedScripts,
    halfDone: zypperHalfDone,
    avoid: (id, bad, why, expires) => avoid(run, id, bad, why, expires),
    expireAvoidances: expire,
    configurationReviews: () => rpmReviews(run),

    async simulate(changes) {
      const told = await look((question) => simulateInstall(run, changes.map(exactly), question, ["--name"]));
      if (!told.ok) return told;
      const [foreign] = told.value.vendorChanges;
      return foreign === undefined
        ? told
        : fail({ failureClass: "simulation-differs", message: `${foreign} would come from another vendor than now.`, output: "" });
    },

    async origins(changes) {
      // An origin that nobody tells is a foreign one: the caller treats it so.
      const names = [...new Set(changes.map((c) => c.name))];
      const repositories = await enabledRepositories(run);
      const info = await look((q) => askZypper(run, ["info", "-t", "package", "--", ...names], { ...q, text: true }));
      if (!repositories.ok || !info.ok) return [];
      const blocks = readInformation(info.value);
      return changes.flatMap((c) => {
        const of = blocks.find((b) => b.name === c.name && b.fields.Arch === c.architecture && b.fields.Version === c.to)?.fields;
        const repository = repositories.value.find((r) => r.name === of?.Repository);
        return of && repository ? [{ name: c.name, origin: of.Vendor ?? "", label: repository.name, suite: repository.alias }] : [];
      });
    },

    async pinnedAway(changes) {
      // What we keep away ourselves after a rollback is no one's wish once a later plan names it.
      const told = await look((q) => askZypper(run, ["locks", "--solvables"], { ...q, text: true }), await ownersLocks());
      if (!told.ok) throw new Error(`zypper does not say what is locked: ${told.problem.message}`);
      const { kept, refused } = readLocked(told.value);
      const locked = (c: (typeof changes)[number]) =>
        kept.has(nevra({ ...c, version: c.from })) || refused.has(nevra({ ...c, version: c.to }));
      return changes.filter(locked).map((c) => ({ name: c.name, candidate: c.from }));
    },

    async spaceNeeds(changes) {
      const told = await look((question) => simulateInstall(run, changes.map(exactly), question, ["--name"]));
      if (!told.ok) throw new Error(`zypper does not say how much space is needed: ${told.problem.message}`);
      return rpmSpaceNeeds(told.value.downloadBytes, Math.max(0, told.value.growthBytes));
    },

    async prefetch(changes, directory, limits) {
      const fetched = await fetchRpms(run, changes, directory, { ...limits, timeoutMs: DOWNLOAD_TIMEOUT_MS });
      return fetched.ok ? ok(await settled(fetched.value, directory)) : fetched;
    },

    keep: (packages, directory, caches) =>
      keepInstalled(run, packages, directory, caches, async (versions) => {
        const fetched = await fetchRpms(run, versions, directory, { ...ASKING, timeoutMs: FETCH_OLD_TIMEOUT_MS });
        return fetched.ok;
      }),

    simulateRestore: (kept, installedThen, scratch) =>
      simulateGoingBack(
        run,
        kept.map((k) => k.file),
        installedThen.map((f) => f.file),
        scratch,
      ),

    applyCommand: (changes, archives, lockWaitMs) =>
      transact(
        [],
        changes.map((c) => `${archives}/${archiveName({ ...c, version: c.to })}`),
        archives,
        lockWaitMs,
      ),
    // Forced, because zypper calls a version that a cut-off transaction left beside its successor installed, and does nothing.
    restoreCommand: (kept, archives, lockWaitMs) =>
      transact(
        ["--force"],
        kept.map((k) => k.file),
        archives,
        lockWaitMs,
      ),

    async repairCommand(rung, files, archives) {
      const { packages, superseded } = await queryRpms(run);
      if (superseded.length === 0) return undefined;
      if (rung === 0) {
        const bytes = bytesOfTorn(packages, files);
        return bytes
          ? transact(
              ["--force"],
              bytes.map((f) => f.file),
              archives,
              LOCK_WAIT_MS,
            )
          : undefined;
      }
      // A script that never ends would not end now either: the elder entry goes without its scripts.
      return rung === 1 ? { argv: [RPM, "-e", "--noscripts", "--nodeps", ...superseded.map(nevra)], env: RPM_ENVIRONMENT } : undefined;
    },

    async refresh() {
      const told = await look(({ env }) => refreshAll(run, env));
      const at = formatInstant(clock.now());
      if (!told.ok) return { complete: false, at, repositories: [], warnings: [told.problem.message] };
      const warnings = told.value.filter((r) => r.state !== "fresh").map((r) => `${r.suite}: ${r.detail}`);
      return { complete: told.value.length > 0 && warnings.length === 0, at, repositories: told.value, warnings };
    },
  };
}
