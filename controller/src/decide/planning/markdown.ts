import type { PlanDocument, WaveDocument } from "./document.ts";

const bullets = (lines: readonly string[]): string[] => lines.map((l) => `- ${l}`);
const cell = (text: string | number): string => String(text).replaceAll("|", "\\|").replaceAll("\n", " ");
const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] => [
  `| ${head.join(" | ")} |`,
  `|${head.map(() => "---").join("|")}|`,
  ...rows.map((r) => `| ${r.map(cell).join(" | ")} |`),
];

const when = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)}`;
const megabytes = (bytes: number): string => (bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`);
const minutes = (n: number): string =>
  n === 0 ? "none" : n < 1 ? `${Math.round(n * 60)} s` : n < 120 ? `${Math.round(n)} min` : `${Math.round(n / 6) / 10} h`;

/** The plan as Markdown: what to decide first, then wave by wave. */
export function planToMarkdown(plan: PlanDocument): string {
  const lines: string[] = [`# ${plan.title}`, "", plan.summary, ""];
  const section = (title: string, body: readonly string[]) => {
    if (body.length > 0) lines.push(`## ${title}`, "", ...body, "");
  };
  section(
    "Contradictions in the input",
    plan.contradictions.flatMap((c) => [`- **${c.statement}**`, `  Assumed: ${c.assumed}`]),
  );
  section(
    "Vulnerabilities",
    table(
      ["id", "CVSS", "product", "affected", "fixed version"],
      plan.vulnerabilities.map((v) => [v.id, v.cvss ?? "unknown", v.product, v.affected, v.fixedVersion ?? "unknown"]),
    ),
  );
  section("The waves at a glance", [
    ...table(
      ["#", "wave", "endpoints", "start", "end", "zone", "bake", "expected failures", "risk after"],
      plan.waves.map((w, i) => [
        i + 1,
        w.name,
        w.endpoints,
        when(w.start),
        when(w.end),
        w.timezone,
        minutes(w.bakeMinutes),
        w.expected.failures,
        plan.risk.afterEachWave[i] ?? "",
      ]),
    ),
    "",
    `Done ${when(plan.cost.finishes)}, last bake included; ${plan.cost.riskDays} risk-days of exposure until then; ${plan.cost.expectedHarm} endpoints expected to be harmed.`,
  ]);
  section("Risk", [
    `Now **${plan.risk.now}**, at the end **${plan.risk.residual}** (0-100: the most endangered endpoint, times the share of all risk that is still there).`,
    "",
    ...table(
      ["factor", "multiplies by", "why"],
      plan.risk.factors.map((f) => [f.name, Math.exp(f.effect).toFixed(2), f.why]),
    ),
  ]);
  section("Reboots", rebootLines(plan.reboots));
  section("Before the first wave", bullets(plan.notes));
  plan.waves.forEach((wave, i) => {
    lines.push(...waveLines(wave, i + 1), "");
  });
  section(
    "Left out",
    plan.excluded.map((e) => `- **${e.what}**: ${e.why}`),
  );
  section("Assumptions", bullets(plan.assumptions));
  section(
    "Alternatives",
    table(
      ["plan", "done", "risk-days", "expected harm", "trade-off"],
      [
        ["this one", when(plan.cost.finishes), plan.cost.riskDays, plan.cost.expectedHarm, ""],
        ...plan.alternatives.map((a) => [a.name, when(a.finishes), a.riskDays, a.expectedHarm, a.tradeoff]),
      ],
    ),
  );
  return `${lines.join("\n").trimEnd()}\n`;
}

/** A table longer than this is read by nobody; the JSON has all. */
const MOST_REBOOTS = 100;

function rebootLines(reboots: PlanDocument["reboots"]): string[] {
  if (reboots.length === 0) return [];
  const how = (r: PlanDocument["reboots"][number]) => (r.mode === "never" ? "not done" : r.expected === "yes" ? "yes" : "if asked for");
  return [
    ...table(
      ["endpoint", "reboot", "why", "way back"],
      reboots.slice(0, MOST_REBOOTS).map((r) => [r.endpoint, how(r), r.why, r.wayBack]),
    ),
    ...(reboots.length > MOST_REBOOTS ? ["", `and ${reboots.length - MOST_REBOOTS} more.`] : []),
  ];
}

function waveLines(wave: WaveDocument, number: number): string[] {
  const e = wave.expected;
  return [
    `## Wave ${number}: ${wave.name}`,
    "",
    `**${wave.endpoints} ${wave.endpoints === 1 ? "endpoint" : "endpoints"}**: ${wave.members.map((m) => `${m.count} x ${m.group}`).join(", ")}. ${wave.why}`,
    "",
    `**When:** ${wave.windowReason}`,
    "",
    `**Bake:** ${wave.bakeReason}`,
    "",
    `**Expected:** ${minutes(e.durationMinutes)} at most ${wave.maxConcurrent} at once, ${minutes(e.downtimeMinutes)} of downtime each, ${e.failures} failures, ${megabytes(e.bandwidthBytes)}. **Business impact:** ${wave.businessImpact.level}. ${wave.businessImpact.why}`,
    "",
    "Pre-checks:",
    ...bullets(wave.prechecks),
    "",
    "Dependencies:",
    ...bullets(wave.dependencyChecks),
    "",
    ...table(
      ["test", "kind", "passes when"],
      wave.tests.map((t) => [t.name, t.kind, t.passWhen]),
    ),
    "",
    ...table(
      ["rollback trigger", "threshold", "for", "action"],
      wave.rollback.triggers.map((t) => [
        t.metric,
        `${t.threshold} ${t.unit}`,
        t.forMinutes === 0 ? "at once" : minutes(t.forMinutes),
        t.action,
      ]),
    ),
    "",
    `Decisions${wave.rollback.reversible ? "" : " (not reversible automatically)"}:`,
    ...wave.rollback.tree.map((b, i) => `${i + 1}. If ${b.if}: ${b.then}. Otherwise: ${b.else}.`),
    "",
    "Approvals:",
    ...wave.approvals.map((a) => `- ${a.role}: ${a.why}`),
    "",
    ...table(
      ["notice to", "at", "by", "text"],
      wave.notices.map((n) => [n.audience, when(n.at), n.channel, n.text]),
    ),
  ];
}

/** The plan as one JSON value. */
export const planToJson = (plan: PlanDocument): string => `${JSON.stringify(plan, null, 2)}\n`;
