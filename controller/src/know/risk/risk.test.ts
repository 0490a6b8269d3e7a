import { addMs, days, instant } from "@breakwater/shared/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EndpointFacts } from "../inventory/index.ts";
import { attackedProbability } from "./exploit/index.ts";
import {
  type CvssFacts,
  EXPLOIT_KINDS,
  type ExploitFacts,
  type ReachKind,
  type RiskInput,
  reachOf,
  readCvss,
  readCvssMetrics,
  scoreFinding,
  scoreWithAlternatives,
  sumOf,
} from "./index.ts";

const KINDS: readonly ReachKind[] = ["not-running-kernel", "not-loaded", "loaded", "loopback", "private", "public"];
const WORST = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H";
const MEDIUM = "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:N";
const VECTORS = ["physical", "local", "adjacent", "network"] as const;

const AT = instant(Date.parse("2026-08-15T00:00:00Z"));
const moment = fc.integer({ min: 0, max: 4000 }).map((back) => addMs(AT, -days(back)));
const cvss = fc.record<CvssFacts>({
  baseScore: fc.double({ min: 0, max: 10, noNaN: true }),
  impact: fc.double({ min: 0, max: 1, noNaN: true }),
  attackVector: fc.constantFrom(...VECTORS),
});
const facts: fc.Arbitrary<ExploitFacts> = fc.record({
  at: fc.constant(AT),
  published: moment,
  cvss: fc.constantFrom(null, readCvssMetrics(WORST), readCvssMetrics(MEDIUM)),
  cwe: fc.constantFrom<readonly number[]>([], [79], [78], [787]),
  epss: fc.option(
    fc.record({ score: fc.double({ min: 0, max: 1, noNaN: true }), model: fc.constantFrom(null, "v2025.03.14", "v2026.06.15") }),
  ),
  kev: fc.option(moment),
  exploits: fc.record({ metasploit: moment, nuclei: moment, exploitdb: moment, github: moment }, { requiredKeys: [] }),
  ssvc: fc.option(
    fc.record({
      exploitation: fc.constantFrom(null, "none" as const, "poc" as const, "active" as const),
      automatable: fc.constantFrom(null, true, false),
      totalImpact: fc.constantFrom(null, true, false),
    }),
  ),
  leftOut: fc.constant([]),
});
const input: fc.Arbitrary<RiskInput> = fc.record({
  exploitation: fc.record({ facts, ransomware: fc.boolean() }),
  cvss: fc.option(cvss),
  reach: fc.record({
    kind: fc.constantFrom<ReachKind>(...KINDS, "unknown"),
    why: fc.constant(""),
    declared: fc.constantFrom("public" as const, "private" as const, "loopback" as const, null),
  }),
  criticality: fc.integer({ min: 1, max: 5 }),
  dependents: fc.nat(100),
});
/** The same input with other facts about exploitation. */
const knowing = (i: RiskInput, more: Partial<ExploitFacts>, ransomware = i.exploitation.ransomware): RiskInput => ({
  ...i,
  exploitation: { facts: { ...i.exploitation.facts, ...more }, ransomware },
});
const reached = (kind: ReachKind): RiskInput["reach"] => ({ kind, why: "", declared: null });
const risk = (i: RiskInput) => scoreFinding(i).risk;
/** Rounding of the last digits apart. */
const atMost = (a: number, b: number) => a <= b * (1 + 1e-9);

const unknown: ExploitFacts = {
  at: AT,
  published: addMs(AT, -days(400)),
  cvss: null,
  cwe: [],
  epss: null,
  kev: null,
  exploits: {},
  ssvc: null,
  leftOut: [],
};
const base: RiskInput = {
  exploitation: { facts: unknown, ransomware: false },
  cvss: null,
  reach: reached("private"),
  criticality: 3,
  dependents: 0,
};

