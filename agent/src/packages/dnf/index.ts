import { access } from "node:fs/promises";
import { type Clock, fail, formatInstant, ok } from "@breakwater/shared/core";
import { comparePackageVersions } from "@breakwater/shared/package-version";
import type { ManagerCommand, PackageManager } from "../package-manager.ts";
import type { Run } from "../run.ts";
import { askDnf } from "./ask.ts";
import { avoid, avoidanceLines, avoided, expire } from "./avoidance.ts";
import { keepInstalled, settled } from "./bytes.ts";
import { archiveName, DNF, DNF_ENVIRONMENT, DNF_OPTIONS, nevra, RPM } from "./environment.ts";
import { classifyDnfOutput, explainDnfOutput, failedScripts } from "./failure.ts";
import { queryRpms, rpmHealth, rpmLockHolder } from "./rpm-state.ts";

const LOOK_TIMEOUT_MS = 10 * 60_000;
/** Downloads alone may be cut off: nothing is changed by then. */
const DOWNLOAD_TIMEOUT_MS = 2 * 3_600_000;
/** Unpacking writes the new files beside the old ones before it renames them. */
const UNPACK_FACTOR = 1.5;
/** Left over for rpm's database, logs and what scripts write. */
const RESERVE_BYTES = 300 * 1024 * 1024;

/**
 * dnf 4 and rpm. dnf's library says what would be done and fetches (ask-script.ts); dnf itself, with these files and without any
 * repository, does it. An exit status is never the verdict: 0 is also what dnf says where nothing happened.
 */
export function createDnf(run: Run, clock: Clock): PackageManager {
  const command = (argv: readonly [string, ...string[]]): ManagerCommand => ({ argv, env: DNF_ENVIRONMENT });
  const transact = (files: readonly string[]) => command([DNF, ...DNF_OPTIONS, "install", ...files]);

  return {
    id: "dnf",
    repairRungs: 2,
    installed: async () => (await queryRpms(run)).packages,
    health: () => rpmHealth(run),
    lockHolder: rpmLockHolder,
    classify: classifyDnfOutput,
    explain: explainDnfOutput,
    halfDone: (output) =>
      failedScripts(output).map((script) => `${script} failed: its version is installed, what the script does is not done.`),
    avoid: (id, bad, why, expires) => avoid(id, avoidanceLines(id, bad, why, expires)),
    expireAvoidances: expire,
    keep: (packages, directory, caches) => keepInstalled(run, packages, directory, caches),
    simulate: (changes) => askDnf(run, "simulate", { changes }, LOOK_TIMEOUT_MS),

    async compareVersions(a, b) {
      const order = comparePackageVersions("rpm", a, b);
      if (order === "?") throw new Error(`${a} or ${b} is no rpm version`);
      return order === "<" ? -1 : order === ">" ? 1 : 0;
    },

    async origins(changes) {
      const told = await askDnf(run, "origins", { changes }, LOOK_TIMEOUT_MS);
      // An origin that nobody tells is a foreign one: the caller treats it so.
      return told.ok ? told.value : [];
    },

    async pinnedAway(changes) {
      // What we keep away ourselves after a rollback is no one's wish once a later plan names it.
      const ours = await avoided();
      const asked = changes.filter((c) => !ours.has(`${c.name} ${c.to}`));
      if (asked.length === 0) return [];
      const told = await askDnf(run, "pinned", { changes: asked }, LOOK_TIMEOUT_MS);
      if (!told.ok) throw new Error(`dnf does not say what is excluded: ${told.problem.message}`);
      return told.value;
    },

    async spaceNeeds(changes) {
      const told = await askDnf(run, "sizes", { changes }, LOOK_TIMEOUT_MS);
      if (!told.ok) throw new Error(`dnf does not say how much space is needed: ${told.problem.message}`);
      return [
        { path: "/usr", bytes: Math.ceil(told.value.growth * UNPACK_FACTOR) + RESERVE_BYTES },
        { path: "/var/lib", bytes: told.value.download * 2 + RESERVE_BYTES },
      ];
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

    async repairCommand(rung) {
      const { superseded } = await queryRpms(run);
      if (superseded.length === 0) return undefined;
      if (rung === 0) return command([DNF, ...DNF_OPTIONS, "remove", "--duplicates"]);
      // A script that never ends would not end now either: the elder entry goes without its scripts.
      if (rung === 1) return command([RPM, "-e", "--noscripts", "--nodeps", ...superseded.map(nevra)]);
      return undefined;
    },

    async refresh() {
      const told = await askDnf(run, "refresh", {}, LOOK_TIMEOUT_MS);
      const at = formatInstant(clock.now());
      if (!told.ok) return { complete: false, at, repositories: [], warnings: [told.problem.message] };
      const warnings = told.value.filter((r) => r.state !== "fresh").map((r) => `${r.suite}: ${r.detail}`);
      return { complete: told.value.length > 0 && warnings.length === 0, at, repositories: told.value, warnings };
    },

    async configurationReviews() {
      const ran = await run([RPM, "-qac"], { env: DNF_ENVIRONMENT, timeoutMs: LOOK_TIMEOUT_MS });
      const beside = ran.stdout
        .split("\n")
        .filter((f) => f.startsWith("/"))
        .flatMap((f) => [`${f}.rpmnew`, `${f}.rpmsave`]);
      const present = await Promise.all(
        beside.map((f) =>
          access(f).then(
            () => [f],
            () => [],
          ),
        ),
      );
      return present.flat().sort();
    },
  };
}
