import { readFile } from "node:fs/promises";
import { parseMounts } from "../inventory/components/mounts.ts";
import type { Run } from "../packages/run.ts";
import { btrfsSnapshots } from "./btrfs.ts";
import { lvmSnapshots } from "./lvm.ts";
import { noSnapshot, noSnapshots, type Snapshots } from "./snapshots.ts";

const readText = (path: string): Promise<string> => readFile(path, "utf8");

/**
 * Snapshots of the root by what it lies on, looked up anew each time: btrfs, or a thin logical volume of LVM. Of all else none are
 * taken: ext4 and xfs by themselves have none, and those of ZFS are not made.
 * @param root where the file system is mounted; "/" but in tests
 */
export function createSnapshots(run: Run, root = "/", read: (path: string) => Promise<string> = readText): Snapshots {
  async function ofRoot(): Promise<Snapshots> {
    const mount = parseMounts(await read("/proc/self/mountinfo")).findLast(({ point }) => point === root);
    if (mount?.type === "btrfs") return btrfsSnapshots(run, mount);
    if (mount?.type === "zfs") return none("the root lies on ZFS, of which none are taken.", root);
    // Device mapper tells whose a device is (LVM's begin so); other devices have no such file.
    const owner = mount ? await read(`/sys/dev/block/${mount.device}/dm/uuid`).catch(() => "") : "";
    if (!mount || !owner.startsWith("LVM-")) return none("", root);
    const text = (path: string): Promise<string> =>
      read(path).then(
        (all) => all.trim(),
        () => "",
      );
    return lvmSnapshots(run, mount, await read("/proc/cmdline"), await text("/etc/machine-id"));
  }
  return {
    take: async (id) => {
      try {
        return await (await ofRoot()).take(id);
      } catch (error) {
        return { path: "", why: (error as Error).message };
      }
    },
    list: async () => (await ofRoot()).list(),
    keepOnly: async (wanted) => (await ofRoot()).keepOnly(wanted),
    restore: async (id, prepare, warn) => (await ofRoot()).restore(id, prepare, warn),
  };
}

const none = (why: string, root: string): Snapshots => ({
  ...noSnapshots,
  take: async () => ({ path: "", why }),
  list: async () => [],
  restore: (id) => Promise.reject(noSnapshot(id, root)),
});
