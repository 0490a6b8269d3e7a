import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Plan } from "./client.ts";
import { ON_CHECKS } from "./controller.ts";
import { connected, timesUpgraded } from "./endpoint.ts";
import { Fleet, MINUTE, refresh } from "./fleet.ts";
import { type Host, testbed, until } from "./testbed.ts";

/** Host 1's owner allows one reboot a day, host 2's none. */
const fleet = new Fleet({ hosts: [1, 2] });
const [h1, h2] = fleet.hosts as [Host, Host];
const bootId = async (host: Host) => (await host.exec("cat", "/proc/sys/kernel/random/boot_id")).trim();
const HOOKS = "/etc/breakwater-agent/hooks";
const HOOK = '#!/bin/sh\necho "$BREAKWATER_PHASE $(basename "$0") $(cat /proc/sys/kernel/random/boot_id)" >>/var/log/hooks.log\n';

async function owner(host: Host, policy: string): Promise<void> {
  await host.write("/etc/breakwater-agent/policy.yaml", `mode: patch\n${policy}`);
  await host.exec("systemctl", "restart", "breakwater-agent.service");
  const wanted = policy.includes("reboots");
  await until(`${host.name} to tell of its policy`, MINUTE, async () => {
    const endpoint = await fleet.controller.client.get<{ connected: boolean; capabilities: string[] }>(`/endpoints/${fleet.idOf(host)}`);
    return endpoint.connected && endpoint.capabilities.includes("reboot") === wanted;
  });
}

async function hook(host: Host, path: string, text = HOOK): Promise<void> {
  await host.write(`${HOOKS}/${path}`, text);
  await host.exec("chmod", "755", `${HOOKS}/${path}`);
}

const mainPid = async (host: Host, unit: string) => (await host.exec("systemctl", "show", "-P", "MainPID", unit)).trim();
/** As an upgrade leaves a program that runs: the file is another one, the process still has the old. */
const replace = (host: Host, path: string) => host.sh(`cp -p ${path} ${path}.new && mv ${path}.new ${path}`);
let pids: { cron: string; shop: string };

const planFor = async (title: string, name: string, on: readonly Host[]): Promise<Plan> => {
  await testbed.repo("publish", name, "1.1");
  await refresh(on);
  return fleet.controller.approvedPlan({
    title,
    select: { patches: [await fleet.pending(name, "1.1", on)], endpointIds: on.map((h) => fleet.idOf(h)) },
    bakeMs: 1_000,
    passOnChecks: ON_CHECKS,
    reboot: "when-needed",
  });
};

beforeAll(async () => {
  await fleet.start();
  await owner(h1, "reboots: 1\n");
  await owner(h2, "restarts: {exclude: [bw-shop]}\n");
  await replace(h2, "/usr/sbin/cron");
  await replace(h2, "/usr/bin/python3.11");
  pids = { cron: await mainPid(h2, "cron.service"), shop: await mainPid(h2, "bw-shop.service") };
  for (const phase of ["drain", "undrain"]) for (const name of ["10-first", "20-second"]) await hook(h1, `${phase}.d/${name}`);
});
afterAll(() => fleet.stop());

describe("a patch that asks for a reboot", () => {
  it("has the machine rebooted once where plan and owner let it, drained before and serving again after its checks", async () => {
    const plan = await planFor("Reboot", "bw-reboot", [h1, h2]);
    const said = (host: Host) => plan.actions.find((a) => a.endpointId === fleet.idOf(host))?.reboot;
    expect([said(h1), said(h2)]).toEqual(["when-needed", "never"]);
    const before = [await bootId(h1), await bootId(h2)];
    const done = await fleet.controller.deploymentIs(await fleet.controller.deploy(plan), ["succeeded"], 8 * MINUTE);
    const execution = await fleet.executionOf(done, h1);
    expect(execution.state).toBe("succeeded");
    expect(execution.reports.map((r) => r.state).filter((s) => s === "rebooting")).toHaveLength(1);
    expect(execution.reports.find((r) => r.state === "rebooting")?.message).toMatch(/^Rebooting since .*: required by bw-reboot\./);
    expect(execution.reports.at(-1)?.message).toContain("Rebooted; kernel");
    expect(execution.reports.at(-1)?.checks).toContainEqual(expect.objectContaining({ name: "shop", passed: true }));
    expect(execution.reports.some((r) => /No kernel fallback here: there is no grub/.test(r.message))).toBe(true);

    const after = await bootId(h1);
    expect(after).not.toBe(before[0]);
    expect((await h1.exec("cat", "/var/log/hooks.log")).trim().split("\n")).toEqual([
      `drain 10-first ${before[0]}`,
      `drain 20-second ${before[0]}`,
      `undrain 10-first ${after}`,
      `undrain 20-second ${after}`,
    ]);
    expect(await h1.package("bw-reboot")).toBe("ii 1.1");
    expect(await timesUpgraded(h1, "bw-reboot", "1.1")).toBe(1);
    const journal = await h1.sh("cat /var/lib/breakwater-executor/executions/*/journal");
    expect(journal.match(/"kind":"reboot-began"/g)).toHaveLength(1);
    expect(await h1.exec("cat", "/var/log/bw-reboot.inhibitors")).toMatch(/Breakwater.*shutdown:sleep.*block/);
    expect(await h1.sh("systemctl list-units --all --no-legend 'breakwater-inhibit@*'")).toBe("");
  });

  it("is put in place and told as needing a reboot where the owner allows none, and restarts that he excludes", async () => {
    const [deployment] = (await fleet.controller.client.get<{ rows: { id: string }[] }>("/deployments")).rows;
    const execution = await fleet.executionOf(await fleet.controller.deployment(deployment?.id ?? ""), h2);
    expect(execution.state).toBe("succeeded");
    expect(execution.reports.at(-1)?.message).toContain("Reboot needed: required by bw-reboot");
    expect(await h2.package("bw-reboot")).toBe("ii 1.1");
    expect((await h2.try("test", "-e", "/run/reboot-required")).exitCode).toBe(0);
    // Of what runs replaced files, all is restarted but what the owner excludes.
    expect(execution.reports.at(-1)?.message).toContain("Restart needed: bw-shop.service");
    expect(await mainPid(h2, "bw-shop.service")).toBe(pids.shop);
    expect(await mainPid(h2, "cron.service")).not.toBe(pids.cron);
    const plans = await fleet.controller.client.get<{ rows: { id: string }[] }>("/plans");
    const plan = await fleet.controller.client.get<Plan>(`/plans/${plans.rows[0]?.id}`);
    expect(JSON.stringify(plan.document)).toContain("its owner's policy allows no reboots");
  });
});

