import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DnfLab, NEW, OLD, rpmIsSound } from "./catalogue/dnf-lab.ts";
import { connected } from "./endpoint.ts";
import { MINUTE } from "./fleet.ts";
import { costRow, costTable, nothingLeftOn, planToRehearse, rehearsalEnded, rehearse } from "./rehearsing.ts";
import { until } from "./testbed.ts";

/** What is tried, and what a rehearsal must say of it. */
const CASES: readonly { name: string; expect: "caught" | "good"; by: RegExp }[] = [
  { name: "bw-one", expect: "good", by: /^$/ },
  { name: "bw-conf", expect: "good", by: /^$/ },
  { name: "bw-daemon", expect: "good", by: /^$/ },
  { name: "bw-badpost", expect: "caught", by: /^maintainer-script$/ },
  { name: "bw-badpre", expect: "caught", by: /^maintainer-script$/ },
  { name: "bw-hang", expect: "caught", by: /^hung$/ },
  { name: "bw-needs", expect: "caught", by: /^(?:simulation-differs|dependency)/ },
];

const lab = new DnfLab(1);
const { host, controller } = lab;
const rows: (readonly string[])[] = [];

beforeAll(async () => {
  await lab.startWith(CASES.map((c) => c.name));
  // The owner allows rehearsing and nothing more: no plan can change this machine.
  await host.write("/etc/breakwater-agent/policy.yaml", "mode: rehearse\n");
  await host.exec("systemctl", "restart", "breakwater-agent.service");
  await until("the endpoint to allow rehearsing", 2 * MINUTE, async () => (await connected(host, controller)).policyMode === "rehearse");
});
afterAll(async () => {
  console.log(costTable(rows));
  await lab.stop();
});

const state = () => host.sh("rpm -qa --qf '%{NEVRA} %{INSTALLTIME}\\n' | sort | sha256sum; ls -lR --time-style=full-iso /etc | sha256sum");

describe("a rehearsal of rpm packages on a real host", () => {
  it.each(CASES)("of $name is $expect", async (tried) => {
    const plan = await planToRehearse(controller, lab.fleet.idOf(host), tried.name, NEW);
    const before = await state();
    await rehearse(controller, plan);
    const row = await rehearsalEnded(controller, plan);
    rows.push(costRow(tried.name, NEW, row));
    expect(row.report, row.reason).not.toBeNull();
    expect(row.verdict, `${row.reason} ${JSON.stringify(row.report?.steps)}`).toBe(tried.expect === "caught" ? "failed" : "passed");
    expect(row.failureClass, row.reason).toMatch(tried.by);
    expect(row.report?.host).toMatchObject({ untouched: true, differences: [] });
    expect(await state()).toBe(before);
    expect(await host.rpms(tried.name)).toEqual([OLD]);
    await rpmIsSound(host);
    await nothingLeftOn(host);
  });
});
