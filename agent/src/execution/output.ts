import { closeSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Standing } from "./standing.ts";

/** 0 where there is no such file. */
export const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** Output that explains a report, in bytes. The wire allows 16 KiB. */
const OUTPUT_TAIL_BYTES = 16_000;

/** What the package manager prints in an execution, by its directory. */
export const logOf = (directory: string): string => join(directory, "output.log");

/** The end of what the last transaction printed that was no repair. */
export function outputTail(directory: string, s: Standing): string {
  const from = s.transactions.findLast((t) => t.began.purpose !== "repair")?.began.logOffset ?? 0;
  const log = logOf(directory);
  const size = sizeOf(log);
  return readSlice(log, Math.max(from, size - OUTPUT_TAIL_BYTES), size).toString("utf8");
}

/** A part of a file, which may be far larger than memory should hold: a script may print a gigabyte. Shorter where the file ends before. */
export function readSlice(path: string, from: number, to: number): Buffer {
  if (to <= from) return Buffer.alloc(0);
  const fd = openSync(path, "r");
  try {
    const slice = Buffer.alloc(to - from);
    return slice.subarray(0, readSync(fd, slice, 0, slice.length, from));
  } finally {
    closeSync(fd);
  }
}

const WINDOW_BYTES = 1024 * 1024;
/** Longer than any line that is looked for: what lies across two windows is whole in one of them. */
const OVERLAP_BYTES = 8 * 1024;

/** What `find` finds in a file from an offset on, each thing once, a window at a time. */
export function foundIn(path: string, from: number, find: (text: string) => readonly string[]): string[] {
  const found = new Set<string>();
  const size = sizeOf(path);
  for (let at = from; at < size; at += WINDOW_BYTES)
    for (const thing of find(readSlice(path, Math.max(from, at - OVERLAP_BYTES), at + WINDOW_BYTES).toString("utf8"))) found.add(thing);
  return [...found];
}
