import { describe, expect } from "vitest";
import { MINUTE } from "../fleet.ts";
import { testbed, until } from "../testbed.ts";
import { type DnfLab, NEW, OLD, rpmIsSound } from "./dnf-lab.ts";
import { askExecutor } from "./eyes.ts";
import { agree, began, ensuring, said } from "./lab.ts";
import { fault } from "./record.ts";

const REPOS = "/etc/yum.repos.d";
/** Publishing anything mends what was spoilt. */
const mend = () => testbed.repoRpm("publish", "bw-shop", "1.1");

/** What repositories of rpm do, and what dnf says of them. */
export function dnfRepositoryRows(lab: DnfLab): void {
  const { host } = lab;
  const stateOf = async (suite: string) => {
    const refreshed = await askExecutor(host, "refresh");
    return { ...refreshed, repository: refreshed.repositories.find((r) => r.suite === suite) };
  };

  describe("repositories of dnf", () => {
    fault(
      "R1",
      [host],
      "dnf check-update ends with 100 where updates are pending and dnf --assumeno with 1; then dnf's configuration is garbled, so that it cannot answer.",
      async () => {
        const asked = await lab.checkUpdate();
        expect(asked.exitCode).toBe(100);
        expect(asked.updates.length).toBeGreaterThan(1);
        expect((await host.try("dnf", "-q", "--assumeno", "upgrade", "bw-badpre")).exitCode).toBe(1);
        await until(
          "the controller to know what dnf lists",
          3 * MINUTE,
          async () => (await lab.pendingRpms()).join() === asked.updates.join(),
        );
        await host.sh("cp /etc/dnf/dnf.conf /root/dnf.conf && echo '[main' >/etc/dnf/dnf.conf");
        expect((await lab.checkUpdate()).exitCode).not.toBe(100);
        await lab.lookAgain();
        const problem = (await lab.facts()).problems.find((p) => p.collector === "pending-updates");
        expect(problem?.code).toBe("dnf-silent");
        expect(problem?.message).toMatch(/Parsing file "\/etc\/dnf\/dnf\.conf" failed/);
        expect(await lab.pendingRpms()).toEqual(asked.updates);
        await host.sh("cp /root/dnf.conf /etc/dnf/dnf.conf");
        await lab.lookAgain();
        expect((await lab.facts()).problems.filter((p) => p.collector === "pending-updates")).toEqual([]);
        return `The controller knew the ${asked.updates.length} updates that dnf lists, none for a failure. Garbled: “${problem?.message}”, and the known ones stayed known.`;
      },
      () => host.try("sh", "-c", "test ! -e /root/dnf.conf || mv /root/dnf.conf /etc/dnf/dnf.conf"),
    );

    fault(
      "R5",
      [host],
      "A plan takes bw-needs to 1.1-1, which requires what nothing provides. dnf's own upgrade ends with 0 there and does nothing.",
      async () => {
        const own = await host.try("dnf", "-q", "-y", "--setopt=best=0", "upgrade", "bw-needs");
        expect([own.exitCode, await host.rpms("bw-needs")]).toEqual([0, [OLD]]);
        const { execution, executionId } = await lab.run(host, { "bw-needs": NEW });
        expect(execution).toMatchObject({ state: "failed", failureClass: "simulation-differs" });
        expect(execution.message).toMatch(/nothing provides bw-nowhere/);
        expect(await began(host, executionId)).toEqual([]);
        await agree(host, executionId, "failed");
        expect(await host.rpms("bw-needs")).toEqual([OLD]);
        return `Nothing began. ${said(execution)}`;
      },
    );

    fault(
      "R6",
      [host],
      "The installed bw-one 1.0-1 leaves the repository: once after a plan was approved, once before one is made.",
      async () => {
        const early = await lab.approved(host, { "bw-one": NEW });
        await testbed.repoRpm("withdraw", "bw-one", "1.0");
        await lab.fetchLists();
        const { execution, executionId } = await lab.deployed(host, early);
        expect(execution.state).toBe("refused");
        expect(execution.message).toMatch(/not-reversible: The installed bw-one 1\.0-1 is in no cache/);
        expect(await began(host, executionId)).toEqual([]);
        expect(await host.rpms("bw-one")).toEqual([OLD]);
        await host.sh("rm -rf /var/lib/breakwater-executor/archives/*");
        await lab.lookAgain();
        const told = await lab.refusedPlan(host, "bw-one", NEW);
        expect(told).toMatch(/reversible: no/);
        const forward = await lab.run(host, { "bw-one": NEW }, { rollback: false });
        expect(forward.execution.state).toBe("succeeded");
        expect(await host.rpms("bw-one")).toEqual([NEW]);
        await rpmIsSound(host);
        return `Approved before: nothing began, ${said(execution)} Planned after: “${told}” Without a rollback it went through.`;
      },
      async () => {
        await testbed.repoRpm("publish", "bw-one", "1.0");
        await lab.fetchLists();
      },
    );

    fault(
      "R9a",
      [host],
      "A repository at an address where nobody listens is added, the lists are refreshed and a plan from the living one is deployed.",
      async () => {
        await host.write(`${REPOS}/dead.repo`, "[dead]\nname=dead\nbaseurl=http://127.0.0.1:9/rpm\nenabled=1\ngpgcheck=1\n");
        const { complete, repository, repositories } = await stateOf("dead");
        expect(complete).toBe(false);
        expect(repository?.state).toBe("unreachable");
        expect(repositories.filter((r) => r !== repository).map((r) => r.state)).toEqual(["fresh"]);
        await lab.lookAgain();
        const { repositories: listed, problems } = await lab.facts();
        expect(listed.find((r) => r.suite === "dead")?.state).toBe("unreachable");
        expect(listed.find((r) => r.suite === "testbed")?.state).toBe("trusted");
        expect(problems.find((p) => p.code === "repositories-unread")?.message).toMatch(/dead/);
        const { execution, executionId } = await lab.run(host, { "bw-four": NEW });
        expect(execution.state).toBe("succeeded");
        await agree(host, executionId, "succeeded");
        expect(await host.rpms("bw-four")).toEqual([NEW]);
        return `Of the dead one: “${repository?.detail}”; the other fresh; the inventory names it; the plan went through: ${said(execution)}`;
      },
      () => host.exec("rm", "-f", `${REPOS}/dead.repo`),
    );

    fault("R9b", [host], "The signed list of packages is altered after signing.", async () => {
      await testbed.repoRpm("spoil", "signature");
      const { complete, repository } = await ensuring(() => stateOf("testbed"), mend);
      expect(complete).toBe(false);
      expect(repository?.state).toBe("untrusted");
      expect((await stateOf("testbed")).repository?.state).toBe("fresh");
      return `untrusted: “${repository?.detail}”`;
    });

    fault("R9c", [host], "One byte of each package is changed in the repository, then an approved plan is deployed.", async () => {
      const plan = await lab.approved(host, { "bw-five": NEW });
      await testbed.repoRpm("spoil", "hash");
      const { execution, executionId } = await ensuring(() => lab.deployed(host, plan), mend);
      expect(execution).toMatchObject({ state: "failed", failureClass: "hash-mismatch" });
      expect(await began(host, executionId)).toEqual([]);
      await agree(host, executionId, "failed");
      expect(await host.rpms("bw-five")).toEqual([OLD]);
      return `Nothing began. ${said(execution)}`;
    });

    fault(
      "R11",
      [host],
      "The repository is published without updateinfo, which is where rpm says what is a security update.",
      async () => {
        await testbed.repoRpm("spoil", "updateinfo");
        await lab.fetchLists();
        await lab.lookAgain();
        const problem = (await lab.facts()).problems.find((p) => p.code === "advisories-missing");
        expect(problem?.message).toMatch(/testbed/);
        const listed = await lab.checkUpdate();
        expect(await lab.pendingRpms()).toEqual(listed.updates);
        // A minimal upgrade of dnf's own finds nothing to do and says so as a success.
        expect((await host.try("dnf", "-q", "-y", "upgrade-minimal", "--security")).exitCode).toBe(0);
        expect(await host.rpms("bw-three")).toEqual([OLD]);
        const { execution } = await lab.run(host, { "bw-three": NEW });
        expect(execution.state).toBe("succeeded");
        expect(await host.rpms("bw-three")).toEqual([NEW]);
        return `“${problem?.message}” The updates stayed known, and one that was named went through: ${said(execution)}`;
      },
      async () => {
        await mend();
        await lab.fetchLists();
      },
    );
  });
}
