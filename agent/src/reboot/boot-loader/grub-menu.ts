import type { BootEntry } from "./boot-loader.ts";

const OPENS = /^\s*(menuentry|submenu)\s+(?:'([^']*)'|"([^"]*)")(.*)\{\s*$/;
const ID = /(?:\$menuentry_id_option|--id[ =])\s*(?:'([^']*)'|"([^"]*)"|(\S+))/;
const KERNEL = /^\s*linux(?:16|efi)?\s+\S*\/vmlinuz-(\S+)(.*)$/;

export interface GrubMenu {
  readonly entries: readonly BootEntry[];
  readonly bootsSaved: boolean;
  readonly bootsOnce: boolean;
}

/** Reads the script that grub-mkconfig writes (grub.cfg): its entries with their place in submenus, and what it boots by default. */
export function parseGrubMenu(text: string): GrubMenu {
  const entries: BootEntry[] = [];
  const open: { kind: "menuentry" | "submenu" | "other"; id: string }[] = [];
  for (const line of text.split("\n")) {
    const opens = OPENS.exec(line);
    if (opens) {
      const title = opens[2] ?? opens[3] ?? "";
      const id = ID.exec(opens[4] ?? "");
      open.push({ kind: opens[1] as "menuentry" | "submenu", id: id?.[1] ?? id?.[2] ?? id?.[3] ?? title });
      continue;
    }
    if (/^\s*function\s.*\{\s*$/.test(line)) open.push({ kind: "other", id: "" });
    else if (/^\s*\}\s*$/.test(line)) open.pop();
    const kernel = KERNEL.exec(line);
    if (kernel?.[1] && open.at(-1)?.kind === "menuentry") {
      const recovery = /-recovery-/.test(open.at(-1)?.id ?? "") || /\s(?:single|recovery)(?:\s|$)/.test(kernel[2] ?? "");
      entries.push({ id: open.map((o) => o.id).join(">"), release: kernel[1], recovery });
    }
  }
  return {
    entries,
    bootsSaved: /^\s*set default="\$\{saved_entry\}"\s*$/m.test(text),
    bootsOnce: /^\s*set default="\$\{next_entry\}"\s*$/m.test(text),
  };
}

/** The default in what `grub-editenv list` prints; empty when none was saved. */
export const savedEntryOf = (environment: string): string => /^saved_entry=(.*)$/m.exec(environment)?.[1]?.trim() ?? "";

/**
 * Why grub could not write its environment at boot, as it must to boot an entry once. It writes by the disk's own blocks
 * (GRUB manual, "Environment block"), which abstractions and some file systems do not let it find.
 * @param abstraction What `grub-probe --target=abstraction` prints for the environment's file.
 * @param fileSystem The same for `--target=fs`.
 */
export function cannotForget(abstraction: string, fileSystem: string): string {
  const layers = abstraction.split(/\s+/).filter((a) => a !== "");
  if (layers.length > 0) return `grub cannot write its environment through ${layers.join(" and ")}, so an entry for one boot would stay`;
  if (!/^(?:ext2|fat|xfs|jfs|hfsplus|ntfs)$/.test(fileSystem))
    return `grub cannot write its environment on ${fileSystem || "an unknown file system"}, so an entry for one boot would stay`;
  return "";
}
