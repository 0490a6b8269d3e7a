import { describe, expect, it } from "vitest";
import { failedInstallScripts, failedScripts } from "./failure.ts";

const OUTPUT = `  Upgrading        : shop-1.1-1.noarch                                      1/2
warning: %post(shop-1.1-1.noarch) scriptlet failed, exit status 3

Error in POSTIN scriptlet in rpm package shop
  Cleanup          : shop-1.0-1.noarch                                      2/2
warning: %postun(shop-1.0-1.noarch) scriptlet failed, exit status 1
warning: %posttrans(shop-1.1-1.noarch) scriptlet failed, signal 15
warning: %triggerin(other-2-1.noarch) scriptlet failed, exit status 1
`;

describe("scripts that failed while rpm went on", () => {
  it("are read off its warnings, each once", () => {
    expect(failedScripts(OUTPUT + OUTPUT)).toHaveLength(4);
  });
  it("leave the version that came half done only where they are its own", () => {
    expect(failedInstallScripts(OUTPUT)).toEqual(["%post(shop-1.1-1.noarch)", "%posttrans(shop-1.1-1.noarch)"]);
    expect(failedInstallScripts("Complete!\n")).toEqual([]);
  });
});
