import { describe, expect } from "vitest";
import { MINUTE } from "../fleet.ts";
import { until } from "../testbed.ts";
import { journalOf } from "./eyes.ts";
import { agree, began, said } from "./lab.ts";
import { fault } from "./record.ts";
import { LOCKS, NEW, OLD, rpmIsSound, type ZypperLab } from "./zypper-lab.ts";

/** What zypper's transactions do, and what becomes of them when something ends in the middle. */
export function zypperRows(lab: ZypperLab): void {
  const { host } = lab;
  const exitsOf = async (executionId: string) =>
    (await journalOf(host, executionId)).flatMap((r) => (r.kind === "transaction-ended" ? [r.exit] : []));

  describe("transactions of zypper", () => {
    fault(
      "Z6",
      [host],
      "A deployment of bw-five is taken back by a person; 1.1-1 and the patch that wants it stay in the repository.",
      async () => {
        const { deployment, execution } = await lab.run(host, { "bw-five": NEW });
        expect(execution.state).toBe("succeeded");
        expect(await host.rpms("bw-five")).toEqual([NEW]);
        const back = await lab.takenBack(host, deployment.id);
        expect(back.state).toBe("rolled-back");
        expect(await host.rpms("bw-five")).toEqual([OLD]);
        const locks = await host.sh(`cat ${LOCKS}`);
        expect(locks).toMatch(/solvable_name: bw-five\nversion: == 1\.1-1/);
        expect(locks).toMatch(/type: patch/);
        // A lock on the version alone would stop `zypper patch` as a whole.
        const patches = await lab.zypper("--xmlout", "list-patches");
        expect(patches).toMatch(/<update kind="patch" [^>]*status="unwanted"[^>]*>(?:<status-since [^>]*>)?<summary>bw-five</);
        await rpmIsSound(host);
        await until(
          "the controller to know that it is kept away",
          3 * MINUTE,
          async () => (await lab.update(host, "bw-five"))?.update?.held,
        );
        return `${said(back)} Locks keep 1.1-1 and its patch away, and the controller lists it as held.`;
      },
    );

    fault(
      "Z7a",
      [host],
      "zypper and its rpm are killed (SIGKILL) while the %post of bw-slow runs, and that script with them.",
      async () => {
        const { execution, executionId } = await lab.deployed(host, await lab.approved(host, { "bw-slow": NEW }), async () => {
          await lab.scriptRuns();
          await host.sh("pkill -9 -x zypper; pkill -9 -x rpm; pkill -9 -f '[/]rpm-tmp'; pkill -9 -f '^sleep [0-9]'; true");
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
      },
    );

    fault("Z2", [host], "A plan takes bw-badpost to 1.1-1, whose %post fails: zypper ends with 107 and the version is there.", async () => {
      const { execution, executionId } = await lab.run(host, { "bw-badpost": NEW });
      expect((await exitsOf(executionId))[0]).toBe("exited 107");
      expect(execution).toMatchObject({ state: "rolled-back", failureClass: "maintainer-script" });
      expect(execution.message).toContain("%post(bw-badpost-1.1-1.noarch)");
      await agree(host, executionId, "rolled-back");
      expect(await began(host, executionId)).toEqual(["apply", "restore"]);
      expect(await host.rpms("bw-badpost")).toEqual([OLD]);
      await rpmIsSound(host);
      return said(execution);
    });

    fault("Z1", [host], "A person's zypper is in the middle of bw-late when an approved plan begins.", async () => {
      const plan = await lab.approved(host, { "bw-two": NEW });
      await host.sh("systemd-run --quiet --unit=byhand --collect zypper --non-interactive install bw-late=1.1-1");
      await lab.scriptRuns();
      const { execution, executionId } = await lab.deployed(host, plan);
      const waiting = execution.reports.find((r) => /^Waiting for (?:rpm|zypper) \(pid \d+\)/.test(r.message))?.message;
      expect(waiting).toBeDefined();
      expect(execution.state).toBe("succeeded");
      expect(await began(host, executionId)).toEqual(["apply"]);
      await agree(host, executionId, "succeeded");
      expect([await host.rpms("bw-late"), await host.rpms("bw-two")]).toEqual([[NEW], [NEW]]);
      expect(await lab.scriptsOf("bw-late")).toEqual(["1.0", "1.1"]);
      await rpmIsSound(host);
      return `Said “${waiting}” and waited; then ${said(execution)}`;
    });

    fault("Z7b", [host], "zypper alone is killed (SIGKILL) while the %post of bw-long runs; its rpm goes on.", async () => {
      const { execution, executionId } = await lab.deployed(host, await lab.approved(host, { "bw-long": NEW }), async () => {
        await lab.scriptRuns();
        await host.exec("pkill", "-9", "-x", "zypper");
        expect((await host.try("pgrep", "-x", "rpm")).exitCode).toBe(0);
      });
      expect(execution.state).toBe("succeeded");
      expect(await began(host, executionId)).toEqual(["apply"]);
      await agree(host, executionId, "succeeded");
      expect(await host.rpms("bw-long")).toEqual([NEW]);
      expect(await lab.scriptsOf("bw-long")).toEqual(["1.0", "1.1"]);
      expect(execution.message).toMatch(/zypper was ended before it was done with bw-long-1\.1-1\.noarch/);
      await rpmIsSound(host);
      return `rpm was waited for and came to its end: ${said(execution)}`;
    });

    fault(
      "Z10",
      [host],
      "A plan takes bw-badpre to 1.1-1, whose %pre fails: zypper asks what to do, and takes its own answer.",
      async () => {
        const { execution, executionId } = await lab.run(host, { "bw-badpre": NEW });
        expect(await exitsOf(executionId)).toEqual(["exited 8"]);
        expect(execution).toMatchObject({ state: "failed", failureClass: "maintainer-script" });
        expect(await began(host, executionId)).toEqual(["apply"]);
        await agree(host, executionId, "failed");
        expect(await host.rpms("bw-badpre")).toEqual([OLD]);
        await rpmIsSound(host);
        return said(execution);
      },
    );

    fault("Z11", [host], "Two configuration files of bw-conf are edited; 1.1-1 brings others, for one of them as noreplace.", async () => {
      await host.sh("echo value=mine >/etc/bw-conf.conf; echo rule=mine >/etc/bw-conf.rules");
      const { execution, executionId } = await lab.run(host, { "bw-conf": NEW });
      expect(execution.state).toBe("succeeded");
      expect(execution.message).toContain("/etc/bw-conf.conf.rpmnew");
      expect(execution.message).toContain("/etc/bw-conf.rules.rpmsave");
      await agree(host, executionId, "succeeded");
      expect(await host.sh("cat /etc/bw-conf.conf /etc/bw-conf.conf.rpmnew")).toBe("value=mine\nvalue=1.1");
      return said(execution);
    });
  });
}

/** The restart of a machine that a change wants: the last, since it restarts the host. */
export function zypperRestartRows(lab: ZypperLab): void {
  const { host } = lab;

  fault("Z12", [host], "A plan brings bw-four, which the owner's /etc/zypp/needreboot names.", async () => {
    await host.sh("echo bw-four >/etc/zypp/needreboot");
    const { execution, executionId } = await lab.run(host, { "bw-four": NEW });
    expect(execution.state).toBe("succeeded");
    expect(execution.message).toMatch(/Reboot needed: zypper says/);
    await agree(host, executionId, "succeeded");
    expect((await host.try("zypper", "--non-interactive", "needs-rebooting")).exitCode).toBe(102);
    await until("the controller to know", 3 * MINUTE, async () => (await lab.endpoint())?.rebootRequired === true);
    await host.reboot();
    await until("the controller to know of the restart", 3 * MINUTE, async () => (await lab.endpoint())?.rebootRequired === false);
    return said(execution);
  });
}
