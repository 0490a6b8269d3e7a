import { describe, expect, it } from "vitest";
import { ownersOf, packagesOfRunningKernel } from "./running-kernel.ts";

describe("the packages of the kernel that runs", () => {
  it("are those that own its image and its modules, and what is called like it", async () => {
    const owners: Record<string, string> = {
      "/boot/vmlinuz-6.8.0-45-generic": "linux-image-6.8.0-45-generic: /boot/vmlinuz-6.8.0-45-generic\n",
      "/lib/modules/6.8.0-45-generic":
        "linux-modules-6.8.0-45-generic, linux-modules-extra-6.8.0-45-generic:amd64: /lib/modules/6.8.0-45-generic\n",
    };
    const run = async (argv: readonly string[]) => {
      const text = owners[argv[2] ?? ""];
      return { exitCode: text ? 0 : 1, stdout: text ?? "", stderr: "", timedOut: false };
    };
    expect([...(await packagesOfRunningKernel(run as never, "6.8.0-45-generic"))].sort()).toEqual([
      "linux-image-6.8.0-45-generic",
      "linux-image-unsigned-6.8.0-45-generic",
      "linux-modules-6.8.0-45-generic",
      "linux-modules-extra-6.8.0-45-generic",
    ]);
  });
  it("are named for that path alone", () => {
    const output = "diversion by dash from: /lib/modules/6.1\ndiversion by dash to: /lib/modules/6.1\na: /lib/modules/6.1/x\n";
    expect(ownersOf(output, "/lib/modules/6.1")).toEqual([]);
  });
});