describe("risk", () => {
  it("is what it is whatever threat feeds report, and tells of it", () => {
    const reports = fc.array(
      fc.record({
        feed: fc.constantFrom("taxii", "misp"),
        count: fc.integer({ min: 1, max: 50 }),
        names: fc.array(fc.string(), { maxLength: 3 }),
        since: fc.constantFrom(null, "2026-01-01"),
        last: fc.constantFrom(null, "2026-02-01"),
      }),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(input, reports, (i, told) => {
        const score = scoreFinding({ ...i, exploitation: { ...i.exploitation, reports: told } });
        expect(score.risk).toBe(risk(i));
        expect(score.factors.filter((f) => f.name === "threat reports")).toHaveLength(told.length);
      }),
    );
  });

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
    const worse = (i: RiskInput, step: number): RiskInput[] => {
      const { epss, kev, exploits, ssvc } = i.exploitation.facts;
      return [
        knowing(i, { epss: epss && { ...epss, score: Math.min(1, epss.score + step) } }),
        knowing(i, { kev: kev ?? AT }),
        knowing(i, {}, true),
        ...EXPLOIT_KINDS.map((kind) => knowing(i, { exploits: { ...exploits, [kind]: AT } })),
        knowing(i, { ssvc: ssvc && { ...ssvc, exploitation: "active" } }),
        knowing(i, { ssvc: ssvc?.automatable === false ? { ...ssvc, automatable: true } : ssvc }),
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
    };
    fc.assert(
      fc.property(input, fc.double({ min: 0, max: 1, noNaN: true }), (i, step) => {
        for (const w of worse(i, step)) expect(atMost(risk(i), risk(w))).toBe(true);
      }),
    );
  });

  it("ranks a critical flaw that nothing loads below a medium one in an internet-facing login service, of which as much else is known", () => {
    const of = (known: ExploitFacts, vector: string, kind: ReachKind): RiskInput => ({
      exploitation: { facts: { ...known, kev: null, cvss: readCvssMetrics(vector) }, ransomware: false },
      cvss: readCvss(vector),
      reach: reached(kind),
      criticality: 3,
      dependents: 0,
    });
    fc.assert(
      fc.property(facts, (known) => {
        expect(risk(of(known, WORST, "not-loaded"))).toBeLessThan(risk(of(known, MEDIUM, "public")));
      }),
    );
  });

  it("ranks known exploited, internet-facing, on a critical endpoint above everything that lacks one of these", () => {
    const network = fc.option(cvss.map((c) => ({ ...c, attackVector: "network" as const })));
    const isTop = (i: RiskInput) =>
      i.exploitation.facts.kev !== null && i.criticality === 5 && (i.reach.kind === "public" || i.reach.declared === "public");
    fc.assert(
      fc.property(input, network, input, (i, vector, other) => {
        const top = { ...knowing(i, { kev: i.exploitation.facts.kev ?? AT }), cvss: vector, reach: reached("public"), criticality: 5 };
        if (!isTop(other)) expect(risk(other)).toBeLessThan(risk(top));
      }),
    );
  });

  it("is the same for the same facts, and no higher or lower for another model of EPSS that ranks alike", () => {
    fc.assert(
      fc.property(input, (i) => {
        expect(scoreFinding(structuredClone(i))).toEqual(scoreFinding(i));
      }),
    );
    const [v4, v5] = ["v2025.03.14", "v2026.06.15"];
    const under = (model: string | undefined, score: number) =>
      risk({ ...base, exploitation: { facts: { ...unknown, epss: { score, model: model ?? null } }, ransomware: false } });
    // The scores that one in twelve reach under each model.
    const alike = [under(v4, 0.0805), under(v5, 0.05217)];
    expect(Math.abs((alike[0] ?? 0) / (alike[1] ?? 0) - 1)).toBeLessThan(0.001);
  });

  it("says when nothing is known", () => {
    const score = scoreFinding({ ...base, reach: reachOf("curl", null, null) });
    expect(score.factors.map((f) => f.name)).toEqual([
      "average vulnerability",
      "public exploit",
      "age",
      "exposure (declared)",
      "impact",
      "criticality",
    ]);
    expect(score.factors[0]?.why).toContain("no EPSS score");
    expect(score.factors[3]?.why).toContain("taken to be private");
  });

  it("counts attacks that no list names: more than listings, in the same order, and below what is listed", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.97, noNaN: true }), fc.double({ min: 0, max: 0.97, noNaN: true }), (a, b) => {
        const [less, more] = [attackedProbability(Math.min(a, b)), attackedProbability(Math.max(a, b))];
        expect(less).toBeGreaterThanOrEqual(Math.min(a, b) - 1e-12);
        expect(more).toBeGreaterThanOrEqual(less);
        expect(more).toBeLessThanOrEqual(0.97);
      }),
    );
    // The average of all scores of 2025-08-30, by which the two were tied together.
    expect(attackedProbability(0.000193)).toBeCloseTo(0.0356, 2);
  });
});

