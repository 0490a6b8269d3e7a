import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ManagerId, Run } from "../packages/index.ts";
import { RPM, RPM_ENVIRONMENT } from "../packages/rpm/environment.ts";

/** Places where every change leaves traces: the package manager's own, logs, caches, what a booted system writes. */
const NOISE =
  /^\/(?:var\/lib\/(?:dpkg|apt|rpm|dnf|zypp|systemd|breakwater-[a-z]+|ucf|needrestart|private|dbus|logrotate)|var\/(?:cache|log|tmp|run|spool)|usr\/lib\/sysimage|run|tmp|proc|sys|dev|etc\/(?:ld\.so\.cache|mtab|resolv\.conf|machine-id|\.pwd\.lock))(?:\/|$)/;

/** Every file of the clone's layer with its change time, by its path in the clone. `parts`: directory of a layer -> mount point. */
export async function listLayer(parts: ReadonlyMap<string, string>): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  const walk = async (directory: string, path: string): Promise<void> => {
    for (const name of await readdir(directory).catch(() => [] as string[])) {
      const [from, to] = [join(directory, name), join(path, name)];
      const s = await lstat(from).catch(() => undefined);
      if (!s || NOISE.test(to)) continue;
      if (s.isDirectory()) await walk(from, to);
      else found.set(to, s.ctimeMs);
    }
  };
  for (const [directory, point] of parts) await walk(directory, point);
  return found;
}

/** Files that the packages' own lists name, as they are before or after the change. */
export const listedFiles = (run: Run, manager: ManagerId, names: readonly string[]): Promise<Set<string>> =>
  manager === "apt" ? listedByDpkg(names) : listedByRpm(run, names);

async function listedByRpm(run: Run, names: readonly string[]): Promise<Set<string>> {
  // Of a name that is not installed it says so in a line of its own, and answers for the others.
  const ran = await run([RPM, "-ql", "--", ...names], { env: RPM_ENVIRONMENT, timeoutMs: 60_000 });
  return new Set(ran.stdout.split("\n").filter((line) => line.startsWith("/")));
}

/** By dpkg's info/*.list. */
export async function listedByDpkg(names: readonly string[], info = "/var/lib/dpkg/info"): Promise<Set<string>> {
  const wanted = new Set(names);
  const listed = new Set<string>();
  for (const entry of (await readdir(info)).filter((f) => f.endsWith(".list"))) {
    if (!wanted.has(entry.replace(/(?::[a-z0-9]+)?\.list$/, ""))) continue;
    for (const line of (await readFile(join(info, entry), "utf8")).split("\n")) if (line !== "") listed.add(line);
  }
  return listed;
}

/** Merged-/usr: dpkg may list /lib/x for what lies at /usr/lib/x. */
const merged = (path: string): string => path.replace(/^\/(bin|sbin|lib|lib64|lib32)\//, "/usr/$1/");

/** Pure: files of the layer that are new or were changed since, and that no package of the action lists. */
export function filesOutside(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  listed: ReadonlySet<string>,
): string[] {
  const own = new Set([...listed].map(merged));
  return [...after]
    .filter(
      ([path, time]) =>
        before.get(path) !== time && !own.has(merged(path.replace(/\.(?:dpkg-(?:new|dist|old|tmp)|rpm(?:new|save|orig))$/, ""))),
    )
    .map(([path]) => path)
    .sort();
}
