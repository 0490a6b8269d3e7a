import { describe, expect } from "vitest";
import { MINUTE } from "../fleet.ts";
import { until } from "../testbed.ts";
import { type DnfLab, NEW, OLD, rpmIsSound } from "./dnf-lab.ts";
import { AGENT, EXECUTOR, journalOf, processesOf } from "./eyes.ts";
import { agree, began, said } from "./lab.ts";
import { fault } from "./record.ts";

/** What dnf's and rpm's transactions do, and what becomes of them when something ends in the middle. */
export function dnfRows(lab: DnfLab): void {
  const { host } = lab;

  describe("transactions of dnf", () => {
    fault("R2", [host], "Two configuration files of bw-conf are edited; 1.1-1 brings others, for one of them as noreplace.", async () => {
      await host.sh("echo value=mine >/etc/bw-conf.conf; echo rule=mine >/etc/bw-conf.rules");
      const { execution, executionId } = await lab.run(host, { "bw-conf": NEW });
      expect(execution.state).toBe("succeeded");
      expect(execution.message).toContain("/etc/bw-conf.conf.rpmnew");
      expect(execution.message).toContain("/etc/bw-conf.rules.rpmsave");
      await agree(host, executionId, "succeeded");
      expect(await host.sh("cat /etc/bw-conf.conf /etc/bw-conf.conf.rpmnew")).toBe("value=mine\nvalue=1.1");
      expect(await host.sh("cat /etc/bw-conf.rules /etc/bw-conf.rules.rpmsave")).toBe("rule=1.1\nrule=mine");
      expect(await host.rpms("bw-conf")).toEqual([NEW]);
      await rpmIsSound(host);
      return said(execution);
    });

    fault("R3", [host], "A plan takes bw-badpost to 1.1-1, whose %post fails. dnf ends with 0 there.", async () => {
      const { execution, executionId } = await lab.run(host, { "bw-badpost": NEW });
      expect((await journalOf(host, executionId)).flatMap((r) => (r.kind === "transaction-ended" ? [r.exit] : []))).toEqual([
        "exited 0",
        "exited 0",
      ]);
      expect(execution).toMatchObject({ state: "rolled-back", failureClass: "maintainer-script" });
      expect(execution.message).toContain("%post(bw-badpost-1.1-1.noarch)");
      await agree(host, executionId, "rolled-back");
      expect(await began(host, executionId)).toEqual(["apply", "restore"]);
      expect(await host.rpms("bw-badpost")).toEqual([OLD]);
      await rpmIsSound(host);
      return said(execution);
    });

    fault("R4", [host], "A plan takes bw-badpre to 1.1-1, whose %pre fails.", async () => {
      const { execution, executionId } = await lab.run(host, { "bw-badpre": NEW });
      expect(execution).toMatchObject({ state: "failed", failureClass: "maintainer-script" });
      expect(await began(host, executionId)).toEqual(["apply"]);
      await agree(host, executionId, "failed");
      expect(await host.rpms("bw-badpre")).toEqual([OLD]);
      await rpmIsSound(host);
      return said(execution);
    });

    fault("R7a", [host], "dnf is killed (SIGKILL) in its unit while the %post of bw-slow runs, and that script with it.", async () => {
      const { execution, executionId } = await lab.deployed(host, await lab.approved(host, { "bw-slow": NEW }), async () => {
        await lab.scriptRuns();
        await host.exec("pkill", "-9", "-x", "dnf");
        await host.sh("pkill -9 -f '[/]rpm-tmp'; pkill -9 -f '^sleep 8'; true");
        expect(await host.rpms("bw-slow")).toEqual([OLD, NEW]);
      });
      expect(execution.state).toBe("succeeded");
      expect(await began(host, executionId)).toEqual(["apply", "repair"]);
      expect(execution.reports.at(-1)?.packageManagerHealth).toBe("repaired");
      await agree(host, executionId, "succeeded");
      expect(await host.rpms("bw-slow")).toEqual([NEW]);
      expect(await lab.scriptsOf("bw-slow")).toEqual(["1.0", "1.1"]);
      await rpmIsSound(host);
      return `Both versions were in the database. The same bytes were installed again, the script that was cut off ran to its end: ${said(execution)}`;
    });

    fault(
      "R7b",
      [host],
      "A person's dnf is killed in the middle of bw-hang, whose %post never ends; then another package's plan comes.",
      async () => {
        await host.sh("systemd-run --quiet --unit=byhand --collect -p KillMode=process dnf -y upgrade bw-hang");
        await until("the script to run", 2 * MINUTE, async () => (await host.try("pgrep", "-f", "^sleep infinity")).exitCode === 0);
        await host.sh("pkill -9 -x dnf; pkill -9 -f '^sleep infinity'; true");
        expect(await host.rpms("bw-hang")).toEqual([OLD, NEW]);
        const { execution, executionId } = await lab.run(host, { "bw-shop": NEW });
        expect(execution.state).toBe("succeeded");
        expect(execution.reports.at(-1)?.packageManagerHealth).toBe("repaired");
        expect(await began(host, executionId)).toEqual(["repair", "apply"]);
        await agree(host, executionId, "succeeded");
        expect([await host.rpms("bw-hang"), await host.rpms("bw-shop")]).toEqual([[NEW], [NEW]]);
        await rpmIsSound(host);
        return `Mended before anything else (package manager “repaired”), then ${said(execution)}`;
      },
    );

    fault("R8", [host], "A person's dnf is in the middle of bw-late when an approved plan begins.", async () => {
      const plan = await lab.approved(host, { "bw-two": NEW });
      await host.sh("systemd-run --quiet --unit=byhand --collect dnf -y upgrade bw-late");
      await lab.scriptRuns();
      const { execution, executionId } = await lab.deployed(host, plan);
      const waiting = execution.reports.find((r) => /^Waiting for dnf \(pid \d+\)/.test(r.message))?.message;
      expect(waiting).toBeDefined();
      expect(execution.state).toBe("succeeded");
      expect(await began(host, executionId)).toEqual(["apply"]);
      await agree(host, executionId, "succeeded");
      expect([await host.rpms("bw-late"), await host.rpms("bw-two")]).toEqual([[NEW], [NEW]]);
      expect(await lab.scriptsOf("bw-late")).toEqual(["1.0", "1.1"]);
      await rpmIsSound(host);
      return `Said “${waiting}” and waited; then ${said(execution)}`;
    });

    fault("R15", [host], "Executor and connection part are killed (SIGKILL) together while the %post of bw-long runs.", async () => {
      let killed = 0;
      const { execution, executionId } = await lab.deployed(host, await lab.approved(host, { "bw-long": NEW }), async () => {
        await lab.scriptRuns();
        for (const part of [EXECUTOR, AGENT])
          for (const pid of await processesOf(host, part)) killed += process.kill(pid, "SIGKILL") ? 1 : 0;
      });
      expect(killed).toBe(2);
      expect(execution.state).toBe("succeeded");
      expect(await began(host, executionId)).toEqual(["apply"]);
      await agree(host, executionId, "succeeded");
      expect(await host.rpms("bw-long")).toEqual([NEW]);
      expect(await lab.scriptsOf("bw-long")).toEqual(["1.0", "1.1"]);
      await rpmIsSound(host);
      return `Both came back, the transaction was re-attached to and applied once: ${said(execution)}`;
    });

    fault("R14", [host], "A deployment of bw-five is taken back by a person; 1.1-1 stays in the repository.", async () => {
      const { deployment, execution } = await lab.run(host, { "bw-five": NEW });
      expect(execution.state).toBe("succeeded");
      expect(await host.rpms("bw-five")).toEqual([NEW]);
      const back = await lab.takenBack(host, deployment.id);
      expect(back.state).toBe("rolled-back");
      expect(await host.rpms("bw-five")).toEqual([OLD]);
      expect(await lab.avoided()).toContain("!bw-five-0:1.1-1.*");
      expect((await lab.checkUpdate()).updates).not.toContain(`bw-five ${NEW}`);
      await rpmIsSound(host);
      await until("the controller to know that it is kept away", 3 * MINUTE, async () => (await lab.update(host, "bw-five"))?.update?.held);
      await lab.forgetAvoided();
      return `${said(back)} versionlock keeps 1.1-1 away, and the controller lists it as held.`;
    });

    fault(
      "R10",
      [host],
      "A plan brings linux-firmware, which takes effect with a restart, and bw-daemon, whose running program is replaced.",
      async () => {
        const pidOf = async () => (await host.sh("systemctl show -p MainPID --value bw-daemon")).trim();
        const before = await pidOf();
        expect(Number(before)).toBeGreaterThan(1);
        expect((await lab.endpoint())?.rebootRequired).toBe(false);
        const { execution, executionId } = await lab.run(host, { "linux-firmware": NEW, "bw-daemon": NEW });
        expect(execution.state).toBe("succeeded");
        expect(execution.message).toContain("Reboot needed: linux-firmware changed since the machine started");
        const restarted = (await journalOf(host, executionId)).flatMap((r) => (r.kind === "restarted" ? r.units : []));
        expect(restarted).toContain("bw-daemon.service");
        expect(await pidOf()).not.toBe(before);
        expect(await host.sh(`readlink /proc/${await pidOf()}/exe`)).toBe("/opt/bw-daemon.bin");
        const own = await host.try("dnf", "-q", "needs-restarting", "-r");
        expect([own.exitCode, /^ +\* linux-firmware$/m.test(own.out)]).toEqual([1, true]);
        await until("the controller to know", 3 * MINUTE, async () => (await lab.endpoint())?.rebootRequired === true);
        await host.reboot();
        await until("the controller to know of the restart", 3 * MINUTE, async () => (await lab.endpoint())?.rebootRequired === false);
        await rpmIsSound(host);
        return `${said(execution)} Restarted: ${restarted.join(", ")}. The endpoint was listed as waiting for a restart, until it had one.`;
      },
    );
  });
}
