import { oneComponent } from "../coordinate.ts";
import { MAX_TEXT_BYTES, type Reader } from "../types.ts";

/** "…/node_modules/name" or "…/node_modules/@scope/name": what is installed there, not what a project is made of. */
const INSTALLED = /\/node_modules\/(?:@[^/]+\/)?[^/@][^/]*$/;

/**
 * What npm, yarn and pnpm install: a folder in node_modules with a package.json. The name is the one that the file gives, since
 * a folder may be an alias. @see https://docs.npmjs.com/cli/configuring-npm/package-json
 */
export const npm: Reader = {
  id: "npm",
  wants: (directory, name) => name === "package.json" && INSTALLED.test(directory),
  async read(path, source) {
    if (source.size > MAX_TEXT_BYTES) throw new Error(`it is larger than ${MAX_TEXT_BYTES} bytes, as no package.json is`);
    let content: unknown;
    try {
      content = JSON.parse(source.read(0, source.size).toString("utf8"));
    } catch {
      throw new Error("it is no JSON");
    }
    const { name, version } = (content ?? {}) as { name?: unknown; version?: unknown };
    // Folders without a name and version in them are parts of a package (its "esm" and the like), not one by themselves.
    if (typeof name !== "string" || typeof version !== "string") return { components: [], refused: [] };
    return oneComponent({ ecosystem: "npm", name, version: version.trim(), path, evidence: "package.json", sha1: "" });
  },
};
