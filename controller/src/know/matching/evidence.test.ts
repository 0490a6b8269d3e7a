import { instant } from "@breakwater/shared/core";
import { describe, expect, it } from "vitest";
import { scoreFinding } from "../risk/index.ts";
import { gatherEvidence } from "./evidence.ts";

describe("what threat feeds report of a vulnerability", () => {
  it("stands in the explanation of its risk, with its source and dates, and adds nothing to it", () => {
    const signal = {
      ...{ vulnerabilityId: "CVE-2026-1001", kind: "chatter", value: 2, at: "2026-02-20T00:00:00.000Z", source: "taxii" },
      data: { ids: ["a", "b"], names: ["malware Locker"], first: "2026-02-02T00:00:00.000Z" },
    };
    const scoreOf = (...signals: (typeof signal)[]) => {
      const { exploitation, cvss } = gatherEvidence([], signals, instant(Date.parse("2026-03-01T00:00:00Z"))).get("CVE-2026-1001");
      return scoreFinding({ exploitation, cvss, reach: { kind: "public", why: "", declared: null }, criticality: 3, dependents: 0 });
    };
    const told = scoreOf(signal);
    expect(told.factors.find((f) => f.name === "threat reports")).toEqual({
      name: "threat reports",
      effect: 0,
      why: "named in 2 reports of taxii from 2026-02-02 to 2026-02-20 (malware Locker); told, not weighed",
    });
    expect(told.risk).toBe(scoreOf().risk);
  });
});
