import { open, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";

const PREFERENCES = "/etc/apt/preferences.d";
const PREFIX = "breakwater-hold-";
const EXPIRY = /^Explanation: until (\S+)$/m;

/** apt_preferences(5): priority -1 keeps a version from being chosen by itself; naming it outright still works. */
export function avoidanceText(bad: readonly { name: string; version: string }[], why: string, expires: string): string {
  const reason = why.replace(/\s+/g, " ").slice(0, 300);
  return bad
    .map((b) => `Explanation: ${reason}\nExplanation: until ${expires}\nPackage: ${b.name}\nPin: version ${b.version}\nPin-Priority: -1\n`)
    .join("\n");
}

export async function writeAvoidance(id: string, text: string): Promise<string> {
  const file = join(PREFERENCES, `${PREFIX}${id}`);
  const handle = await open(file, "w", 0o644);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return file;
}

/** Files of ours; none where apt has no such directory. */
const ours = async (): Promise<string[]> =>
  (
    await readdir(PREFERENCES, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    })
  )
    .filter((f) => f.isFile() && f.name.startsWith(PREFIX))
    .map((f) => f.name);

export async function removeExpired(nowIso: string): Promise<void> {
  for (const entry of await ours()) {
    const until = EXPIRY.exec(await readFile(join(PREFERENCES, entry), "utf8"))?.[1];
    if (until !== undefined && Date.parse(until) < Date.parse(nowIso)) await rm(join(PREFERENCES, entry));
  }
}

/** "name version" of everything that an avoidance of ours keeps away now. */
export async function avoidedVersions(): Promise<Set<string>> {
  const found = new Set<string>();
  for (const entry of await ours())
    for (const [, name, version] of (await readFile(join(PREFERENCES, entry), "utf8")).matchAll(/^Package: (\S+)\nPin: version (\S+)$/gm))
      found.add(`${name} ${version}`);
  return found;
}
