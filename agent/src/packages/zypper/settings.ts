import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RPM_ENVIRONMENT } from "../rpm/environment.ts";

const PLACES = ["/usr/etc/zypp", "/etc/zypp"];
const MAX_FILES = 100;

export interface Settings {
  /** Text of the locks that hold; none at all without it. They were asked for before, and must not stop a way back. */
  readonly locks?: string;
  readonly bytesPerSecond?: number;
  readonly lockWaitMs: number;
}

const textAt = (file: string): string => {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
};
const namesIn = (directory: string): string[] => {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
};

/** Pure: one zypp.conf out of several, what comes later wins; all of libzypp's settings stand in one section. */
export function mergedSettings(texts: readonly string[], over: Readonly<Record<string, string>>): string {
  const settings = new Map<string, string>();
  for (const line of texts.flatMap((text) => text.split("\n"))) {
    const [, key, value] = /^\s*([A-Za-z][\w.-]*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined) settings.set(key, value ?? "");
  }
  for (const [key, value] of Object.entries(over)) settings.set(key, value);
  return `[main]\n${[...settings].map(([key, value]) => `${key} = ${value}\n`).join("")}`;
}

/** The owner's settings of libzypp, wherever they stand. */
function ownersSettings(): string[] {
  const extra = PLACES.flatMap((p) =>
    namesIn(join(p, "zypp.conf.d"))
      .filter((n) => n.endsWith(".conf"))
      .slice(0, MAX_FILES)
      .map((n) => join(p, "zypp.conf.d", n)),
  );
  return [...PLACES.map((p) => join(p, "zypp.conf")), ...extra].map(textAt);
}

/**
 * Lays the owner's settings with ours over them into a directory: zypper has no options for them.
 * @returns the environment that has libzypp read them
 */
export function laySettings(directory: string, { locks, bytesPerSecond, lockWaitMs }: Settings): Record<string, string> {
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const file = join(directory, "zypp.conf");
  const locksFile = join(directory, "locks");
  if (locks !== undefined) writeFileSync(locksFile, locks);
  const over = {
    "locksfile.apply": locks === undefined ? "no" : "yes",
    ...(locks === undefined ? {} : { "locksfile.path": locksFile }),
    ...(bytesPerSecond ? { "download.max_download_speed": String(bytesPerSecond) } : {}),
  };
  writeFileSync(file, mergedSettings(ownersSettings(), over));
  return { ...RPM_ENVIRONMENT, ZYPP_CONF: file, ZYPP_LOCK_TIMEOUT: String(Math.ceil(lockWaitMs / 1000)) };
}

/** Settings for one question. */
export async function withSettings<T>(settings: Settings, work: (env: Record<string, string>) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "breakwater-zypp-"));
  try {
    return await work(laySettings(directory, settings));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/**
 * Options under which zypper knows no repository but the files that it is given, and the environment for it. Its caches are apart
 * too: libzypp deletes from its common ones whatever belongs to no repository that it knows.
 */
export function withoutRepositories(directory: string, lockWaitMs: number): { options: string[]; env: Record<string, string> } {
  const own = join(directory, "zypper");
  mkdirSync(join(own, "no-repositories"), { recursive: true });
  return {
    options: ["--reposd-dir", join(own, "no-repositories"), "--cache-dir", join(own, "cache")],
    env: laySettings(own, { lockWaitMs }),
  };
}
