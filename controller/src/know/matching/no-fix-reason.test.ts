import { describe, expect, it } from "vitest";
import type { AffectedRange } from "../intel/index.ts";
import { indexAdvisories } from "./advisory-index.ts";
import type { MatchPackage } from "./source.ts";
import { judgePackage } from "./verdict.ts";
import { type NoFixReason, readNoFixReason } from "./vote.ts";

const pkg = (version: string, distribution: string, ecosystem = "deb"): MatchPackage => ({
  ...{ ecosystem, name: "tool", version, architecture: "amd64", sourceName: "tool", sourceVersion: version, vendor: "", distribution },
});
const advisory = (id: string, range: Partial<AffectedRange>) => ({
  ...{ id, summary: "", published: null, modified: null, withdrawn: false, vulnerabilities: ["CVE-2026-1001"] },
  affected: [
    {
      distribution: "debian:12",
      ecosystem: "deb",
      package: "tool",
      introduced: "0",
      fixed: null,
      lastAffected: null,
      urgency: "",
      ...range,
    },
  ],
});
const judged = (installed: MatchPackage, ...advisories: ReturnType<typeof advisory>[]) =>
  judgePackage(installed, indexAdvisories(advisories)).map((v) => [v.state, v.fixedVersion, v.noFixBecause]);

describe("why there is no fix", () => {
  it.each<[word: string, NoFixReason]>([
    ["end-of-life", "end-of-life"],
    ["out-of-support-scope", "end-of-life"],
    ["Out of support scope", "end-of-life"],
    ["ignored: end of standard support", "end-of-life"],
    ["ignored", "will-not-fix"],
    ["ignored: changes too intrusive", "will-not-fix"],
    ["will-not-fix", "will-not-fix"],
    ["no_fix_planned", "will-not-fix"],
    ["postponed", "postponed"],
    ["no-dsa", "postponed"],
    ["deferred", "postponed"],
    ["fix-deferred", "postponed"],
    ["needed", "none-yet"],
    ["affected", "none-yet"],
    ["", "none-yet"],
  ])("is read from %j as %s", (word, reason) => {
    expect(readNoFixReason(word)).toBe(reason);
    expect(judged(pkg("1.0-1", "debian:12"), advisory("A", { urgency: word }))).toEqual([["no-fix", null, reason]]);
  });

  it("is that only Ubuntu Pro has the fix, where it is so, and no reason at all where everybody has it", () => {
    const range = { distribution: "ubuntu:22.04", fixed: "1.0-2" };
    expect(judged(pkg("1.0-1", "ubuntu:22.04"), advisory("U", { ...range, channel: "esm" }))).toEqual([["no-fix", null, "esm-only"]]);
    expect(judged(pkg("1.0-1", "ubuntu:22.04"), advisory("U", range))).toEqual([["open", "1.0-2", null]]);
    expect(judged(pkg("1.0-2", "ubuntu:22.04"), advisory("U", range))).toEqual([["fixed", "1.0-2", null]]);
  });

  it("is that another stream has the fix, of a point of Red Hat's", () => {
    const main = { distribution: "rhel:9", ecosystem: "rpm", fixed: "0:1.0-2.el9" };
    expect(judged(pkg("1.0-1.el9_2", "rhel:9.2-eus", "rpm"), advisory("R", main))).toEqual([["no-fix", null, "fixed-elsewhere"]]);
  });

  it("is of several words the one that says most, and none where one advisory has a fix", () => {
    const silent = advisory("A", {});
    const over = advisory("B", { urgency: "end-of-life" });
    expect(judged(pkg("1.0-1", "debian:12"), silent, over)).toEqual([["no-fix", null, "end-of-life"]]);
    expect(judged(pkg("1.0-1", "debian:12"), over, advisory("C", { fixed: "1.0-2" }))).toEqual([["open", "1.0-2", null]]);
  });
});
