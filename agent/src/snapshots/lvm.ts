import { mkdtemp, readFile, rmdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProblemError } from "@breakwater/shared/core";
import type { Mount } from "../inventory/components/mounts.ts";
import type { Run } from "../packages/run.ts";
import { bootsBy, bootsByName, nameRootInFstab } from "./boot-names.ts";
import { type LogicalVolume, LVS, parseLvs } from "./lvs.ts";
import { noSnapshot, type Snapshots, toolBy } from "./snapshots.ts";

/** A pool fuller than this takes no snapshot: what is written then lies in it twice, and a full pool stops the machine's writes. */
const FULL_PERCENT = 90;
/** Between the root's name and the execution's in the name of what a restore has set aside. */
const ASIDE = "-before-restore-of-";
/** In a tag, with the machine and the execution: another system in the same group keeps its own. */
const TAG = "breakwater-before";

const THICK =
  "the root is a logical volume that is not thin, whose snapshot is lost as soon as it fills up, and nobody has set room aside for one.";

/**
 * Snapshots of a root on a thin logical volume, by lvm2: thin, read-only, and active only while a restore copies one. Of a root on
 * any other logical volume none are taken, and none of one whose pool is nearly full.
 * @param mount the root as it is mounted now
 * @param commandLine the kernel's (/proc/cmdline)
 * @param machine /etc/machine-id
 */
