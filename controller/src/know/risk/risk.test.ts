import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EndpointFacts } from "../inventory/index.ts";
import { type CvssFacts, type ReachKind, type RiskInput, reachOf, readCvss, scoreFinding, sumOf } from "./index.ts";

const KINDS: readonly ReachKind[] = ["not-running-kernel", "not-loaded", "loaded", "loopback", "private", "public"];
const VECTORS = ["physical", "local", "adjacent", "network"] as const;

const cvss = fc.record<CvssFacts>({
  baseScore: fc.double({ min: 0, max: 10, noNaN: true }),
  impact: fc.double({ min: 0, max: 1, noNaN: true }),
  attackVector: fc.constantFrom(...VECTORS),
});
const input: fc.Arbitrary<RiskInput> = fc.record({
  epss: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  kev: fc.option(fc.record({ since: fc.constant("2026-01-01"), ransomware: fc.boolean() })),
  publicExploit: fc.boolean(),
  cvss: fc.option(cvss),
  reach: fc.record({
    kind: fc.constantFrom<ReachKind>(...KINDS, "unknown"),
    why: fc.constant(""),
    declared: fc.constantFrom("public" as const, "private" as const, "loopback" as const, null),
  }),
  criticality: fc.integer({ min: 1, max: 5 }),
  dependents: fc.nat(100),
});
const reached = (kind: ReachKind): RiskInput["reach"] => ({ kind, why: "", declared: null });
const risk = (i: RiskInput) => scoreFinding(i).risk;
/** Rounding of the last digits apart. */
const atMost = (a: number, b: number) => a <= b * (1 + 1e-9);

describe("risk", () => {
  it("lies between 0 and 100, and its factors add up to its logarithm", () => {
    fc.assert(
      fc.property(input, (i) => {
        const score = scoreFinding(i);
        expect(score.risk).toBeGreaterThan(0);
        expect(score.risk).toBeLessThanOrEqual(100);
        expect(sumOf(score.factors)).toBeCloseTo(Math.log(score.risk), 9);
      }),
    );
  });

  it("never falls when any input gets worse", () => {
    const worse = (i: RiskInput, step: number): RiskInput[] => [
      { ...i, epss: i.epss === null ? null : Math.min(1, i.epss + step) },
      { ...i, kev: i.kev ?? { since: null, ransomware: false } },
      { ...i, kev: i.kev ? { ...i.kev, ransomware: true } : null },
      { ...i, publicExploit: true },
      { ...i, cvss: i.cvss && { ...i.cvss, baseScore: Math.min(10, i.cvss.baseScore + step * 10) } },
      { ...i, cvss: i.cvss && { ...i.cvss, impact: Math.min(1, i.cvss.impact + step) } },
      {
        ...i,
        cvss: i.cvss && {
          ...i.cvss,
          attackVector: VECTORS[VECTORS.indexOf(i.cvss.attackVector as (typeof VECTORS)[number]) + 1] ?? "network",
        },
      },
      ...(i.reach.kind === "unknown" ? [] : [{ ...i, reach: reached(KINDS[KINDS.indexOf(i.reach.kind) + 1] ?? "public") }]),
      { ...i, criticality: Math.min(5, i.criticality + 1) },
      { ...i, dependents: i.dependents + 1 },
    ];
    fc.assert(
      fc.property(input, fc.double({ min: 0, max: 1, noNaN: true }), (i, step) => {
        for (const w of worse(i, step)) expect(atMost(risk(i), risk(w))).toBe(true);
      }),
    );
  });

  it("ranks a critical flaw that nothing loads below a medium one in an internet-facing login service", () => {
    const common = { kev: null, publicExploit: false, criticality: 3, dependents: 0 };
    for (const epss of [null, 0.001, 0.05, 0.5]) {
      const critical = readCvss("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H");
      const medium = readCvss("CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:N");
      expect(risk({ ...common, epss, cvss: critical, reach: reached("not-loaded") })).toBeLessThan(
        risk({ ...common, epss, cvss: medium, reach: reached("public") }),
      );
    }
  });

  it("ranks known exploited, internet-facing, on a critical endpoint above everything that lacks one of these", () => {
    const network = fc.option(cvss.map((c) => ({ ...c, attackVector: "network" as const })));
    const isTop = (i: RiskInput) => i.kev !== null && i.criticality === 5 && (i.reach.kind === "public" || i.reach.declared === "public");
    fc.assert(
      fc.property(input, network, input, (i, vector, other) => {
        const top = { ...i, cvss: vector, kev: i.kev ?? { since: null, ransomware: false }, reach: reached("public"), criticality: 5 };
        if (!isTop(other)) expect(risk(other)).toBeLessThan(risk(top));
      }),
    );
  });

  it("says that it used a prior when nothing is known", () => {
    const score = scoreFinding({
      epss: null,
      kev: null,
      publicExploit: false,
      cvss: null,
      reach: reachOf("curl", null, null),
      criticality: 3,
      dependents: 0,
    });
    expect(score.factors.map((f) => f.name)).toEqual(["unknown, prior used", "exposure (declared)", "impact", "criticality"]);
    expect(score.factors[1]?.why).toContain("taken to be private");
  });
});

