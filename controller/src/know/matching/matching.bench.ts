import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { serialize } from "node:v8";
import { expectOk } from "@breakwater/shared/core";
import { type AdvisoryRecord, readIntelDirectory } from "../intel/index.ts";
import { type Growth, svgOf, textOf } from "./growth-plot.testing.ts";
import type { DeltasRow, FullMatchRow, NewAdvisoriesRow, RowOrder, RowResult } from "./matching-row.testing.ts";
import { syntheticAdvisories } from "./synthetic.testing.ts";

/**
 * Time and memory of matching a whole fleet, of one endpoint's delta and of one new advisory, over the numbers of endpoints and of
 * advisories: `npm run bench -- matching [DIR]`. DIR holds osv/Debian, osv/AlmaLinux and osv/PyPI as published; without it the advisories are
 * made up in the same number and shape. Each row runs in a process of its own. The growth is drawn as an SVG in dist/, or in the file that PLOT names.
 */
const ENDPOINTS = [12_500, 25_000, 50_000, 100_000] as const;
const ADVISORY_SHARES = [0.125, 0.25, 0.5, 1] as const;
/** What is asked of the largest row, and of one endpoint's delta. */
const FULL_LIMIT_MS = 30_000;
const MEMORY_LIMIT_MB = 1_536;
const DELTA_LIMIT_MS = 50;
const ROW = fileURLToPath(new URL("./matching-row.testing.ts", import.meta.url));
const directory = process.argv[2];
const say = (text: string) => process.stdout.write(`${text}\n`);
const seconds = (ms: number) => `${(ms / 1_000).toFixed(2)} s`;
const against = (value: number, limit: number) => (value <= limit ? "within" : "OVER");

async function readAdvisories(): Promise<AdvisoryRecord[]> {
  if (!directory) return syntheticAdvisories(14_000);
  const all: AdvisoryRecord[] = [];
  for (const ecosystem of ["Debian", "AlmaLinux", "PyPI"]) {
    const set = expectOk(await readIntelDirectory(join(directory, "osv", ecosystem)));
    for (const advisory of set.advisories) all.push(advisory);
  }
  return all;
}

const folder = mkdtempSync(join(tmpdir(), "breakwater-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const advisoriesFile = join(folder, "advisories");

async function measured<Row extends RowResult>(order: Omit<RowOrder, "advisories">): Promise<Row> {
  const row = fork(ROW, [JSON.stringify({ ...order, advisories: advisoriesFile })]);
  const failed = once(row, "exit").then(([code]) => {
    throw new Error(`the row's process ended with ${code} before it told anything`);
  });
  const [result] = await Promise.race([once(row, "message"), failed]);
  failed.catch(() => {});
  return result as Row;
}

/** The quicker of two: whoever else is at work on the machine makes one slower, none quicker. The memory is the higher one. */
async function fullMatch(share: number, endpoints: number): Promise<FullMatchRow> {
  const first = await measured<FullMatchRow>({ kind: "full-match", share, endpoints });
  const second = await measured<FullMatchRow>({ kind: "full-match", share, endpoints });
  const r = { ...(first.cpuMs < second.cpuMs ? first : second), peakMb: Math.max(first.peakMb, second.peakMb) };
  const cells = [r.indexing, r.judging, r.joining, r.indexing + r.judging + r.joining, r.cpuMs].map((ms) => seconds(ms).padStart(8));
  const more = [String(r.findings).padStart(12), `${r.peakMb.toFixed(0)} MB`.padStart(10), `${r.deltaMs.toFixed(2)} ms`.padStart(11)];
  say(`${String(r.endpoints).padStart(9)}  ${String(r.advisories).padStart(10)} ${[...cells, ...more].join(" ")}`);
  return r;
}

await (async () => {
  const started = performance.now();
  const advisories = await readAdvisories();
  say(`${advisories.length} advisories ${directory ? "as published" : "made up"}, ${seconds(performance.now() - started)} to read\n`);
  writeFileSync(advisoriesFile, serialize(advisories));
})();

say("endpoints  advisories    index    judge     join    total      CPU     findings    peak RSS   one delta");
const byAdvisories: FullMatchRow[] = [];
for (const share of ADVISORY_SHARES) byAdvisories.push(await fullMatch(share, 25_000));
const byEndpoints: FullMatchRow[] = [];
for (const endpoints of ENDPOINTS) byEndpoints.push(await fullMatch(1, endpoints));
const full = byEndpoints.at(-1) as FullMatchRow;
say(`\n${full.endpoints} endpoints: ${seconds(full.cpuMs)} of CPU, ${against(full.cpuMs, FULL_LIMIT_MS)} ${seconds(FULL_LIMIT_MS)};`);
say(`peak resident memory ${full.peakMb.toFixed(0)} MB, ${against(full.peakMb, MEMORY_LIMIT_MB)} ${MEMORY_LIMIT_MB} MB`);

const grown = (over: string, rows: readonly FullMatchRow[], size: (r: FullMatchRow) => number): Growth[] => [
  { name: "full match", over, unit: "s of CPU", points: rows.map((r) => [size(r), r.cpuMs / 1_000]) },
  { name: "one endpoint's delta", over, unit: "ms of CPU", points: rows.map((r) => [size(r), r.deltaMs]) },
];
const charts = [...grown("endpoints", byEndpoints, (r) => r.endpoints), ...grown("advisories", byAdvisories, (r) => r.advisories)];
for (const chart of charts) say(`\n${textOf(chart).join("\n")}`);
const plot = process.env.PLOT ?? "dist/matching-growth.svg";
mkdirSync(dirname(plot), { recursive: true });
writeFileSync(plot, svgOf("How matching grows", charts));
say(`\ndrawn in ${plot}`);

const { deltas, writtenMs, writtenFindings } = await measured<DeltasRow>({ kind: "deltas", share: 1, endpoints: 500 });
say(
  `\nwritten out with factors and proofs, as they are stored: ${writtenMs.toFixed(2)} ms an endpoint of ${Math.round(writtenFindings)} findings`,
);
say(`\none endpoint's delta of ${deltas.length}: 10 packages of new catalogue entries, what its findings become, and what must be written`);
for (const kind of ["ms", "cpu"] as const) {
  const sorted = deltas.map((d) => d[kind]).sort((a, b) => a - b);
  const within = (share: number) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
  const told = [`median ${within(0.5).toFixed(2)} ms`, ...[95, 99].map((n) => `${n} of 100 within ${within(n / 100).toFixed(2)} ms`)];
  const verdict = `99 of 100 ${against(within(0.99), DELTA_LIMIT_MS)} ${DELTA_LIMIT_MS} ms`;
  say(`${kind === "ms" ? "on the clock" : "of CPU      "} ${told.join(", ")}, slowest ${within(1).toFixed(2)} ms; ${verdict}`);
}

say("\none new advisory: entries that it can change are looked up by name, and only they are judged again");
const { touched } = await measured<NewAdvisoriesRow>({ kind: "new-advisories", share: 1, endpoints: 1 });
const slow = touched.map((t) => t.ms).sort((a, b) => a - b);
say(
  `median ${slow[Math.floor(slow.length / 2)]?.toFixed(2)} ms, slowest of ${slow.length} ${slow.at(-1)?.toFixed(2)} ms; at most ${Math.max(...touched.map((t) => t.entries))} entries`,
);
