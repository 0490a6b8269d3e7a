import { describe, expect, it } from "vitest";
import type { ReadIntent } from "../intent.ts";
import { actionOf, chooseUpdates, installsNew, managersOf } from "./actions.ts";
import type { UpdateRow } from "./rows.ts";

const readIntent = { select: {} } as ReadIntent;
const row = (name: string): UpdateRow => ({
  ...{ endpointId: "ep_1", held: false, phasedPercent: 100, brings: [], bringsUnknown: false },
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

describe("updates that bring packages which are not there", () => {
  const image = { name: "linux-image-6.1.0-41-amd64", architecture: "amd64", version: "6.1.158-1" };
  const meta = (name = "linux-image-amd64", ...brings: UpdateRow["brings"][number][]): UpdateRow => ({
    ...row(name),
    brings: brings.length > 0 ? brings : [image],
  });
  const endpoint = (capabilities: string[]) => ({ id: "ep_1", capabilities, simulated: false, checks: [], facts: undefined }) as never;
  const packagesOf = (updates: readonly UpdateRow[]) =>
    actionOf("pl_1", endpoint(["apt", "new-packages"]), updates, readIntent).packages.map((p) => [p.name, p.from, p.to]);

  it("are moved together with these, each named once with its exact version and nothing to move from", () => {
    const chosen = chooseUpdates([meta(), meta("linux-headers-amd64"), row("cart")], [], {});
    expect(chosen.leftOut).toEqual([]);
    expect(packagesOf(chosen.updates)).toEqual([
      ["linux-image-amd64", "1.0", "1.1"],
      ["linux-headers-amd64", "1.0", "1.1"],
      ["cart", "1.0", "1.1"],
      ["linux-image-6.1.0-41-amd64", "", "6.1.158-1"],
    ]);
  });
  it("are left out, with what they would install, where the agent does not say that it installs new ones", () => {
    const chosen = chooseUpdates([meta(), row("cart")], [], {}, [], ["apt"], installsNew(endpoint(["apt"])));
    expect(namesOf(chosen.updates)).toEqual(["cart"]);
    expect(chosen.leftOut).toEqual([
      {
        name: "linux-image-amd64",
        why: expect.stringContaining(
          "it would install what is not there yet (linux-image-6.1.0-41-amd64 6.1.158-1), and the endpoint installs",
        ),
      },
    ]);
    expect(installsNew(endpoint(["apt", "new-packages"]))).toBe(true);
  });
  it("are left out where nobody knows what they would install", () => {
    const chosen = chooseUpdates([{ ...row("shop"), bringsUnknown: true }, row("cart")], [], {});
    expect(namesOf(chosen.updates)).toEqual(["cart"]);
    expect(chosen.leftOut[0]?.why).toContain("what it would install besides is not known");
  });
  it("are left out where two want different versions of one, or one is called new that is installed", () => {
    const other = meta("linux-headers-amd64", { ...image, version: "6.1.158-2" });
    const chosen = chooseUpdates([meta(), other], [], {});
    expect(namesOf(chosen.updates)).toEqual(["linux-image-amd64"]);
    expect(chosen.leftOut[0]?.why).toContain("6.1.158-2, and linux-image-amd64 installs 6.1.158-1");
    const liar = meta("linux-image-amd64", { name: "cart", architecture: "all", version: "9" });
    expect(chooseUpdates([liar, row("cart")], [], {}).leftOut[0]?.why).toContain("it would install cart as new, and 1.0 is installed");
  });
  it("are left out where a plan could not name what they bring, so that one endpoint's word spoils nobody's plan", () => {
    const odd = meta("linux-image-amd64", { name: "--allow-downgrades", architecture: "amd64", version: "1" });
    expect(chooseUpdates([odd, row("cart")], [], {}).leftOut[0]?.why).toContain("a plan cannot name");
  });
});
