import { existsSync } from "node:fs";
import { open, readFile, rename } from "node:fs/promises";

const PLUGIN = "/etc/dnf/plugins/versionlock.conf";
const LIST = "/etc/dnf/plugins/versionlock.list";
const MARK = "# breakwater ";

/** One execution's lines: what stands before "until" names them again. A leading "!" excludes (dnf versionlock). */
export function avoidanceLines(id: string, bad: readonly { name: string; version: string }[], why: string, expires: string): string {
  const reason = why.replace(/\s+/g, " ").slice(0, 300);
  const locks = bad.map((b) => `!${b.name}-${/^\d+:/.test(b.version) ? b.version : `0:${b.version}`}.*`);
  return [`${MARK}${id} until ${expires}: ${reason}`, ...locks, `${MARK}${id} end`, ""].join("\n");
}

/** Pure: the list without the blocks for which `gone` holds; lines of a person stay where they are. */
export function withoutBlocks(list: string, gone: (id: string, until: string) => boolean): string {
  let inside: string | undefined;
  return list
    .split("\n")
    .filter((line) => {
      const begin = /^# breakwater (\S+) until (\S+): /.exec(line);
      if (begin?.[1] && begin[2] && gone(begin[1], begin[2])) inside = begin[1];
      const dropped = inside !== undefined;
      if (inside !== undefined && line === `${MARK}${inside} end`) inside = undefined;
      return !dropped;
    })
    .join("\n");
}

/** The excluded "name version" of our own blocks. */
export const avoidedIn = (list: string): Set<string> =>
  new Set(
    [...list.matchAll(/^# breakwater (\S+) until [^\n]*\n((?:!\S+\n)*)/gm)].flatMap(([, , locks = ""]) =>
      [...locks.matchAll(/^!(\S+)-((?:\d+:)[^-\s]+-[^-\s]+)\.\*$/gm)].map(([, name, evr]) => `${name} ${evr?.replace(/^0:/, "")}`),
    ),
  );

const readList = () => readFile(LIST, "utf8").catch(() => "");

async function writeList(text: string): Promise<void> {
  const handle = await open(`${LIST}.breakwater`, "w", 0o644);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${LIST}.breakwater`, LIST);
}

/** @returns the file, or words that say that nothing keeps the versions away. */
export async function avoid(id: string, lines: string): Promise<string> {
  if (!existsSync(PLUGIN)) return "nothing (dnf's versionlock plugin is not installed, so dnf may offer the version again)";
  const others = withoutBlocks(await readList(), (other) => other === id);
  await writeList(`${others}${others === "" || others.endsWith("\n") ? "" : "\n"}${lines}`);
  return LIST;
}

export async function expire(nowIso: string): Promise<void> {
  const list = await readList();
  const kept = withoutBlocks(list, (_, until) => Date.parse(until) < Date.parse(nowIso));
  if (kept !== list) await writeList(kept);
}

export const avoided = async (): Promise<Set<string>> => avoidedIn(await readList());
