import { readdir, readFile } from "node:fs/promises";
import { ProblemError } from "@breakwater/shared/core";
import { comparePackageVersions } from "@breakwater/shared/package-version";
import { commandOf, lockHolderOf } from "../lock-holders.ts";
import { type InstalledPackage, type ManagerHealth, packageKey } from "../package-manager.ts";
import type { Run } from "../run.ts";
import { nevra, RPM, RPM_ENVIRONMENT } from "./environment.ts";

const TIMEOUT_MS = 120_000;
const FORMAT = "%{NAME}\\t%{EPOCH}\\t%{VERSION}\\t%{RELEASE}\\t%{ARCH}\\n";
/** What is installed beside its elder versions: dnf.conf(5), installonlypkgs, and zypp.conf, multiversion. */
const BESIDE = [
  "kernel",
  "kernel-PAE",
  "installonlypkg(kernel)",
  "installonlypkg(kernel-module)",
  "installonlypkg(vm)",
  "multiversion(kernel)",
];
/** Keys that rpm lists among the packages. */
const NO_PACKAGE = "gpg-pubkey";
const LOCKS = ["/var/lib/rpm/.rpm.lock", "/usr/lib/sysimage/rpm/.rpm.lock"];

const unreadable = (message: string) => new ProblemError({ code: "rpm-unreadable", message });

/** Reads `rpm -qa` in our format. Throws on a line that is not one: a package overlooked is a wrong verdict. */
export function parseInstalled(output: string): InstalledPackage[] {
  return output
    .split("\n")
    .filter((line) => line !== "")
    .flatMap((line) => {
      const [name, epoch, version, release, architecture, ...rest] = line.split("\t");
      if (!name || !epoch || !version || !release || !architecture || rest.length > 0)
        throw unreadable(`rpm printed a line that cannot be read: ${line}`);
      if (name === NO_PACKAGE) return [];
      const evr = `${epoch === "(none)" || epoch === "0" ? "" : `${epoch}:`}${version}-${release}`;
      return { name, architecture, version: evr, status: "installed", held: false, reinstallRequired: false };
    });
}

/** Every version in rpm's database. @throws when rpm does not tell */
export async function queryAllRpms(run: Run): Promise<InstalledPackage[]> {
  const ran = await run([RPM, "-qa", "--qf", FORMAT], { env: RPM_ENVIRONMENT, timeoutMs: TIMEOUT_MS });
  if (ran.exitCode !== 0) throw unreadable(`rpm -qa failed: ${ran.stderr.slice(0, 500)}`);
  return parseInstalled(ran.stdout);
}

/** Keys of the packages of which several versions are meant to be there. Exit 1 says that something is provided by nothing. */
export async function keptBeside(run: Run): Promise<Set<string>> {
  const argv = [RPM, "-q", "--whatprovides", ...BESIDE, "--qf", FORMAT] as const;
  const ran = await run(argv, { env: RPM_ENVIRONMENT, timeoutMs: TIMEOUT_MS });
  // Without an answer every elder kernel would be one that a torn transaction left behind, and be cleared away as that.
  if (ran.exitCode === undefined) throw unreadable(`rpm does not say what may be there in several versions: ${ran.stderr.slice(0, 500)}`);
  return new Set(parseInstalled(ran.stdout.replace(/^no package provides .*\n?/gm, "")).map(packageKey));
}

const newestFirst = (a: InstalledPackage, b: InstalledPackage): number => {
  const order = comparePackageVersions("rpm", a.version, b.version);
  return order === ">" ? -1 : order === "<" ? 1 : 0;
};

/** Pure: one line for each package, the newest; where two versions are there that should be one, its status says so. */
export function withoutDuplicates(
  all: readonly InstalledPackage[],
  beside: ReadonlySet<string>,
): { packages: InstalledPackage[]; superseded: InstalledPackage[] } {
  const byKey = new Map<string, InstalledPackage[]>();
  for (const p of all) byKey.set(packageKey(p), [...(byKey.get(packageKey(p)) ?? []), p]);
  const packages: InstalledPackage[] = [];
  const superseded: InstalledPackage[] = [];
  for (const [key, versions] of byKey) {
    const [newest, ...elder] = versions.sort(newestFirst);
    if (!newest) continue;
    const torn = elder.length > 0 && !beside.has(key);
    packages.push(torn ? { ...newest, status: "duplicated" } : newest);
    if (torn) superseded.push(...elder);
  }
  return { packages, superseded };
}

export async function queryRpms(run: Run) {
  const all = await queryAllRpms(run);
  const keys = all.map(packageKey);
  const beside = new Set(keys).size < keys.length ? await keptBeside(run) : new Set<string>();
  return withoutDuplicates(all, beside);
}

/** A transaction that was cut off leaves both versions in the database; dnf and zypper then call every upgrade done and do nothing. */
export async function rpmHealth(run: Run): Promise<ManagerHealth> {
  const { superseded } = await queryRpms(run);
  const problems = superseded.map((p) => `A transaction was interrupted: ${nevra(p)} is still there beside its successor.`);
  const verified = await run(["/usr/bin/rpmdb", "--verifydb"], { env: RPM_ENVIRONMENT, timeoutMs: TIMEOUT_MS });
  if (verified.exitCode !== 0) problems.push(`rpm's database is damaged: ${verified.stderr.trim().slice(0, 500)}`);
  return { healthy: problems.length === 0, problems };
}

/** What rpm calls a file with a package's script in it; the shell that runs it has it among its words. */
const SCRIPT = /\/rpm-tmp\.\w+/;

/** Pids of the shells that run packages' scripts. rpm's lock goes with rpm: a script outlives a killed one, unseen by the next. */
async function runningScripts(): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => (SCRIPT.test(await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")) ? [pid] : [])),
  );
  return found.flat();
}

/** The lock of a tool above rpm: a file with the pid of its holder, who may be long gone, and how such holders are called. */
export interface PidLock {
  readonly file: string;
  readonly holders: RegExp;
}

/** Who holds rpm's lock (the kernel's table says it), or that of the tool above it; or runs a script that a killed rpm left behind. */
export async function rpmLockHolder({ file, holders }: PidLock): Promise<string | undefined> {
  const locking = await lockHolderOf(LOCKS);
  if (locking !== undefined) return locking;
  const noted = Number(await readFile(file, "utf8").catch(() => ""));
  const name = noted > 0 ? await commandOf(noted) : undefined;
  if (name !== undefined && holders.test(name)) return `${name} (pid ${noted})`;
  const [script] = await runningScripts();
  return script === undefined ? undefined : `a package's script (pid ${script})`;
}
