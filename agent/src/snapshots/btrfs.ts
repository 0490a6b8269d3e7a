import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rmdir, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Mount } from "../inventory/components/mounts.ts";
import type { Run } from "../packages/run.ts";
import { noSnapshot, type Snapshot, type Snapshots, toolBy } from "./snapshots.ts";

/** Within the root subvolume, so that nothing has to be mounted to take one. Other subvolumes and mounts are not part of it. */
const DIRECTORY = ".breakwater-snapshots";
/** Inode of every subvolume's own root (btrfs(5)). */
const SUBVOLUME_INODE = 256;
/** Subvolume that holds all others. */
const TOP_LEVEL = 5;

/**
 * Snapshots of a root on btrfs, by btrfs-progs.
 * @param at the root as it is mounted now; anywhere but at "/" in tests
 */
export function btrfsSnapshots(run: Run, at: Mount): Snapshots {
  const root = at.point;
  const place = join(root, DIRECTORY);
  const pathOf = (id: string): string => join(place, id);
  const tool = toolBy(run);
  const numberAfter = (pattern: RegExp, text: string): number => Number(pattern.exec(text)?.[1] ?? Number.NaN);

  /** All subvolumes under the one that holds them, for as long as `work` takes. */
  async function withTopLevel<T>(source: string, work: (top: string) => Promise<T>): Promise<T> {
    const top = await mkdtemp(join(tmpdir(), "breakwater-top-"));
    await tool("mount", "-t", "btrfs", "-o", `subvolid=${TOP_LEVEL}`, source, top);
    try {
      return await work(top);
    } finally {
      await tool("umount", top);
      await rmdir(top);
    }
  }

  const ids = (): Promise<string[]> => readdir(place).catch(() => []);

  /** When a snapshot was taken, ISO; "" where that cannot be told. The times of its files are those of the original. */
  async function takenAt(id: string): Promise<string> {
    const shown = await tool("btrfs", "subvolume", "show", pathOf(id)).catch(() => "");
    const [, day, time, hours, minutes] = /Creation time:\s+(\S+) (\S+) ([+-]\d\d)(\d\d)/.exec(shown) ?? [];
    return day ? new Date(`${day}T${time}${hours}:${minutes}`).toISOString() : "";
  }

  async function list(): Promise<readonly Snapshot[]> {
    const all = (await ids()).map(async (id) => ({ id, path: pathOf(id), takenAt: await takenAt(id) }));
    return (await Promise.all(all)).sort((a, b) => (a.takenAt < b.takenAt ? 1 : -1));
  }

  return {
    async take(id) {
      try {
        if ((await stat(root)).ino !== SUBVOLUME_INODE) return { path: "", why: `${root} is no subvolume of its own.` };
        await mkdir(place, { recursive: true, mode: 0o700 });
        if (!existsSync(pathOf(id))) await tool("btrfs", "subvolume", "snapshot", "-r", root, pathOf(id));
        return { path: pathOf(id), why: "" };
      } catch (error) {
        return { path: "", why: (error as Error).message };
      }
    },

    list,

    async keepOnly(wanted) {
      const problems: string[] = [];
      for (const id of await ids())
        if (!wanted(id)) await tool("btrfs", "subvolume", "delete", pathOf(id)).catch((error: Error) => problems.push(error.message));
      return problems;
    },

    async restore(id, prepare) {
      if (!existsSync(pathOf(id))) throw noSnapshot(id, root);
      return withTopLevel(at.source, async (top) => {
        const present = join(top, at.root);
        const restored = join(top, at.root === "/" ? `${DIRECTORY}-restored-${id}` : `${at.root}.restored-${id}`);
        await tool("btrfs", "subvolume", "snapshot", join(present, DIRECTORY, id), restored);
        await prepare(restored).catch(async (error: unknown) => {
          await tool("btrfs", "subvolume", "delete", restored);
          throw error;
        });
        const idOf = async (path: string): Promise<number> =>
          numberAfter(/Subvolume ID:\s+(\d+)/, await tool("btrfs", "subvolume", "show", path));
        const presentId = at.root === "/" ? TOP_LEVEL : await idOf(present);
        const byDefault = numberAfter(/^ID (\d+)/, await tool("btrfs", "subvolume", "get-default", top)) === presentId;
        // What boots by number is given another number; what boots by name, another owner of the name.
        if (byDefault) await tool("btrfs", "subvolume", "set-default", String(await idOf(restored)), top);
        if (at.root === "/") return "the top level of the file system (subvolid=5)";
        const aside = `${at.root}.before-restore-of-${id}`;
        await rename(present, join(top, aside));
        await rename(restored, present);
        await tool("sync", "-f", top);
        return `the subvolume ${aside.slice(1)}`;
      });
    },
  };
}
