import { describe, expect, it } from "vitest";
import { chooseUpdates } from "./actions.ts";
import type { UpdateRow } from "./rows.ts";

const update = (name: string): UpdateRow =>
  ({
    update: { id: 1, ecosystem: "deb", name, sourceName: name, sourceVersion: "2", toVersion: "2", security: true, cves: [] },
    held: false,
    phasedPercent: 100,
  }) as unknown as UpdateRow;
const chosen = (...names: string[]) => chooseUpdates(names.map(update), [], {} as never);

describe("the agent's own package", () => {
  it("is moved by itself, and left out with its reason where others move", () => {
    expect(chosen("breakwater-agent").updates).toHaveLength(1);
    const { updates, leftOut } = chosen("openssl", "breakwater-agent");
    expect(updates.map((u) => u.update.name)).toEqual(["openssl"]);
    expect(leftOut).toEqual([{ name: "breakwater-agent", why: "breakwater-agent: the agent's own package needs a plan of its own" }]);
  });
});
