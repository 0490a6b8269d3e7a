import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AuditVerification, Deployment, Execution } from "./client.ts";
import { Controller } from "./controller.ts";
import { connected, enrol, timesUpgraded } from "./endpoint.ts";
import { Host, testbed, until } from "./testbed.ts";

const controller = new Controller();
const hosts = [1, 2, 3, 4, 5].map((k) => new Host(k));
const [h1, h2, h3, h4, h5] = hosts as [Host, Host, Host, Host, Host];
const ids = new Map<Host, string>();
const idOf = (host: Host): string => ids.get(host) ?? "";
const MINUTE = 60_000;

const cellOf = (deployment: Deployment, host: Host) => deployment.cells.find((c) => c.endpointId === idOf(host));
const executionOf = async (deployment: Deployment, host: Host): Promise<Execution> =>
  controller.client.get(`/deployments/${deployment.id}/executions/${cellOf(deployment, host)?.executionId}`);
/** The queue's key of a package's step, once every one of these hosts offers it. */
const pending = (name: string, to: string, on: readonly Host[]): Promise<{ sourceName: string; toVersion: string }> =>
  until(`${name} ${to} to be pending on ${on.map((h) => h.name).join(", ")}`, 4 * MINUTE, async () => {
    const row = (await controller.client.queue()).find((r) => r.sourceName === name && r.toVersion === to);
    return row && row.endpoints >= on.length ? { sourceName: name, toVersion: to } : undefined;
  });
const healthy = async (host: Host) => {
  expect(await host.exec("dpkg", "--audit")).toBe("");
  expect((await host.sh("ls /var/lib/dpkg/updates")).trim()).toBe("");
};
const refresh = (on: readonly Host[]) => Promise.all(on.map((h) => h.exec("apt-get", "-q", "update")));

async function join(on: readonly Host[]): Promise<void> {
  const token = await controller.joinToken(on.length);
  await Promise.all(on.map((host) => enrol(host, controller, token)));
  for (const host of on) ids.set(host, (await connected(host, controller)).id);
}

beforeAll(async () => {
  await controller.start();
  await controller.setUp();
  await testbed.repo("publish", "bw-shop", "1.1");
  await Promise.all(hosts.map((host) => testbed.repo("trust", String(host.k))));
  // What the later cases upgrade from. They come from a repository that the hosts trust, at their first version.
  const first = "bw-shop=1.1 bw-badpostinst=1.0 bw-conffile=1.0 bw-reboot=1.0";
  await Promise.all(hosts.map((host) => host.sh(`DEBIAN_FRONTEND=noninteractive apt-get install -q -y ${first}`)));
  await join(hosts);
  // From now on the shop's latency is known, so that the judge has a past to compare with when it is asked.
  const checks = [{ kind: "http", name: "shop", url: "http://127.0.0.1:8080/work", timeoutMs: 2_000 }];
  await Promise.all(hosts.map((host) => controller.client.call("PATCH", `/endpoints/${idOf(host)}`, { checks })));
});
afterAll(async () => {
  await controller.stop();
});