describe("CVSS", () => {
  it("reads vectors of every version, and nothing else", () => {
    expect(readCvss("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H")).toMatchObject({ baseScore: 9.8, attackVector: "network" });
    expect(readCvss("CVSS:4.0/AV:L/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N")).toMatchObject({ attackVector: "local", impact: 1 });
    expect(readCvss("AV:N/AC:L/Au:N/C:P/I:P/A:P")).toMatchObject({ baseScore: 7.5, attackVector: "network" });
    expect(readCvss("high")).toBeNull();
  });
});

describe("reach", () => {
  const facts = EndpointFacts.parse({
    collectedAt: "2026-03-02T08:00:00Z",
    services: [],
    listeners: [
      {
        protocol: "tcp",
        address: "0.0.0.0",
        port: 22,
        scope: "public",
        pid: 7,
        process: "sshd",
        package: "openssh-server",
        unit: "ssh.service",
      },
    ],
    loadedPackages: [
      { name: "openssh-server", pids: [7], units: ["ssh.service"], restartNeeded: false, reach: "public" },
      { name: "libssl3", pids: [7], units: ["ssh.service"], restartNeeded: false, reach: "public" },
      { name: "cron", pids: [8], units: ["cron.service"], restartNeeded: false, reach: "none" },
    ],
    kernel: { running: "6.1.0-25-amd64", newestInstalled: "6.1.0-26-amd64", package: "linux-image-6.1.0-25-amd64" },
    reboot: null,
    repositories: [],
    hardware: null,
    problems: [],
  });

  it.each<[string, ReachKind]>([
    ["openssh-server", "public"],
    ["libssl3", "public"],
    ["cron", "loaded"],
    ["gcc", "not-loaded"],
    ["linux-image-6.1.0-25-amd64", "public"],
    ["linux-image-6.1.0-22-amd64", "not-running-kernel"],
    ["linux-libc-dev", "not-running-kernel"],
    ["linux-headers-6.1.0-25-amd64", "not-running-kernel"],
  ])("%s is %s", (name, kind) => {
    expect(reachOf(name, facts, null).kind).toBe(kind);
  });

  it("is unknown, not low, where nobody could look", () => {
    const blind = { ...facts, problems: [{ collector: "exposure", code: "denied", message: "no access to /proc" }] };
    expect(reachOf("gcc", blind, "public")).toMatchObject({ kind: "unknown", declared: "public" });
    expect(reachOf("libssl3", blind, null).kind).toBe("public");
    expect(reachOf("gcc", { ...facts, loadedPackages: [] }, null).kind).toBe("unknown");
  });
});
