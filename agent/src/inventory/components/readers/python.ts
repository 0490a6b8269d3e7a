import { oneComponent } from "../coordinate.ts";
import { MAX_TEXT_BYTES, type Reader } from "../types.ts";

/**
 * Python distributions by their core metadata: of wheels (`*.dist-info/METADATA`), of setuptools (`*.egg-info/PKG-INFO`), of
 * distutils (`*.egg-info`, a file).
 * @see https://packaging.python.org/en/latest/specifications/recording-installed-packages/
 */
export const python: Reader = {
  id: "python",
  wants: (directory, name) =>
    (name === "METADATA" && directory.endsWith(".dist-info")) ||
    (name === "PKG-INFO" && directory.endsWith(".egg-info")) ||
    name.endsWith(".egg-info"),
  async read(path, source) {
    // A long description follows the fields and may be of any length; it is not needed.
    const head =
      source
        .read(0, Math.min(source.size, MAX_TEXT_BYTES))
        .toString("utf8")
        .split(/\r?\n\r?\n/, 1)[0] ?? "";
    const field = (key: string) => new RegExp(`^${key}:[ \\t]*(.*?)[ \\t]*\\r?$`, "im").exec(head)?.[1] ?? "";
    const name = field("Name");
    if (name === "") throw new Error("it names no distribution");
    return oneComponent({ ecosystem: "pypi", name, version: field("Version"), path, evidence: "metadata", sha1: "" });
  },
};