describe("five hosts with real pending security updates", () => {
  it("are planned, approved, rolled out canary first, and end with the approved versions", async () => {
    await until("every host's updates to be read", 4 * MINUTE, async () => {
      const queue = await controller.client.queue();
      return (
        queue.some((r) => r.sourceName === "openssl" && r.endpoints === 5 && r.findings > 0) &&
        queue.filter((r) => r.security).every((r) => r.described)
      );
    });
    const before = await Promise.all(hosts.map((h) => controller.client.findings(idOf(h), "open")));
    expect(before.every((f) => f.length > 20)).toBe(true);

    const plan = await controller.approvedPlan({
      title: "All pending security updates",
      select: { endpointIds: [...ids.values()] },
      bakeMinutes: 1,
    });
    expect(plan.actions).toHaveLength(5);
    expect(plan.actions.filter((a) => a.wave === 0)).toHaveLength(1);
    const started = Date.now();
    const done = await controller.deploymentIs(await controller.deploy(plan), ["succeeded"], 14 * MINUTE);
    console.log(
      `approval to verified on five hosts: ${((Date.now() - started) / 1000).toFixed(0)} s, of which watching ${plan.document.waves.map((w) => w.bakeMinutes).join(" + ")} min`,
    );
    expect(done.cells.every((c) => c.state === "succeeded")).toBe(true);

    for (const host of hosts) {
      const action = plan.actions.find((a) => a.endpointId === idOf(host));
      for (const p of action?.packages ?? [])
        expect(await host.package(`${p.name}:${p.architecture}`), `${p.name} on ${host.name}`).toBe(`ii ${p.to}`);
      await healthy(host);
    }
    // A finding closes because a fixed version was seen, which takes an inventory after the change.
    await until("the findings to close", 3 * MINUTE, async () => {
      const open = await Promise.all(hosts.map((h) => controller.client.findings(idOf(h), "open")));
      return open.every((list) =>
        list.every(
          (f) =>
            !before[0]?.some((b) => b.packageName === f.packageName && plan.actions[0]?.packages.some((p) => p.name === f.packageName)),
        ),
      );
    });
    const closed = await controller.client.findings(idOf(h1), "fixed");
    expect(closed.length).toBeGreaterThan(20);
    const audit = await controller.client.get<AuditVerification>("/audit/verify");
    expect(audit.broken).toBeNull();
    expect(audit.records).toBeGreaterThan(20);
  });

  it("lose nothing when the controller dies in the middle of a wave", async () => {
    await testbed.repo("publish", "bw-conffile", "1.1");
    await refresh(hosts);
    const key = await pending("bw-conffile", "1.1", hosts);
    const plan = await controller.approvedPlan({
      title: "Across a crash",
      select: { patches: [key], endpointIds: [...ids.values()] },
      bakeMs: 5_000,
      maxConcurrent: 1,
    });
    const id = await controller.deploy(plan);
    await until(
      "the second wave to be at work",
      4 * MINUTE,
      async () => {
        const d = await controller.deployment(id);
        return d.cells.some((c) => c.wave === 1 && !["waiting", "queued"].includes(c.state));
      },
      200,
    );
    await controller.kill();
    await controller.restart();
    const done = await controller.deploymentIs(id, ["succeeded"], 5 * MINUTE);
    expect(done.cells.map((c) => c.state)).toEqual(done.cells.map(() => "succeeded"));
    for (const host of hosts) {
      expect(await host.package("bw-conffile")).toBe("ii 1.1");
      expect(await timesUpgraded(host, "bw-conffile", "1.1")).toBe(1);
    }
    expect((await controller.client.get<AuditVerification>("/audit/verify")).broken).toBeNull();
  });
});

describe("a package whose postinst fails", () => {
  it("is failed with its class and the script's output, rolled back, and leaves dpkg healthy", async () => {
    await testbed.repo("publish", "bw-badpostinst", "1.1");
    await refresh([h5]);
    const key = await pending("bw-badpostinst", "1.1", [h5]);
    const plan = await controller.approvedPlan({
      title: "Bad postinst",
      select: { patches: [key], endpointIds: [idOf(h5)] },
      bakeMs: 5_000,
    });
    const done = await controller.deploymentIs(await controller.deploy(plan), ["halted", "rolled-back", "paused", "succeeded"], 5 * MINUTE);
    const execution = await executionOf(done, h5);
    expect(execution.state).toBe("rolled-back");
    expect(execution.failureClass).toBe("maintainer-script");
    expect(execution.reports.some((r) => /post-installation script.*returned error exit status 1/s.test(r.output))).toBe(true);
    expect(done.state).not.toBe("succeeded");
    expect(await h5.package("bw-badpostinst")).toBe("ii 1.0");
    await healthy(h5);
  });
});

describe("a service that gets slower by its patch", () => {
  it("is found harmful on the canary, rolled back to the old bytes, and reaches nobody else", async () => {
    await testbed.repo("publish", "bw-shop", "1.2-slow");
    await refresh(hosts);
    const key = await pending("bw-shop", "1.2-slow", hosts);
    // The judge compares with before: it needs some minutes of the time before.
    await until(
      "eight minutes of samples of the check",
      8 * MINUTE,
      async () => {
        const health = await controller.client.get<{ series: { metric: string; points: unknown[] }[] }>(
          `/endpoints/${idOf(h1)}/health?metrics=check_latency_ms`,
        );
        return health.series.some((s) => s.metric === "check_latency_ms" && s.points.length >= 8);
      },
      5_000,
    );
    const plan = await controller.approvedPlan({
      title: "Slow shop",
      select: { patches: [key], endpointIds: [...ids.values()] },
      bakeMinutes: 8,
    });
    const done = await controller.deploymentIs(await controller.deploy(plan), ["rolled-back"], 13 * MINUTE);

    const canary = hosts.find((h) => cellOf(done, h)?.wave === 0) as Host;
    const verdict = done.verdicts.find((v) => v.verdict === "harmful");
    expect(verdict?.wave).toBe(0);
    expect(verdict?.metrics.find((m) => m.verdict === "harmful")?.metric).toMatch(/^check_latency_ms/);
    console.log(`verdict: ${verdict?.summary}`);
    expect(cellOf(done, canary)?.state).toBe("rolled-back");
    expect(await canary.package("bw-shop")).toBe("ii 1.1");
    expect((await canary.exec("curl", "-s", "http://127.0.0.1:8080/version")).trim()).toBe("1.1");
    for (const host of hosts.filter((h) => h !== canary)) {
      expect(cellOf(done, host)?.executionId ?? null).toBeNull();
      expect(await timesUpgraded(host, "bw-shop", "1.2-slow")).toBe(0);
      expect(await host.package("bw-shop")).toBe("ii 1.1");
    }
    await testbed.repo("publish", "bw-shop", "1.1");
  });
});

