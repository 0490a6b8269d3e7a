/** Jiffies since boot: all, and those in which no core worked (proc(5), first line of /proc/stat). */
export function parseCpu(stat: string): { total: number; idle: number } {
  const fields = (/^cpu\s+(.*)$/m.exec(stat)?.[1] ?? "").split(/\s+/).map(Number);
  // guest and guest_nice are contained in user and nice already.
  const total = fields.slice(0, 8).reduce((a, b) => a + b, 0);
  return { total, idle: (fields[3] ?? 0) + (fields[4] ?? 0) };
}

/** Percent in use. MemAvailable is the kernel's own estimate of what programs could still have. */
export function parseMemory(meminfo: string): { usedPercent: number; swapUsedPercent: number } {
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(meminfo)?.[1] ?? 0);
  const [total, swap] = [kib("MemTotal"), kib("SwapTotal")];
  return {
    usedPercent: total > 0 ? (100 * (total - kib("MemAvailable"))) / total : 0,
    swapUsedPercent: swap > 0 ? (100 * (swap - kib("SwapFree"))) / swap : 0,
  };
}

/** Bytes read and written by whole disks. Partitions, and devices that lie on other devices, would count twice. */
export function parseDiskBytes(diskstats: string, wholeDisks: ReadonlySet<string>): number {
  let sectors = 0;
  for (const line of diskstats.split("\n")) {
    const fields = line.trim().split(/\s+/);
    const name = fields[2] ?? "";
    if (!wholeDisks.has(name) || /^(loop|ram|zram|dm-|md|sr|fd)/.test(name)) continue;
    sectors += Number(fields[5] ?? 0) + Number(fields[9] ?? 0);
  }
  // The kernel counts sectors of 512 bytes here, whatever the disk's own are (block/stat.rst).
  return sectors * 512;
}

/** Interfaces of containers come and go with them and say nothing of the machine. */
const PASSING_INTERFACE = /^(lo|veth|vb-|ve-|cali|cni|tap|docker\d|br-[0-9a-f]{12})/;
const MAX_INTERFACES = 16;

export function parseNetwork(dev: string): Map<string, { received: number; transmitted: number }> {
  const interfaces = new Map<string, { received: number; transmitted: number }>();
  for (const line of dev.split("\n")) {
    const match = /^\s*([^\s:]+):\s*(.*)$/.exec(line);
    if (!match?.[1] || PASSING_INTERFACE.test(match[1]) || interfaces.size >= MAX_INTERFACES) continue;
    const fields = (match[2] ?? "").split(/\s+/).map(Number);
    interfaces.set(match[1], { received: fields[0] ?? 0, transmitted: fields[8] ?? 0 });
  }
  return interfaces;
}

const STORING = new Set(["ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "vfat", "bcachefs"]);
const MAX_MOUNTS = 32;

/** Mount points that hold data, one for each device (proc_mounts(5); blanks are written as \040). The root always counts. */
export function parseMounts(mounts: string): string[] {
  const points: string[] = [];
  const devices = new Set<string>();
  for (const line of mounts.split("\n")) {
    const [device = "", point = "", type = ""] = line.split(" ");
    if ((!STORING.has(type) && point !== "/") || devices.has(device) || points.length >= MAX_MOUNTS) continue;
    devices.add(device);
    points.push(point.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))));
  }
  return points;
}

export const parseLoad = (loadavg: string): number => Number(loadavg.split(" ")[0]);
/** @returns undefined on kernels that do not count (before 4.13). */
export const parseOomKills = (vmstat: string): number | undefined => {
  const count = /^oom_kill (\d+)$/m.exec(vmstat)?.[1];
  return count === undefined ? undefined : Number(count);
};
