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

describe("a package that the plan calls new", () => {
  const image: PackageChange = { manager: "apt", name: "image-2", architecture: "all", from: "", to: "2" };
  const there = (version: string, status = "installed") => ({
    ...{ name: "image-2", architecture: "all", version, status, held: false, reinstallRequired: false },
  });
  const judge = (
    packages: readonly PackageChange[],
    more: object[] = [],
    brings = [step("image-2")],
    can: object = { newPackages: {} },
  ) => {
    const manager = {
      id: "apt",
      pinnedAway: async () => [],
      compareVersions: async (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0),
      simulate: async () => ({ ok: true, value: { installs: [step("meta"), ...brings], removes: [] } }),
      ...can,
    } as unknown as PackageManager;
    const meta = { name: "meta", architecture: "all", version: "1", status: "installed", held: false, reinstallRequired: false };
    return judgeBeforehand(manager, { packages } as unknown as EndpointAction, [meta, ...more] as never);
  };

  it("comes where the solver brings exactly it, and nothing that the plan does not name", async () => {
    expect(await judge([change("meta"), image])).toEqual({ ok: true, value: [change("meta"), image] });
    const message = (m: string) => ({ ok: false, problem: { failureClass: "simulation-differs", message: expect.stringContaining(m) } });
    expect(await judge([change("meta")])).toMatchObject(message("would also bring image-2 2, which is not in the plan"));
    expect(await judge([change("meta"), image], [], [step("image-2"), step("more")])).toMatchObject(message("would also bring more 2"));
    expect(await judge([change("meta"), image], [], [step("image-2", "3")])).toMatchObject(
      message("would install image-2 3; the plan says 2"),
    );
    expect(await judge([change("meta"), image], [], [])).toMatchObject(message("would not change image-2"));
  });
  it("is refused where it is installed, at another version or half", async () => {
    for (const p of [there("1"), there("3"), there("2", "half-configured")])
      expect(await judge([change("meta"), image], [p])).toMatchObject({
        ok: false,
        problem: { failureClass: "simulation-differs", message: expect.stringContaining("image-2 is installed") },
      });
  });
  it("is none of this change where the very version is there, so that going back leaves it", async () => {
    expect(await judge([change("meta"), image], [there("2")], [])).toEqual({ ok: true, value: [change("meta")] });
  });
  it("is refused where nothing that is left of the plan brings it, and by a manager that is not driven to it", async () => {
    expect(await judge([image])).toMatchObject({ ok: false, problem: { message: expect.stringContaining("Nothing that the plan") } });
    expect(await judge([change("meta"), image], [], undefined, {})).toMatchObject({
      ok: false,
      problem: { message: "The plan would install image-2, and apt is driven to install nothing new." },
    });
  });
});
