import { instant } from "@breakwater/shared/core";
import { occurrences } from "@breakwater/shared/window";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planDocumentSchema } from "../document.ts";
import { planToJson, planToMarkdown } from "../markdown.ts";
import { planFromScenario } from "./index.ts";
import { readText } from "./read-text.ts";

const NOW = instant(Date.parse("2026-11-24T11:00:00Z"));
const LOG4J =
  "Vulnerability: CVE-2024-XXXXX (CVSS 8.4). Affected Software: Apache Log4j 2.17.0 and earlier. Our Environment: 247 production servers, 89 development servers. Exposure: 34 servers internet-facing, 303 internal only. Business Context: E-commerce platform (peak traffic 6pm-11pm), financial reporting system (critical 1st-5th of month).";

function planOf(text: string, now = NOW) {
  const result = planFromScenario(text, now);
  if (!result.ok) throw new Error(result.problem.message);
  return result.value;
}
const groups = (text: string) => readText(text, NOW).groups.map((g) => `${g.count} ${g.name}`);
const software = (text: string) => {
  const v = readText(text, NOW).vulnerabilities[0];
  return [v?.id, v?.cvss, v?.product, v?.affected, v?.fixedVersion];
};
const events = (text: string) => readText(text, NOW).events.map((e) => [e.name, e.zone, e.rule]);
const statements = (text: string) => readText(text, NOW).contradictions.map((c) => c.statement);

