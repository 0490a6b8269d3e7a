import { expect, it } from "vitest";
import type { RpmUpdates } from "../packages/rpm/updates.ts";
import { problemsOf } from "./rpm-pending-updates.ts";

const told = (more: Partial<RpmUpdates>): RpmUpdates => ({ updates: [], withoutAdvisories: [], besides: [], empty: [], lost: [], ...more });

it("what dnf's list of updates cannot tell is said, each by itself", () => {
  expect(problemsOf(told({}))).toEqual([]);
  const problems = problemsOf(told({ withoutAdvisories: ["extras"], besides: ["kernel-core"], empty: ["dead"] }));
  expect(problems.map((p) => p.code).sort()).toEqual(["advisories-missing", "installed-beside", "repositories-unread"]);
  expect(problemsOf(told({ otherVendor: [] }))).toEqual([]);
  expect(problemsOf(told({ otherVendor: ["vim"] })).map((p) => [p.code, /: vim\.$/.test(p.message)])).toEqual([["other-vendor", true]]);
  expect(problems.find((p) => p.code === "advisories-missing")?.message).toMatch(/unknown: extras\.$/);
});
