import { afterAll, beforeAll, describe, expect } from "vitest";
import { timesUpgraded } from "../endpoint.ts";
import { MINUTE, refresh } from "../fleet.ts";
import { type Host, until } from "../testbed.ts";
import { journalOf } from "./eyes.ts";
import { agree, began, dpkgIsSound, holdLock, Lab, release, said } from "./lab.ts";
import { fault } from "./record.ts";

const lab = new Lab([1, 2, 3, 4]);
const [h1, h2, h3, h4] = lab.hosts as [Host, Host, Host, Host];
const ONE = "1.1";

beforeAll(() =>
  lab.start({
    "bw-badpostinst": ONE,
    "bw-badprerm": ONE,
    "bw-hang": ONE,
    "bw-conffile": ONE,
    "bw-netdown": ONE,
    "bw-killsagent": ONE,
    "bw-reboot": ONE,
    "bw-big": ONE,
    "bw-vast": ONE,
    "bw-slow": ONE,
    "bw-glutton": ONE,
    "bw-phased": ONE,
    "bw-meta": ONE,
    "bw-remove": ONE,
    "bw-lib": "2.0",
    "bw-app": "2.0",
  }),
);
afterAll(() => lab.stop());

describe.concurrent("on a host whose package manager is in the way", () => {
  fault(
    "A1",
    [h1],
    "A program holds /var/lib/dpkg/lock-frontend while an approved plan begins, and lets go once it was named.",
    async () => {
      const plan = await lab.approved(h1, { "bw-conffile": ONE });
      await holdLock(h1, "holder", "/var/lib/dpkg/lock-frontend");
      let waiting = "";
      const { execution, executionId } = await lab.deployed(h1, plan, async (id) => {
        waiting = await until("the holder of the lock to be named", 5 * MINUTE, async () => {
          const e = await lab.fleet.executionOf(await lab.controller.deployment(id), h1);
          return e.reports.find((r) => /^Waiting for python3 \(pid \d+\)/.test(r.message))?.message;
        });
        await release(h1, "holder");
      });
      expect(execution.state).toBe("succeeded");
      await agree(h1, executionId, "succeeded");
      expect(await h1.package("bw-conffile")).toBe("ii 1.1");
      await lab.reset(h1, "bw-conffile");
      return `Said “${waiting}” and waited; then ${said(execution)}`;
    },
  );

  fault("A6a", [h1], "apt, dpkg and the script of a package are killed (SIGKILL) in the middle of a configuration by hand.", async () => {
    await h1.exec(
      "systemd-run",
      "--quiet",
      "--unit=byhand",
      "--collect",
      "-p",
      "KillMode=process",
      "/usr/bin/apt-get",
      "-y",
      "install",
      "bw-hang=1.1",
    );
    await until("the script to run", 2 * MINUTE, async () => (await h1.try("pgrep", "-f", "sleep infinity")).exitCode === 0);
    await h1.sh("pkill -9 -x apt-get; pkill -9 -x dpkg; pkill -9 -f '^sleep infinity'; true");
    // Whoever broke it mends the script too; what is left is dpkg's own unfinished business.
    await h1.sh("printf '#!/bin/sh\\nexit 0\\n' >/var/lib/dpkg/info/bw-hang.postinst");
    const dirty = (await h1.sh("ls /var/lib/dpkg/updates")).trim().split("\n").length;
    expect(await h1.package("bw-hang")).toMatch(/^i[FHU] /);
    const { execution, executionId } = await lab.run(h1, { "bw-conffile": ONE });
    expect(execution.state).toBe("succeeded");
    expect(execution.reports.at(-1)?.packageManagerHealth).toBe("repaired");
    expect(await began(h1, executionId)).toEqual(["repair", "apply"]);
    await dpkgIsSound(h1);
    await lab.reset(h1, "bw-conffile", "bw-hang");
    return `${dirty} steps waited in dpkg's journal; mended before anything else (package manager “repaired”), then ${said(execution)}`;
  });

  fault("A6b", [h1], "A package whose postinst always fails is installed by hand; then another package's plan comes.", async () => {
    await h1.try("sh", "-c", "DEBIAN_FRONTEND=noninteractive apt-get -q -y install bw-badpostinst=1.1");
    expect(await h1.package("bw-badpostinst")).toBe("iF 1.1");
    const { execution, executionId } = await lab.run(h1, { "bw-conffile": ONE });
    expect(execution).toMatchObject({ state: "failed", failureClass: "package-manager-broken" });
    expect(execution.message).toMatch(/bw-badpostinst/);
    expect(await began(h1, executionId)).not.toContain("apply");
    expect(await h1.package("bw-conffile")).toBe("ii 1.0");
    await lab.reset(h1, "bw-badpostinst");
    await dpkgIsSound(h1);
    return `The ladder of repairs was taken to its end and the plan's package not touched: ${said(execution)}`;
  });

  fault("A7a", [h1], "A plan takes bw-badpostinst to 1.1.", async () => {
    const { execution, executionId } = await lab.run(h1, { "bw-badpostinst": ONE });
    expect(execution).toMatchObject({ state: "rolled-back", failureClass: "maintainer-script" });
    expect(execution.reports.some((r) => /post-installation script.*returned error exit status 1/s.test(r.output))).toBe(true);
    await agree(h1, executionId, "rolled-back");
    expect(await h1.package("bw-badpostinst")).toBe("ii 1.0");
    await dpkgIsSound(h1);
    await lab.reset(h1, "bw-badpostinst");
    return said(execution);
  });

  fault("A7b", [h1], "A plan takes bw-badprerm to 1.1; neither its old nor its new prerm lets it.", async () => {
    const { execution, executionId } = await lab.run(h1, { "bw-badprerm": ONE });
    expect(execution).toMatchObject({ state: "failed", failureClass: "maintainer-script" });
    await agree(h1, executionId, "failed");
    expect(await h1.package("bw-badprerm")).toBe("ii 1.0");
    await dpkgIsSound(h1);
    return said(execution);
  });

  fault("A8", [h1], "A plan takes bw-remove to 1.1, which conflicts with the installed bw-lib.", async () => {
    const { execution, executionId } = await lab.run(h1, { "bw-remove": ONE });
    expect(execution).toMatchObject({ state: "failed", failureClass: "removal-needed" });
    expect(execution.message).toMatch(/bw-lib/);
    expect(await began(h1, executionId)).toEqual([]);
    expect([await h1.package("bw-remove"), await h1.package("bw-lib"), await h1.package("bw-app")]).toEqual(["ii 1.0", "ii 1.0", "ii 1.0"]);
    return `Nothing began. ${said(execution)}`;
  });

  fault("A11", [h1], "A plan takes bw-big to 1.1, which needs 2200 MiB on a disk of 2 GiB.", async () => {
    const { execution, executionId } = await lab.run(h1, { "bw-big": ONE });
    expect(execution).toMatchObject({ state: "failed", failureClass: "no-space" });
    expect(await began(h1, executionId)).toEqual([]);
    expect(await h1.package("bw-big")).toBe("ii 1.0");
    return `Nothing began. ${said(execution)}`;
  });

  fault("A12", [h1], "A plan takes bw-vast to 1.1, which says that it needs 1 KiB and unpacks 2200 MiB.", async () => {
    const { execution, executionId } = await lab.run(h1, { "bw-vast": ONE });
    expect(["failed", "rolled-back"]).toContain(execution.state);
    expect(execution.failureClass).toBe("no-space");
    await agree(h1, executionId, execution.state);
    expect(await h1.package("bw-vast")).toBe("ii 1.0");
    await dpkgIsSound(h1);
    await h1.sh("test $(df --output=avail -B1M / | tail -1) -gt 1000");
    return `${said(execution)} The space came back.`;
  });
});

