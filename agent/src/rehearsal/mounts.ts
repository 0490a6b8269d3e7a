/** File systems whose content belongs to the machine and can lie under an overlay. */
const CLONED = /^(?:ext[234]|xfs|btrfs|f2fs|overlay|zfs)$/;
/** Nothing there is the machine's own state. */
const SKIPPED = /^\/(?:proc|sys|dev|run|tmp)(?:\/|$)/;
/** Each costs two mounts; a machine with more is told so. */
export const MAX_SUBMOUNTS = 20;

export interface Submounts {
  /** Mount points below / that get an overlay of their own, outer ones first. */
  readonly cloned: readonly string[];
  /** Mount points that the clone lacks, with their type: network shares, removable file systems. */
  readonly missing: readonly string[];
}

/** Reads /proc/PID/mountinfo (proc(5)): which other file systems make up the machine. */
export function submountsOf(mountinfo: string): Submounts {
  const cloned = new Set<string>();
  const missing = new Set<string>();
  for (const line of mountinfo.split("\n")) {
    const fields = line.split(" ");
    const [point, type] = [fields[4], fields[fields.indexOf("-") + 1]];
    if (!point || !type || point === "/" || SKIPPED.test(point)) continue;
    // What overlayfs' options cannot spell, and octal escapes of blanks, are left out.
    if (CLONED.test(type) && /^[\w./@+-]+$/.test(point) && cloned.size < MAX_SUBMOUNTS) cloned.add(point);
    else if (!/^(?:tmpfs|proc|sysfs|cgroup2?|devtmpfs|devpts|mqueue|autofs|squashfs|fuse\.\w+|binfmt_misc)$/.test(type))
      missing.add(`${point} (${type})`);
  }
  return { cloned: [...cloned].sort((a, b) => a.length - b.length || (a < b ? -1 : 1)), missing: [...missing].sort() };
}
