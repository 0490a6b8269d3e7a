import { describe, expect, it } from "vitest";
import type { ExecutorStatus } from "../executor/protocol.ts";
import { observePolicy } from "../policy/policy.ts";
import { capabilitiesOf } from "./capabilities.ts";

const status = {} as ExecutorStatus;
const policy = { ...observePolicy("UTC"), mode: "patch" } as const;

describe("what an endpoint says that it can do", () => {
  it("is to bring new packages with apt alone, where its owner allows some", () => {
    expect(capabilitiesOf(status, policy, "apt")).toContain("new-packages");
    expect(capabilitiesOf(status, { ...policy, maxNewPackages: 0 }, "apt")).not.toContain("new-packages");
    for (const manager of ["dnf", "zypper", undefined] as const)
      expect(capabilitiesOf(status, policy, manager)).not.toContain("new-packages");
    expect(capabilitiesOf(undefined, policy, "apt")).not.toContain("new-packages");
  });
});
