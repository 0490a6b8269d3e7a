import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { versionSchemes } from "@breakwater/shared/version";
import type { WireInventory } from "@breakwater/shared/wire";
import type { DebPackage } from "./dpkg-status.ts";

type Kernel = NonNullable<WireInventory["kernel"]>;
type Reboot = NonNullable<WireInventory["reboot"]>;

const IMAGE = /^linux-image-(?:unsigned-)?(\d.*)$/;
const FLAG = "/run/reboot-required";

/** For sorting; what is no version there is neither older nor newer. */
const debOrder = (a: string, b: string): number => versionSchemes.deb.compare(a, b) ?? 0;

/** Release of the newest installed kernel by dpkg's order, and the package of the running one ("" in a container). */
export function describeKernel(packages: readonly DebPackage[], running: string): Kernel {
  const images = packages.flatMap((p) => {
    const release = IMAGE.exec(p.name)?.[1];
    return release && p.status === "installed" && !release.endsWith("-dbg") ? [{ release, package: p }] : [];
  });
  // By release first: a rebuilt older kernel may have the higher package version.
  images.sort((a, b) => debOrder(a.release, b.release) || debOrder(a.package.version, b.package.version));
  return {
    running,
    newestInstalled: images.at(-1)?.release ?? "",
    package: images.find((i) => i.release === running)?.package.name ?? "",
  };
}

/**
 * Why the machine should be restarted. In a container the kernel is the host's, which shows by no package owning it, so
 * a newer kernel package means nothing there.
 */
export async function rebootState(kernel: Kernel, flag = FLAG): Promise<Reboot> {
  const reasons: string[] = [];
  if (existsSync(flag)) {
    const names = (await readFile(`${flag}.pkgs`, "utf8").catch(() => "")).split("\n").filter((n) => n !== "");
    reasons.push(names.length > 0 ? `required by ${[...new Set(names)].join(", ")}` : `${flag} exists`);
  }
  if (kernel.package && kernel.newestInstalled && kernel.newestInstalled !== kernel.running)
    reasons.push(`kernel ${kernel.running} runs, ${kernel.newestInstalled} is installed`);
  return { needed: reasons.length > 0, reasons };
}
