import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { isNew, type PackageChange } from "@breakwater/shared/command";
import type { SpaceNeed } from "../package-manager.ts";
import { UNPACK_FACTOR } from "./space.ts";

const PLACE = { info: "/var/lib/dpkg/info", boot: "/boot" };
/** Kernels and their first file systems, by the names that Debian's packages give them. */
const KERNEL = /^(?:vmlinuz|vmlinux)-/;
const INITRAMFS = /^(?:initrd\.img|initramfs)-/;
/** A package of a kernel itself. */
const IMAGE = /^linux-image-(?:unsigned-)?\d/;
/** What makes a package's change build an initramfs anew: its own script, or a trigger of that name (deb-triggers(5)). */
const BUILDS = /\bupdate-initramfs\b|\bdracut\b/;

/**
 * What a change needs on /boot, in bytes, where it writes there. A new initramfs is written beside the old one and takes its
 * place when it is whole (update-initramfs(8)); dpkg does the same with a kernel. How large they will be nobody says beforehand,
 * so it is taken from the largest there are. Of a package that is not there yet dpkg knows nothing: it is taken to do what installed
 * ones do whose names differ in numbers alone, as an elder kernel's, and a kernel's image for a kernel in any case. What is new stays
 * beside the elder, so several of them add up.
 * @param place where dpkg's database and the images are; a test names its own
 * @returns undefined where nothing tells that it writes there, or there is no image to judge by
 */
export async function bootNeed(changes: readonly PackageChange[], place = PLACE): Promise<SpaceNeed | undefined> {
  const [kernels, initramfs] = await Promise.all([largest(place.boot, KERNEL), largest(place.boot, INITRAMFS)]);
  const needOf = async (control: (kind: string) => string[], image = false) => {
    const brings = image || control("list").some((file) => file.startsWith("/boot/"));
    const builds = brings || [...control("triggers"), ...control("postinst")].some((line) => BUILDS.test(line));
    return (brings ? kernels : 0) + (builds ? initramfs : 0);
  };
  let bytes = 0;
  for (const change of changes.filter((c) => !isNew(c))) bytes = Math.max(bytes, await needOf(await controlOf(change, place.info)));
  for (const change of changes.filter(isNew)) {
    const likely = [await needOf(() => [], IMAGE.test(change.name))];
    for (const relative of await relativesOf(change, place.info)) likely.push(await needOf(await controlOf(relative, place.info)));
    bytes += Math.max(...likely);
  }
  return bytes === 0 ? undefined : { path: place.boot, bytes: Math.ceil(bytes * UNPACK_FACTOR) };
}

type Built = Pick<PackageChange, "name" | "architecture">;
const masked = (name: string): string => name.replace(/\d+/g, "0");

/** Installed packages whose names differ from a new one's in numbers alone. */
async function relativesOf({ name, architecture }: Built, info: string): Promise<Built[]> {
  const lists = (await readdir(info).catch(() => [])).filter((f) => f.endsWith(".list"));
  const names = lists.map((f) => f.replace(/(?::[a-z0-9-]+)?\.list$/, ""));
  return names.filter((n) => masked(n) === masked(name)).map((n) => ({ name: n, architecture }));
}

/** Lines of what dpkg keeps of an installed package; none of a file that it has not. */
async function controlOf({ name, architecture }: Built, info: string): Promise<(kind: string) => string[]> {
  const kinds = ["list", "triggers", "postinst"];
  const found = new Map<string, string[]>();
  // Where several architectures can stand side by side, dpkg names theirs in the files' names.
  for (const kind of kinds)
    for (const file of [`${name}.${kind}`, `${name}:${architecture}.${kind}`]) {
      const text = await readFile(join(info, file), "utf8").catch(() => undefined);
      if (text !== undefined) found.set(kind, text.split("\n"));
    }
  return (kind) => found.get(kind) ?? [];
}

async function largest(directory: string, wanted: RegExp): Promise<number> {
  const names = (await readdir(directory).catch(() => [])).filter((n) => wanted.test(n));
  const sizes = await Promise.all(
    names.map((n) =>
      stat(join(directory, n))
        .then((s) => (s.isFile() ? s.size : 0))
        .catch(() => 0),
    ),
  );
  return Math.max(0, ...sizes);
}
