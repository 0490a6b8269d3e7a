import { createReadStream, existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { toolLines } from "../inventory/run-tool.ts";

/** Tells every file of every package of one package manager. */
export type OwnerSource = (tell: (file: string, owner: string) => void) => Promise<void>;

const DPKG_INFO = "/var/lib/dpkg/info";
const APK_INSTALLED = "/lib/apk/db/installed";
const RPM_TIMEOUT_MS = 120_000;

/** Those of the package managers that this machine has. */
export function ownerSources(): OwnerSource[] {
  return [
    ...(existsSync(DPKG_INFO) ? [dpkgFiles(DPKG_INFO)] : []),
    ...(hasRpm() ? [rpmFiles()] : []),
    ...(existsSync(APK_INSTALLED) ? [apkFiles(APK_INSTALLED)] : []),
  ];
}

/** rpm keeps its database in one of two places; where neither is, its tool has nothing to tell. */
export const RPM_DATABASES = ["/var/lib/rpm", "/usr/lib/sysimage/rpm"] as const;
const RPM_FILES = ["rpmdb.sqlite", "Packages.db", "Packages"] as const;
export const rpmDatabaseFile = (): string | undefined =>
  RPM_DATABASES.flatMap((dir) => RPM_FILES.map((file) => `${dir}/${file}`)).find((path) => existsSync(path));
export const hasRpm = (): boolean => rpmDatabaseFile() !== undefined;

/** dpkg's lists, one a package: "name.list" or "name:arch.list". */
export const dpkgFiles =
  (infoDir: string): OwnerSource =>
  async (tell) => {
    for (const list of (await readdir(infoDir)).filter((n) => n.endsWith(".list"))) {
      const owner = list.slice(0, -".list".length).split(":")[0] ?? "";
      for await (const line of createInterface({ input: createReadStream(join(infoDir, list), "utf8") })) tell(line, owner);
    }
  };

/** @param options of rpm, as in ["--dbpath", DIR] */
export const rpmFiles =
  (options: readonly string[] = []): OwnerSource =>
  async (tell) => {
    const query = [...options, "-qa", "--queryformat", "[%{=NAME}\\t%{FILENAMES}\\n]"];
    for await (const line of toolLines("rpm", query, { timeoutMs: RPM_TIMEOUT_MS })) {
      const tab = line.indexOf("\t");
      if (tab > 0) tell(line.slice(tab + 1), line.slice(0, tab));
    }
  };

/** apk's database: P: is the package, F: a directory, R: a file in it. @see https://wiki.alpinelinux.org/wiki/Apk_spec */
export const apkFiles =
  (installed: string): OwnerSource =>
  async (tell) => {
    let [owner, directory] = ["", ""];
    for await (const line of createInterface({ input: createReadStream(installed, "utf8") })) {
      if (line.startsWith("P:")) [owner, directory] = [line.slice(2), ""];
      else if (line.startsWith("F:")) directory = line.slice(2);
      else if (line.startsWith("R:")) tell(directory === "" ? `/${line.slice(2)}` : `/${directory}/${line.slice(2)}`, owner);
    }
  };
