import { createHash } from "node:crypto";
import { chmodSync, lstatSync, readdirSync, readFileSync, utimesSync } from "node:fs";
import { join, relative } from "node:path";

function* walk(directory: string): Generator<string> {
  for (const name of readdirSync(directory).sort()) {
    const path = join(directory, name);
    yield path;
    if (lstatSync(path).isDirectory()) yield* walk(path);
  }
}

/** DEBIAN/md5sums: every file that is installed. */
export function checksums(tree: string): string {
  const lines: string[] = [];
  for (const path of walk(tree)) {
    const name = relative(tree, path);
    if (name.startsWith("DEBIAN") || lstatSync(path).isDirectory()) continue;
    lines.push(`${createHash("md5").update(readFileSync(path)).digest("hex")}  ${name}\n`);
  }
  return lines.join("");
}

/** Installed-Size of deb-control(5): KiB, each file rounded up. */
export function installedKiB(tree: string): number {
  let kib = 0;
  for (const path of walk(tree)) if (!relative(tree, path).startsWith("DEBIAN")) kib += Math.max(1, Math.ceil(lstatSync(path).size / 1024));
  return kib;
}

/** Same times everywhere, and directories that everybody may enter, whatever the builder's umask. */
export function setTimes(tree: string, epochSeconds: number): void {
  for (const path of [...walk(tree), tree]) {
    if (lstatSync(path).isDirectory()) chmodSync(path, 0o755);
    utimesSync(path, epochSeconds, epochSeconds);
  }
}
