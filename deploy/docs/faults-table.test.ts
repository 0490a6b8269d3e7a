import { describe, expect, it } from "vitest";
import { faultsTable } from "./faults-table.ts";

const rows = [
  { id: "A1", fault: "a lock is held" },
  { id: "A2", fault: "a disk is full" },
  { id: "A3", fault: "a dog barks", notRun: "No host has a dog." },
  { id: "A4", fault: "rain | snow" },
];
const result = (id: string, passed: boolean, happened = "It waited.") => ({
  ...{ id, passed, happened, provoked: "By hand.", at: "2026-01-01", versions: "apt 1" },
});
const lineOf = (text: string, id: string) => text.split("\n").find((l) => l.startsWith(`| ${id} |`)) ?? "";

describe("the table of faults", () => {
  const text = faultsTable(rows, [result("A1", true), result("A2", false, "It broke."), result("A3", true), result("A4", true)]);

  it("says held of rows that ran and passed, and of no other", () => {
    expect(lineOf(text, "A1")).toContain("| It waited. | held | 2026-01-01 [1] |");
    expect(lineOf(text, "A2")).toContain("| It broke. | **failed** |");
    expect(lineOf(faultsTable(rows, []), "A1")).toContain("| not run yet |");
    expect(text).toContain("Of 4 rows 3 have a test; 2 held");
  });
  it("says why a row cannot run, whatever an old result says", () => {
    expect(lineOf(text, "A3")).toContain("| No host has a dog. | not run |  |");
  });
  it("keeps a cell a cell", () => {
    expect(lineOf(text, "A4")).toContain("rain \\| snow");
  });
});
