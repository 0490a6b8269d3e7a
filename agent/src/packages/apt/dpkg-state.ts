import { readdir } from "node:fs/promises";
import { ProblemError } from "@breakwater/shared/core";
import type { InstalledPackage, ManagerHealth } from "../package-manager.ts";
import type { Run } from "../run.ts";
import { APT_ENVIRONMENT, DPKG, DPKG_QUERY } from "./environment.ts";

const FIELDS = ["Package", "Architecture", "Version", "db:Status-Want", "db:Status-Status", "db:Status-Eflag"] as const;
const FORMAT = `${FIELDS.map((f) => `\${${f}}`).join("\t")}\n`;
/** States in which a package is as it should be, or is gone on purpose. */
const SETTLED = new Set(["installed", "config-files", "not-installed"]);
const DPKG_JOURNAL = "/var/lib/dpkg/updates";

/** Reads `dpkg-query -W` in our format. Throws on a line that is not one: a package overlooked is a wrong verdict. */
export function parseInstalled(output: string): InstalledPackage[] {
  return output
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [name, architecture, version, want, status, flag, ...rest] = line.split("\t");
      if (!name || architecture === undefined || version === undefined || !want || !status || !flag || rest.length > 0)
        throw new ProblemError({ code: "dpkg-unreadable", message: `dpkg-query printed a line that cannot be read: ${line}` });
      return { name, architecture, version, status, held: want === "hold", reinstallRequired: flag !== "ok" };
    })
    .filter((p) => p.status !== "config-files" && p.status !== "not-installed");
}

export async function queryInstalled(run: Run): Promise<InstalledPackage[]> {
  const ran = await run([DPKG_QUERY, "-W", "-f", FORMAT], { env: APT_ENVIRONMENT, timeoutMs: 120_000 });
  if (ran.exitCode !== 0) throw new ProblemError({ code: "dpkg-unreadable", message: `dpkg-query failed: ${ran.stderr.slice(0, 500)}` });
  return parseInstalled(ran.stdout);
}

/**
 * dpkg's state is sound when no step of an interrupted run waits in its journal, every package is settled, and its own
 * audit has nothing to say. All three, because each misses what another sees: a conffile prompt that got no answer leaves
 * a clean journal, a killed run leaves a clean audit.
 */
export async function dpkgHealth(run: Run): Promise<ManagerHealth> {
  const problems: string[] = [];
  const pending = (await readdir(DPKG_JOURNAL)).filter((f) => /^\d+$/.test(f));
  if (pending.length > 0) problems.push(`dpkg was interrupted: ${pending.length} steps wait in its journal.`);
  for (const p of await queryInstalled(run)) {
    if (!SETTLED.has(p.status)) problems.push(`${p.name}:${p.architecture} ${p.version} is ${p.status}.`);
    if (p.reinstallRequired) problems.push(`${p.name}:${p.architecture} ${p.version} must be installed again.`);
  }
  const audit = await run([DPKG, "--audit"], { env: APT_ENVIRONMENT, timeoutMs: 120_000 });
  if (audit.exitCode !== 0 && audit.exitCode !== 1) problems.push(`dpkg --audit failed: ${audit.stderr.slice(0, 500)}`);
  else if (audit.stdout.trim() !== "" && problems.length === 0) problems.push(`dpkg --audit: ${audit.stdout.trim().slice(0, 1_000)}`);
  return { healthy: problems.length === 0, problems };
}
