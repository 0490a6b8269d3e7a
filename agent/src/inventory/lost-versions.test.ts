import { describe, expect, it } from "vitest";
import { lostAmong } from "./lost-versions.ts";

const update = { ecosystem: "deb", name: "shop", architecture: "all", installedVersion: "1:1.0", candidateVersion: "1:1.1" };
const offer = (version: string, ...indexes: string[]) => ({ name: "shop", version, indexes });

describe("an installed version with an update pending", () => {
  it("is lost when only dpkg's own status knows it", () => {
    expect(lostAmong([update], [offer("1:1.1", "a Packages"), offer("1:1.0")], () => false)).toEqual([
      { name: "shop", architecture: "all", version: "1:1.0" },
    ]);
  });
  it("is not lost while a repository offers it or a cache has its file", () => {
    expect(lostAmong([update], [offer("1:1.0", "a Packages")], () => false)).toEqual([]);
    expect(lostAmong([update], [], (file) => file === "shop_1%3a1.0_all.deb")).toEqual([]);
  });
});