describe("the Log4j scenario", () => {
  const plan = planOf(LOG4J);

  it("says what does not fit and what was assumed", () => {
    const said = plan.contradictions.map((c) => c.statement).join("\n");
    expect(said).toContain("CVE-2024-XXXXX");
    expect(said).toContain("34 internet-facing + 303 internal = 337, but 247 production + 89 development = 336");
    expect(said).toContain("CVSS 6.6; the text says 8.4");
    expect(plan.vulnerabilities).toEqual([
      { id: "CVE-2024-XXXXX", cvss: 8.4, product: "Apache Log4j", affected: "2.17.0 and earlier", fixedVersion: "2.17.1" },
    ]);
    expect(plan.notes.join("\n")).toContain("CVE-2021-44228");
  });

  it("takes development first, then the exposed early in production, and forgets nobody", () => {
    const sum = (group: string) => plan.waves.flatMap((w) => w.members).reduce((n, m) => n + (m.group === group ? m.count : 0), 0);
    expect([sum("development, internal"), sum("production, internet-facing"), sum("production, internal")]).toEqual([89, 34, 213]);
    const first = plan.waves.findIndex((w) => w.members.some((m) => m.group.startsWith("production")));
    expect(plan.waves.slice(0, first).every((w) => w.members.every((m) => m.group.startsWith("development")))).toBe(true);
    expect(
      plan.waves
        .slice(first, first + 2)
        .flatMap((w) => w.members)
        .filter((m) => m.group === "production, internet-facing")
        .reduce((n, m) => n + m.count, 0),
    ).toBe(34);
  });

  it("keeps clear of the peak and of the days of reporting, whenever it is planned", () => {
    for (let day = 1; day <= 30; day += 3) {
      for (const hour of [day % 24, 22]) {
        const made = planOf(LOG4J, instant(Date.UTC(2026, 10, day, hour)));
        for (const wave of made.waves.filter((w) => w.members.some((m) => m.group.startsWith("production")))) {
          const span = [instant(Date.parse(wave.start)), instant(Date.parse(wave.end))] as const;
          expect(occurrences({ kind: "daily", from: "18:00", to: "23:00" }, "UTC", ...span), wave.start).toEqual([]);
          expect(occurrences({ kind: "monthly", fromDay: 1, toDay: 5 }, "UTC", ...span), wave.start).toEqual([]);
        }
      }
    }
  });

  it("has every field of the contract, and reads as a document", () => {
    expect(planDocumentSchema.parse(JSON.parse(planToJson(plan)))).toEqual(plan);
    const markdown = planToMarkdown(plan);
    expect(markdown).toContain("## Wave 1: Development canary");
    expect(markdown).not.toMatch(/undefined|NaN|\[object/);
  });
});

describe("wordings", () => {
  it("of software and its versions", () => {
    expect(software("CVE-2024-6387 is a hole in OpenSSH before 9.8p1, rated 8.1.")).toEqual([
      "CVE-2024-6387",
      8.1,
      "OpenSSH",
      "before 9.8p1",
      "9.8p1",
    ]);
    expect(software("nginx 1.20.0 through 1.25.3 has a flaw (CVE-2026-1234, CVSS v3.1 base score 7.5), fixed in 1.25.4")).toEqual([
      "CVE-2026-1234",
      7.5,
      "nginx",
      "1.20.0 through 1.25.3",
      "1.25.4",
    ]);
    expect(software("PostgreSQL < 15.5 on 8 production nodes, severity 8.8.")).toEqual([
      "unidentified",
      8.8,
      "PostgreSQL",
      "< 15.5",
      "15.5",
    ]);
    expect(software("Apply the fix for Redis 7.0.0 - 7.0.14 (score 9.1)")).toEqual(["unidentified", 9.1, "Redis", "7.0.0 - 7.0.14", null]);
    expect(software("an actively exploited hole in Exim 4.96 and earlier (CVE-2023-42115, 9.8)")).toEqual([
      "CVE-2023-42115",
      9.8,
      "Exim",
      "4.96 and earlier",
      null,
    ]);
    expect(software("Software: curl 8.3.0 and older. CVSS 9.8.")).toEqual(["unidentified", 9.8, "curl", "8.3.0 and older", null]);
    expect(software("log4j 2.14.1 and earlier, CVE-2021-44228, CVSS 10").at(-1)).toBe("2.17.1");
  });

  it("of how many there are and who can reach them", () => {
    expect(groups("40 hosts in production and 12 in staging; 5 of the production ones are reachable from the internet.")).toEqual([
      "5 production, internet-facing",
      "35 production, internal",
      "12 staging, internal",
    ]);
    expect(groups("120 VMs: 100 production, 20 dev. 10 are public, 110 internal.")).toEqual([
      "10 production, internet-facing",
      "90 production, internal",
      "20 development, internal",
    ]);
    expect(groups("prod: 1,200 servers, dev: 300 servers. 200 internet-facing.")).toEqual([
      "200 production, internet-facing",
      "1000 production, internal",
      "300 development, internal",
    ]);
    expect(groups("thirty production machines, six of which face the internet")).toEqual([
      "6 production, internet-facing",
      "24 production, internal",
    ]);
    expect(groups("Production: 60 servers (12 public)\nDevelopment: 25 servers")).toEqual([
      "12 production, internet-facing",
      "48 production, internal",
      "25 development, internal",
    ]);
    expect(groups("20 internet-facing production servers, 30 internal production servers")).toEqual([
      "20 production, internet-facing",
      "30 production, internal",
    ]);
    expect(groups("6 production servers, all public.")).toEqual(["6 production, internet-facing"]);
    expect(groups("8 production nodes and 2 test nodes. No internet exposure.")).toEqual(["8 production, internal", "2 test, internal"]);
    expect(groups("DMZ: 7 servers. Internal: 93 servers.")).toEqual(["7 production, internet-facing", "93 production, internal"]);
    expect(groups("15 servers.")).toEqual(["15 production"]);
  });

  it("of when the business is busy", () => {
    expect(events("The web shop is busiest between 18:00 and 23:00 Europe/Berlin.")).toEqual([
      ["web shop: busiest hours", "Europe/Berlin", { kind: "daily", from: "18:00", to: "23:00" }],
    ]);
    expect(events("Month-end close runs 28-31 and must not be disturbed.")).toEqual([
      ["Month-end close", "UTC", { kind: "monthly", fromDay: 28, toDay: 31 }],
    ]);
    expect(events("Black Friday freeze Nov 24-30.")).toEqual([
      ["Black Friday freeze", "UTC", { kind: "once", fromDate: "2026-11-24", toDate: "2026-11-30" }],
    ]);
    expect(events("Our payment gateway is critical the first five days of every month.").map((e) => e[2])).toEqual([
      { kind: "monthly", fromDay: 1, toDay: 5 },
    ]);
    expect(events("Payroll runs on the last three days of each month.")).toEqual([
      ["Payroll", "UTC", { kind: "monthly", fromDay: -3, toDay: -1 }],
    ]);
    expect(events("trading hours are Mon-Fri 9am-5:30pm London time")).toEqual([
      ["trading hours", "Europe/London", { kind: "weekly", days: ["mon", "tue", "wed", "thu", "fri"], from: "09:00", to: "17:30" }],
    ]);
    expect(events("Newsletter batch every night 22:00-02:00.")).toEqual([
      ["Newsletter batch", "UTC", { kind: "daily", from: "22:00", to: "02:00" }],
    ]);
    expect(events("Peak 10-2pm.").map((e) => e[2])).toEqual([{ kind: "daily", from: "10:00", to: "14:00" }]);
    expect(events("Quarter reporting 2027-01-04 to 2027-01-08.").map((e) => e[2])).toEqual([
      { kind: "once", fromDate: "2027-01-04", toDate: "2027-01-08" },
    ]);
    expect(events("Financial system is critical on the 15th of every month.").map((e) => e[2])).toEqual([
      { kind: "monthly", fromDay: 15, toDay: 15 },
    ]);
  });

  it("of a maintenance window", () => {
    const read = readText("10 production servers. Maintenance window: Sundays 02:00-06:00.", NOW);
    expect(read.groups[0]?.window).toEqual({ days: ["sun"], from: "02:00", to: "06:00" });
    expect(read.events).toEqual([]);
  });

  it("that cannot be true are said", () => {
    expect(statements("CVSS 11.2, libwebp up to 1.3.1, 4 servers").join()).toContain("between 0 and 10; the text says 11.2");
    expect(statements("glibc 2.38 to 2.31, CVE-1998-0001").join()).toMatch(/year 1998.*runs backwards/s);
    expect(statements("We run 500 servers: 300 production and 150 development.").join()).toContain(
      "500 servers in all, but its tiers add up to 450",
    );
    expect(statements("Foo 2.0.1 and earlier, fixed in 1.9.0").join()).toContain("lies inside the affected range");
  });
});

describe("a scenario", () => {
  it("without servers is refused with what to do next", () => {
    expect(planFromScenario("CVE-2024-6387 in OpenSSH before 9.8p1", NOW)).toMatchObject({
      ok: false,
      problem: { code: "scenario-without-servers" },
    });
  });

  it("of one server says that nothing goes before it", () => {
    expect(planOf("1 production server with Redis 7.0.0 and earlier").waves.map((w) => [w.name, w.endpoints])).toEqual([
      ["Production: the only endpoint", 1],
    ]);
  });

  it("in YAML says the same exactly", () => {
    const yaml = `
title: Close the hole in Redis
timezone: Europe/Berlin
vulnerabilities: [{ id: CVE-2026-1234, cvss: 9.1, product: Redis, affected: before 7.0.15, fixedVersion: 7.0.15 }]
environment: { production: 40, development: 10 }
exposure: { internetFacing: 8, internal: 42 }
events: [{ name: Web shop, rule: { kind: daily, from: "18:00", to: "23:00" } }]
`;
    const plan = planOf(yaml);
    expect(plan.contradictions).toEqual([]);
    expect(plan.waves.reduce((n, w) => n + w.endpoints, 0)).toBe(50);
    expect(plan.waves.at(-1)).toMatchObject({ timezone: "Europe/Berlin", avoids: ["Web shop"] });
    expect(planFromScenario(yaml.replace("9.1", "high"), NOW)).toMatchObject({ ok: false, problem: { code: "scenario-unreadable" } });
  });

  it("always sums up, never gains risk, and gives the same plan twice", () => {
    const scenario = fc.record({
      production: fc.integer({ min: 1, max: 900 }),
      development: fc.integer({ min: 0, max: 200 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      hour: fc.integer({ min: 0, max: 22 }),
      day: fc.integer({ min: 0, max: 60 }),
    });
    fc.assert(
      fc.property(scenario, ({ production, development, share, hour, day }) => {
        const exposed = Math.max(1, Math.floor(production * share));
        const text = `${production} production servers, ${development} development servers, ${exposed} internet-facing. Redis 7.0.0 and earlier, CVSS 9.1. Shop peak ${hour}:00-${hour + 1}:30. Reporting 1st-5th of month.`;
        const now = instant(NOW + day * 86_400_000);
        const plan = planOf(text, now);
        expect(planOf(text, now)).toEqual(plan);
        for (const wave of plan.waves) expect(wave.members.reduce((n, m) => n + m.count, 0)).toBe(wave.endpoints);
        expect(plan.waves.reduce((n, w) => n + w.endpoints, 0)).toBe(production + development);
        const risks = [plan.risk.now, ...plan.risk.afterEachWave];
        for (let i = 1; i < risks.length; i++) expect(risks[i]).toBeLessThanOrEqual(risks[i - 1] as number);
        expect(plan.risk.factors.reduce((sum, f) => sum + f.effect, 0)).toBeCloseTo(Math.log(plan.risk.now / 100), 1);
        let ready = now as number;
        for (const wave of plan.waves) {
          expect(Date.parse(wave.start)).toBeGreaterThanOrEqual(ready);
          ready = Date.parse(wave.end) + wave.bakeMinutes * 60_000;
        }
      }),
      { numRuns: 12 },
    );
  });
});
