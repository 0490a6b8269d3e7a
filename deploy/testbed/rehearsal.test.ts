import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AuditVerification, Plan } from "./client.ts";
import { connected } from "./endpoint.ts";
import { Fleet, MINUTE, refresh } from "./fleet.ts";
import { costRow, costTable, nothingLeftOn, planToRehearse, rehearsalEnded, rehearsalsOf, rehearse } from "./rehearsing.ts";
import { type Host, testbed, until } from "./testbed.ts";

/** What is tried, and what a rehearsal must say of it. "noticed": passed, with a warning that names the sign. */
const CASES: readonly { name: string; from?: string; to: string; expect: "caught" | "noticed" | "good"; by: RegExp }[] = [
  { name: "bw-conffile", to: "1.1", expect: "good", by: /^$/ },
  // It brings bw-kernel-2, which is not installed.
  { name: "bw-meta", to: "1.1", expect: "good", by: /^$/ },
  { name: "bw-badpostinst", to: "1.1", expect: "caught", by: /^maintainer-script$/ },
  { name: "bw-badprerm", to: "1.1", expect: "caught", by: /^maintainer-script$/ },
  { name: "bw-hang", to: "1.1", expect: "caught", by: /^hung$/ },
  { name: "bw-remove", to: "1.1", expect: "caught", by: /^removal-needed$/ },
  { name: "bw-big", to: "1.1", expect: "caught", by: /^no-space$/ },
  { name: "bw-netdown", to: "1.1", expect: "caught", by: /^network-down$/ },
  { name: "bw-reboot", to: "1.1", expect: "noticed", by: /reboot-required/ },
  { name: "bw-shop", from: "1.0", to: "1.1", expect: "good", by: /^$/ },
  { name: "bw-shop", from: "1.0", to: "1.2-nostart", expect: "caught", by: /^service-failed$/ },
  { name: "bw-shop", from: "1.0", to: "1.2-crash", expect: "caught", by: /^service-failed$/ },
];
const OTHERS = ["bw-badprerm", "bw-hang", "bw-remove", "bw-lib", "bw-app", "bw-big", "bw-netdown", "bw-meta"];

const fleet = new Fleet({ hosts: [1] });
const [host] = fleet.hosts as [Host];
const rows: (readonly string[])[] = [];

beforeAll(async () => {
  await fleet.start();
  // The owner allows rehearsing and nothing more: no plan can change this machine.
  await host.write("/etc/breakwater-agent/policy.yaml", "mode: rehearse\n");
  const first = [...OTHERS.map((n) => `${n}=1.0`), "bw-shop=1.0"].join(" ");
  await host.sh(`DEBIAN_FRONTEND=noninteractive apt-get install -q -y --allow-downgrades ${first}`);
  for (const { name, to } of CASES.filter((c) => c.name !== "bw-shop")) await testbed.repo("publish", name, to);
  await refresh([host]);
  await host.exec("systemctl", "restart", "breakwater-agent.service");
  await until(
    "the endpoint to allow rehearsing",
    2 * MINUTE,
    async () => (await connected(host, fleet.controller)).policyMode === "rehearse",
  );
});
afterAll(async () => {
  console.log(costTable(rows));
  await fleet.stop();
});

const planFor = async (name: string, to: string): Promise<Plan> => {
  await fleet.pending(name, to, [host]);
  return planToRehearse(fleet.controller, fleet.idOf(host), name, to);
};
const ask = (plan: Plan) => rehearse(fleet.controller, plan);
const read = (plan: Plan) => rehearsalsOf(fleet.controller, plan);
const ended = (plan: Plan) => rehearsalEnded(fleet.controller, plan);
const nothingLeft = () => nothingLeftOn(host);
const status = () => host.sh("sha256sum /var/lib/dpkg/status; ls -lR --time-style=full-iso /etc | sha256sum; ip -o link show host0");

describe("a rehearsal on a real host", () => {
  it.each(CASES)("of $name $to is $expect", async (tried) => {
    if (tried.name === "bw-shop") {
      await testbed.repo("publish", "bw-shop", "1.0");
      await testbed.repo("publish", "bw-shop", tried.to);
      await refresh([host]);
    }
    const plan = await planFor(tried.name, tried.to);
    const before = await status();
    await ask(plan);
    const row = await ended(plan);
    expect(row.report, row.reason).not.toBeNull();
    const { report } = row;
    if (!report) return;
    const warned = report.warnings.join(" ");
    rows.push(costRow(tried.name, tried.to, row));
    expect(row.verdict, `${row.reason} ${JSON.stringify(report.steps)}`).toBe(tried.expect === "caught" ? "failed" : "passed");
    expect(tried.expect === "noticed" ? warned : row.failureClass, row.reason).toMatch(tried.by);
    // On a machine that others use too, latencies may differ for no reason of ours.
    if (tried.expect === "good") expect(report.warnings.filter((w) => !/ takes .* ms after/.test(w))).toEqual([]);
    if (tried.name === "bw-meta")
      expect(report.packages).toContainEqual(
        expect.objectContaining({ name: "bw-kernel-2", before: "", wanted: "1.0", after: "1.0", afterRollback: "" }),
      );
    expect(report.host.differences).toEqual([]);
    expect(report.host.untouched).toBe(true);
    expect(await status()).toBe(before);
    expect(await host.package(tried.name)).toBe("ii 1.0");
    await nothingLeft();
  });

  it("is told as interrupted and leaves nothing behind when the executor is killed", async () => {
    await testbed.repo("publish", "bw-shop", "1.1");
    await refresh([host]);
    const plan = await planFor("bw-shop", "1.1");
    await ask(plan);
    await until("the copy to be at work", 10 * MINUTE, async () => (await read(plan)).rows[0]?.step === "watch", 250);
    await host.try("pkill", "-9", "-f", "/usr/lib/breakwater-agent/versions/.*/executor.mjs");
    const row = await ended(plan);
    expect(row).toMatchObject({ verdict: "not-rehearsable", failureClass: "interrupted" });
    await nothingLeft();
  });

  it("changes nothing that may be deployed, and is in the audit chain", async () => {
    const plan = await planFor("bw-shop", "1.1");
    const refused = fleet.controller.approvedPlan({
      select: { patches: [{ packageName: "bw-shop", toVersion: "1.1" }], endpointIds: fleet.ids },
      rehearsal: "only",
    });
    await expect(refused.then((p) => fleet.controller.deploy(p))).rejects.toThrow("rehearsal-only");
    const { client } = fleet.controller;
    await expect(client.post(`/plans/${plan.id}/rehearse`, { revision: plan.revision, digest: plan.digest })).rejects.toThrow(
      "permission-missing",
    );
    expect((await client.get<AuditVerification>("/audit/verify")).broken).toBeNull();
    const { rows: records } = await client.get<{ rows: { type: string }[] }>("/audit?limit=200");
    expect(records.filter((r) => r.type === "rehearsal.ended").length).toBeGreaterThanOrEqual(CASES.length);
  });
});
