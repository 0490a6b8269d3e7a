import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Standing } from "./standing.ts";
import { sizeOf } from "./transaction.ts";

/** Output that explains a report, in bytes. The wire allows 16 KiB. */
const OUTPUT_TAIL_BYTES = 16_000;

/** What the package manager prints in an execution, by its directory. */
export const logOf = (directory: string): string => join(directory, "output.log");

/** The end of what the last transaction printed that was no repair. */
export function outputTail(directory: string, s: Standing): string {
  const from = s.transactions.findLast((t) => t.began.purpose !== "repair")?.began.logOffset ?? 0;
  if (sizeOf(logOf(directory)) === 0) return "";
  return readFileSync(logOf(directory)).subarray(from).subarray(-OUTPUT_TAIL_BYTES).toString("utf8");
}
