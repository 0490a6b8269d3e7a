/** A block of `zypper info`, which has no form for programs. Fields stand at the beginning of a line, what is free text is indented. */
export interface Information {
  readonly kind: string;
  readonly name: string;
  readonly fields: Readonly<Record<string, string>>;
  /** Lines of a field whose value is "[n]". */
  readonly lists: Readonly<Record<string, readonly string[]>>;
}

/** Pure: reads every block of `zypper info`. */
export function readInformation(text: string): Information[] {
  const found: { kind: string; name: string; fields: Record<string, string>; lists: Record<string, string[]> }[] = [];
  let missing = 0;
  let list: string[] = [];
  for (const line of text.split("\n")) {
    const [, kind, name] = /^Information for (\w+) (\S+):$/.exec(line) ?? [];
    if (kind !== undefined && name !== undefined) found.push({ kind, name, fields: {}, lists: {} });
    const block = found.at(-1);
    if (!block) continue;
    if (missing > 0) {
      missing--;
      list.push(line.trim());
      continue;
    }
    const [, key, value = ""] = /^([A-Z][A-Za-z ]*?) *: ?(.*)$/.exec(line) ?? [];
    if (key === undefined || key in block.fields) continue;
    block.fields[key] = value.trim();
    const counted = /^\[(\d+)\]$/.exec(value.trim());
    if (counted) {
      missing = Number(counted[1]);
      list = block.lists[key] = [];
    }
  }
  return found;
}

/** What a patch replaces: versions of a package that are older than this one. "noarch" is not said. */
export interface Replaced {
  readonly name: string;
  readonly before: string;
}

/** Pure: the packages of a patch, out of what it conflicts with. */
export const replacedBy = (patch: Information): Replaced[] =>
  (patch.lists.Conflicts ?? [patch.fields.Conflicts ?? ""]).flatMap((line) => {
    const [, name, before] = /^(\S+) < (\S+)$/.exec(line) ?? [];
    return name !== undefined && before !== undefined ? [{ name, before }] : [];
  });

/** Architectures of rpm: names of packages hold dots too, as python3.11 does. */
const ARCHITECTURE = /^(?:x86_64(?:_v[234])?|i[3-6]86|aarch64|armv\w+|ppc64(?:le)?|s390x?|riscv64|ia64|src|nosrc|noarch)$/;

/** Whether a line of a patch's is meant for this package; of any architecture without one. */
export const concerns = (r: Replaced, p: { readonly name: string; readonly architecture?: string }): boolean => {
  if (r.name === p.name) return true;
  if (!r.name.startsWith(`${p.name}.`)) return false;
  const architecture = r.name.slice(p.name.length + 1);
  return p.architecture === undefined ? ARCHITECTURE.test(architecture) : architecture === p.architecture;
};
