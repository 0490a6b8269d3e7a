import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PAYLOAD, VirtualMachine, whyNoVirtualMachine } from "./virtual-machine.ts";

const why = whyNoVirtualMachine();
if (why !== undefined) console.log(`Snapshots of LVM are not tried: ${why}.`);

const MINUTE = 60_000;
const GIB = 1024 ** 3;

describe.skipIf(why !== undefined)("a machine whose root lies on LVM", () => {
  const vm = new VirtualMachine();
  const agent = (words: string): Promise<string> => vm.sh(`${PAYLOAD}/node ${PAYLOAD}/agent.mjs ${words}`);
  const driver = (words: string): Promise<unknown> => vm.drive(words);
  const boot = async (root: string): Promise<void> => {
    await vm.boot(root);
    await vm.mountGiven();
  };
  const mountedFrom = () => vm.sh("cat /sys/dev/block/$(mountpoint -d /)/dm/name");

  beforeAll(async () => {
    await vm.make(6 * GIB);
    await vm.giveAgent(join(import.meta.dirname, "snapshots-driver.ts"));
    await vm.boot("/dev/vda");
    await vm.sh("vgcreate bw /dev/vdb && lvcreate --type thin-pool -L 3G --poolmetadatasize 16M -n pool bw");
    await vm.sh("lvcreate -V 1500M --thinpool pool -n root bw && lvcreate -L 1500M -n thick bw");
    // By LVM's own UUID, as some installers name it in fstab.
    const install = (name: string) => `mkfs.ext4 -q /dev/bw/${name} && mount /dev/bw/${name} /mnt && cp -ax /. /mnt/ &&
      echo 0123456789abcdef0123456789abcdef >/mnt/etc/machine-id &&
      echo "/dev/disk/by-id/dm-uuid-$(cat /sys/dev/block/$(mountpoint -d /mnt)/dm/uuid) / ext4 defaults 0 1" >/mnt/etc/fstab && umount /mnt`;
    for (const name of ["root", "thick"]) await vm.sh(install(name), 5 * MINUTE);
    await vm.stop();
  }, 25 * MINUTE);
  afterAll(() => vm.remove());

  it(
    "keeps a thin root as it was, and boots into that when a person asks for it",
    async () => {
      await boot("/dev/mapper/bw-root");
      await vm.sh("echo old >/etc/state");
      const before = Number(await vm.sh("date +%s"));
      const path = "logical volume bw/root-before-ex_1";
      expect(await driver("take ex_1")).toEqual({ path, why: "" });
      await vm.sh("echo new >/etc/state; sync");
      // Once taken, it stays what it was.
      expect(await driver("take ex_1")).toEqual({ path, why: "" });
      expect(await driver("take ex_2")).toEqual({ path: "logical volume bw/root-before-ex_2", why: "" });
      const listed = (await agent("snapshots")).split("\n").sort();
      expect(listed.map((line) => line.split(/\s+/)[0])).toEqual(["ex_1", "ex_2"]);
      expect(listed[0]).toContain(path);
      const takenAt = Date.parse(listed[0]?.split(/\s+/)[1] ?? "") / 1_000;
      expect(takenAt).toBeGreaterThanOrEqual(before);
      // Read-only (r), thin (V), skipped by activation (k) and not active (-).
      expect(await vm.sh("lvs --noheadings -o lv_attr bw/root-before-ex_1")).toMatch(/^Vri---tz-k$/);

      expect(await driver("keep-only ex_1")).toEqual([]);
      expect(await agent("snapshots")).toMatch(/^ex_1 .*$/);

      const unknown = await vm.try(`${PAYLOAD}/node ${PAYLOAD}/agent.mjs snapshots restore ex_2 --discard-changes`);
      expect([unknown.exitCode === 0, unknown.out]).toEqual([false, expect.stringContaining("There is no snapshot ex_2")]);
      const said = await agent("snapshots restore ex_1 --discard-changes");
      expect(said).toContain("The next boot has the root file system of before ex_1.");
      expect(said).toContain("bw/root-before-restore-of-ex_1");
      // Nothing changes before that boot, and a second restore would exchange the wrong ones.
      expect(await vm.sh("cat /etc/state")).toBe("new");
      const again = await vm.try(`${PAYLOAD}/node ${PAYLOAD}/agent.mjs snapshots restore ex_1 --discard-changes`);
      expect([again.exitCode === 0, again.out]).toEqual([false, expect.stringContaining("Reboot first")]);
      await vm.stop();

      await boot("/dev/mapper/bw-root");
      expect([await mountedFrom(), await vm.sh("cat /etc/state")]).toEqual(["bw-root", "old"]);
      expect(await vm.sh("cat /etc/fstab")).toBe("/dev/bw/root / ext4 defaults 0 1");
      await vm.sh("echo it can be written >/etc/state; sync");
      // Of two file systems with one UUID only the restored one is there.
      expect(await vm.sh("blkid -o device -t UUID=$(blkid -o value -s UUID /dev/bw/root) | sort -u")).toBe("/dev/mapper/bw-root");
      const aside = "bw/root-before-restore-of-ex_1";
      expect(
        await vm.sh(`lvchange --activate y --ignoreactivationskip ${aside} && mount -o ro /dev/${aside} /mnt && cat /mnt/etc/state`),
      ).toBe("new");
      await vm.sh(`umount /mnt && lvchange --activate n ${aside}`);
      // The execution's own snapshot is still known, and can be dropped, in the root that is a copy of it.
      expect(await agent("snapshots")).toMatch(/^ex_1 .*$/);
      expect(await driver("keep-only")).toEqual([]);
      expect(await agent("snapshots")).toMatch(/^None\. /);
    },
    15 * MINUTE,
  );

  it(
    "takes none of a pool that is nearly full, nor where lvm2 is not there, and says why",
    async () => {
      await vm.sh("lvcreate -V 3G --thinpool pool -n fill bw", 2 * MINUTE);
      const used = Number(await vm.sh("lvs --noheadings -o data_percent bw/pool"));
      const more = Math.ceil(((92 - used) / 100) * 3 * 1024);
      await vm.sh(`dd if=/dev/zero of=/dev/bw/fill bs=1M count=${more} oflag=direct`, 5 * MINUTE);
      expect(await driver("take ex_3")).toMatchObject({
        path: "",
        why: expect.stringMatching(/^the thin pool bw\/pool is nearly full \(9\d\S* % /),
      });
      await vm.sh("lvremove -y bw/fill && mv /sbin/lvs /sbin/lvs.away");
      expect(await driver("take ex_3")).toEqual({ path: "", why: "lvs cannot be run: is it installed?" });
      await vm.sh("mv /sbin/lvs.away /sbin/lvs");
      await vm.stop();
    },
    10 * MINUTE,
  );

  it(
    "takes none of a root that is not thin, and says why",
    async () => {
      await boot("/dev/mapper/bw-thick");
      expect(await driver("take ex_4")).toMatchObject({ path: "", why: expect.stringContaining("not thin") });
      expect(await vm.sh("lvs --noheadings -o lv_name bw")).not.toContain("ex_4");
      await vm.stop();
    },
    8 * MINUTE,
  );
});
