import { parse } from "yaml";
import { oneComponent } from "../coordinate.ts";
import { MAX_TEXT_BYTES, type Reader } from "../types.ts";

/** "/snap/NAME/REVISION/meta", also where distributions mount snaps elsewhere (/var/lib/snapd/snap). */
const MOUNTED = /\/snap\/[^/]+\/[^/]+\/meta$/;

/**
 * Snaps by what each says of itself where snapd mounts it, the one in use and those of before. snapd brings their updates by itself.
 * @see https://snapcraft.io/docs/snap-format
 */
export const snap: Reader = {
  id: "snap",
  wants: (directory, name) => name === "snap.yaml" && MOUNTED.test(directory),
  async read(path, source) {
    if (source.size > MAX_TEXT_BYTES) throw new Error(`it is larger than ${MAX_TEXT_BYTES} bytes, as no snap.yaml is`);
    let content: unknown;
    try {
      content = parse(source.read(0, source.size).toString("utf8"), { maxAliasCount: 0 });
    } catch {
      throw new Error("it is no YAML");
    }
    const { name, version } = (content ?? {}) as { name?: unknown; version?: unknown };
    if (typeof name !== "string") throw new Error("it names no snap");
    // YAML reads 1.10 as a number, which says no more whether it was 1.1.
    const told = typeof version === "string" ? version.trim() : Number.isInteger(version) ? String(version) : "";
    return oneComponent({ ecosystem: "snap", name, version: told, path, evidence: "snap.yaml", sha1: "" });
  },
};
