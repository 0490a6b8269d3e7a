import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AuditVerification, Plan } from "./client.ts";
import { ON_CHECKS } from "./controller.ts";
import { connected, timesUpgraded } from "./endpoint.ts";
import { Fleet, MINUTE, refresh } from "./fleet.ts";
import { type Host, testbed, until } from "./testbed.ts";

const fleet = new Fleet();
const { hosts } = fleet;
const [h1, h2, h3, h4, h5] = hosts as [Host, Host, Host, Host, Host];
const healthy = async (host: Host) => {
  expect(await host.exec("dpkg", "--audit")).toBe("");
  expect((await host.sh("ls /var/lib/dpkg/updates")).trim()).toBe("");
};

beforeAll(() => fleet.start());
afterAll(() => fleet.stop());

describe("five hosts with real pending security updates", () => {
  it("are planned, approved, rolled out canary first, and end with the approved versions", async () => {
    await until("every host's updates to be read", 10 * MINUTE, async () => {
      const queue = await fleet.controller.client.queue();
      return (
        queue.some((r) => r.sourceName === "openssl" && r.endpoints === 5 && r.findings > 0) &&
        queue.filter((r) => r.security).every((r) => r.described)
      );
    });
    const before = await Promise.all(hosts.map((h) => fleet.controller.client.findings(fleet.idOf(h), "open")));
    expect(before.every((f) => f.length > 20)).toBe(true);

    const plan = await fleet.controller.approvedPlan({
      title: "All pending security updates",
      select: { endpointIds: fleet.ids },
      bakeMinutes: 1,
      passOnChecks: ON_CHECKS,
    });
    expect(plan.actions).toHaveLength(5);
    expect(plan.actions.filter((a) => a.wave === 0)).toHaveLength(1);
    const started = Date.now();
    const done = await fleet.controller.deploymentIs(await fleet.controller.deploy(plan), ["succeeded"], 14 * MINUTE);
    console.log(
      `approval to verified on five hosts: ${((Date.now() - started) / 1000).toFixed(0)} s, of which watching ${plan.document.waves.map((w) => w.bakeMinutes).join(" + ")} min`,
    );
    expect(done.cells.every((c) => c.state === "succeeded")).toBe(true);

    for (const host of hosts) {
      const action = plan.actions.find((a) => a.endpointId === fleet.idOf(host));
      for (const p of action?.packages ?? [])
        expect(await host.package(`${p.name}:${p.architecture}`), `${p.name} on ${host.name}`).toBe(`ii ${p.to}`);
      await healthy(host);
    }
    // A finding closes because a fixed version was seen, which takes an inventory after the change.
    await until("the findings to close", 10 * MINUTE, async () => {
      const open = await Promise.all(hosts.map((h) => fleet.controller.client.findings(fleet.idOf(h), "open")));
      return open.every((list) =>
        list.every(
          (f) =>
            !before[0]?.some((b) => b.packageName === f.packageName && plan.actions[0]?.packages.some((p) => p.name === f.packageName)),
        ),
      );
    });
    const closed = await fleet.controller.client.findings(fleet.idOf(h1), "fixed");
    expect(closed.length).toBeGreaterThan(20);
    const audit = await fleet.controller.client.get<AuditVerification>("/audit/verify");
    expect(audit.broken).toBeNull();
    expect(audit.records).toBeGreaterThan(20);
  });
});

