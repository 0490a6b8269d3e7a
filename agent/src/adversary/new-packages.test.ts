import { newApprovalKey, type PackageChange, type SealedPlan } from "@breakwater/shared/command";
import type { ExecutionReport__Output } from "@breakwater/shared/wire";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { altered, commandOf, plan } from "./plans.ts";
import { privateMachineLacks, RUNNING_KERNEL } from "./private-machine.ts";
import { eventually, startVictim, type Victim } from "./victim.ts";

const ada = newApprovalKey();
const change = (name: string, from: string, to: string): PackageChange => ({ manager: "apt", name, architecture: "all", from, to });
const META = change("meta", "1.0", "1.1");
const KERNEL = change("kernel-2", "", "2.0");
const lacks = privateMachineLacks();
if (lacks) process.stderr.write(`packages that are not there are not brought: ${lacks}\n`);

describe.skipIf(lacks !== undefined)("a package that is not there, on a machine with real apt", () => {
  let victim: Victim;
  let executions = 0;
  beforeAll(async () => {
    victim = await startVictim([{ keyId: ada.keyId, publicKey: ada.publicKey, owner: "ada" }]);
  });
  afterAll(() => victim?.stop());
  beforeEach(() => victim.policy("mode: patch\nrateFuse: {perHour: 100, perDay: 100}\n"));

  const terminalOf = (executionId: string): Promise<ExecutionReport__Output> =>
    eventually(() => {
      const messages = victim.controller.streams.flatMap((s) => s.received);
      const refused = messages.find((m) => m.commandRefused?.executionId === executionId)?.commandRefused;
      if (refused) throw new Error(`refused: ${refused.code} ${refused.message}`);
      const reports = messages.flatMap((m) => m.executionReport ?? []).filter((r) => r.executionId === executionId);
      return reports.find((r) => r.terminal) ?? Promise.reject(new Error(`not ended: ${JSON.stringify(reports.at(-1))}`));
    });
  const sent = (p: SealedPlan, edit: { action?: Buffer } = {}): string => {
    const executionId = `ex_new_${++executions}`;
    victim.stream().send({ command: { executionId, apply: commandOf(p, ada, edit) } });
    return executionId;
  };
  const run = (...packages: PackageChange[]) => terminalOf(sent(plan({ packages })));
  const undone = (of: string) => {
    const executionId = `ex_new_${++executions}`;
    victim.stream().send({ command: { executionId, rollback: { ofExecutionId: of, reason: "to see it go back" } } });
    return terminalOf(executionId);
  };
  const refusal = (executionId: string) =>
    eventually(() => {
      const found = victim.controller.streams.flatMap((s) => s.received).find((m) => m.commandRefused?.executionId === executionId);
      return found?.commandRefused ?? Promise.reject(new Error("not refused"));
    });

  describe("is not brought", () => {
    const untouched = async (message: RegExp, ...packages: PackageChange[]) => {
      const before = victim.machine.traces();
      const end = await run(...packages);
      expect(end).toMatchObject({ state: "failed", failureClass: "simulation-differs" });
      expect(end.message).toMatch(message);
      expect(victim.machine.traces()).toEqual(before);
    };
    it("where people did not sign it", () => untouched(/would also bring kernel-2 2\.0, which is not in the plan/, META));
    it("where another version of it was signed", () =>
      untouched(/would install kernel-2 2\.0; the plan says 9\.9/, META, { ...KERNEL, to: "9.9" }));
    it("where the plan calls new what is installed", () =>
      untouched(/^shop is installed \(1\.0\); the plan brings 1\.1 as new/, META, KERNEL, change("shop", "", "1.1")));
    it("where nothing of the plan brings it", () => untouched(/would not change kernel-2/, change("shop", "1.0", "1.1"), KERNEL));
    it("where the controller lays it beside what was signed", async () => {
      const before = victim.machine.traces();
      const p = plan({ packages: [META] });
      const action = altered(commandOf(p, ada).action as Buffer, '"to":"1.1"}', `"to":"1.1"},${JSON.stringify(KERNEL)}`);
      expect(await refusal(sent(p, { action }))).toMatchObject({ code: "not-in-plan" });
      expect(victim.machine.traces()).toEqual(before);
    });
    it("where the owner allows none, or not that one", async () => {
      for (const yaml of ["maxNewPackages: 0", "packages: {deny: [kernel-*]}", "packages: {allow: [meta]}"]) {
        victim.policy(`mode: patch\n${yaml}\n`);
        expect(await refusal(sent(plan({ packages: [META, KERNEL] })))).toMatchObject({ code: "policy-package" });
      }
      victim.policy("mode: patch\norigins: {allow: ['Foreign:*']}\n");
      expect(await run(META, KERNEL)).toMatchObject({ state: "failed", failureClass: "repository-untrusted" });
    });
  });

  it("comes with what brings it and goes with it again, as apt itself would have had it", async () => {
    const before = victim.machine.traces().dpkg;
    const executionId = sent(plan({ packages: [META, KERNEL] }));
    const end = await terminalOf(executionId);
    expect(end).toMatchObject({ state: "succeeded", packageManagerHealth: "healthy" });
    expect(end.packages).toContainEqual(
      expect.objectContaining({ name: "kernel-2", before: "", wanted: "2.0", after: "2.0", status: "installed" }),
    );
    expect([victim.machine.versionOf("meta"), victim.machine.versionOf("kernel-2")]).toEqual(["1.1", "2.0"]);
    expect(victim.machine.aptMark("showauto")).toEqual(["kernel-2"]);
    // As a second plan finds it: there is nothing to do, and nothing of it is that plan's to take away.
    const again = sent(plan({ packages: [META, KERNEL] }));
    expect(await terminalOf(again)).toMatchObject({
      state: "succeeded",
      message: expect.stringContaining("already at its planned version"),
    });

    const back = await undone(executionId);
    expect(back).toMatchObject({ state: "rolled-back" });
    expect(back.packages).toContainEqual(expect.objectContaining({ name: "kernel-2", before: "2.0", wanted: "", after: "" }));
    expect([victim.machine.versionOf("meta"), victim.machine.versionOf("kernel-2")]).toEqual(["1.0", ""]);
    expect(victim.machine.traces().dpkg).toBe(before);
    // Our own avoidance of the bad version is not in the way of a plan that people approve later.
    expect(await run(META, KERNEL)).toMatchObject({ state: "succeeded" });
  });

  it("is not taken away with what somebody has installed on it since", async () => {
    const executionId = `ex_new_${executions}`;
    expect(victim.machine.versionOf("kernel-2")).toBe("2.0");
    victim.machine.sh("apt-get install -qq -y guest");
    const end = await undone(executionId);
    expect(end).toMatchObject({ state: "rollback-failed", failureClass: "removal-needed" });
    expect(end.message).toContain("it would also remove guest");
    expect(["meta", "kernel-2", "guest"].map(victim.machine.versionOf)).toEqual(["1.1", "2.0", "1.0"]);
    victim.machine.sh("dpkg --remove guest");
    expect(await undone(executionId)).toMatchObject({ state: "rolled-back" });
    expect(victim.machine.versionOf("kernel-2")).toBe("");
  });

  it("goes back at once where its own script fails", async () => {
    const end = await run(change("rotten", "1.0", "1.1"), change("rotten-part", "", "1.0"));
    expect(end).toMatchObject({ state: "rolled-back", failureClass: "maintainer-script" });
    expect(["rotten", "rotten-part"].map(victim.machine.versionOf)).toEqual(["1.0", ""]);
  });

  it("stays when the change goes back and it is the kernel that runs", async () => {
    const executionId = sent(plan({ packages: [change("image-meta", "1.0", "1.1"), change(RUNNING_KERNEL, "", "3.0")] }));
    expect(await terminalOf(executionId)).toMatchObject({ state: "succeeded" });
    const back = await undone(executionId);
    expect(back).toMatchObject({ state: "rolled-back" });
    expect(back.message).toContain(`${RUNNING_KERNEL} stays: it is the kernel that runs now.`);
    expect([victim.machine.versionOf("image-meta"), victim.machine.versionOf(RUNNING_KERNEL)]).toEqual(["1.0", "3.0"]);
  });
});
