import { describe, expect, it } from "vitest";
import { pinnedAway } from "./pins.ts";

/** As apt 2.6.1 prints it; a package pin stands between candidate and table. */
const policy = (candidate: string, pin: string | undefined, phased = "") => `shop:
  Installed: 1.0
  Candidate: ${candidate}
${pin === undefined ? "" : `  Package pin: ${pin}\n`}  Version table:
     1.1 500${phased}
        500 http://10.77.0.1:8077 testbed/main amd64 Packages
 *** 1.0 1001
        500 http://10.77.0.1:8077 testbed/main amd64 Packages
        100 /var/lib/dpkg/status
`;
const wanted = [{ name: "shop", to: "1.1" }];

describe("a pin of the administrator", () => {
  it("keeps a package from the plan's version when apt would take another by itself", () => {
    expect(pinnedAway(policy("1.0", "1.0"), wanted)).toEqual([{ name: "shop", candidate: "1.0" }]);
  });
  it("on the very version that the plan wants is none", () => {
    expect(pinnedAway(policy("1.1", "1.1"), wanted)).toEqual([]);
  });
  it("is no word for phasing or for what the repository has besides", () => {
    expect(pinnedAway(policy("1.0", undefined, " (phased 10%)"), wanted)).toEqual([]);
    expect(pinnedAway(policy("1.2", undefined), wanted)).toEqual([]);
  });
  it("on another package, or under the name with an architecture, is told apart", () => {
    expect(pinnedAway(policy("1.0", "1.0").replace("shop:", "shop:amd64:"), wanted)).toEqual([{ name: "shop", candidate: "1.0" }]);
    expect(pinnedAway(policy("1.0", "1.0").replace("shop:", "cart:"), wanted)).toEqual([]);
  });
});
