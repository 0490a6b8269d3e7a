import { counted, expectOk, ProblemError } from "@breakwater/shared/core";
import type { Command } from "commander";
import { type IntelSet, readIntelDirectory } from "../../../know/intel/index.ts";
import { type InventoryReading, MAX_INVENTORY_BYTES, type Match, matchInventory, readInventoryFile } from "../../../know/matching/index.ts";
import { boundedText, chunksOf } from "../bounded-input.ts";
import type { Io } from "../io.ts";
import { plain, printJson, printTable, round } from "../output.ts";

/** Examples of what was left out that are shown; all are counted. */
const MAX_SHOWN = 10;

/** Matches files with files: its JSON is a contract. */
export function addMatchCommand(program: Command, io: Io): void {
  program
    .command("match")
    .description("Match an inventory with intelligence files; needs no server")
    .requiredOption(
      "--intel <dir>",
      "feed files as published, of any kind that a controller reads: OSV, CSAF, OVAL, updateinfo, Ubuntu, KEV, EPSS, CVE, NVD, STIX, MISP ...",
    )
    .requiredOption(
      "--inventory <file>",
      "our inventory JSON, a dpkg status file, rpm query output or a CycloneDX SBOM; - for standard input",
    )
    .option("--os <id:version>", "of what system the inventory is, as in debian:12, where the file does not say")
    .option("--json", "print one JSON value")
    .addHelpText(
      "after",
      "\nWhat could not be read is told on standard error. The exit code is 1 where a feed file was refused: then vulnerabilities may be missing.",
    )
    .action(async (options: { intel: string; inventory: string; os?: string; json?: boolean }) => {
      const text = await boundedText(chunksOf(io, options.inventory), MAX_INVENTORY_BYTES);
      if (text === undefined) throw tooLarge(options.inventory);
      const inventory = expectOk(readInventoryFile(text, options.os === undefined ? {} : { os: options.os }));
      const intel = expectOk(await readIntelDirectory(options.intel));
      const matches = matchInventory(inventory.packages, intel);
      if (options.json) printJson(io, matches);
      else show(io, matches);
      tellLeftOut(io, inventory, intel, matches);
      if (intel.refused.length > 0) throw incomplete(intel);
    });
}

function show(io: Io, matches: readonly Match[]): void {
  const findings = matches.filter((m) => m.state === "open" || m.state === "no-fix").sort((a, b) => b.risk - a.risk);
  printTable(
    io,
    ["risk", "package", "version", "vulnerability", "fixed in", "state"],
    findings.map((m) => [
      round(m.risk),
      ...[m.package, m.version, m.vulnerability, m.fixedVersion].map((text) => (text === null ? null : plain(text))),
      m.noFixBecause === null ? m.state : `${m.state} (${m.noFixBecause})`,
    ]),
    "Nothing in these feeds speaks against this inventory.",
  );
}

/** What is missing from the answer, since it could not be read: on standard error, so that the JSON stays one value. */
function tellLeftOut(io: Io, inventory: InventoryReading, intel: IntelSet, matches: readonly Match[]): void {
  tell(io, ["entry of the inventory was left out", "entries of the inventory were left out"], inventory.leftOut);
  tell(io, ["record of feeds was set aside", "records of feeds were set aside"], intel.rejects);
  const homeless = inventory.packages.filter((p) => p.distribution === "" && /^(deb|rpm|apk)$/.test(p.ecosystem)).length;
  if (homeless > 0)
    io.err(
      `breakwater: ${counted(homeless, "package of a system names no release and was", "packages of a system name no release and were")} not matched; give --os.\n`,
    );
  const unknown = matches.filter((m) => m.state === "unknown").length;
  if (unknown > 0)
    io.err(`breakwater: ${counted(unknown, "pair")} could not be judged, since a version cannot be read (state "unknown").\n`);
}

function tell(
  io: Io,
  [one, many]: readonly [string, string],
  records: readonly { readonly record: string; readonly reason: string }[],
): void {
  if (records.length === 0) return;
  io.err(`breakwater: ${counted(records.length, one, many)}:\n`);
  for (const { record, reason } of records.slice(0, MAX_SHOWN)) io.err(`  ${plain(record)}: ${plain(reason)}\n`);
  if (records.length > MAX_SHOWN) io.err(`  and ${records.length - MAX_SHOWN} more\n`);
}

const incomplete = (intel: IntelSet) =>
  new ProblemError({
    code: "intel-incomplete",
    message: `${counted(intel.refused.length, "feed file was", "feed files were")} refused, so vulnerabilities may be missing: ${intel.refused
      .slice(0, MAX_SHOWN)
      .map(({ record, reason }) => plain(`${record}: ${reason}`))
      .join("; ")}`,
    next: "Fetch these files again; the others were used.",
  });

const tooLarge = (path: string) =>
  new ProblemError({
    code: "inventory-too-large",
    message: `${path} has more than ${MAX_INVENTORY_BYTES} bytes.`,
    next: "Give the inventory of one machine.",
  });