describe("what the risk would be otherwise", () => {
  it("is never higher, and the same function's answer with that one fact changed", () => {
    fc.assert(
      fc.property(input, (i) => {
        const { risk: now, factors } = scoreWithAlternatives(i);
        expect(now).toBe(risk(i));
        for (const { name, otherwise } of factors) {
          if (!otherwise) continue;
          expect(atMost(otherwise.risk, now)).toBe(true);
          if (name === "known exploited") expect(otherwise.risk).toBe(risk(knowing(i, { kev: null }, false)));
          if (name === "public exploit") expect(otherwise.risk).toBe(risk(knowing(i, { exploits: {} })));
          if (name === "criticality") expect(otherwise.risk).toBe(risk({ ...i, criticality: 3 }));
        }
      }),
    );
  });
  it("says how far an attacker would have to come", () => {
    const top = { ...base, exploitation: { facts: { ...unknown, kev: AT }, ransomware: false }, reach: reached("public"), criticality: 5 };
    const { factors } = scoreWithAlternatives(top);
    expect(factors.find((f) => f.name === "exposure")?.otherwise).toEqual({
      if: "reachable from its own network only",
      risk: risk({ ...top, reach: reached("private") }),
    });
    expect(scoreWithAlternatives({ ...base, reach: reached("not-loaded") }).factors.some((f) => f.name === "exposure" && f.otherwise)).toBe(
      false,
    );
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
      { name: "openssh-server", pids: [7], units: ["ssh.service"], restartNeeded: false, stale: [], reach: "public" },
      { name: "libssl3", pids: [7], units: ["ssh.service"], restartNeeded: false, stale: [], reach: "public" },
      { name: "cron", pids: [8], units: ["cron.service"], restartNeeded: false, stale: [], reach: "none" },
    ],
    kernel: { running: "6.1.0-25-amd64", newestInstalled: "6.1.0-26-amd64", package: "linux-image-6.1.0-25-amd64", runningVersion: "" },
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

describe("declared ways from the internet", () => {
  const listener = { protocol: "tcp", address: "10.0.0.5", port: 8443, pid: 7, process: "java", package: "shop", unit: "shop.service" };
  const seen = (scope: string) =>
    EndpointFacts.parse({
      ...{ collectedAt: "", services: [], kernel: null, reboot: null, repositories: [], hardware: null, problems: [] },
      listeners: [{ ...listener, scope }],
      loadedPackages: [{ name: "libssl3", pids: [7], units: ["shop.service"], restartNeeded: false, stale: [], reach: scope }],
    });
  const balanced = (ports: number[]) => ({ zone: null, loadBalancers: [{ id: "front", ports }] });
  const dmz = { zone: "dmz", loadBalancers: [] };

  it("make a private listener public: by its zone, or by a load balancer that forwards to its port", () => {
    expect(reachOf("shop", seen("private"), null, dmz)).toMatchObject({ kind: "public", why: expect.stringContaining("zone dmz") });
    expect(reachOf("shop", seen("private"), null, balanced([8443]))).toMatchObject({
      kind: "public",
      why: expect.stringContaining("port 8443"),
    });
    expect(reachOf("libssl3", seen("private"), null, balanced([8443]))).toMatchObject({ kind: "public" });
    expect(reachOf("shop", seen("private"), null, balanced([443]))).toMatchObject({ kind: "private" });
    expect(reachOf("shop", seen("private"), null)).toMatchObject({ kind: "private" });
  });
  it("change nothing of what listens on loopback or nowhere, and never narrow what was seen", () => {
    expect(reachOf("shop", seen("loopback"), null, dmz).kind).toBe("loopback");
    expect(reachOf("bash", seen("private"), null, dmz).kind).toBe("not-loaded");
    expect(reachOf("shop", seen("public"), null, balanced([443]))).toMatchObject({
      kind: "public",
      why: expect.stringContaining("listens on"),
    });
  });
  it("stand in for what nobody declared of the endpoint itself, where nobody could look", () => {
    expect(reachOf("shop", null, null, dmz)).toMatchObject({ kind: "unknown", declared: "public" });
    expect(reachOf("shop", null, "private", dmz)).toMatchObject({ kind: "unknown", declared: "private" });
  });
  it("are what the counterfactual takes away", () => {
    const evidence = {
      facts: { at: AT, published: AT, cvss: readCvssMetrics(WORST), cwe: [], epss: null, kev: null, exploits: {}, ssvc: null, leftOut: [] },
      ransomware: false,
    };
    const base = { exploitation: evidence, cvss: readCvss(WORST), criticality: 3, dependents: 0 };
    const { risk, factors } = scoreWithAlternatives({ ...base, reach: reachOf("shop", seen("private"), null, balanced([8443])) });
    const otherwise = factors.find((f) => f.name === "exposure")?.otherwise;
    expect(otherwise?.if).toBe("not behind the load balancer front");
    expect(otherwise?.risk).toBeCloseTo(scoreWithAlternatives({ ...base, reach: reachOf("shop", seen("private"), null) }).risk, 9);
    expect(otherwise?.risk).toBeLessThan(risk);
  });
});
