import { describe, expect, it } from "vitest";
import { attribute, parseRelations } from "./brought-packages.ts";

const update = (name: string, candidateVersion: string, held = false) => ({
  ...{ ecosystem: "deb", name, architecture: "amd64", installedVersion: "1", candidateVersion, held },
});
const brought = (name: string) => ({ name, architecture: "amd64", version: "2" });
const namesOf = (told: ReturnType<typeof attribute>) =>
  Object.fromEntries(told.map((u) => [u.name, (u.brings ?? []).map((b) => b.name).sort()]));

describe("what an update brings that is not there yet", () => {
  const shown = parseRelations(
    [
      "Package: kernel-meta\nVersion: 2\nDepends: kernel-6.1-57 (= 2),\n base-tools (>= 1)\n",
      "Package: kernel-6.1-57\nVersion: 2\nProvides: kernel-modules\nDepends: firmware-loader:any | old-loader\n",
      "Package: firmware-loader\nVersion: 2\n",
      "Package: shop\nVersion: 2\nPre-Depends: base-tools\nRecommends: kernel-modules (>= 1)\n",
      "Package: cart\nVersion: 2\nDepends: base-tools\n",
    ].join("\n"),
  );
  it("is what it wants, what that wants, and what goes by a name that it wants", () => {
    const told = attribute(
      [update("kernel-meta", "2"), update("shop", "2"), update("cart", "2")],
      [brought("kernel-6.1-57"), brought("firmware-loader")],
      shown,
    );
    expect(namesOf(told)).toEqual({
      "kernel-meta": ["firmware-loader", "kernel-6.1-57"],
      shop: ["firmware-loader", "kernel-6.1-57"],
      cart: [],
    });
  });
  it("is told with each where nobody can be seen to want it, and never with one that is held", () => {
    const told = attribute([update("cart", "2"), update("shop", "2", true)], [brought("stranger")], shown);
    expect(namesOf(told)).toEqual({ cart: ["stranger"], shop: [] });
  });
});
