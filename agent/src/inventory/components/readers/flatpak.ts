import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { oneComponent } from "../coordinate.ts";
import { MAX_TEXT_BYTES, type Reader } from "../types.ts";

/** ".../flatpak/app/ID/ARCHITECTURE/BRANCH/COMMIT" and the same of runtimes. */
const DEPLOYED = /\/flatpak\/(app|runtime)\/([^/]+)\/[^/]+\/([^/]+)\/[0-9a-f]{64}$/;

/**
 * What flatpak has deployed for all users, by the metadata of each. A runtime is known by its branch; an application by what its
 * description calls its newest release, where it has one.
 * @see https://docs.flatpak.org/en/latest/flatpak-command-reference.html#flatpak-metadata
 * @see https://www.freedesktop.org/software/appstream/docs/chap-Metadata.html#tag-releases
 */
export const flatpak: Reader = {
  id: "flatpak",
  wants: (directory, name) => name === "metadata" && DEPLOYED.test(directory),
  async read(path, source) {
    if (source.size > MAX_TEXT_BYTES) throw new Error(`it is larger than ${MAX_TEXT_BYTES} bytes, as no metadata is`);
    const [, kind = "", id = "", branch = ""] = DEPLOYED.exec(dirname(path)) ?? [];
    const group = /^\[(?:Application|Runtime)\]$([^[]*)/m.exec(source.read(0, source.size).toString("utf8"))?.[1] ?? "";
    const name = /^name=(.+)$/m.exec(group)?.[1]?.trim();
    if (name === undefined) throw new Error("it names neither an application nor a runtime");
    const version = kind === "runtime" ? branch : await releaseOf(dirname(path), id);
    return oneComponent({ ecosystem: "flatpak", name, version, path, evidence: "metadata", sha1: "" });
  },
};

/** @returns "" where no description tells a release: the version is unknown then */
async function releaseOf(deployed: string, id: string): Promise<string> {
  for (const place of ["metainfo", "appdata"])
    for (const kind of ["metainfo", "appdata"]) {
      const text = await readSmall(join(deployed, "files", "share", place, `${id}.${kind}.xml`));
      const version = text && /<release\b[^>]*\bversion="([^"]+)"/.exec(text)?.[1];
      if (version) return version;
    }
  return "";
}

async function readSmall(path: string): Promise<string | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined);
  if (!file) return undefined;
  try {
    const stat = await file.stat();
    return stat.isFile() && stat.size <= MAX_TEXT_BYTES ? await file.readFile("utf8") : undefined;
  } finally {
    await file.close();
  }
}