describe("a host without network during its wave", () => {
  it("is unreachable, the gate says so, and it gets the current truth when it comes back", async () => {
    await testbed.repo("publish", "bw-reboot", "1.1");
    await refresh([h2, h3]);
    const key = await pending("bw-reboot", "1.1", [h2, h3]);
    const plan = await controller.approvedPlan({
      title: "One is away",
      select: { patches: [key], endpointIds: [idOf(h2), idOf(h3)] },
      bakeMs: 5_000,
    });
    const second = plan.actions.find((a) => a.wave === 1)?.endpointId;
    const away = idOf(h2) === second ? h2 : h3;
    await away.blackhole();
    const id = await controller.deploy(plan);
    const waiting = await until(
      "the gate to name the host that is away",
      12 * MINUTE,
      async () => {
        const d = await controller.deployment(id);
        return cellOf(d, away)?.state === "unreachable" &&
          [...d.waits.map((w) => w.what), ...d.decisions.map((q) => q.question)].some((s) => s.includes(away.name))
          ? d
          : undefined;
      },
      3_000,
    );
    expect(waiting.state).not.toBe("succeeded");
    await controller.client.post(`/deployments/${id}/cancel`, { reason: "the host stays away" });
    await controller.deploymentIs(id, ["cancelled", "halted"], MINUTE);
    await away.heal();
    await connected(away, controller);
    // The plan is over: nothing of it may reach the host now.
    await until("an inventory after its return", 3 * MINUTE, async () =>
      (await controller.client.queue()).some((r) => r.sourceName === key.sourceName && r.toVersion === key.toVersion && r.endpoints >= 1),
    );
    expect(await away.package("bw-reboot")).toBe("ii 1.0");
    expect(await timesUpgraded(away, "bw-reboot", "1.1")).toBe(0);
  });
});

describe("a transaction that is cut off", () => {
  beforeAll(async () => {
    // Fresh machines again, with all their updates pending: long transactions.
    for (const host of [h4, h5]) {
      await host.reset();
      await host.start();
    }
    await join([h4, h5]);
  });
  const allOf = async (host: Host, title: string) => {
    await until(`the updates of ${host.name} to be known`, 4 * MINUTE, async () =>
      (await controller.client.endpoints()).some((e) => e.id === idOf(host) && e.pendingUpdates > 20),
    );
    return controller.approvedPlan({ title, select: { endpointIds: [idOf(host)] }, bakeMs: 5_000 });
  };
  const unpacking = (host: Host) =>
    until(
      `dpkg to be unpacking on ${host.name}`,
      5 * MINUTE,
      async () => Number((await host.try("sh", "-c", "grep -c ' status half-' /var/log/dpkg.log")).out.trim()) > 8,
      100,
    );

  it("by kill -9 of both of the agent's processes goes on, and is applied once", async () => {
    const plan = await allOf(h4, "Agent killed");
    const id = await controller.deploy(plan);
    await unpacking(h4);
    await h4.try("pkill", "-9", "-f", "/usr/lib/breakwater-agent/");
    const done = await controller.deploymentIs(id, ["succeeded"], 8 * MINUTE);
    expect(cellOf(done, h4)?.state).toBe("succeeded");
    for (const p of plan.actions[0]?.packages ?? []) {
      expect(await h4.package(`${p.name}:${p.architecture}`)).toBe(`ii ${p.to}`);
      expect(await timesUpgraded(h4, p.name, p.to), p.name).toBe(1);
    }
    await healthy(h4);
  });

  it("by a power loss ends in a state that controller, journal and dpkg agree on", async () => {
    const plan = await allOf(h5, "Power lost");
    const id = await controller.deploy(plan);
    await unpacking(h5);
    await h5.kill();
    await h5.start();
    const done = await controller.deploymentIs(id, ["succeeded", "halted", "rolled-back", "paused"], 10 * MINUTE);
    const state = cellOf(done, h5)?.state;
    expect(["succeeded", "rolled-back"]).toContain(state);
    for (const p of plan.actions[0]?.packages ?? [])
      expect(await h5.package(`${p.name}:${p.architecture}`), `${p.name} after ${state}`).toBe(
        `ii ${state === "succeeded" ? p.to : p.from}`,
      );
    await healthy(h5);
    console.log(`after the power loss: ${state}, ${(await executionOf(done, h5)).message}`);
  });
});
