import { release } from "node:os";
import type { Run } from "../run.ts";
import { APT_ENVIRONMENT, DPKG_QUERY } from "./environment.ts";

/** Where a kernel's image and its modules lie; dpkg knows them by the path that the package has, merged /usr or not. */
const placesOf = (kernel: string): string[] => [`/boot/vmlinuz-${kernel}`, `/lib/modules/${kernel}`, `/usr/lib/modules/${kernel}`];

/**
 * Names of the packages that hold the kernel which runs now: those that have its image or its modules, and whatever is called like
 * its image. None where the kernel is no package's, as in a container. To take one of them away leaves a machine without the modules
 * of the kernel that it runs.
 * @param kernel as uname(1) has it
 */
export async function packagesOfRunningKernel(run: Run, kernel = release()): Promise<Set<string>> {
  const owners = new Set([`linux-image-${kernel}`, `linux-image-unsigned-${kernel}`, `linux-modules-${kernel}`]);
  for (const place of placesOf(kernel)) {
    // It ends with 1 where nobody owns the place.
    const ran = await run([DPKG_QUERY, "-S", place], { env: APT_ENVIRONMENT, timeoutMs: 60_000 });
    for (const name of ownersOf(ran.stdout, place)) owners.add(name);
  }
  return owners;
}

/** Pure: the packages that `dpkg-query -S` names for exactly this path, "a, b:amd64: /path" (dpkg-query(1)). */
export function ownersOf(output: string, path: string): string[] {
  return output
    .split("\n")
    .filter((line) => line.endsWith(`: ${path}`) && !line.startsWith("diversion by"))
    .flatMap((line) => line.slice(0, -path.length - 2).split(", "))
    .map((name) => name.replace(/:[a-z0-9-]+$/, ""));
}
