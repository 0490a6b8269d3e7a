import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { version } from "node:os";
import { packageVersionSchemes } from "@breakwater/shared/package-version";
import type { WireInventory } from "@breakwater/shared/wire";
import type { SystemPackage } from "./databases/index.ts";

/** What of a package tells whether it is a kernel. */
type KernelPackage = Pick<SystemPackage, "ecosystem" | "name" | "version" | "architecture" | "status">;

type Kernel = NonNullable<WireInventory["kernel"]>;
type Reboot = NonNullable<WireInventory["reboot"]>;

const IMAGE = /^linux-image-(?:unsigned-)?(\d.*)$/;
const FLAG = "/run/reboot-required";

/** "5.14.0-427.el9.x86_64" of the package kernel-core, as uname(1) has it; Debian and Ubuntu put it into the package's name. */
const RPM_KERNEL = /^kernel(-core|-rt-core|-64k-core)?$/;
const releaseOf = (p: KernelPackage): string | undefined =>
  p.ecosystem === "rpm"
    ? RPM_KERNEL.test(p.name)
      ? `${p.version.replace(/^\d+:/, "")}.${p.architecture}`
      : undefined
    : IMAGE.exec(p.name)?.[1];

/** For sorting; what is no version there is neither older nor newer. */
const order = (p: KernelPackage, a: string, b: string): number =>
  packageVersionSchemes[p.ecosystem === "rpm" ? "rpm" : "deb"].compare(a, b) ?? 0;

/**
 * The version of the package that a kernel was built as, as it says itself: Debian's in uname(2)'s version ("#1 SMP PREEMPT_DYNAMIC Debian
 * 6.1.94-1 (2024-06-21)"), Ubuntu's in /proc/version_signature ("Ubuntu 6.8.0-45.45-generic 6.8.12"). "" where it says none.
 */
export function kernelBuild(version: string, signature: string): string {
  const debian = /\bDebian (\d\S*)/.exec(version)?.[1];
  return debian ?? /^Ubuntu (\d+\.\d+\.\d+-\d+\.[0-9.~]+)-/.exec(signature)?.[1] ?? "";
}

/** Of the kernel that runs. */
export const runningKernelBuild = async (): Promise<string> =>
  kernelBuild(version(), await readFile("/proc/version_signature", "utf8").catch(() => ""));

/** Release of the newest installed kernel by dpkg's order, and the package of the running one ("" in a container). */
export function describeKernel(packages: readonly KernelPackage[], running: string, runningVersion = ""): Kernel {
  const images = packages.flatMap((p) => {
    const release = releaseOf(p);
    return release && p.status === "installed" && !release.endsWith("-dbg") ? [{ release, package: p }] : [];
  });
  // By release first: a rebuilt older kernel may have the higher package version.
  images.sort((a, b) => order(a.package, a.release, b.release) || order(a.package, a.package.version, b.package.version));
  return {
    running,
    newestInstalled: images.at(-1)?.release ?? "",
    package: images.find((i) => i.release === running)?.package.name ?? "",
    runningVersion,
  };
}

/**
 * Why the machine should be restarted. In a container the kernel is the host's, which shows by no package owning it, so
 * a newer kernel package means nothing there.
 * @param others What package managers say of it besides.
 */
export async function rebootState(
  kernel: Kernel,
  flag = FLAG,
  others: readonly string[] = [],
): Promise<Pick<Reboot, "needed" | "reasons">> {
  const reasons = [...others];
  if (existsSync(flag)) {
    const names = (await readFile(`${flag}.pkgs`, "utf8").catch(() => "")).split("\n").filter((n) => n !== "");
    reasons.push(names.length > 0 ? `required by ${[...new Set(names)].join(", ")}` : `${flag} exists`);
  }
  if (kernel.package && kernel.newestInstalled && kernel.newestInstalled !== kernel.running)
    reasons.push(`kernel ${kernel.running} runs, ${kernel.newestInstalled} is installed`);
  return { needed: reasons.length > 0, reasons };
}
