import { describe, expect, it } from "vitest";
import { wantingMore } from "./brought-packages.ts";

const INSTALLED = [
  "installed\tbase-tools\t\t",
  "installed\tmail-server\tmail-agent (= 2), smtp\t",
  "installed\tkernel-meta\t\t",
  "installed\tshop\t\tshop-doc, fonts | other-fonts",
  "config-files\told-loader\t\t",
].join("\n");
const wanting = (stanza: string) => wantingMore(`${stanza}\n`, INSTALLED);

describe("an update that wants more than is installed", () => {
  it("depends on a package that is not there, nor any alternative of it", () => {
    expect(wanting("Package: kernel-meta\nVersion: 2\nDepends: base-tools (>= 1),\n kernel-6.1-57 (= 2)")).toEqual(["kernel-meta=2"]);
    expect(wanting("Package: kernel-meta\nVersion: 2\nPre-Depends: old-loader")).toEqual(["kernel-meta=2"]);
  });
  it("is not one whose wishes are installed, provided, or one of several", () => {
    expect(wanting("Package: shop\nVersion: 2\nDepends: base-tools:any, smtp, mail-agent (>= 1), postfix | mail-server")).toEqual([]);
    expect(wanting("Package: base-tools\nVersion: 2")).toEqual([]);
  });
  it("recommends what the installed version did not, as apt brings no other", () => {
    expect(wanting("Package: shop\nVersion: 2\nRecommends: shop-doc, fonts")).toEqual([]);
    expect(wanting("Package: shop\nVersion: 2\nRecommends: shop-doc, shop-trust")).toEqual(["shop=2"]);
  });
});
