import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { ok } from "@breakwater/shared/core";
import { inOrder, type PackageDatabase, type SystemPackage } from "./database.ts";

const INSTALLED = "/lib/apk/db/installed";

/**
 * Records of apk's database, parted by blank lines, of "key:value" lines: P the name, V the version, A the architecture, I the
 * installed size in bytes, o the source package ("origin"), m the maintainer.
 * @see https://wiki.alpinelinux.org/wiki/Apk_spec
 */
export function parseApkInstalled(text: string): SystemPackage[] {
  const packages: SystemPackage[] = [];
  for (const record of text.split(/\n\n+/)) {
    const value = (key: string) => new RegExp(`^${key}:(.*)$`, "m").exec(record)?.[1]?.trim() ?? "";
    const [name, version] = [value("P"), value("V")];
    if (name === "" || version === "") continue;
    packages.push({
      ecosystem: "apk",
      name,
      version,
      architecture: value("A"),
      sourceName: value("o") || name,
      // All packages of one source have its version.
      sourceVersion: version,
      status: "installed",
      held: false,
      vendor: "",
      section: "",
      installedSizeBytes: Number(value("I")) || 0,
      essential: false,
      module: "",
    });
  }
  return inOrder(packages);
}

export const apk: PackageDatabase = {
  id: "apk",
  file: () => (existsSync(INSTALLED) ? INSTALLED : undefined),
  packages: async () => ok(parseApkInstalled(await readFile(INSTALLED, "utf8"))),
};
