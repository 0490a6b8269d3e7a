import { expect, it } from "vitest";
import { createSnapshots } from "./choose.ts";

const nothingRuns = () => Promise.reject(new Error("nothing may run"));
const files = (all: Record<string, string>) => (path: string) =>
  path in all ? Promise.resolve(all[path] ?? "") : Promise.reject(new Error(`${path}: no such file`));
const mounted = (what: string) => `28 1 8:2 / / rw - btrfs /dev/sda2 rw\n29 28 ${what}`;

it("takes no snapshot, and says no word, where the root's file system has none", async () => {
  const none = createSnapshots(
    nothingRuns,
    "/",
    files({ "/proc/self/mountinfo": mounted("8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw") }),
  );
  expect(await none.take("ex_1")).toEqual({ path: "", why: "" });
  expect([await none.list(), await none.keepOnly(() => false)]).toEqual([[], []]);
  await expect(none.restore("ex_1", async () => undefined)).rejects.toMatchObject({ problem: { code: "no-snapshot" } });
});

it("takes none of a device of device mapper that is not LVM's", async () => {
  const crypt = {
    "/proc/self/mountinfo": mounted("254:0 / / rw - ext4 /dev/mapper/crypt rw"),
    "/sys/dev/block/254:0/dm/uuid": "CRYPT-LUKS2-1-crypt\n",
  };
  expect(await createSnapshots(nothingRuns, "/", files(crypt)).take("ex_1")).toEqual({ path: "", why: "" });
});

it("says that it takes none of ZFS", async () => {
  const zfs = createSnapshots(nothingRuns, "/", files({ "/proc/self/mountinfo": mounted("0:26 / / rw - zfs rpool/ROOT rw") }));
  expect(await zfs.take("ex_1")).toEqual({ path: "", why: "the root lies on ZFS, of which none are taken." });
});

it("says why when it cannot even tell what the root lies on", async () => {
  expect(await createSnapshots(nothingRuns, "/", files({})).take("ex_1")).toEqual({ path: "", why: "/proc/self/mountinfo: no such file" });
});
