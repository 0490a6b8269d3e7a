import { afterAll, beforeAll, describe, expect } from "vitest";
import { MINUTE, refresh } from "../fleet.ts";
import { type Host, testbed, until } from "../testbed.ts";
import { askExecutor } from "./eyes.ts";
import { began, dpkgIsSound, ensuring, holdLock, Lab, release, said } from "./lab.ts";
import { fault } from "./record.ts";

// What is done to the repository is done to all hosts, so these rows share one and go one after another.
const lab = new Lab([1]);
const [host] = lab.hosts as [Host];
const REPOSITORY = "http://10.77.0.1:8077";

beforeAll(() => lab.start({ "bw-conffile": "1.1", "bw-reboot": "1.1" }));
afterAll(() => lab.stop());
const forget = (...names: string[]) => host.sh(`rm -f ${names.map((n) => `/etc/apt/sources.list.d/${n}.list`).join(" ")}`);
const letGo = async (...units: string[]) => {
  for (const unit of units) await release(host, unit);
};

const testbedState = async () => {
  const refreshed = await askExecutor(host, "refresh");
  const repository = refreshed.repositories.find((r) => r.uri === REPOSITORY && r.suite === "testbed");
  return { ...refreshed, repository };
};
const endpoint = async () => (await lab.controller.client.endpoints()).find((e) => e.hostname === host.name);