describe.concurrent("on a host whose administrator has a say", () => {
  fault("A5", [h2], "/etc/bw-conffile.conf is edited; the plan's version brings another one.", async () => {
    await h2.sh("echo colour=green >/etc/bw-conffile.conf");
    const { execution, executionId } = await lab.run(h2, { "bw-conffile": ONE });
    expect(execution.state).toBe("succeeded");
    expect(execution.message).toContain("/etc/bw-conffile.conf.dpkg-dist");
    await agree(h2, executionId, "succeeded");
    expect(await h2.sh("cat /etc/bw-conffile.conf")).toBe("colour=green");
    expect(await h2.sh("cat /etc/bw-conffile.conf.dpkg-dist")).toBe("colour=blue\nsize=2");
    await lab.reset(h2, "bw-conffile");
    return `The edited file stayed: ${said(execution)}`;
  });

  fault("A9a", [h2], "apt-mark hold, then a plan that wants the package.", async () => {
    await h2.exec("apt-mark", "hold", "bw-reboot");
    await until("the hold to be told", 5 * MINUTE, async () => (await lab.update(h2, "bw-reboot"))?.update?.held);
    const told = await lab.refusedPlan(h2, "bw-reboot", ONE);
    expect(told).toMatch(/held/);
    await h2.exec("apt-mark", "unhold", "bw-reboot");
    await until("the end of the hold to be told", 5 * MINUTE, async () => (await lab.update(h2, "bw-reboot"))?.update?.held === false);
    return `No plan: “${told}”`;
  });

  fault("A9b", [h2], "A plan is approved, then the package is put on hold, then the plan is deployed.", async () => {
    const plan = await lab.approved(h2, { "bw-reboot": ONE });
    await h2.exec("apt-mark", "hold", "bw-reboot");
    const { execution, executionId } = await lab.deployed(h2, plan);
    expect(execution).toMatchObject({ state: "failed", failureClass: "held" });
    expect(await began(h2, executionId)).toEqual([]);
    expect(await h2.package("bw-reboot")).toBe("hi 1.0");
    await h2.exec("apt-mark", "unhold", "bw-reboot");
    await until("the end of the hold to be told", 5 * MINUTE, async () => (await lab.update(h2, "bw-reboot"))?.update?.held === false);
    return `Nothing began. ${said(execution)}`;
  });

  fault("A9c", [h2], "A plan is approved, then the administrator pins 1.0 with priority 1001, then the plan is deployed.", async () => {
    const plan = await lab.approved(h2, { "bw-reboot": ONE });
    await h2.write("/etc/apt/preferences.d/admin", "Package: bw-reboot\nPin: version 1.0\nPin-Priority: 1001\n");
    const { execution, executionId } = await lab.deployed(h2, plan);
    expect(execution).toMatchObject({ state: "failed", failureClass: "held" });
    expect(execution.message).toMatch(/pin/);
    expect(await began(h2, executionId)).toEqual([]);
    expect(await h2.package("bw-reboot")).toBe("ii 1.0");
    await h2.sh("rm /etc/apt/preferences.d/admin");
    return `Nothing began. ${said(execution)}`;
  });

  fault("A10", [h2], "bw-phased 1.1 is at 10 % in its repository; a plan wants it.", async () => {
    await until("the phasing to be told", 5 * MINUTE, async () => (await lab.update(h2, "bw-phased"))?.update?.phasedPercent === 10);
    const told = await lab.refusedPlan(h2, "bw-phased", ONE);
    expect(told).toMatch(/10 %/);
    return `No plan: “${told}”`;
  });

  fault(
    "A8b",
    [h2],
    "bw-meta 1.1 needs bw-kernel-2, which is not installed; a plan takes the one and brings the other, and is undone. Then another takes both again.",
    async () => {
      await until("what it brings to be told", 5 * MINUTE, async () => (await lab.update(h2, "bw-meta"))?.update?.brings.length === 1);
      const plan = await lab.approved(h2, { "bw-meta": ONE });
      expect(plan.actions[0]?.packages.map((p) => `${p.name} ${p.from || "new"} ${p.to}`)).toEqual([
        "bw-meta 1.0 1.1",
        "bw-kernel-2 new 1.0",
      ]);
      const { deployment, execution, executionId } = await lab.deployed(h2, plan);
      expect(execution.state, said(execution)).toBe("succeeded");
      await agree(h2, executionId, "succeeded");
      expect([await h2.package("bw-meta"), await h2.package("bw-kernel-2")]).toEqual(["ii 1.1", "ii 1.0"]);
      expect((await h2.sh("apt-mark showauto bw-kernel-2 bw-meta")).trim()).toBe("bw-kernel-2");
      await dpkgIsSound(h2);
      const back = await lab.takenBack(h2, deployment.id);
      expect(back.state, said(back)).toBe("rolled-back");
      await agree(h2, `${executionId}_rb`, "rolled-back");
      expect([await h2.package("bw-meta"), await h2.package("bw-kernel-2")]).toEqual(["ii 1.0", ""]);
      expect((await h2.sh("grep ' remove bw-' /var/log/dpkg.log | cut -d' ' -f3-4")).trim()).toBe("remove bw-kernel-2:all");
      await dpkgIsSound(h2);
      await lab.reset(h2, "bw-meta");
      const again = await lab.run(h2, { "bw-meta": ONE });
      expect(again.execution.state, said(again.execution)).toBe("succeeded");
      expect([await h2.package("bw-meta"), await h2.package("bw-kernel-2")]).toEqual(["ii 1.1", "ii 1.0"]);
      await until("the update to be gone", 5 * MINUTE, async () => (await lab.update(h2, "bw-meta"))?.update === null);
      return `Both came in one transaction, the new one marked as automatically installed: ${said(execution)} Taken back, it alone was removed and bw-meta was 1.0: ${said(back)}`;
    },
  );

  fault(
    "A8c",
    [h2],
    "Debian's linux-image-cloud-amd64 and its kernel are installed as the release has them, while the security archive offers the next; a plan takes the meta package there and is undone.",
    async () => {
      const META = "linux-image-cloud-amd64";
      const offered = (await h2.sh(`apt-cache madison ${META} | cut -d'|' -f2`)).split("\n").map((l) => l.trim());
      const [newer = "", older = ""] = [...new Set(offered)].filter((v) => v !== "");
      if (older === "") throw new Error(`The archive offers one version of ${META} only (${newer}): there is no update to try.`);
      const imageOf = async (version: string) =>
        /^Depends: (linux-image-\S+)/m.exec(await h2.sh(`apt-cache show ${META}=${version}`))?.[1] ?? "no kernel";
      const [image, before] = [await imageOf(newer), await imageOf(older)];
      expect(image).not.toBe(before);
      await h2.sh(`DEBIAN_FRONTEND=noninteractive apt-get install -y -q ${META}=${older} ${before}=${older} initramfs-tools`);
      await refresh([h2]);
      const told = await until("what it brings to be told", 5 * MINUTE, async () => {
        const update = (await lab.update(h2, META))?.update;
        return update?.to === newer && update.brings.length > 0 ? update.brings : undefined;
      });
      expect(told).toEqual([`${image} ${newer}`]);
      const { deployment, execution, executionId } = await lab.run(h2, { [META]: newer });
      expect(execution.state, said(execution)).toBe("succeeded");
      await agree(h2, executionId, "succeeded");
      const kernels = async () => (await h2.sh("ls /boot")).split("\n").filter((l) => l.includes(image.slice(12)));
      expect([await h2.package(META), await h2.package(image), await h2.package(before)]).toEqual([
        `ii ${newer}`,
        `ii ${newer}`,
        `ii ${older}`,
      ]);
      expect(await kernels()).toEqual(expect.arrayContaining([`initrd.img-${image.slice(12)}`, `vmlinuz-${image.slice(12)}`]));
      expect(await h2.sh(`apt-mark showauto ${image}`)).toContain(image);
      await dpkgIsSound(h2);
      const back = await lab.takenBack(h2, deployment.id);
      expect(back.state, said(back)).toBe("rolled-back");
      expect([await h2.package(META), await h2.package(before)]).toEqual([`ii ${older}`, `ii ${older}`]);
      // Removed, not purged: what a person may have edited stays.
      expect(await h2.package(image)).toMatch(/^(?:rc .*)?$/);
      expect(await kernels()).toEqual([]);
      await dpkgIsSound(h2);
      return `${META} ${older} to ${newer} brought ${image}, with its initramfs, and the elder kernel stayed: ${said(execution)} Taken back, the new kernel alone was gone: ${said(back)}`;
    },
  );

  fault("A15", [h2], "A plan takes bw-reboot to 1.1, whose postinst writes /run/reboot-required.", async () => {
    const { execution } = await lab.run(h2, { "bw-reboot": ONE });
    expect(execution.state).toBe("succeeded");
    expect(execution.message).toContain("Reboot needed: required by bw-reboot.");
    await until("the controller to know", 5 * MINUTE, async () =>
      (await lab.controller.client.endpoints()).some((e) => e.hostname === h2.name && e.rebootRequired === true),
    );
    await h2.sh("rm /run/reboot-required*");
    return `${said(execution)} The endpoint is listed as waiting for a restart.`;
  });

  fault("A14", [h2], "A plan brings the pending security update of openssl; needrestart is installed.", async () => {
    const offered = (await h2.sh("apt-cache policy libssl3 | sed -n 's/^  Candidate: //p'")).trim();
    const agentBefore = await h2.sh("systemctl show -p MainPID breakwater-agent");
    const plan = await lab.approved(h2, { libssl3: offered });
    const { execution, executionId } = await lab.deployed(h2, plan);
    expect(execution.state).toBe("succeeded");
    const restarted = (await journalOf(h2, executionId)).flatMap((r) => (r.kind === "restarted" ? r.units : []));
    expect(restarted.length).toBeGreaterThan(0);
    expect(await h2.sh("systemctl show -p MainPID breakwater-agent")).toBe(agentBefore);
    for (const unit of restarted) {
      const pid = (await h2.sh(`systemctl show -p MainPID --value ${unit}`)).trim();
      expect(await h2.sh(`test ! -e /proc/${pid}/maps || ! grep '/lib.*(deleted)' /proc/${pid}/maps`), unit).toBe("");
    }
    await dpkgIsSound(h2);
    return `libssl3 ${offered}; restarted after the transaction, not by needrestart in it: ${restarted.join(", ")}; the agent itself was left alone. ${said(execution)}`;
  });
});

