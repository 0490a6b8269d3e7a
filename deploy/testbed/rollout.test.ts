import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AuditVerification } from "./client.ts";
import { ON_CHECKS } from "./controller.ts";
import { timesUpgraded } from "./endpoint.ts";
import { Fleet, MINUTE, refresh } from "./fleet.ts";
import { type Host, testbed, until } from "./testbed.ts";

const fleet = new Fleet();
const { hosts } = fleet;
const [h1, , , , h5] = hosts as [Host, Host, Host, Host, Host];
const healthy = async (host: Host) => {
  expect(await host.exec("dpkg", "--audit")).toBe("");
  expect((await host.sh("ls /var/lib/dpkg/updates")).trim()).toBe("");
};

beforeAll(() => fleet.start());
afterAll(() => fleet.stop());

describe("a package whose postinst fails", () => {
  it("is failed with its class and the script's output, rolled back, and leaves dpkg healthy", async () => {
    await testbed.repo("publish", "bw-badpostinst", "1.1");
    await refresh([h5]);
    const key = await fleet.pending("bw-badpostinst", "1.1", [h5]);
    const plan = await fleet.controller.approvedPlan({
      title: "Bad postinst",
      select: { patches: [key], endpointIds: [fleet.idOf(h5)] },
      bakeMs: 5_000,
    });
    const id = await fleet.controller.deploy(plan);
    // The agent undoes it by itself; whether the deployment goes on all the same is a person's decision.
    const done = await until("the execution to end and a person to be asked", 10 * MINUTE, async () => {
      const d = await fleet.controller.deployment(id);
      return d.decisions.length > 0 && fleet.cellOf(d, h5)?.state === "rolled-back" ? d : undefined;
    });
    const execution = await fleet.executionOf(done, h5);
    expect(execution.state).toBe("rolled-back");
    expect(execution.failureClass).toBe("maintainer-script");
    expect(execution.reports.some((r) => /post-installation script.*returned error exit status 1/s.test(r.output))).toBe(true);
    expect(done.state).not.toBe("succeeded");
    await fleet.controller.client.post(`/deployments/${id}/halt`, { reason: "the package is broken" });
    expect((await fleet.controller.deploymentIs(id, ["halted"], 5 * MINUTE)).finishedAt).not.toBeNull();
    expect(await h5.package("bw-badpostinst")).toBe("ii 1.0");
    await healthy(h5);
  });
});

describe("a controller that dies in the middle of a wave", () => {
  it("goes on where it was: nothing is lost, repeated or started outside its rules", async () => {
    await testbed.repo("publish", "bw-conffile", "1.1");
    await refresh(hosts);
    const key = await fleet.pending("bw-conffile", "1.1", hosts);
    const plan = await fleet.controller.approvedPlan({
      title: "Across a crash",
      select: { patches: [key], endpointIds: fleet.ids },
      bakeMs: 5_000,
      passOnChecks: ON_CHECKS,
      maxConcurrent: 1,
    });
    const id = await fleet.controller.deploy(plan);
    await until(
      "the second wave to be at work",
      10 * MINUTE,
      async () => {
        const d = await fleet.controller.deployment(id);
        return d.cells.some((c) => c.wave === 1 && !["waiting", "queued"].includes(c.state));
      },
      200,
    );
    await fleet.controller.kill();
    await fleet.controller.restart();
    const done = await fleet.controller.deploymentIs(id, ["succeeded"], 10 * MINUTE);
    expect(done.cells.map((c) => c.state)).toEqual(done.cells.map(() => "succeeded"));
    for (const host of hosts) {
      expect(await host.package("bw-conffile")).toBe("ii 1.1");
      expect(await timesUpgraded(host, "bw-conffile", "1.1")).toBe(1);
    }
    expect((await fleet.controller.client.get<AuditVerification>("/audit/verify")).broken).toBeNull();
  });
});

describe("a service that gets slower by its patch", () => {
  it("is found harmful on the canary, rolled back to the old bytes, and reaches nobody else", async () => {
    await testbed.repo("publish", "bw-shop", "1.2-slow");
    await refresh(hosts);
    const key = await fleet.pending("bw-shop", "1.2-slow", hosts);
    // The judge compares with before: it needs some minutes of the time before.
    await until(
      "eight minutes of samples of the check",
      8 * MINUTE,
      async () => {
        const health = await fleet.controller.client.get<{ series: { metric: string; points: unknown[] }[] }>(
          `/endpoints/${fleet.idOf(h1)}/health?metrics=check_latency_ms`,
        );
        return health.series.some((s) => s.metric === "check_latency_ms" && s.points.length >= 8);
      },
      5_000,
    );
    const plan = await fleet.controller.approvedPlan({
      title: "Slow shop",
      select: { patches: [key], endpointIds: fleet.ids },
      bakeMinutes: 8,
    });
    const done = await fleet.controller.deploymentIs(await fleet.controller.deploy(plan), ["rolled-back"], 13 * MINUTE);

    const canary = hosts.find((h) => fleet.cellOf(done, h)?.wave === 0) as Host;
    const verdict = done.verdicts.find((v) => v.verdict === "harmful");
    console.log(`verdict: ${verdict?.summary}`);
    expect(verdict?.wave).toBe(0);
    expect(verdict?.metrics.find((m) => m.verdict === "harmful")?.metric).toMatch(/^check_latency_ms/);
    expect(fleet.cellOf(done, canary)?.state).toBe("rolled-back");
    expect(await canary.package("bw-shop")).toBe("ii 1.1");
    expect((await canary.exec("curl", "-s", "http://127.0.0.1:8080/version")).trim()).toBe("1.1");
    for (const host of hosts.filter((h) => h !== canary)) {
      expect(fleet.cellOf(done, host)?.executionId ?? null).toBeNull();
      expect(await timesUpgraded(host, "bw-shop", "1.2-slow")).toBe(0);
      expect(await host.package("bw-shop")).toBe("ii 1.1");
    }
    await testbed.repo("publish", "bw-shop", "1.1");
  });
});