describe("an owner's word", () => {
  it("holds against a signed plan: no more reboots a day than allowed", async () => {
    await connected(h1, fleet.controller);
    const plan = await planFor("Once more", "bw-conffile", [h1]);
    const id = await fleet.controller.deploy(plan);
    const refused = await until("the endpoint to refuse", 3 * MINUTE, async () => {
      const d = await fleet.controller.deployment(id);
      return fleet.cellOf(d, h1)?.state === "refused" ? d : undefined;
    });
    expect((await fleet.executionOf(refused, h1)).failureClass).toBe("policy-reboot");
    expect(await h1.package("bw-conffile")).toBe("ii 1.0");
    await fleet.controller.client.post(`/deployments/${id}/halt`, { reason: "refused" });
  });

  it("is not taken from a hook that others may write: nothing is changed", async () => {
    await owner(h1, "reboots: 9\n");
    await h1.exec("chmod", "777", `${HOOKS}/drain.d/10-first`);
    const before = await bootId(h1);
    const plan = await planFor("Unsound", "bw-conffile", [h1]);
    const id = await fleet.controller.deploy(plan);
    const failed = await until("the execution to fail", 3 * MINUTE, async () => {
      const d = await fleet.controller.deployment(id);
      return fleet.cellOf(d, h1)?.state === "failed" ? d : undefined;
    });
    const execution = await fleet.executionOf(failed, h1);
    expect(execution.failureClass).toBe("reboot-not-done");
    expect(execution.message).toMatch(/drain\.d\/10-first can be written by others than root.*Nothing was changed/s);
    expect(await h1.package("bw-conffile")).toBe("ii 1.0");
    expect(await bootId(h1)).toBe(before);
    await fleet.controller.client.post(`/deployments/${id}/halt`, { reason: "unsound" });
    await h1.exec("chmod", "755", `${HOOKS}/drain.d/10-first`);
  });

  it("is heard when a hook says that the machine cannot be drained: the patch stands, no reboot, and not told as success", async () => {
    await hook(h1, "drain.d/15-busy", "#!/bin/sh\necho the database has writers\nexit 3\n");
    await h1.sh("rm /var/log/hooks.log; touch /run/reboot-required");
    const before = await bootId(h1);
    const plan = await planFor("Busy", "bw-conffile", [h1]);
    const id = await fleet.controller.deploy(plan);
    const failed = await until("the execution to end", 5 * MINUTE, async () => {
      const d = await fleet.controller.deployment(id);
      return fleet.cellOf(d, h1)?.state === "failed" ? d : undefined;
    });
    const execution = await fleet.executionOf(failed, h1);
    expect(execution.failureClass).toBe("reboot-not-done");
    expect(execution.message).toMatch(/15-busy exited 3: the database has writers/);
    expect(await h1.package("bw-conffile")).toBe("ii 1.1");
    expect(await bootId(h1)).toBe(before);
    expect((await h1.exec("cat", "/var/log/hooks.log")).replaceAll(` ${before}`, "").trim().split("\n")).toEqual([
      "drain 10-first",
      "undrain 10-first",
      "undrain 20-second",
    ]);
    await fleet.controller.client.post(`/deployments/${id}/halt`, { reason: "busy" });
  });
});
