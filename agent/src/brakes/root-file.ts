import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type * as z from "zod";
import { syncDirectory } from "../execution/journal.ts";

/** Replaces a file of root's so that a power cut leaves the old or the new one whole. Done when this returns. */
export function writeDurably(path: string, value: unknown): void {
  const part = `${path}.part`;
  const fd = openSync(part, "w", 0o600);
  try {
    const bytes = Buffer.from(`${JSON.stringify(value)}\n`, "utf8");
    for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(part, path);
  syncDirectory(dirname(path));
}

/** @returns undefined when there is no such file, "damaged" when it holds something else than it should */
export function readDurable<S extends z.ZodType>(path: string, schema: S): z.infer<S> | undefined | "damaged" {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? undefined : "damaged";
  }
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : "damaged";
  } catch {
    return "damaged";
  }
}
