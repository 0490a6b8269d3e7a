import { describe, expect, it } from "vitest";
import { chooseUpdates, managersOf } from "./actions.ts";
import type { UpdateRow } from "./rows.ts";

const row = (name: string): UpdateRow => ({
  ...{ endpointId: "ep_1", held: false, phasedPercent: 100, brings: [] },
  update: {
    ...{ id: 1, distribution: "debian:12", ecosystem: "deb", name, architecture: "all", fromVersion: "1.0", toVersion: "1.1" },
    ...{ sourceName: name, sourceVersion: "1.1", origin: "", label: "", suite: "", security: true, downloadSizeBytes: 1, cves: [] },
  } as unknown as UpdateRow["update"],
});
const lost = [{ name: "shop", architecture: "all", version: "1.0" }];
const namesOf = (rows: readonly UpdateRow[]) => rows.map((r) => r.update.name);

describe("the updates that a plan moves", () => {
  it("leave out, with the reason, what could not be taken back, when the plan wants a way back", () => {
    const chosen = chooseUpdates([row("shop"), row("cart")], [], {}, lost);
    expect(namesOf(chosen.updates)).toEqual(["cart"]);
    expect(chosen.leftOut).toEqual([{ name: "shop", why: expect.stringMatching(/^shop: reversible: no\. 1\.0 is in no repository/) }]);
  });
  it("leave out what would bring packages that are not there, and say which", () => {
    const meta = { ...row("kernel-meta"), brings: ["kernel-6.1-57 2", "kernel-tools 2"] };
    const chosen = chooseUpdates([meta, row("cart")], [], {});
    expect(namesOf(chosen.updates)).toEqual(["cart"]);
    expect(chosen.leftOut).toEqual([
      { name: "kernel-meta", why: expect.stringContaining("it would install what is not there yet (kernel-6.1-57 2 and kernel-tools 2)") },
    ]);
  });
  it("hold it against that version only", () => {
    expect(namesOf(chooseUpdates([row("shop")], [], {}, [{ name: "shop", architecture: "all", version: "0.9" }]).updates)).toEqual([
      "shop",
    ]);
    expect(namesOf(chooseUpdates([row("shop")], [], {}).updates)).toEqual(["shop"]);
  });
});

describe("the package manager of an endpoint", () => {
  const rpm = (): UpdateRow => ({ ...row("shop"), update: { ...row("shop").update, ecosystem: "rpm" } });
  it("moves rpm packages where the agent says that it has dnf or zypper, and else says why not", () => {
    const on = (capabilities: string[]) => chooseUpdates([rpm()], [], {}, [], managersOf({ capabilities, simulated: false }));
    expect(namesOf(on(["inventory", "dnf"]).updates)).toEqual(["shop"]);
    expect(namesOf(on(["inventory", "zypper"]).updates)).toEqual(["shop"]);
    expect(on(["inventory", "apt"]).leftOut).toEqual([{ name: "shop", why: "shop: the endpoint does not patch with dnf or zypper" }]);
  });
  it("is none that can be driven for apk", () => {
    const apk = { ...row("shop"), update: { ...row("shop").update, ecosystem: "apk" } };
    expect(chooseUpdates([apk], [], {}).leftOut[0]?.why).toContain("packages of apk cannot be moved yet");
  });
});

describe("the agent's own package", () => {
  it("is moved by itself, and left out with its reason where others move", () => {
    expect(chooseUpdates([row("breakwater-agent")], [], {}).updates).toHaveLength(1);
    const chosen = chooseUpdates([row("openssl"), row("breakwater-agent")], [], {});
    expect(namesOf(chosen.updates)).toEqual(["openssl"]);
    expect(chosen.leftOut).toEqual([
      { name: "breakwater-agent", why: "breakwater-agent: the agent's own package needs a plan of its own" },
    ]);
  });
});
