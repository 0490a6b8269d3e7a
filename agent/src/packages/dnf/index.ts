import { type Clock, fail, formatInstant, ok } from "@breakwater/shared/core";
import type { ManagerCommand, PackageManager } from "../package-manager.ts";
import { keepInstalled, settled } from "../rpm/bytes.ts";
import { coreReasons } from "../rpm/core-updates.ts";
import { archiveName, nevra, RPM, RPM_ENVIRONMENT } from "../rpm/environment.ts";
import { failedInstallScripts, failedScripts, scriptFailed } from "../rpm/failure.ts";
import { rpmReviews } from "../rpm/reviews.ts";
import { type PidLock, queryAllRpms, queryRpms, rpmHealth, rpmLockHolder } from "../rpm/rpm-state.ts";
import { bytesOfTorn } from "../rpm/torn.ts";
import { compareRpmVersions, rpmSpaceNeeds } from "../rpm/versions.ts";
import type { Run } from "../run.ts";
import { askDnf } from "./ask.ts";
import { avoid, avoidanceLines, avoided, expire } from "./avoidance.ts";
import { askingBeforehand } from "./beforehand.ts";
import { DNF, DNF_OPTIONS } from "./environment.ts";
import { classifyDnfOutput, explainDnfOutput, saidComplete } from "./failure.ts";

const LOOK_TIMEOUT_MS = 10 * 60_000;
/** Downloads alone may be cut off: nothing is changed by then. */
const DOWNLOAD_TIMEOUT_MS = 2 * 3_600_000;
/** Versions of before, for the way back. */
const FETCH_OLD_TIMEOUT_MS = 30 * 60_000;
const DNF_LOCK: PidLock = { file: "/var/lib/dnf/rpmdb_lock.pid", holders: /^(?:dnf|yum|microdnf|packagekit|python)/i };

/** The end of a transaction that nobody saw, though every package is where it should be. */
const CUT_OFF = "dnf was ended before it said that it was complete: scripts that run last (%postun, %posttrans) may not have run.";

/**
 * dnf 4 and rpm. dnf's library says what would be done and fetches (ask-script.ts); dnf itself, with these files and without any
 * repository, does it. An exit status is never the verdict: 0 is also what dnf says where nothing happened.
 * New packages are not brought yet: what an update would bring is not told beforehand, and kernels, which dnf installs beside the
 * present one, are not among the updates.
 */
export function createDnf(run: Run, clock: Clock): PackageManager {
  const command = (argv: readonly [string, ...string[]]): ManagerCommand => ({ argv, env: RPM_ENVIRONMENT });
  const transact = (files: readonly string[]) => command([DNF, ...DNF_OPTIONS, "install", ...files]);

  const beforehand = askingBeforehand(run);

  return {
    id: "dnf",
    repairRungs: 3,
    installed: async () => (await queryRpms(run)).packages,
    everyVersion: () => queryAllRpms(run),
    rebootReasons: () => coreReasons(run),
    health: () => rpmHealth(run),
    lockHolder: () => rpmLockHolder(DNF_LOCK),
    classify: classifyDnfOutput,
    explain: explainDnfOutput,
    failedScripts: failedInstallScripts,
    halfDone: (output) => [...failedScripts(output).map(scriptFailed), ...(output !== "" && !saidComplete(output) ? [CUT_OFF] : [])],
    avoid: (id, bad, why, expires) => avoid(id, avoidanceLines(id, bad, why, expires)),
    expireAvoidances: expire,
    keep: (packages, directory, caches) =>
      keepInstalled(run, packages, directory, caches, async (changes) => {
        const fetched = await askDnf(run, "fetch", { changes, directory, some: true }, FETCH_OLD_TIMEOUT_MS);
        return fetched.ok;
      }),
    simulate: (changes) => beforehand("simulate", changes),

    compareVersions: async (a, b) => compareRpmVersions(a, b),

    async origins(changes) {
      const told = await beforehand("origins", changes);
      // An origin that nobody tells is a foreign one: the caller treats it so.
      return told.ok ? told.value : [];
    },

    async pinnedAway(changes) {
      // What we keep away ourselves after a rollback is no one's wish once a later plan names it.
      const ours = await avoided();
      // The first question to each plan, and so asked even where its answer is known: the others then are of now too.
      const told = await beforehand("pinned", changes);
      if (!told.ok) throw new Error(`dnf does not say what is excluded: ${told.problem.message}`);
      return told.value.filter(({ name }) => changes.some((c) => c.name === name && !ours.has(`${name} ${c.to}`)));
    },

    async spaceNeeds(changes) {
      const told = await beforehand("sizes", changes);
      if (!told.ok) throw new Error(`dnf does not say how much space is needed: ${told.problem.message}`);
      return rpmSpaceNeeds(told.value.download, told.value.growth);
    },

    async prefetch(changes, directory, limits) {
      const question = { changes, directory, bytesPerSecond: limits.bytesPerSecond };
      const fetched = await askDnf(run, "fetch", question, DOWNLOAD_TIMEOUT_MS);
      return fetched.ok ? ok(await settled(fetched.value, directory)) : fail(fetched.problem);
    },

    simulateRestore: (kept, installedThen, scratch) =>
      askDnf(run, "restore", { scratch, installed: installedThen.map((f) => f.file), kept: kept.map((k) => k.file) }, LOOK_TIMEOUT_MS),

    // dnf waits for another one's lock by itself, without an end; the execution has waited with its own before.
    applyCommand: (changes, archives) => transact(changes.map((c) => `${archives}/${archiveName({ ...c, version: c.to })}`)),
    restoreCommand: (kept) => transact(kept.map((k) => k.file)),

    async repairCommand(rung, files) {
      const { packages, superseded } = await queryRpms(run);
      if (superseded.length === 0) return undefined;
      if (rung === 0) {
        const bytes = bytesOfTorn(packages, files);
        return bytes ? command([DNF, ...DNF_OPTIONS, "reinstall", ...bytes.map((f) => f.file)]) : undefined;
      }
      if (rung === 1) return command([DNF, ...DNF_OPTIONS, "remove", "--duplicates"]);
      // A script that never ends would not end now either: the elder entry goes without its scripts.
      if (rung === 2) return command([RPM, "-e", "--noscripts", "--nodeps", ...superseded.map(nevra)]);
      return undefined;
    },

    async refresh() {
      const told = await askDnf(run, "refresh", {}, LOOK_TIMEOUT_MS);
      const at = formatInstant(clock.now());
      if (!told.ok) return { complete: false, at, repositories: [], warnings: [told.problem.message] };
      const warnings = told.value.filter((r) => r.state !== "fresh").map((r) => `${r.suite}: ${r.detail}`);
      return { complete: told.value.length > 0 && warnings.length === 0, at, repositories: told.value, warnings };
    },

    configurationReviews: () => rpmReviews(run),
  };
}
