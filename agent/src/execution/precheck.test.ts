import type { PackageChange } from "@breakwater/shared/command";
import { describe, expect, it } from "vitest";
import { compareWithPlan } from "./precheck.ts";

const change = (name: string): PackageChange => ({ manager: "apt", name, architecture: "all", from: "1", to: "2" });
const step = (name: string, to = "2") => ({ name, architecture: "all", from: "1", to });

describe("the solver against the plan", () => {
  it("agrees when it does exactly the plan", () => {
    expect(compareWithPlan([change("a"), change("b")], { installs: [step("b"), step("a")], removes: [] }).ok).toBe(true);
  });
  it.each([
    ["something goes", { installs: [step("a")], removes: [{ name: "z", architecture: "", version: "1" }] }, "removal-needed"],
    ["something comes along", { installs: [step("a"), step("z")], removes: [] }, "simulation-differs"],
    ["another version would come", { installs: [step("a", "3")], removes: [] }, "simulation-differs"],
    ["nothing would happen", { installs: [], removes: [] }, "simulation-differs"],
  ])("disagrees when %s", (_, simulation, failureClass) => {
    expect(compareWithPlan([change("a")], simulation)).toMatchObject({ ok: false, problem: { failureClass } });
  });
});
