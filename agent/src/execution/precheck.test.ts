import type { EndpointAction, PackageChange } from "@breakwater/shared/command";
import { describe, expect, it } from "vitest";
import type { PackageManager } from "../packages/package-manager.ts";
import { compareWithPlan, judgeBeforehand } from "./precheck.ts";

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

describe("the agent's own package", () => {
  const manager = {
    id: "apt",
    pinnedAway: async () => [],
    compareVersions: async (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0),
    simulate: async (changes: readonly PackageChange[]) => ({
      ok: true,
      value: { installs: changes.map((c) => step(c.name)), removes: [] },
    }),
  } as unknown as PackageManager;
  const judge = (...names: string[]) => {
    const packages = names.map(change);
    const installed = packages.map((p) => ({ ...p, version: "1", status: "installed", held: false, reinstallRequired: false }));
    return judgeBeforehand(manager, { packages } as unknown as EndpointAction, installed);
  };

  it("moves alone, and never in one transaction with others", async () => {
    expect(await judge("breakwater-agent")).toMatchObject({ ok: true });
    expect(await judge("openssl", "breakwater-agent")).toMatchObject({
      ok: false,
      problem: { failureClass: "simulation-differs", message: expect.stringContaining("own package") },
    });
  });
});

describe("a plan for another package manager", () => {
  it("is refused before anything is asked", async () => {
    const packages = [{ manager: "dnf", name: "shop", architecture: "noarch", from: "1-1", to: "2-1" }];
    const judged = await judgeBeforehand({ id: "apt" } as PackageManager, { packages } as unknown as EndpointAction, []);
    expect(judged).toMatchObject({ ok: false, problem: { message: "The plan changes shop with dnf; this machine is patched with apt." } });
  });
});
