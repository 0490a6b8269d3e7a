import type { z } from "zod";
import type { findingSchema } from "../../api/schemas/index.ts";
import type { Io } from "../io.ts";
import { NO_FIX_WORDS } from "../no-fix-words.ts";
import { plain, printFacts, printTable, round, when } from "../output.ts";

type Finding = z.output<typeof findingSchema>;

/** Characters of the longest bar of the waterfall. */
const BAR = 30;

/** One finding as a person reads it: what it is, why it is one, how far one gets to it, what makes its risk, when it is due, what happened. */
export function tellFinding(io: Io, f: Finding, state: string): void {
  printFacts(io, [
    ["finding", `${f.id}: ${f.vulnerabilityId} in ${f.packageName} ${f.installedVersion} on ${f.hostname}`],
    ...(f.summary ? ([["about", plain(f.summary)]] as const) : []),
    ["state", state],
    ...(f.state === "restart-needed" ? ([["still runs", plain(f.stillRuns ?? "unknown")]] as const) : []),
    ["risk", `${round(f.risk)} of 100`],
    ["known", knownOf(f)],
    [
      "fixed in",
      f.fixedVersion ?? `no fixed version is known${f.state === "no-fix" && f.noFixBecause ? `: ${NO_FIX_WORDS[f.noFixBecause]}` : ""}`,
    ],
    [
      "offered",
      f.update
        ? `${f.update.to} by ${plain(f.update.origin) || "an unnamed origin"} ${plain(f.update.suite)}`
        : "no pending update closes it",
    ],
  ]);
  tellProofs(io, f);
  tellReach(io, f.evidence);
  tellRisk(io, f);
  io.out("\nWhen it is due\n");
  for (const d of f.demands)
    io.out(
      `  ${d.at ? when(d.at) : "no day is set"}, by ${d.policy}${f.due?.policy === d.policy && f.demands.length > 1 ? " (counts: the earliest)" : ""}: ${plain(d.why)}\n`,
    );
  if (f.demands.length === 0) io.out("  no policy sets a day\n");
  for (const s of f.assessment?.overruled ?? []) io.out(`\noverruled: ${plain(s.author)} of ${when(s.timestamp)} says ${s.status}\n`);
  io.out("\nWhat happened, the newest first\n");
  for (const e of f.history) io.out(`  ${when(e.at)} ${plain(e.type)} by ${plain(e.actor)}\n`);
  if (f.history.length === 0) io.out(`  ${when(f.openedAt)} opened\n`);
  if (f.closedBy) io.out(`  ${plain(f.closedBy)}\n`);
}

const knownOf = (f: Finding): string =>
  [
    f.kev ? "exploited" : "not known to be exploited",
    f.cvssScore === null ? "no CVSS known" : `CVSS ${f.cvssScore}${f.cvssVector ? ` (${plain(f.cvssVector)})` : ""}`,
    f.epss === null ? "no EPSS known" : `EPSS ${round(f.epss * 100, 2)} %`,
  ].join(", ");

function tellProofs(io: Io, { proofs }: Finding): void {
  io.out("\nWhy it is a finding\n");
  for (const p of proofs) {
    const from = p.feed ? `by ${plain(p.feed)}` : "as the endpoint tells";
    const dated = `${p.modified ? `, changed ${when(p.modified)}` : ""}${p.feedReadAt ? `; the feed was current ${when(p.feedReadAt)}` : ""}`;
    io.out(`  ${plain(p.statement)}\n    ${p.kind} ${plain(p.record)}, ${from}${dated}\n`);
  }
  if (proofs.length === 0) io.out("  no proof was kept\n");
}

function tellReach(io: Io, { exposure, why, inventoryAt, criticality, listeners, processes }: Finding["evidence"]): void {
  io.out("\nHow it can be reached\n");
  io.out(`  ${exposure || "unknown"}: ${plain(why)}\n  seen ${when(inventoryAt)}; criticality of the endpoint ${criticality} of 5\n`);
  for (const l of listeners)
    io.out(
      `  listens ${plain(l.address)}:${l.port}/${l.protocol} (${l.scope}) ${plain(l.process)}${l.unit ? `, ${plain(l.unit)}` : ""}${l.file ? `, through ${plain(l.file)}` : ""}\n`,
    );
  for (const p of processes) {
    const stale = p.stale.map((s) => `${plain(s.name)} (${s.pid})`).join(", ");
    const old = stale ? `, the old file still runs in ${stale}` : p.restartNeeded ? ", needs a restart" : "";
    io.out(
      `  loaded by ${plain(p.units.join(", ")) || "a process"} (${p.pids.length === 1 ? "pid" : "pids"} ${p.pids.join(", ")})${old}\n`,
    );
    for (const file of p.files)
      io.out(
        `    mapped ${plain(file.path)}${file.replaced ? " (replaced since)" : ""} by ${file.by.map((b) => `${plain(b.name)} (${b.pid})`).join(", ")}\n`,
      );
  }
}

/** Factors multiply: each bar begins where the one before ended, on a logarithmic axis, as in the console. */
function tellRisk(io: Io, { factors, risk }: Finding): void {
  io.out("\nWhat makes the risk, and what would change it\n");
  if (factors.length === 0) {
    io.out("  no factor was kept\n");
    return;
  }
  const ends = [0];
  for (const factor of factors) ends.push((ends.at(-1) ?? 0) + factor.effect);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const column = (at: number) => (high === low ? 0 : Math.round(((at - low) / (high - low)) * BAR));
  printTable(
    io,
    ["factor", "times", "", "why"],
    factors.map((factor, i) => {
      const [from, to] = [column(ends[i] ?? 0), column(ends[i + 1] ?? 0)];
      const bar =
        " ".repeat(Math.min(from, to)) + (factor.effect > 0 ? "+" : "-").repeat(Math.max(factor.effect === 0 ? 0 : 1, Math.abs(to - from)));
      return [plain(factor.name), Math.exp(factor.effect).toPrecision(2), bar.padEnd(BAR + 1), plain(factor.why)];
    }),
    "",
  );
  for (const { otherwise } of factors) if (otherwise) io.out(`  ${plain(otherwise.if)}: ${round(risk)} -> ${round(otherwise.risk)}\n`);
}
