// Writes docs/FAULTS.md from the catalogue's rows and the results of their last runs; with --check it only compares.
import { readFileSync, writeFileSync } from "node:fs";
import { readResults } from "../testbed/catalogue/record-format.ts";
import { ROWS } from "../testbed/catalogue/rows.ts";
import { faultsTable } from "./faults-table.ts";

const FILE = `${import.meta.dirname}/../../docs/FAULTS.md`;
const text = faultsTable(ROWS, readResults());
if (!process.argv.includes("--check")) writeFileSync(FILE, text);
else if (readFileSync(FILE, "utf8") !== text) {
  console.error("docs/FAULTS.md is not what its results say: run npm run docs:faults.");
  process.exitCode = 1;
}
