import { readFileSync } from "node:fs";
import type { Io } from "./io.ts";
import { unreadableFile } from "./problems.ts";

/** A file's text, or standard input for "-". @throws file-unreadable */
export function readText(io: Io, path: string): string {
  if (path === "-") return io.readInput();
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw unreadableFile(path, cause instanceof Error && "code" in cause ? String(cause.code) : String(cause));
  }
}