describe("a host without network during its wave", () => {
  it("is unreachable, the gate says so, and it gets the current truth when it comes back", async () => {
    await testbed.repo("publish", "bw-reboot", "1.1");
    await refresh([h2, h3]);
    const key = await fleet.pending("bw-reboot", "1.1", [h2, h3]);
    const plan = await fleet.controller.approvedPlan({
      title: "One is away",
      select: { patches: [key], endpointIds: [fleet.idOf(h2), fleet.idOf(h3)] },
      bakeMs: 5_000,
      passOnChecks: ON_CHECKS,
    });
    const second = plan.actions.find((a) => a.wave === 1)?.endpointId;
    const away = fleet.idOf(h2) === second ? h2 : h3;
    await away.blackhole();
    const id = await fleet.controller.deploy(plan);
    const waiting = await until(
      "the gate to name the host that is away",
      12 * MINUTE,
      async () => {
        const d = await fleet.controller.deployment(id);
        return fleet.cellOf(d, away)?.state === "unreachable" &&
          [...d.waits.map((w) => w.what), ...d.decisions.map((q) => q.question)].some((s) => s.includes(away.name))
          ? d
          : undefined;
      },
      3_000,
    );
    expect(waiting.state).not.toBe("succeeded");
    await fleet.controller.client.post(`/deployments/${id}/cancel`, { reason: "the host stays away" });
    await fleet.controller.deploymentIs(id, ["cancelled", "halted"], 5 * MINUTE);
    await away.heal();
    await connected(away, fleet.controller);
    // The plan is over: nothing of it may reach the host now.
    await until("an inventory after its return", 10 * MINUTE, async () =>
      (await fleet.controller.client.queue()).some(
        (r) => r.sourceName === key.sourceName && r.toVersion === key.toVersion && r.endpoints >= 1,
      ),
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
    await fleet.join([h4, h5]);
  });
  const allOf = async (host: Host, title: string) => {
    await until(`the updates of ${host.name} to be known`, 10 * MINUTE, async () =>
      (await fleet.controller.client.endpoints()).some((e) => e.id === fleet.idOf(host) && e.pendingUpdates > 20),
    );
    return fleet.controller.approvedPlan({ title, select: { endpointIds: [fleet.idOf(host)] }, bakeMs: 5_000, passOnChecks: ON_CHECKS });
  };
  /** How often dpkg noted a package that is neither what it was nor what it will be; a machine's installation has its own. */
  const halfDone = async (host: Host) => Number((await host.try("sh", "-c", "grep -c ' status half-' /var/log/dpkg.log")).out.trim()) || 0;
  /** Begins a deployment, and waits for its dpkg to be in the middle of its work. */
  const unpacking = async (host: Host, plan: Plan): Promise<string> => {
    const before = await halfDone(host);
    const id = await fleet.controller.deploy(plan);
    await until(`dpkg to be unpacking on ${host.name}`, 10 * MINUTE, async () => (await halfDone(host)) > before + 8, 100);
    return id;
  };

  it("by kill -9 of both of the agent's processes goes on, and is applied once", async () => {
    const plan = await allOf(h4, "Agent killed");
    const id = await unpacking(h4, plan);
    await h4.try("pkill", "-9", "-f", "/usr/lib/breakwater-agent/");
    const done = await fleet.controller.deploymentIs(id, ["succeeded"], 8 * MINUTE);
    expect(fleet.cellOf(done, h4)?.state).toBe("succeeded");
    for (const p of plan.actions[0]?.packages ?? []) {
      expect(await h4.package(`${p.name}:${p.architecture}`)).toBe(`ii ${p.to}`);
      expect(await timesUpgraded(h4, p.name, p.to), p.name).toBe(1);
    }
    await healthy(h4);
  });

  it("by a power loss ends in a state that controller, journal and dpkg agree on", async () => {
    const plan = await allOf(h5, "Power lost");
    // The package lists came moments ago; those of a machine that runs for a day are on its disk.
    await h5.exec("sync");
    const id = await unpacking(h5, plan);
    await h5.kill();
    await h5.start();
    const done = await fleet.controller.deploymentIs(id, ["succeeded", "halted", "rolled-back", "paused"], 10 * MINUTE);
    const state = fleet.cellOf(done, h5)?.state;
    expect(["succeeded", "rolled-back"]).toContain(state);
    for (const p of plan.actions[0]?.packages ?? [])
      expect(await h5.package(`${p.name}:${p.architecture}`), `${p.name} after ${state}`).toBe(
        `ii ${state === "succeeded" ? p.to : p.from}`,
      );
    await healthy(h5);
    console.log(`after the power loss: ${state}, ${(await fleet.executionOf(done, h5)).message}`);
  });
});
