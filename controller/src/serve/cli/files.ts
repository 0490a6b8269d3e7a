import { readFileSync, type WriteFileOptions, writeFileSync } from "node:fs";
import { parse } from "yaml";
import type { Io } from "./io.ts";
import { UsageError, unreadableFile, unwritableFile } from "./problems.ts";

/** A file's text, or standard input for "-". @throws file-unreadable */
export function readText(io: Io, path: string): string {
  if (path === "-") return io.readInput();
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw unreadableFile(path, cause);
  }
}

/** @throws file-unwritable */
export function writeText(path: string, text: string, options: WriteFileOptions): void {
  try {
    writeFileSync(path, text, options);
  } catch (cause) {
    throw unwritableFile(path, cause);
  }
}

/** What a file of YAML or JSON holds. @throws file-unreadable, and UsageError for what is no YAML */
export function readYaml(io: Io, path: string): unknown {
  try {
    return parse(readText(io, path));
  } catch (cause) {
    if (cause instanceof Error && cause.name.startsWith("YAML")) throw new UsageError(`${path} is no YAML: ${cause.message}`);
    throw cause;
  }
}
