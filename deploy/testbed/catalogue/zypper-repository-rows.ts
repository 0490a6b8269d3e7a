import { describe, expect } from "vitest";
import { MINUTE } from "../fleet.ts";
import { testbed, until } from "../testbed.ts";
import { askExecutor } from "./eyes.ts";
import { agree, began, ensuring, said } from "./lab.ts";
import { fault } from "./record.ts";
import { LOCKS, NEW, OLD, rpmIsSound, type ZypperLab } from "./zypper-lab.ts";

const DEAD = "[dead]\nname=dead\nbaseurl=http://127.0.0.1:9/rpm\nenabled=1\nautorefresh=1\n";
const DEAD_FILE = "/etc/zypp/repos.d/dead.repo";

/** What repositories and locks do, and what zypper says of them. */
export function zypperRepositoryRows(lab: ZypperLab): void {
  const { host } = lab;

  describe("repositories of zypper", () => {
    fault(
      "Z3",
      [host],
      "A plan takes bw-needs to 1.1-1, which requires what nothing provides: zypper would ask a person what to do.",
      async () => {
        const own = await host.try("zypper", "--non-interactive", "install", "bw-needs=1.1-1");
        expect([own.exitCode, await host.rpms("bw-needs")]).toEqual([4, [OLD]]);
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
      "Z4",
      [host],
      "A person locks bw-three before a plan is made, and bw-four after one was approved.",
      async () => {
        await lab.zypper("addlock", "bw-three");
        await until("the controller to know the lock", 3 * MINUTE, async () => (await lab.update(host, "bw-three"))?.update?.held);
        const refused = await lab.refusedPlan(host, "bw-three", NEW);
        expect(refused).toMatch(/held on the endpoint/);
        const plan = await lab.approved(host, { "bw-four": NEW });
        await lab.zypper("addlock", "bw-four");
        const { execution, executionId } = await lab.deployed(host, plan);
        expect(execution).toMatchObject({ state: "failed", failureClass: "held" });
        expect(await began(host, executionId)).toEqual([]);
        await agree(host, executionId, "failed");
        expect([await host.rpms("bw-four"), await host.rpms("bw-three")]).toEqual([[OLD], [OLD]]);
        return `Before: “${refused}” After: ${said(execution)}`;
      },
      () => host.try("rm", "-f", LOCKS),
    );

    fault(
      "Z8",
      [host],
      "A repository at an address where nobody listens is added, the lists are refreshed and a plan from the living one is deployed.",
      () =>
        ensuring(
          async () => {
            await host.write(DEAD_FILE, DEAD);
            const refreshed = await askExecutor(host, "refresh");
            const state = (suite: string) => refreshed.repositories.find((r) => r.suite === suite);
            expect([state("dead")?.state, state("testbed")?.state]).toEqual(["unreachable", "fresh"]);
            await until("the inventory to name it", 3 * MINUTE, async () => {
              const { problems, repositories } = await lab.facts();
              return (
                repositories.some((r) => r.suite === "dead" && r.state === "unreachable") &&
                problems.some((p) => p.code === "repositories-unread" && p.message.includes("dead"))
              );
            });
            const { execution, executionId } = await lab.run(host, { "bw-shop": NEW });
            expect(execution.state).toBe("succeeded");
            await agree(host, executionId, "succeeded");
            expect(await host.rpms("bw-shop")).toEqual([NEW]);
            return `Of the dead one: “${state("dead")?.detail}”; the other fresh; the inventory names it; the plan went through: ${said(execution)}`;
          },
          () => host.try("rm", "-f", DEAD_FILE),
        ),
    );

    fault("Z9", [host], "The installed bw-one 1.0-1 leaves the repository after a plan was approved.", async () => {
      const early = await lab.approved(host, { "bw-one": NEW });
      await testbed.repoRpm("withdraw", "bw-one", "1.0");
      await lab.fetchLists();
      const { execution, executionId } = await lab.deployed(host, early);
      expect(execution.state).toBe("refused");
      expect(execution.message).toMatch(/not-reversible: The installed bw-one 1\.0-1 is in no cache/);
      expect(await began(host, executionId)).toEqual([]);
      expect(await host.rpms("bw-one")).toEqual([OLD]);
      await rpmIsSound(host);
      return `Nothing began. ${said(execution)}`;
    });
  });
}
