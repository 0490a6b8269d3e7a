import type { EndpointFacts } from "../inventory/index.ts";
import type { MatchPackage } from "./source.ts";

type RunningKernel = NonNullable<EndpointFacts["kernel"]>;
type Build = Pick<MatchPackage, "ecosystem" | "name" | "version" | "architecture">;

const DEB_IMAGE = /^linux-image-(?:unsigned-)?(\d.*)$/;
const RPM_KERNEL = /^kernel(-(rt|64k))?(-core|-modules(-(core|extra))?)?$/;
const SUSE_KERNEL = /^kernel-([a-z]+)$/;
const APK_KERNEL = /^linux-([a-z]+)$/;
/** Called like a kernel, and holding none of it. */
const NO_KERNEL = /^(linux-(headers|doc|source|firmware|tools|pam)|kernel-(headers|devel|doc|tools|source|macros|docs))$/;

/** Whether a package is a build of the kernel (its image, or rpm's modules beside it). */
export function isKernelBuild({ ecosystem, name }: Pick<Build, "ecosystem" | "name">): boolean {
  // Asked of every package of a fleet: nearly all are told apart by how they begin.
  if (!(name.startsWith("linux-") || name.startsWith("kernel")) || NO_KERNEL.test(name)) return false;
  if (ecosystem === "deb") return DEB_IMAGE.test(name);
  if (ecosystem === "rpm") return RPM_KERNEL.test(name) || SUSE_KERNEL.test(name);
  return ecosystem === "apk" && APK_KERNEL.test(name);
}

/** The release, as uname(1) has it, of a kernel whose package has it in its name; Debian's and Ubuntu's. */
export const releaseInName = (name: string): string | undefined => DEB_IMAGE.exec(name)?.[1];

/** Whether an installed build is the one that runs; undefined where that cannot be told, as in a container. */
export function runsNow(build: Build, kernel: RunningKernel | null | undefined): boolean | undefined {
  if (!kernel || kernel.running === "" || kernel.package === "") return undefined;
  const version = build.version.replace(/^\d+:/, "");
  const release = releaseInName(build.name);
  if (build.ecosystem === "deb") {
    if (release !== kernel.running) return false;
    // A fixed build may come under the same name, and then only the kernel itself says which one it is.
    return kernel.runningVersion === "" ? undefined : kernel.runningVersion === version;
  }
  if (build.ecosystem === "apk") return kernel.running.replace(/-(\d+)-[a-z]+$/, "-r$1") === version;
  if (RPM_KERNEL.test(build.name)) return kernel.running.replace(/\+(rt|64k)$/, "") === `${version}.${build.architecture}`;
  // SUSE: 5.14.21-150500.55.7-default runs of package version 5.14.21-150500.55.7.1; rebuilds end in another number.
  const flavour = SUSE_KERNEL.exec(build.name)?.[1] ?? "";
  if (!kernel.running.endsWith(`-${flavour}`)) return false;
  const base = kernel.running.slice(0, -flavour.length - 1);
  return version === base || version.startsWith(`${base}.`);
}
