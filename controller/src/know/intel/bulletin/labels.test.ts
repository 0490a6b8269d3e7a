import { describe, expect, it } from "vitest";
import { isNamed, type LabelledRange, labelledLine } from "./labels.testing.ts";

const range = (introduced: string, kind: "fixed" | "lastAffected", upper: string): LabelledRange => ({
  names: ["widget"],
  neutral: false,
  last: [],
  introduced,
  kind,
  upper,
});
const goldOf = (text: string, ...ranges: LabelledRange[]) => {
  const gold = labelledLine("a", "s", text, ranges)?.gold;
  const told = (neutral: boolean) => ({
    fixed: gold?.fixed.filter((f) => (f.neutral ?? false) === neutral).map((f) => f.version),
    uppers: gold?.ranges.filter((r) => (r.neutral ?? false) === neutral).map((r) => r.uppers.map(([kind, v]) => `${kind} ${v}`)),
    lowers: gold?.ranges.filter((r) => (r.neutral ?? false) === neutral).map((r) => r.introduced),
  });
  return { wanted: told(false), passedOver: told(true) };
};

describe("labels made from records", () => {
  it("pass over branches that a text tells apart where its record has one stretch over all", () => {
    const { wanted, passedOver } = goldOf(
      "Widget from 1.1 before 1.2.9, and 1.3 before 1.3.4 can be crashed.",
      range("1.1.0", "fixed", "1.3.4"),
    );
    expect(wanted.fixed).toEqual(["1.3.4"]);
    expect(passedOver.lowers).toEqual(["1.2.9", "1.3"]);
    expect(passedOver.fixed).toEqual(["1.2.9", "1.3"]);
  });

  it("know a line by its beginning, and the end of a stretch by the last affected version", () => {
    const { passedOver } = goldOf("Widget 0.2.x through 0.3.3. Fixed in 0.3.4.", range("0", "fixed", "0.3.4"));
    expect(passedOver.lowers).toContain("0.2");
  });

  it("hold a package for named by whole words alone, however they are joined", () => {
    const of = (text: string) =>
      labelledLine("a", "s", text, [{ ...range("0", "fixed", "1.2"), names: ["reportportal"], neutral: !isNamed(text, ["reportportal"]) }]);
    expect(of("Report Portal Plugin before 1.2")?.gold.fixed[0]?.names).toContain("Report Portal");
    expect(of("ReportPortalX before 1.2")).toBeUndefined();
  });

  it("do not pass over a version of another sentence, outside the stretch, or that the record itself has", () => {
    const outside = goldOf("Widget before 1.3.4 crashes. Gadget 1.2 does not. Since 2.0 it logs.", range("0", "fixed", "1.3.4"));
    expect(outside.passedOver.fixed).toEqual([]);
    const known = goldOf("Widget before 1.2.9, and 1.3 before 1.3.4.", range("0", "fixed", "1.2.9"), range("1.3", "fixed", "1.3.4"));
    expect(known.wanted.fixed).toEqual(["1.2.9", "1.3.4"]);
    expect(known.passedOver.fixed).toEqual([]);
  });

  it("pass over what a text lists beside the repaired version, not what it bounds otherwise", () => {
    expect(goldOf("Fixed in widget 1.4.1, 1.5.2 and 2.0.0-rc1.", range("0", "fixed", "1.4.1")).passedOver.fixed).toEqual([
      "1.5.2",
      "2.0.0-rc1",
    ]);
    expect(goldOf("Fixed in widget 1.4.1, which needs gadget 2.0.", range("0", "fixed", "1.4.1")).passedOver.fixed).toEqual([]);
  });

  it("take the last version that a text calls affected for the same as the repaired one, and none above it", () => {
    const uppers = (text: string) => goldOf(text, range("0", "fixed", "3.16.0")).wanted.uppers?.[0];
    expect(uppers("Widget through 3.15.0 is affected. Upgrade to 3.16.0.")).toContain("lastAffected 3.15.0");
    expect(uppers("Widget 3.15.0 and earlier. Upgrade to 3.16.0.")).toContain("lastAffected 3.15.0");
    expect(uppers("Widget 3.15.0 crashes. Upgrade to 3.16.0.")).toEqual(["fixed 3.16.0"]);
    expect(uppers("Widget through 3.17.0 is slow. Upgrade to 3.16.0.")).toEqual(["fixed 3.16.0"]);
  });
});
