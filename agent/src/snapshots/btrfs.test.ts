import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runTool } from "../packages/run.ts";
import { createSnapshots } from "./choose.ts";

const sh = (text: string): string => execFileSync("sh", ["-c", text], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
/** A real file system needs root, the kernel's btrfs, loop devices and btrfs-progs. */
const possible = ((): boolean => {
  try {
    if (process.getuid?.() !== 0) return false;
    sh("command -v mkfs.btrfs && grep -qw btrfs /proc/filesystems && losetup -f");
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!possible)("a root on btrfs", () => {
  let directory = "";
  let root = "";
  const mount = (options: string) => sh(`mount -o loop,${options} ${directory}/disk ${root}`);
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "snapshots-"));
    root = join(directory, "root");
    mkdirSync(root);
    sh(`truncate -s 128M ${directory}/disk && mkfs.btrfs -q ${directory}/disk`);
    mount("noatime");
  });
  afterEach(() => {
    sh(`umount -R ${root}; true`);
    rmSync(directory, { recursive: true, force: true });
  });
  const read = () => readFileSync(join(root, "usr"), "utf8");

  const scenario = async (remount: string) => {
    writeFileSync(join(root, "usr"), "old bytes");
    const snapshots = createSnapshots(runTool, root);
    utimesSync(root, 0, 0);
    const before = Math.floor(Date.now() / 1_000) * 1_000;
    const taken = await snapshots.take("ex_1");
    expect(taken).toEqual({ path: join(root, ".breakwater-snapshots/ex_1"), why: "" });
    writeFileSync(join(root, "usr"), "new bytes");
    expect(await snapshots.take("ex_1")).toEqual(taken);
    expect(readFileSync(join(taken.path, "usr"), "utf8")).toBe("old bytes");
    await snapshots.take("ex_2");
    const listed = await snapshots.list();
    expect(listed.map((s) => s.id).sort()).toEqual(["ex_1", "ex_2"]);
    // Of the moment that it was taken, not of the directory that it is a copy of.
    for (const { takenAt } of listed) expect(Date.parse(takenAt)).toBeGreaterThanOrEqual(before);
    expect(await snapshots.keepOnly((id) => id === "ex_1")).toEqual([]);
    expect((await snapshots.list()).map((s) => s.id)).toEqual(["ex_1"]);
    await expect(snapshots.restore("ex_1", () => Promise.reject(new Error("no room")))).rejects.toThrow("no room");
    const aside = await snapshots.restore("ex_1", async (copy) => writeFileSync(join(copy, "prepared"), ""));
    // Only the next boot sees it.
    expect(read()).toBe("new bytes");
    sh(`umount ${root}`);
    mount(remount);
    expect([read(), existsSync(join(root, "prepared"))]).toEqual(["old bytes", true]);
    writeFileSync(join(root, "usr"), "it can be written");
    return aside;
  };

  it("that boots by the name of its subvolume comes back as it was", async () => {
    sh(`btrfs subvolume create ${root}/@ && umount ${root}`);
    mount("subvol=@");
    expect(await scenario("subvol=@")).toBe("the subvolume @.before-restore-of-ex_1");
    sh(`umount ${root}`);
    mount("subvol=@.before-restore-of-ex_1");
    expect(read()).toBe("new bytes");
  });

  it("that boots by the file system's default comes back as it was", async () => {
    sh(`btrfs subvolume create ${root}/@ && btrfs subvolume set-default ${root}/@ && umount ${root}`);
    mount("noatime");
    await scenario("noatime");
  });

  it("that is the top level itself comes back as it was", async () => {
    await scenario("noatime");
    sh(`umount ${root}`);
    mount("subvolid=5");
    expect(read()).toBe("new bytes");
  });

  it("is not touched for a snapshot that is not there, and a full disk is told", async () => {
    const snapshots = createSnapshots(runTool, root);
    await expect(snapshots.restore("ex_9", async () => undefined)).rejects.toMatchObject({ problem: { code: "no-snapshot" } });
    sh(`mkdir ${root}/.breakwater-snapshots && mount -t tmpfs none ${root}/.breakwater-snapshots`);
    expect(await snapshots.take("ex_1")).toMatchObject({ path: "", why: expect.stringMatching(/^btrfs subvolume snapshot: .+/) });
  });
});
