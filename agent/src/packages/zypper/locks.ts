/** One lock as /etc/zypp/locks has it. */
export interface Lock {
  readonly type: "package" | "patch";
  readonly name: string;
  /** This version alone; any without it. */
  readonly version?: string | undefined;
}

/** What ours look like; libzypp's own writer puts the lines in another order. */
export const lockText = (l: Lock): string =>
  [
    `type: ${l.type}`,
    "match_type: exact",
    "case_sensitive: on",
    `solvable_name: ${l.name}`,
    ...(l.version ? [`version: == ${l.version}`] : []),
    "",
  ].join("\n");

const fieldsOf = (stanza: string): string =>
  stanza
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .sort()
    .join("\n");

/** Pure: the file without these locks, whoever wrote it last; a person's locks stay as they are. */
export function withoutLocks(text: string, locks: readonly Lock[]): string {
  const gone = new Set(locks.map((l) => fieldsOf(lockText(l))));
  const kept = text.split(/\n[ \t]*\n/).filter((stanza) => stanza.trim() !== "" && !gone.has(fieldsOf(stanza)));
  return kept.map((stanza) => `${stanza.replace(/^\n+|\n+$/g, "")}\n`).join("\n");
}

export const withLocks = (text: string, locks: readonly Lock[]): string =>
  [withoutLocks(text, locks), ...locks.map(lockText)].filter((t) => t !== "").join("\n");

/** What locks hold, by "name-version.architecture". */
export interface Locked {
  readonly kept: ReadonlySet<string>;
  readonly refused: ReadonlySet<string>;
}

/** Pure: reads `zypper locks --solvables`, whose lists are "Keep installed : X (repository)", or a number and then a line each. */
export function readLocked(text: string): Locked {
  const kept = new Set<string>();
  const refused = new Set<string>();
  let into: Set<string> | undefined;
  for (const line of text.split("\n")) {
    const [, head, rest] = /^ {4}(Keep installed|Do not install) +: (.*)$/.exec(line) ?? [];
    if (head !== undefined) into = head === "Keep installed" ? kept : refused;
    const item = /^(\S+) \(.*\)$/.exec(rest ?? /^ {8}(\S.*)$/.exec(line)?.[1] ?? "")?.[1];
    if (item !== undefined) into?.add(item);
  }
  return { kept, refused };
}
