import { stat } from "node:fs/promises";
import { apk } from "./apk.ts";
import type { PackageDatabase } from "./database.ts";
import { dpkg } from "./dpkg.ts";
import { rpm } from "./rpm.ts";

export type { SystemPackage } from "./database.ts";

const DATABASES: readonly PackageDatabase[] = [dpkg, rpm, apk];

/** The package managers that this machine has. */
export const packageDatabases = (): PackageDatabase[] => DATABASES.filter((d) => d.file() !== undefined);

/** Changes when any of them has changed anything. 0 when there is none. */
export async function packagesChangedAt(): Promise<number> {
  const times = packageDatabases().map(async (d) => (await stat(d.file() ?? "").catch(() => undefined))?.mtimeMs ?? 0);
  return Math.max(0, ...(await Promise.all(times)));
}
