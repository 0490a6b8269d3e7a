import { describe, expect } from "vitest";
import { MINUTE, refresh } from "../fleet.ts";
import { type Host, testbed, until } from "../testbed.ts";
import { agree, began, dpkgIsSound, type Lab, said } from "./lab.ts";
import { fault } from "./record.ts";

/** A machine with a small /boot of its own, a kernel of the archive and initramfs-tools. */
export function bootRows(lab: Lab, host: Host): void {
  const small = async () => {
    await host.sh("mkdir -p /boot; mountpoint -q /boot || mount -t tmpfs -o size=64m tmpfs /boot");
    await host.sh(
      "DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get install -q -y --no-install-recommends initramfs-tools linux-image-cloud-amd64",
    );
    expect((await host.sh("ls /boot")).trim()).toMatch(/initrd\.img-\S+-cloud-amd64/);
  };
  /** Leaves this many MiB of /boot. */
  const leave = (mebibytes: number) =>
    host.sh(
      `rm -f /boot/filler; free=$(df --output=avail -k /boot | tail -1); head -c $(((free - ${mebibytes} * 1024) * 1024)) /dev/zero >/boot/filler`,
    );
  const initramfs = () => host.sh("sha256sum /boot/initrd.img-*");
  const empty = () => host.sh("rm -f /boot/filler");

  describe.concurrent("on a host with a small /boot", () => {
    fault(
      "P6b",
      [host],
      "A tmpfs of 64 MiB on /boot with 4 MiB left, a real kernel and initramfs-tools; a plan takes bw-boot to 1.1, whose new postinst calls update-initramfs, which 1.0 does not. Then there is room and a plan of another package comes.",
      async () => {
        await small();
        const before = await initramfs();
        const plan = await lab.approved(host, { "bw-boot": "1.1" });
        await leave(4);
        const { execution, executionId } = await lab.deployed(host, plan);
        expect(execution).toMatchObject({ failureClass: "no-space" });
        expect(["failed", "rolled-back", "rollback-failed"]).toContain(execution.state);
        expect(await began(host, executionId)).toContain("apply");
        await agree(host, executionId, execution.state);
        expect(await host.package("bw-boot")).toBe("ii 1.0");
        expect(await initramfs(), "the initramfs of before").toBe(before);
        await empty();
        const next = await lab.run(host, { "bw-conffile": "1.1" });
        expect(next.execution.state, said(next.execution)).toBe("succeeded");
        await dpkgIsSound(host);
        await lab.reset(host, "bw-conffile", "bw-boot");
        return `${said(execution)} The initramfs of before stood. With room again, what was left half configured was mended before anything else (package manager “${next.execution.reports.at(-1)?.packageManagerHealth}”), and the next plan ${next.execution.state}.`;
      },
      empty,
    );

    fault(
      "P6a",
      [host],
      "The same with 16 MiB left; a plan takes bw-boot from 1.1 to 1.2, both of which call update-initramfs. Then there is room and the plan comes again.",
      async () => {
        await small();
        await host.sh("DEBIAN_FRONTEND=noninteractive apt-get install -q -y bw-boot=1.1");
        await testbed.repo("publish", "bw-boot", "1.2");
        await refresh([host]);
        await until("1.1 to be known", 5 * MINUTE, async () => (await lab.update(host, "bw-boot"))?.update?.to === "1.2");
        const before = await initramfs();
        await leave(16);
        const { execution, executionId } = await lab.run(host, { "bw-boot": "1.2" });
        expect(execution).toMatchObject({ state: "failed", failureClass: "no-space" });
        expect(execution.message).toMatch(/^\/boot has \d+ MB free; \d+ MB are needed/);
        expect(await began(host, executionId)).toEqual([]);
        expect(await host.package("bw-boot")).toBe("ii 1.1");
        await empty();
        const again = await lab.run(host, { "bw-boot": "1.2" });
        expect(again.execution.state, said(again.execution)).toBe("succeeded");
        expect(await initramfs(), "built anew").not.toBe(before);
        await dpkgIsSound(host);
        return `Nothing began. ${said(execution)} With room the initramfs was built anew: ${again.execution.state}.`;
      },
      empty,
    );
  });
}