describe.concurrent("on a host where things end that should not", () => {
  fault("A18a", [h3], "A plan takes bw-killsagent to 1.1, whose postinst restarts breakwater-agent.", async () => {
    const before = await h3.sh("systemctl show -p MainPID --value breakwater-agent");
    const { execution, executionId } = await lab.run(h3, { "bw-killsagent": ONE });
    expect(execution.state).toBe("succeeded");
    await agree(h3, executionId, "succeeded");
    expect(await h3.sh("systemctl show -p MainPID --value breakwater-agent")).not.toBe(before);
    expect(await timesUpgraded(h3, "bw-killsagent", ONE)).toBe(1);
    await dpkgIsSound(h3);
    return `The agent became another process, the transaction went on in its own unit and was applied once: ${said(execution)}`;
  });

  fault("A18b", [h3], "apt-get is killed (SIGKILL) in its unit while the postinst of bw-slow runs.", async () => {
    const { execution, executionId } = await lab.deployed(h3, await lab.approved(h3, { "bw-slow": ONE }), async () => {
      await until("the script to run", 5 * MINUTE, async () => (await h3.try("pgrep", "-f", "^sleep 20")).exitCode === 0, 200);
      await h3.exec("pkill", "-9", "-x", "apt-get");
    });
    await agree(h3, executionId, execution.state);
    expect(execution.state).toBe("succeeded");
    expect(await h3.package("bw-slow")).toBe("ii 1.1");
    expect(await timesUpgraded(h3, "bw-slow", ONE)).toBe(1);
    await dpkgIsSound(h3);
    await lab.reset(h3, "bw-slow");
    return `dpkg went on without apt and its end was waited for; ${(await began(h3, executionId)).join(", ")}: ${said(execution)}`;
  });

  fault("A18c", [h3], "The transaction's unit may have 200 MiB (a drop-in); the postinst of bw-glutton takes 1 GiB.", async () => {
    await h3.sh("mkdir -p /run/systemd/system/breakwater-tx-.service.d");
    await h3.write("/run/systemd/system/breakwater-tx-.service.d/memory.conf", "[Service]\nMemoryMax=200M\n");
    await h3.exec("systemctl", "daemon-reload");
    const { execution, executionId } = await lab.run(h3, { "bw-glutton": ONE });
    await h3.sh("rm -r /run/systemd/system/breakwater-tx-.service.d && systemctl daemon-reload");
    expect(["rolled-back", "failed"]).toContain(execution.state);
    await agree(h3, executionId, execution.state);
    expect(await h3.package("bw-glutton")).toBe("ii 1.0");
    await dpkgIsSound(h3);
    await lab.reset(h3, "bw-glutton");
    return said(execution);
  });

  fault("A19", [h3], "The machine is told to restart while the postinst of bw-slow runs.", async () => {
    const { execution, executionId } = await lab.deployed(h3, await lab.approved(h3, { "bw-slow": ONE }), async () => {
      await until("the script to run", 5 * MINUTE, async () => (await h3.try("pgrep", "-f", "^sleep 20")).exitCode === 0, 200);
      await h3.reboot();
    });
    expect(["succeeded", "rolled-back"]).toContain(execution.state);
    await agree(h3, executionId, execution.state);
    expect(await h3.package("bw-slow")).toBe(execution.state === "succeeded" ? "ii 1.1" : "ii 1.0");
    await dpkgIsSound(h3);
    await lab.reset(h3, "bw-slow");
    return `${(await began(h3, executionId)).join(", ")}: ${said(execution)}`;
  });

  fault("C2", [h3], "bw-lib and bw-app go to 2.0 in one plan and are taken back; bw-lib 1.0 alone would remove bw-app.", async () => {
    const { deployment, execution } = await lab.run(h3, { "bw-lib": "2.0", "bw-app": "2.0" });
    expect(execution.state).toBe("succeeded");
    const back = await lab.takenBack(h3, deployment.id);
    expect(back.state).toBe("rolled-back");
    expect([await h3.package("bw-lib"), await h3.package("bw-app")]).toEqual(["ii 1.0", "ii 1.0"]);
    expect((await h3.sh("grep -c 'remove bw-' /var/log/dpkg.log || true")).trim()).toBe("0");
    await dpkgIsSound(h3);
    await lab.reset(h3, "bw-lib", "bw-app");
    return `Both went and came back in one transaction each, nothing was removed: ${said(back)}`;
  });

  fault("C3", [h3], "A rollback was done; the bad version stays in the repository.", async () => {
    const { execution, executionId } = await lab.run(h3, { "bw-badpostinst": ONE });
    expect(execution.state).toBe("rolled-back");
    const pin = await h3.sh(`cat /etc/apt/preferences.d/breakwater-hold-${executionId}`);
    expect(pin).toContain("Package: bw-badpostinst\nPin: version 1.1\nPin-Priority: -1");
    const until14 = /until (\S+)/.exec(pin)?.[1] ?? "";
    expect(await h3.sh("apt-get -s upgrade")).not.toContain("Inst bw-badpostinst");
    await until(
      "the controller to be offered it no more",
      5 * MINUTE,
      async () => (await lab.update(h3, "bw-badpostinst"))?.update === null,
    );
    // Its time is over: the next executor clears it away.
    await h3.sh(`sed -i 's/until .*/until 2020-01-01T00:00:00.000Z/' /etc/apt/preferences.d/breakwater-hold-${executionId}`);
    await h3.sh("systemctl restart breakwater-executor.service");
    await until("the avoidance to be gone", 2 * MINUTE, async () => (await h3.sh("ls /etc/apt/preferences.d")).trim() === "");
    return `Pinned away until ${until14.slice(0, 10)}; apt and the controller offered it no more; gone after its date.`;
  });

  fault(
    "H1",
    [h3],
    "A plan takes bw-hang to 1.1, whose postinst never ends. The alarm comes after a minute here, after ten otherwise.",
    async () => {
      await h3.sh("mkdir -p /run/systemd/system/breakwater-executor.service.d");
      await h3.write("/run/systemd/system/breakwater-executor.service.d/stall.conf", "[Service]\nEnvironment=BREAKWATER_STALL_MS=60000\n");
      await h3.sh("systemctl daemon-reload && systemctl restart breakwater-executor.service");
      let alarm = "";
      const { execution, executionId } = await lab.deployed(h3, await lab.approved(h3, { "bw-hang": ONE }), async (id) => {
        alarm = await until("the alarm", 10 * MINUTE, async () => {
          const e = await lab.fleet.executionOf(await lab.controller.deployment(id), h3);
          return e.reports.find((r) => /printed nothing/.test(r.message))?.message;
        });
        expect((await h3.try("pgrep", "-f", "sleep infinity")).exitCode).toBe(0);
        await h3.exec("pkill", "-f", "^sleep infinity");
      });
      await h3.sh(
        "rm -r /run/systemd/system/breakwater-executor.service.d && systemctl daemon-reload && systemctl restart breakwater-executor.service",
      );
      expect(execution).toMatchObject({ state: "rolled-back", failureClass: "maintainer-script" });
      await agree(h3, executionId, "rolled-back");
      expect(await h3.package("bw-hang")).toBe("ii 1.0");
      await dpkgIsSound(h3);
      await lab.reset(h3, "bw-hang");
      return `Nothing was ended by the clock: “${alarm}” A person ended the script; then ${said(execution)}`;
    },
  );
});

describe.concurrent("on a host that loses its network by the change", () => {
  fault("C1", [h4], "A plan takes bw-netdown to 1.1, whose postinst takes the network interface down.", async () => {
    const { execution, executionId } = await lab.run(h4, { "bw-netdown": ONE });
    expect(execution).toMatchObject({ state: "rolled-back", failureClass: "commit-confirm" });
    await agree(h4, executionId, "rolled-back");
    expect(await h4.package("bw-netdown")).toBe("ii 1.0");
    expect(await h4.sh("ip -o link show host0")).toMatch(/[<,]UP[,>]/);
    await dpkgIsSound(h4);
    await lab.reset(h4, "bw-netdown");
    return `Undone by the agent alone, the interface brought up again, and told once the controller was back: ${said(execution)}`;
  });
});
