import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@breakwater/shared/core";
import { parse } from "yaml";
import * as z from "zod";
import { DPKG } from "./apt/environment.ts";
import { createApt } from "./apt/index.ts";
import { DNF } from "./dnf/environment.ts";
import { createDnf } from "./dnf/index.ts";
import type { ManagerId, PackageManager } from "./package-manager.ts";
import type { Run } from "./run.ts";
import { ZYPPER } from "./zypper/environment.ts";
import { createZypper } from "./zypper/index.ts";

/** `packageManager` of agent.yaml. */
export const managerChoice = z.enum(["auto", "apt", "dnf", "zypper"]).default("auto");
const fileSchema = z.object({ packageManager: managerChoice });

const CREATE: Readonly<Record<ManagerId, (run: Run, clock: Clock) => PackageManager>> = {
  apt: createApt,
  dnf: createDnf,
  zypper: createZypper,
};

const DNF5 = "/usr/bin/dnf5";
/** The product that a SUSE system is, for libzypp (zypper(8), products). Other systems may have zypper or dnf as a mere program. */
const BUILT_BY_ZYPPER = "/etc/products.d/baseproduct";

/** Managers that a machine may have and nothing here can drive: such a machine is looked at only. */
const UNSUPPORTED: readonly (readonly [string, string])[] = [
  ["/sbin/apk", "apk"],
  [DNF5, "dnf5"],
];

/** Pure: what the owner says, else what the system is built from. A Debian with dnf or zypper on it is still a Debian. */
export function decideManager(
  chosen: z.infer<typeof managerChoice>,
  has: (file: string) => boolean,
): ManagerId | { readonly absent: string } {
  if (chosen !== "auto") return chosen;
  if (has(DPKG)) return "apt";
  const rpmTool = decideRpmTool(undefined, has);
  if (rpmTool) return rpmTool;
  const found = UNSUPPORTED.find(([file]) => has(file));
  return { absent: found ? `${found[1]} cannot be driven yet` : "no package manager that can be driven was found" };
}

/**
 * Pure: what rpm packages are asked of, also where the machine itself is patched with something else.
 * @param driven What the machine is patched with.
 */
export function decideRpmTool(driven: ManagerId | undefined, has: (file: string) => boolean = existsSync): "dnf" | "zypper" | undefined {
  if (driven === "dnf" || driven === "zypper") return driven;
  if (has(ZYPPER) && has(BUILT_BY_ZYPPER)) return "zypper";
  // /usr/bin/dnf may be dnf5 by another name; then its library is not there, and each question says so.
  if (has(DNF5)) return undefined;
  return has(DNF) ? "dnf" : has(ZYPPER) ? "zypper" : undefined;
}

/** The choice in force. A file that cannot be read leaves it to the system; the connection part says what is wrong with it. */
async function chosenManager(configDir: string, has: (file: string) => boolean = existsSync) {
  const text = await readFile(join(configDir, "agent.yaml"), "utf8").catch(() => "");
  let read: unknown;
  try {
    read = parse(text, { maxAliasCount: 0 });
  } catch {
    read = {};
  }
  const parsed = fileSchema.safeParse(read ?? {});
  return decideManager(parsed.success ? parsed.data.packageManager : "auto", has);
}

/** What this machine is patched with; undefined where its package manager cannot be driven. */
export async function drivenManager(configDir: string): Promise<ManagerId | undefined> {
  const decided = await chosenManager(configDir);
  return typeof decided === "string" ? decided : undefined;
}

/** The manager of this machine. Where there is none that we can drive, apt's stands in: the endpoint offers no patching then. */
export async function createManager(run: Run, clock: Clock, configDir: string): Promise<PackageManager> {
  return CREATE[(await drivenManager(configDir)) ?? "apt"](run, clock);
}
