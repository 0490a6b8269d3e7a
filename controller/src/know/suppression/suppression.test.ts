import { describe, expect, it } from "vitest";
import { concerns } from "./suppression.ts";

const finding = {
  endpointId: "ep_a",
  ecosystem: "deb",
  packageName: "python3-requests",
  sourceName: "requests",
  vulnerabilityId: "CVE-2026-1",
};
const placement = { tags: ["web"], group: null };
const decided = (kind: "package" | "source", name: string) => ({
  vulnerabilityId: "CVE-2026-1",
  target: { ecosystem: "deb", kind, name },
  scope: { kind: "fleet" } as const,
});

describe("a suppression", () => {
  it("concerns a package, or every package of a source", () => {
    expect(concerns(decided("package", "python3-requests"), finding, placement)).toBe(true);
    expect(concerns(decided("source", "requests"), finding, placement)).toBe(true);
    expect(concerns(decided("package", "requests"), finding, placement)).toBe(false);
  });

  it("does not concern what another ecosystem calls by the same name", () => {
    const installed = { ...finding, ecosystem: "pypi", packageName: "requests", sourceName: "requests" };
    expect(concerns(decided("source", "requests"), installed, placement)).toBe(false);
    expect(
      concerns({ ...decided("source", "requests"), target: { ecosystem: "pypi", kind: "source", name: "requests" } }, installed, placement),
    ).toBe(true);
  });
});
