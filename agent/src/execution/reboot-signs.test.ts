import { expect, it } from "vitest";
import type { InstalledPackage } from "../packages/package-manager.ts";
import type { Surroundings } from "./perform.ts";
import { kernels } from "./reboot-signs.ts";

const installed = (name: string, version: string): InstalledPackage => ({
  ...{ name, version, architecture: "x86_64", status: "installed" },
  ...{ held: false, reinstallRequired: false },
});
const machine = (id: "apt" | "dnf", running: string, packages: readonly InstalledPackage[]) =>
  ({ manager: { id, everyVersion: async () => packages }, machine: { kernel: () => running } }) as unknown as Surroundings;

it("rpm's kernels are known as such, though elder ones stay beside the newest", async () => {
  const both = [installed("kernel-core", "5.14.0-427.el9"), installed("kernel-core", "5.14.0-503.el9")];
  expect(await kernels(machine("dnf", "5.14.0-427.el9.x86_64", both))).toMatchObject({
    newestInstalled: "5.14.0-503.el9.x86_64",
    package: "kernel-core",
  });
});

it("Debian's kernels are known by their packages' names", async () => {
  const both = [installed("linux-image-6.1.0-9", "6.1.27-1"), installed("linux-image-6.1.0-40", "6.1.150-1")];
  expect(await kernels(machine("apt", "6.1.0-9", both))).toMatchObject({ newestInstalled: "6.1.0-40", package: "linux-image-6.1.0-9" });
});
