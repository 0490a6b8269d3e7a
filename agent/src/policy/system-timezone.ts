import { existsSync, readlinkSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isZone } from "@breakwater/shared/window";

/** IANA names as the database's own directory has them: no "posix/" and "right/", which are other clocks under the same names. */
const IN_ZONEINFO = /\/zoneinfo\/((?!posix\/|right\/)[A-Z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*)$/;

/**
 * The machine's IANA zone, from where its clock points (localtime(5)). To ask the runtime brings its whole knowledge of languages
 * into memory, 8 MB of each process, so it is asked only where that link does not say: a copied file, or TZ.
 */
export function systemTimezone(link = "/etc/localtime", env: NodeJS.ProcessEnv = process.env): string {
  return (env.TZ ? undefined : linked(link)) ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function linked(path: string): string | undefined {
  try {
    const target = readlinkSync(path);
    const zone = IN_ZONEINFO.exec(target)?.[1];
    // Where its file is there, that is proof enough; only else the runtime is asked whether there is such a zone.
    return zone !== undefined && (existsSync(resolve(dirname(path), target)) || isZone(zone)) ? zone : undefined;
  } catch {
    return undefined;
  }
}
