import Table from "cli-table3";
import pc from "picocolors";
import type { Io } from "./io.ts";

type Cell = string | number | boolean | null | undefined;

/** With --json exactly one JSON value goes to standard output, and nothing else does. */
export const printJson = (io: Io, value: unknown): void => io.out(`${JSON.stringify(value, null, 2)}\n`);

export function printTable(io: Io, head: readonly string[], rows: readonly (readonly Cell[])[], empty: string): void {
  if (rows.length === 0) {
    io.out(`${empty}\n`);
    return;
  }
  const table = new Table({
    head: head.map((h) => pc.bold(h)),
    style: { head: [], border: [], compact: true, "padding-left": 0, "padding-right": 2 },
    chars: Object.fromEntries(
      [
        "top",
        "top-mid",
        "top-left",
        "top-right",
        "bottom",
        "bottom-mid",
        "bottom-left",
        "bottom-right",
        "left",
        "left-mid",
        "mid",
        "mid-mid",
        "right",
        "right-mid",
        "middle",
      ].map((k) => [k, ""]),
    ),
  });
  table.push(...rows.map((row) => row.map((cell) => (cell === null || cell === undefined ? "-" : String(cell)))));
  io.out(`${table.toString()}\n`);
}

/** `name: value` lines. */
export function printFacts(io: Io, facts: readonly (readonly [string, Cell])[]): void {
  const width = Math.max(...facts.map(([name]) => name.length));
  for (const [name, value] of facts) io.out(`${pc.dim(name.padEnd(width))}  ${value ?? "-"}\n`);
}

/** Words for states carry their colour; the word itself says everything. */
export function state(word: string): string {
  if (/^(harmful|failed|hung|rollback-failed|halted|broken)$/.test(word)) return pc.red(word);
  if (/^(paused|undecided|unreachable|refused|rolling-back|rolled-back|gated|cancelled|expired|not-rehearsable)$/.test(word))
    return pc.yellow(word);
  if (/^(healthy|succeeded|passed|approved|connected)$/.test(word)) return pc.green(word);
  return word;
}

/** "3 min ago" beside the moment would age in a log; a moment in UTC does not. */
export const when = (at: string | null | undefined): string => (at ? `${at.slice(0, 16).replace("T", " ")}Z` : "never");
export const round = (value: number, digits = 1): string => value.toFixed(digits);

const CONTROL = /\p{Cc}|[\u2028-\u202e\u2066-\u2069]/gu;
/** A stranger's text (a package's name, a feed's record) must not speak to the terminal. */
export const plain = (text: string): string => text.replace(CONTROL, " ");