describe("repositories", () => {
  fault(
    "A2",
    [host],
    "A program holds /var/lib/apt/lists/lock: for the whole refresh, then for its first 15 s.",
    async () => {
      await holdLock(host, "lists", "/var/lib/apt/lists/lock");
      const held = await askExecutor(host, "refresh");
      await release(host, "lists");
      expect(held.complete).toBe(false);
      expect(held.repositories.map((r) => r.state)).toEqual(held.repositories.map(() => "unreachable"));
      expect(held.repositories[0]?.detail).toMatch(/held by process \d+ \(python3\)/);
      await holdLock(host, "lists-a-while", "/var/lib/apt/lists/lock", 15);
      const waited = await askExecutor(host, "refresh");
      expect((await host.try("systemctl", "is-active", "lists-a-while")).out.trim()).not.toBe("active");
      expect(waited.complete).toBe(true);
      return `Tried again with growing pauses, then said of each repository: “${held.repositories[0]?.detail}”. The lock let go: waited, and every repository fresh.`;
    },
    () => letGo("lists", "lists-a-while"),
  );

  fault(
    "A3",
    [host],
    "A source at an address where nobody listens is added (not at the living one's: apt takes a host for gone with one of its ports); the lists are refreshed and a plan from the living repository is deployed.",
    async () => {
      await host.write("/etc/apt/sources.list.d/dead.list", "deb [trusted=yes] http://127.0.0.1:9 dead main\n");
      const refreshed = await askExecutor(host, "refresh");
      const dead = refreshed.repositories.find((r) => r.suite === "dead");
      expect(refreshed.complete).toBe(false);
      expect(dead?.state).toBe("unreachable");
      expect(refreshed.repositories.length).toBeGreaterThan(1);
      expect(refreshed.repositories.filter((r) => r !== dead && r.state !== "fresh")).toEqual([]);
      const listed = await until("the inventory to name it", 5 * MINUTE, async () => {
        const { facts } = await lab.controller.client.get<{ facts: { repositories?: { suite: string; state: string }[] } | null }>(
          `/endpoints/${lab.fleet.idOf(host)}`,
        );
        return facts?.repositories?.find((r) => r.suite === "dead");
      });
      expect(listed.state).toBe("unreachable");
      const { execution } = await lab.run(host, { "bw-conffile": "1.1" });
      expect(execution.state).toBe("succeeded");
      await host.sh("rm /etc/apt/sources.list.d/dead.list");
      await refresh([host]);
      await lab.reset(host, "bw-conffile");
      return `Of the dead one: “${dead?.detail}”; the others fresh; the inventory names it; the plan went through: ${said(execution)}`;
    },
    () => forget("dead"),
  );

  fault(
    "A22",
    [host],
    "A suite that its server does not have (404 on its Release file), as after the move to the archive.",
    async () => {
      await host.write("/etc/apt/sources.list.d/gone.list", `deb [signed-by=/etc/apt/keyrings/testbed.asc] ${REPOSITORY} gone main\n`);
      const refreshed = await askExecutor(host, "refresh");
      const gone = refreshed.repositories.find((r) => r.suite === "gone");
      expect(refreshed.complete).toBe(false);
      expect(gone?.state).toBe("unreachable");
      expect(gone?.detail).toMatch(/does not have a Release file|404/);
      await host.sh("rm /etc/apt/sources.list.d/gone.list");
      await refresh([host]);
      return `“${gone?.detail}” Said of that repository, the refresh counts as incomplete. A table of releases' ends is not kept: that no security source is left is not a finding of its own.`;
    },
    () => forget("gone"),
  );

  fault("A4a", [host], "The signed index is altered after signing. apt-get update ends with 0 there.", async () => {
    await testbed.repo("spoil", "signature");
    const { complete, repository } = await testbedState();
    await testbed.repo("publish", "bw-conffile", "1.1");
    expect(complete).toBe(false);
    expect(repository?.state).toBe("untrusted");
    expect((await testbedState()).repository?.state).toBe("fresh");
    return `untrusted: “${repository?.detail}”`;
  });

  fault("A4b", [host], "The index is published with a date that is over.", async () => {
    await testbed.repo("spoil", "expired");
    const { complete, repository } = await testbedState();
    await testbed.repo("publish", "bw-conffile", "1.1");
    expect(complete).toBe(false);
    expect(repository?.state).toBe("expired");
    expect((await testbedState()).repository?.state).toBe("fresh");
    return `expired: “${repository?.detail}”`;
  });

  fault("A4c", [host], "One byte of each package is changed in the repository, then an approved plan is deployed.", async () => {
    const plan = await lab.approved(host, { "bw-conffile": "1.1" });
    await testbed.repo("spoil", "hash");
    const { execution, executionId } = await ensuring(
      () => lab.deployed(host, plan),
      () => testbed.repo("publish", "bw-conffile", "1.1"),
    );
    expect(execution).toMatchObject({ state: "failed", failureClass: "hash-mismatch" });
    expect(await began(host, executionId)).toEqual([]);
    expect(await host.package("bw-conffile")).toBe("ii 1.0");
    await refresh([host]);
    return `Nothing began. ${said(execution)}`;
  });

  fault("A13b", [host], "The package is taken out of the repository after the approval; the host's lists still have it.", async () => {
    const plan = await lab.approved(host, { "bw-conffile": "1.1" });
    await testbed.repo("withdraw", "bw-conffile", "1.1");
    const { execution, executionId } = await ensuring(
      () => lab.deployed(host, plan),
      () => testbed.repo("publish", "bw-conffile", "1.1"),
    );
    expect(execution).toMatchObject({ state: "failed", failureClass: "download-failed" });
    expect(await began(host, executionId)).toEqual([]);
    expect(await host.package("bw-conffile")).toBe("ii 1.0");
    await refresh([host]);
    return `Nothing began. ${said(execution)}`;
  });

  fault(
    "A13a",
    [host],
    "The same, and the lists are refreshed while the execution waits for dpkg's lock.",
    async () => {
      const plan = await lab.approved(host, { "bw-conffile": "1.1" });
      await holdLock(host, "holder", "/var/lib/dpkg/lock-frontend");
      const { execution, executionId } = await lab.deployed(host, plan, async (id) => {
        await until("the execution to wait", 5 * MINUTE, async () =>
          (await lab.fleet.executionOf(await lab.controller.deployment(id), host)).reports.some((r) => /^Waiting for/.test(r.message)),
        );
        await testbed.repo("withdraw", "bw-conffile", "1.1");
        await refresh([host]);
        await release(host, "holder");
      });
      await testbed.repo("publish", "bw-conffile", "1.1");
      await refresh([host]);
      expect(execution).toMatchObject({ state: "failed", failureClass: "version-gone" });
      expect(await began(host, executionId)).toEqual([]);
      expect(await host.package("bw-conffile")).toBe("ii 1.0");
      await dpkgIsSound(host);
      return `Nothing began. ${said(execution)}`;
    },
    () => letGo("holder"),
  );

  fault(
    "A21",
    [host],
    "LANG is German, and /usr/local/bin has wrappers named apt, apt-get, apt-cache and dpkg-query that print other things and end with 0.",
    async () => {
      const wrapper = "#!/bin/sh\\necho 'Paketlisten werden gelesen... Fertig'\\n";
      await host.sh(
        `printf 'LANG=de_DE.UTF-8\\nLC_ALL=de_DE.UTF-8\\n' >/etc/default/locale; for t in apt apt-get apt-cache dpkg-query dpkg; do printf "${wrapper}" >/usr/local/bin/$t; chmod 755 /usr/local/bin/$t; done`,
      );
      try {
        await host.exec("systemctl", "restart", "breakwater-agent.service", "breakwater-executor.service");
        const before = (await endpoint())?.inventoryAt ?? "";
        const after = await until("an inventory under the wrappers", 5 * MINUTE, async () => {
          const e = await endpoint();
          return e?.connected && (e.inventoryAt ?? "") > before ? e : undefined;
        });
        expect(after.pendingUpdates).toBeGreaterThan(10);
        const { execution } = await lab.run(host, { "bw-conffile": "1.1" });
        expect(execution.state).toBe("succeeded");
        return `${after.pendingUpdates} pending updates were still told, and a plan went through: ${said(execution)}`;
      } finally {
        await host.sh("rm -f /usr/local/bin/* /etc/default/locale");
        await lab.reset(host, "bw-conffile");
      }
    },
  );

  fault(
    "C4",
    [host],
    "The installed version leaves repository and caches, and dpkg-repack is gone: once after a plan was approved, once before one is made.",
    async () => {
      const early = await lab.approved(host, { "bw-reboot": "1.1" });
      await host.sh("mv /usr/bin/dpkg-repack /root/; rm -f /var/cache/apt/archives/*.deb; rm -rf /var/lib/breakwater-executor/archives/*");
      await testbed.repo("withdraw", "bw-reboot", "1.0");
      await refresh([host]);
      const { execution, executionId } = await lab.deployed(host, early);
      expect(execution.state).toBe("refused");
      expect(execution.message).toMatch(/not-reversible: The installed bw-reboot 1.0 is in no cache/);
      expect(await began(host, executionId)).toEqual([]);
      expect(await host.package("bw-reboot")).toBe("ii 1.0");
      await host.sh("rm -rf /var/lib/breakwater-executor/archives/*");
      const told = await until("the planner to say so", 5 * MINUTE, async () => {
        const message = await lab.refusedPlan(host, "bw-reboot", "1.1");
        return /reversible: no/.test(message) && message;
      });
      const forward = await lab.run(host, { "bw-reboot": "1.1" }, { rollback: false });
      expect(forward.execution.state).toBe("succeeded");
      await host.sh("mv /root/dpkg-repack /usr/bin/");
      return `Approved before: nothing began, ${said(execution)} Planned after: “${told}” Without a rollback it went through.`;
    },
  );
});
