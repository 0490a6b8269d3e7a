import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { VirtualMachine, whyNoVirtualMachine } from "../virtual-machine.ts";
import { fault, type Provoked } from "./record.ts";

const why = whyNoVirtualMachine();
if (why !== undefined) console.log(`No other kernel is booted: ${why}.`);

const MINUTE = 60_000;
const GIB = 1024 ** 3;
/** Names of kernels beside the image's own. The older is the same kernel; the newer finds no root, since its initramfs is empty. */
const OLDER = "6.1.0-1-cloud-amd64";
const BROKEN = "6.1.0-999-cloud-amd64";

describe.skipIf(why !== undefined)("a machine that boots its own kernels by grub", () => {
  const vm = new VirtualMachine();
  const machine: Provoked = { k: 1_000, try: (...words) => vm.try(words.map((w) => `'${w.replaceAll("'", "'\\''")}'`).join(" ")) };
  type Said = { decided?: { kind: string; keep: string; once: string }; problem?: string };
  const driver = async (words: string) => (await vm.drive(words)) as Said;
  /** Of the kernel that grub has loaded: uname tells one release for both copies. */
  const booted = () => vm.sh("sed -E 's,.*BOOT_IMAGE=\\S*/vmlinuz-(\\S+).*,\\1,' /proc/cmdline");
  const saved = (name: string) => vm.sh(`grub-editenv /boot/grub/grubenv list | sed -n 's/^${name}=//p'`);
  const restart = async () => {
    await vm.restart();
    await vm.mountGiven();
    return booted();
  };

  beforeAll(async () => {
    await vm.make(4 * GIB);
    await vm.giveAgent(join(import.meta.dirname, "../boot-loader-driver.ts"));
    await vm.boot("/dev/vda");
    await vm.sh("echo 'label: dos\n2048,,83,*' | sfdisk -q /dev/vdb && udevadm settle && mkfs.ext4 -q /dev/vdb1 && mount /dev/vdb1 /mnt");
    await vm.sh("cp -ax /. /mnt/", 10 * MINUTE);
    await vm.sh(`cd /mnt/boot && cp vmlinuz-* vmlinuz-${OLDER} && cp initrd.img-* initrd.img-${OLDER}`);
    await vm.sh(
      `cat >>/mnt/etc/default/grub <<'END'
GRUB_DEFAULT=saved
GRUB_TIMEOUT=0
GRUB_DISABLE_OS_PROBER=true
GRUB_CMDLINE_LINUX="rw console=ttyS0 panic=1 init=/sbin/serial-init"
END
      for d in dev proc sys; do mount --bind /$d /mnt/$d; done
      chroot /mnt grub-install --target=i386-pc /dev/vdb && chroot /mnt update-grub`,
      10 * MINUTE,
    );
    await vm.stop();
    await vm.bootByLoader();
    await vm.mountGiven();
  }, 30 * MINUTE);
  afterAll(() => vm.remove());

  fault(
    "P6c",
    [machine],
    "A virtual machine boots by grub. Of three kernels one has an initramfs that mounts no root; it is tried, then one that boots.",
    async () => {
      const own = await vm.sh("uname -r");
      expect(await booted()).toBe(own);
      await vm.sh(
        `cd /boot && cp vmlinuz-${own} vmlinuz-${BROKEN} && : | cpio -o -H newc >initrd.img-${BROKEN} && update-grub`,
        5 * MINUTE,
      );

      const broken = await driver(`try ${own} ${BROKEN}`);
      expect(broken).toMatchObject({
        decided: { kind: "once", keep: expect.stringContaining(own), once: expect.stringContaining(BROKEN) },
      });
      expect(broken.problem).toBeUndefined();
      expect([await saved("saved_entry"), await saved("next_entry")]).toEqual([broken.decided?.keep, broken.decided?.once]);
      // It restarts twice: the new kernel gives up, and grub has forgotten that it was to boot it.
      expect(await restart()).toBe(own);
      const panics = vm.console().match(/Kernel panic - not syncing: VFS: Unable to mount root fs/g)?.length;
      expect(panics).toBe(1);
      expect([await saved("saved_entry"), await saved("next_entry")]).toEqual([broken.decided?.keep, ""]);
      await vm.sh(`rm /boot/*-${BROKEN} && update-grub`, 5 * MINUTE);

      // The same with one that boots, the older of two being the one that runs.
      const older = (await driver(`try ${own} ${OLDER}`)).decided?.once ?? "";
      expect((await driver(`keep '${older}'`)).problem).toBeUndefined();
      expect(await restart()).toBe(OLDER);
      const good = await driver(`try ${OLDER} ${own}`);
      expect(good.decided).toMatchObject({ kind: "once", keep: older });
      expect(await restart()).toBe(own);
      // Nobody said that the machine is well with it.
      expect(await restart()).toBe(OLDER);
      await driver(`try ${OLDER} ${own}`);
      expect(await restart()).toBe(own);
      expect((await driver(`keep '${good.decided?.once}'`)).problem).toBeUndefined();
      expect(await restart()).toBe(own);
      return `The broken one was booted once and gave up (${/Kernel panic[^\n\r]*/.exec(vm.console())?.[0]}); grub booted ${own} then, by itself. Of one that boots: kept after it was said to be well, and gone back from at the next restart without that.`;
    },
  );
});
