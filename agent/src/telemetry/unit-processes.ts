import { readdirSync, readFileSync } from "node:fs";

/** Where services have their control groups: legacy and hybrid layouts first, then the unified one (systemd, CGROUP_DELEGATION). */
const ROOTS = ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup"];

/**
 * The running services and the first process of each, as one text: as long as it stays the same, none was started, stopped or
 * restarted. Reading it costs a millisecond; asking systemd costs a process here and work in PID 1.
 * @returns undefined where there is nothing to read, so that nobody takes silence for "unchanged".
 */
export function unitProcesses(roots: readonly string[] = ROOTS): string | undefined {
  for (const root of roots) {
    const slice = `${root}/system.slice`;
    try {
      const services = readdirSync(slice).filter((name) => name.endsWith(".service"));
      if (services.length === 0) continue;
      return services
        .sort()
        .map((name) => `${name} ${firstProcess(`${slice}/${name}`)}`)
        .join("\n");
    } catch {
      // Not mounted here.
    }
  }
  return undefined;
}

function firstProcess(group: string): string {
  try {
    return readFileSync(`${group}/cgroup.procs`, "utf8").split("\n", 1)[0] ?? "";
  } catch {
    return "";
  }
}
