import { describe, expect, it } from "vitest";
import { pinnedAway } from "./pins.ts";

/** As apt 2.6.1 prints it: a pin shows in the priority of a version alone. */
const policy = (candidate: string, priorities: { old?: string; new?: string } = {}) => `shop:
  Installed: 1.0
  Candidate: ${candidate}
  Version table:
     1.1 ${priorities.new ?? "500"}
        500 http://10.77.0.1:8077 testbed/main amd64 Packages
 *** 1.0 ${priorities.old ?? "500"}
        500 http://10.77.0.1:8077 testbed/main amd64 Packages
        100 /var/lib/dpkg/status
`;
const wanted = [{ name: "shop", to: "1.1" }];
const kept = [{ name: "shop", candidate: "1.0" }];

describe("a pin of the administrator", () => {
  it("keeps a package from the plan's version when apt would take another by itself", () => {
    expect(pinnedAway(policy("1.0", { old: "1001" }), wanted)).toEqual(kept);
    expect(pinnedAway(policy("1.0", { new: "-1" }), wanted)).toEqual(kept);
  });
  it("on the very version that the plan wants is none", () => {
    expect(pinnedAway(policy("1.1", { new: "1001" }), wanted)).toEqual([]);
  });
  it("is no word for phasing or for what the repository has besides", () => {
    expect(pinnedAway(policy("1.0", { new: "500 (phased 10%)" }), wanted)).toEqual([]);
    expect(pinnedAway(policy("1.2"), wanted)).toEqual([]);
  });
  it("on another package, or under the name with an architecture, is told apart", () => {
    expect(pinnedAway(policy("1.0", { old: "1001" }).replace("shop:", "shop:amd64:"), wanted)).toEqual(kept);
    expect(pinnedAway(policy("1.0", { old: "1001" }).replace("shop:", "cart:"), wanted)).toEqual([]);
    expect(pinnedAway(policy("1.0", { old: "1001" }).replace("shop:", "cart:") + policy("1.0", { old: "1001" }), wanted)).toEqual(kept);
  });
});
