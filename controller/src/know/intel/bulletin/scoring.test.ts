import { describe, expect, it } from "vitest";
import { type Line, newScores, score } from "./scoring.testing.ts";

type Gold = Line["gold"];
const counted = (text: string, gold: Partial<Gold>, judge = ["ids", "fixed", "ranges", "severity"]) => {
  const scores = newScores();
  score({ id: "a", source: "s", text, judge, gold: { ids: [], severity: null, fixed: [], ranges: [], ...gold } }, scores);
  const of = (field: keyof typeof scores) => [scores[field].right, scores[field].wrong, scores[field].missed];
  return { ids: of("ids"), fixed: of("fixed"), ranges: of("ranges"), kinds: of("kinds of upper bounds") };
};
const range = (name: string, introduced: string | null, introducedStated: boolean, ...uppers: [string, string][]) => ({
  names: [name],
  introduced,
  introducedStated,
  uppers,
});
const text = "widget-server 1.2.0 before 1.4.0 lets remote attackers crash it (CVE-2024-10001).";

describe("the scoring of what is read", () => {
  it("takes a name whose words are all in the other, and letters and digits alike, but not another name", () => {
    const fixed = (name: string) => counted(text, { fixed: [{ names: [name], version: "1.4.0" }] }).fixed;
    expect(fixed("server")).toEqual([1, 0, 0]);
    expect(fixed("Acme Widget Server")).toEqual([1, 0, 0]);
    expect(fixed("WidgetServer")).toEqual([1, 0, 0]);
    expect(fixed("widget-client")).toEqual([0, 1, 1]);
  });

  it("compares versions by spelling, over a leading v and trailing zeros", () => {
    const fixed = (version: string) => counted(text, { fixed: [{ names: ["widget-server"], version }] }).fixed;
    expect(fixed("v1.4")).toEqual([1, 0, 0]);
    expect(fixed("1.4.0.0")).toEqual([1, 0, 0]);
    expect(fixed("1.40")).toEqual([0, 1, 1]);
  });

  it("wants a stated lower bound, passes over one that is not stated or 0, and counts another one in its place as wrong", () => {
    const ranges = (introduced: string | null, stated: boolean) =>
      counted(text, { ranges: [range("widget-server", introduced, stated, ["fixed", "1.4.0"])] }).ranges;
    expect(ranges("1.2.0", true)).toEqual([2, 0, 0]);
    expect(ranges("1.2.0", false)).toEqual([1, 0, 0]);
    expect(ranges("1.1.0", false)).toEqual([1, 1, 0]);
    expect(ranges("1.1.0", true)).toEqual([1, 1, 1]);
    expect(ranges("0", true)).toEqual([1, 1, 0]);
    expect(ranges(null, false)).toEqual([1, 1, 0]);
  });

  it("takes any of several upper bounds, and tells beside that whether the kind is right", () => {
    const of = (...uppers: [string, string][]) => counted(text, { ranges: [range("widget-server", "1.2.0", true, ...uppers)] });
    expect(of(["lastAffected", "1.3.9"], ["fixed", "1.4.0"])).toMatchObject({ ranges: [2, 0, 0], kinds: [1, 0, 0] });
    expect(of(["lastAffected", "1.4.0"])).toMatchObject({ ranges: [2, 0, 0], kinds: [0, 1, 0] });
  });

  it("neither wants what is neutral nor calls it wrong, and passes over fields that are not judged", () => {
    expect(counted(text, { fixed: [{ names: ["widget-server"], version: "1.4.0", neutral: true }] }).fixed).toEqual([0, 0, 0]);
    expect(counted(text, {}, ["ids"])).toMatchObject({ ids: [0, 1, 0], fixed: [0, 0, 0], ranges: [0, 0, 0] });
    expect(counted(text, { ids: ["CVE-2024-10001", "CVE-2024-10002"] }).ids).toEqual([1, 0, 1]);
  });

  it("takes a repaired version without a range for a range's end, and each end of a range that is safe for a repaired version", () => {
    const alone = "Update for widget-server\n\nAn attacker can crash it. This is fixed in widget-server 1.4.0.";
    expect(counted(alone, { ranges: [range("widget-server", null, false, ["fixed", "1.4.0"])] }).ranges).toEqual([1, 0, 0]);
    expect(counted(text, { fixed: [{ names: ["widget-server"], version: "1.4.0" }] }).fixed).toEqual([1, 0, 0]);
  });
});
