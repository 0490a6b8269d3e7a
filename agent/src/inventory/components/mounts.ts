import type { NotLooked } from "./types.ts";

/** One line of /proc/self/mountinfo (proc_pid_mountinfo(5)). */
export interface Mount {
  readonly point: string;
  /** Of the file system's own tree: what lies at the mount point. */
  readonly root: string;
  readonly device: string;
  readonly type: string;
  /** The device's name, or what stands for one. */
  readonly source: string;
}

/** The kernel's own: they hold no installed software, so that leaving them out is not worth a word. */
const PSEUDO = new Set(
  "proc sysfs cgroup cgroup2 devtmpfs devpts mqueue hugetlbfs debugfs tracefs securityfs pstore bpf configfs fusectl efivarfs binfmt_misc rpc_pipefs nsfs selinuxfs".split(
    " ",
  ),
);
/** On the machine's own disks. All others (network, FUSE, what another program lays over them) may hang, or are seen where they are. */
const LOCAL = new Set("ext2 ext3 ext4 xfs btrfs zfs f2fs jfs reiserfs bcachefs vfat exfat ntfs3 squashfs erofs".split(" "));

const withoutEscapes = (text: string) => text.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));

export function parseMounts(mountinfo: string): Mount[] {
  return mountinfo.split("\n").flatMap((line) => {
    const [left = "", right = ""] = line.split(" - ");
    const [, , device, root, point] = left.split(" ");
    const [type, source = ""] = right.split(" ");
    if (!(device && root && point && type)) return [];
    return [{ point: withoutEscapes(point), root: withoutEscapes(root), device, type, source: withoutEscapes(source) }];
  });
}

/** Whether what is mounted somewhere is looked through: `undefined` yes, a reason, or null for what needs no word. */
export type MountRule = (path: string) => { readonly mounted: boolean; readonly refusal: NotLooked | null | undefined };

/**
 * The rule for each mount point. A later mount lies over an earlier one at the same place. What is mounted a second time
 * (a bind mount) is looked at where it is at home.
 */
export function mountRules(mounts: readonly Mount[]): MountRule {
  const at = new Map(mounts.map((m) => [m.point, m]));
  const rules = new Map([...at.values()].map((mount) => [mount.point, ruleFor(mount, [...at.values()])]));
  return (path) => ({ mounted: rules.has(path), refusal: rules.get(path) });
}

function ruleFor(mount: Mount, all: readonly Mount[]): NotLooked | null | undefined {
  const { point: path, type, root } = mount;
  // What systemd lays over places that a unit may not see (systemd.exec(5): ProtectHome=, InaccessiblePaths=, PrivateTmp=).
  if (/\/systemd\/inaccessible\//.test(root) || (path === "/tmp" && /\/systemd-private-/.test(root)))
    return { path, code: "unreadable", reason: "the agent's unit may not see it" };
  if (PSEUDO.has(type) || /^\/(dev|sys|proc)(\/|$)/.test(path)) return null;
  // The machine's own root may be an overlay: in a container there is no other.
  if (!LOCAL.has(type) && path !== "/") return { path, code: "file-system", reason: `${type} is no file system on a disk of this machine` };
  const home = all.find((other) => other !== mount && other.device === mount.device && LOCAL.has(other.type) && covers(other, mount));
  return home ? { path, code: "file-system", reason: `the same files as ${placeIn(home, mount)}` } : undefined;
}

const below = (path: string, top: string) => top === "/" || path === top || path.startsWith(`${top}/`);
/** Where the files of one mount are found through another one of the same device. */
function placeIn(home: Mount, mount: Mount): string {
  const rest = mount.root === home.root ? "" : home.root === "/" ? mount.root : mount.root.slice(home.root.length);
  return `${home.point === "/" ? "" : home.point}${rest}` || "/";
}

/** Whether one mount shows the other's files at another place; of two that show the same, the one with the shorter path does. */
function covers(home: Mount, mount: Mount): boolean {
  if (!below(mount.root, home.root) || placeIn(home, mount) === mount.point) return false;
  if (home.root !== mount.root) return true;
  return home.point.length < mount.point.length || (home.point.length === mount.point.length && home.point < mount.point);
}