export function lvmSnapshots(run: Run, mount: Mount, commandLine: string, machine: string): Snapshots {
  const tool = toolBy(run);
  const tagOf = (id: string): string => `${TAG}:${machine}:${id}`;
  const idOf = (volume: LogicalVolume): string | undefined => {
    const start = tagOf("");
    return volume.tags.find((tag) => tag.startsWith(start))?.slice(start.length);
  };
  const full = ({ group, name }: LogicalVolume): string => `${group}/${name}`;
  const pathOf = (volume: LogicalVolume): string => `logical volume ${full(volume)}`;

  /** @throws with what `lvs` said, also when the root is none of its volumes */
  async function look(): Promise<{
    readonly root: LogicalVolume;
    readonly pool: LogicalVolume | undefined;
    readonly all: LogicalVolume[];
  }> {
    const every = parseLvs(await tool(...LVS));
    // By number: after a restore another volume has the name that this one was mounted by.
    const root = every.find(({ device }) => device === mount.device);
    if (!root) throw new Error(`lvs knows of no logical volume ${mount.device}, on which the root lies.`);
    const all = every.filter(({ group }) => group === root.group);
    return { root, pool: all.find(({ name }) => root.thinPool !== "" && name === root.thinPool), all };
  }
  const kept = (all: readonly LogicalVolume[]) =>
    all.flatMap((volume) => {
      const id = idOf(volume);
      return id === undefined ? [] : [{ id, volume }];
    });

  /** Why none is taken of it; undefined where one can be. */
  function refusal(root: LogicalVolume, pool: LogicalVolume | undefined): string | undefined {
    if (root.thinPool === "") return THICK;
    const { dataPercent, metadataPercent } = pool ?? {};
    if (dataPercent === undefined || metadataPercent === undefined)
      return `how full the thin pool ${root.group}/${root.thinPool} is cannot be told.`;
    if (Math.max(dataPercent, metadataPercent) <= FULL_PERCENT) return undefined;
    return `the thin pool ${root.group}/${root.thinPool} is nearly full (${dataPercent} % of its data, ${metadataPercent} % of its metadata; none is taken above ${FULL_PERCENT} %).`;
  }

  /** Mounts the copy for as long as `work` takes. */
  async function withMounted(copy: string, work: (at: string) => Promise<void>): Promise<void> {
    const at = await mkdtemp(join(tmpdir(), "breakwater-copy-"));
    // XFS mounts no second file system of the same UUID otherwise.
    const options = mount.type === "xfs" ? ["-o", "nouuid"] : [];
    try {
      await tool("mount", "-t", mount.type, ...options, `/dev/${copy}`, at);
      try {
        await work(at);
      } finally {
        await tool("umount", at);
      }
    } finally {
      await rmdir(at);
    }
  }

  /** The copy gets the root's name. Where a step fails, those before it are taken back. */
  async function exchange(root: string, copy: string, aside: string): Promise<void> {
    const undo: [string, ...string[]][] = [];
    const step = async (argv: [string, ...string[]], back: [string, ...string[]]): Promise<void> => {
      await tool(...argv);
      undo.unshift(back);
    };
    try {
      await step(["lvrename", root, aside], ["lvrename", aside, root]);
      await step(["lvrename", copy, root], ["lvrename", root, copy]);
      // Both file systems have the same UUID and label: only one of them may be there when the machine looks for its root.
      await step(["lvchange", "--setactivationskip", "y", aside], ["lvchange", "--setactivationskip", "n", aside]);
    } catch (error) {
      for (const back of undo)
        await tool(...back).catch((worse: Error) => {
          const { message } = error as Error;
          throw new Error(`${message}; and going back failed, DO NOT REBOOT before \`${back.join(" ")}\` has worked: ${worse.message}`);
        });
      await tool("lvremove", "--yes", copy);
      throw error;
    }
  }

  return {
    async take(id) {
      try {
        const { root, pool, all } = await look();
        const there = kept(all).find((one) => one.id === id);
        if (there) return { path: pathOf(there.volume), why: "" };
        const why = refusal(root, pool);
        if (why !== undefined) return { path: "", why };
        const name = `${root.name}-before-${id}`;
        const how = ["--snapshot", "--permission", "r", "--setactivationskip", "y", "--addtag", tagOf(id), "--name", name];
        await tool("lvcreate", ...how, full(root));
        return { path: pathOf({ ...root, name }), why: "" };
      } catch (error) {
        return { path: "", why: (error as Error).message };
      }
    },

    async list() {
      const all = kept((await look()).all);
      const shown = all.map(({ id, volume }) => ({ id, path: pathOf(volume), takenAt: volume.madeAt }));
      return shown.sort((a, b) => (a.takenAt < b.takenAt ? 1 : -1));
    },

    async keepOnly(wanted) {
      const problems: string[] = [];
      const note = (error: Error): void => void problems.push(error.message);
      const { all } = await look().catch((error: Error) => {
        note(error);
        return { all: [] };
      });
      for (const { id, volume } of kept(all)) if (!wanted(id)) await tool("lvremove", "--yes", full(volume)).catch(note);
      return problems;
    },

    async restore(id, prepare, warn) {
      const { root, all } = await look();
      const snapshot = kept(all).find((one) => one.id === id);
      if (!snapshot) throw noSnapshot(id, mount.point);
      if (root.name.includes(ASIDE))
        throw new ProblemError({
          code: "restored-already",
          message: `The next boot has another root file system already; the present one is set aside as ${full(root)}.`,
          next: "Reboot first.",
        });
      const byVolume = bootsBy(commandLine);
      if (byVolume !== undefined)
        throw new ProblemError({
          code: "boots-by-number",
          message: `The machine boots its root as ${byVolume}, which is this very volume and never a copy of it. Nothing was changed.`,
          next: "Have the boot loader name it root=/dev/mapper/NAME, or by the file system's UUID.",
        });
      const copyName = `${root.name}-restored-${id}`;
      const copy = `${root.group}/${copyName}`;
      const aside = `${root.group}/${root.name}${ASIDE}${id}`;
      await tool("lvcreate", "--snapshot", "--permission", "rw", "--setactivationskip", "n", "--name", copyName, full(snapshot.volume));
      try {
        await withMounted(copy, async (at) => {
          await prepare(at);
          const fstab = join(at, "etc/fstab");
          const before = await readFile(fstab, "utf8").catch(() => "");
          const after = nameRootInFstab(before, `/dev/${full(root)}`);
          if (after !== before) await writeFile(fstab, after);
        });
        // Until the machine boots anew, only one file system of this UUID is to be seen.
        await tool("lvchange", "--activate", "n", copy);
      } catch (error) {
        await tool("lvremove", "--yes", copy);
        throw error;
      }
      // LVM changes one name at a time, and to merge a snapshot would leave nothing of the present root to come back to.
      if (bootsByName(commandLine))
        warn?.(
          `Two volumes change names now. Should the power be lost in between and the machine not find its root, write in the emergency shell: lvm lvrename ${aside} ${full(root)}`,
        );
      await exchange(full(root), copy, aside);
      return `the logical volume ${aside}, which is active only after \`lvchange --activate y --ignoreactivationskip ${aside}\``;
    },
  };
}
