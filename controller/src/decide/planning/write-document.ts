import { addMs, type Instant, instant } from "@breakwater/shared/core";
import { describeRule, formatLocal } from "@breakwater/shared/window";
import { type Cost, expectedFailures, type RiskCourse, round } from "./cost.ts";
import type { PlanDocument, WaveDocument } from "./document.ts";
import { growthFacts, waveRules } from "./engine-plan.ts";
import type { Excluded, PlanningFleet } from "./fleet-view.ts";
import { tooShortToJudge } from "./gate.ts";
import { rebootChecks, rebootSentence, rebootsOf } from "./reboots.ts";
import { type ScheduledWave, spell } from "./schedule.ts";
import { type OnHarmful, rollbackDocument } from "./triggers.ts";
import { approvalsOf } from "./wave-approvals.ts";
import { businessTriggers, testsOf } from "./wave-tests.ts";
import { countOf } from "./waves.ts";
import { growthOf, type RulesWish, railsWords } from "./wish.ts";

const DAY_MS = 86_400_000;

export interface DocumentInput {
  readonly fleet: PlanningFleet;
  readonly title: string;
  readonly waves: readonly ScheduledWave[];
  readonly excluded: readonly Excluded[];
  readonly risk: RiskCourse;
  readonly cost: Cost;
  readonly alternatives: readonly (Cost & { name: string; tradeoff: string })[];
  readonly errorBudget: number;
  readonly onHarmful: OnHarmful;
  readonly reversible: boolean;
  readonly rules: RulesWish;
  readonly planId: string;
  readonly now: Instant;
}

/** The zone in which a wave's times are told: that of most of its members. */
export function zoneOf(wave: ScheduledWave): string {
  const counts = new Map<string, number>();
  for (const { unit, count } of wave.parts) counts.set(unit.zone, (counts.get(unit.zone) ?? 0) + count);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? "UTC";
}

export function writeDocument(input: DocumentInput): PlanDocument {
  const { fleet, waves } = input;
  const failures = expectedFailures(waves.map((w) => countOf(w.parts)));
  const documents = waves.map((wave, index) => writeWave(wave, index, failures[index] ?? 0, input));
  const total = waves.reduce((sum, w) => sum + countOf(w.parts), 0);
  const zone = waves[0] ? zoneOf(waves[0]) : "UTC";
  const left = input.excluded.reduce((sum, e) => sum + e.endpoints, 0);
  return {
    title: input.title,
    summary: [
      `${fleet.change} on ${total} ${total === 1 ? "endpoint" : "endpoints"} in ${waves.length} ${waves.length === 1 ? "wave" : "waves"}, from ${waves[0] ? readable(waves[0].start, zone) : "never"} to ${readable(input.cost.finishes, zone)} (${zone}), last bake included.`,
      `Risk falls from ${input.risk.now} to ${input.risk.residual}.`,
      waves.some((w) => w.avoids.length > 0)
        ? `No wave touches ${[...new Set(waves.flatMap((w) => w.avoids.map((e) => `${e.name} (${describeRule(e.rule)})`)))].join(" or ")}.`
        : "",
      rebootSentence(rebootsOf(waves)),
      input.reversible ? "Each wave can be undone." : "It cannot be undone automatically.",
      left > 0 ? `${left} ${left === 1 ? "endpoint is" : "endpoints are"} left out, with the reason.` : "",
      fleet.contradictions.length > 0
        ? `${fleet.contradictions.length} ${fleet.contradictions.length === 1 ? "thing" : "things"} in the input did not fit together: read the contradictions before approving.`
        : "",
    ]
      .filter(Boolean)
      .join(" "),
    vulnerabilities: [...fleet.vulnerabilities],
    risk: { ...input.risk, factors: [...fleet.riskFactors] },
    waves: documents,
    excluded: input.excluded.map(({ what, why }) => ({ what, why })),
    assumptions: [...fleet.assumptions],
    contradictions: [...fleet.contradictions],
    alternatives: input.alternatives.map((a) => ({
      name: a.name,
      finishes: formatLocal(a.finishes, zone),
      riskDays: a.riskDays,
      expectedHarm: a.expectedHarm,
      tradeoff: a.tradeoff,
    })),
    reboots: rebootsOf(waves),
    notes: [...fleet.notes, ...gateNotes(input), ...growthNotes(input)],
    cost: { finishes: formatLocal(input.cost.finishes, zone), riskDays: input.cost.riskDays, expectedHarm: input.cost.expectedHarm },
  };
}

const WEEKDAY = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTH = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** "Tue 24 Nov 23:30" */
export function readable(at: number, zone: string): string {
  const local = formatLocal(at, zone);
  const date = new Date(`${local.slice(0, 10)}T00:00:00Z`);
  return `${WEEKDAY[date.getUTCDay()]} ${date.getUTCDate()} ${MONTH[date.getUTCMonth()]} ${local.slice(11, 16)}`;
}

/** What a reader must know of the gates before signing. */
function gateNotes(input: DocumentInput): string[] {
  const checks = input.rules.checksAlone;
  if (checks !== undefined) return [`No wave is judged: each passes when its executions' own checks do. The reason given: ${checks}`];
  return input.waves.flatMap((wave) => tooShortToJudge(ruled(wave, input).gate, wave.name) ?? []);
}

function growthNotes(input: DocumentInput): string[] {
  const growth = growthOf(input.rules, growthFacts(input.waves, input.planId));
  return growth ? [railsWords(growth)] : [];
}

/** The wave as the engine will see it; who is in it is told elsewhere. */
const ruled = (wave: ScheduledWave, input: DocumentInput) => ({
  ...waveRules(
    wave,
    {
      index: input.waves.indexOf(wave),
      last: wave === input.waves.at(-1),
      endpoints: input.waves.reduce((sum, w) => sum + countOf(w.parts), 0),
    },
    input.onHarmful,
    input.rules,
  ),
  endpointIds: [],
  notBefore: "",
  notAfter: "",
});

function writeWave(wave: ScheduledWave, index: number, failures: number, input: DocumentInput): WaveDocument {
  const { fleet } = input;
  const zone = zoneOf(wave);
  const count = countOf(wave.parts);
  const members = new Map<string, number>();
  for (const part of wave.parts) members.set(part.unit.group, (members.get(part.unit.group) ?? 0) + part.count);
  const most = (of: (p: ScheduledWave["parts"][number]) => number) => wave.parts.reduce((m, p) => Math.max(m, of(p)), 0);
  const executionMs = most((p) => p.unit.executionMs);
  const downtimeMs = most((p) => p.unit.downtimeMs);
  const gateOf = index === 0 ? undefined : input.waves[index - 1];
  return {
    name: wave.name,
    endpoints: count,
    members: [...members].map(([group, n]) => ({ group, count: n })),
    why: wave.why,
    start: formatLocal(wave.start, zone),
    end: formatLocal(wave.end, zone),
    timezone: zone,
    windowReason: windowReason(wave, zone, gateOf, input.now),
    avoids: wave.avoids.map((e) => e.name),
    prechecks: [...prechecks(wave, fleet), ...rebootChecks(wave)],
    dependencyChecks: dependencyChecks(wave, gateOf, fleet),
    tests: testsOf(wave, fleet),
    bakeMinutes: round(wave.bakeMs / 60_000, 3),
    bakeReason: wave.bakeReason,
    maxConcurrent: wave.maxConcurrent,
    expected: {
      durationMinutes: round((wave.end - wave.start) / 60_000, 1),
      downtimeMinutes: round(downtimeMs / 60_000, 1),
      failures: round(failures, 2),
      bandwidthBytes: Math.round(wave.parts.reduce((sum, p) => sum + p.count * p.unit.downloadBytes, 0)),
    },
    businessImpact: businessImpact(wave, executionMs, downtimeMs),
    rollback: rollbackDocument(input, ruled(wave, input), count, businessTriggers(wave)),
    approvals: approvalsOf(wave, index, input.rules),
    notices: notices(wave, zone, input),
  };
}

function windowReason(wave: ScheduledWave, zone: string, before: ScheduledWave | undefined, now: Instant): string {
  const parts: string[] = [];
  const windows = [
    ...new Set(wave.parts.map((p) => (p.unit.window ? `${days(p.unit.window.days)} ${p.unit.window.from}-${p.unit.window.to}` : ""))),
  ];
  const zones = new Set(wave.parts.map((p) => p.unit.zone));
  const when = `${readable(wave.start, zone)} to ${readable(wave.end, zone)} ${zone}`;
  if (windows.length === 1 && windows[0])
    parts.push(
      `${when}, inside the window ${windows[0]}${wave.tier === "production" ? ", when the fewest users are served" : ", when the people who notice are at work"}`,
    );
  else if (windows.length === 1) parts.push(`${when}: no window restricts these endpoints`);
  else parts.push(`${when}: each of ${windows.length} different windows is kept for its endpoints`);
  if (zones.size > 1) parts.push(`members lie in ${zones.size} time zones and each is patched by its own local time`);
  parts.push(
    before
      ? `the earliest allowed time after "${before.name}" has baked (until ${readable(before.end + before.bakeMs, zone)})`
      : wave.start - now > 60_000
        ? "the earliest allowed time from now on"
        : "now, because nothing has to be waited for",
  );
  for (const event of wave.avoids)
    parts.push(`clear of ${event.name} (${describeRule(event.rule)}${event.zone === zone ? "" : ` ${event.zone}`})`);
  return `${parts.join("; ")}.`;
}

const days = (list: readonly string[]): string => (list.length === 7 ? "every day" : list.join(" "));

function prechecks(wave: ScheduledWave, fleet: PlanningFleet): string[] {
  return [
    "The endpoint is connected, its last inventory is less than a day old, and what is installed is what the plan starts from.",
    "Free disk on /, /var and the package cache: at least three times the download plus 500 MB.",
    "The package manager is healthy and unlocked; a simulation changes exactly the planned versions and removes nothing.",
    "The old version's bytes are kept on the endpoint, so that the way back does not depend on a repository.",
    "All checks pass before the change: an endpoint that is already ill is not patched, and is reported.",
    ...(wave.tier === "production"
      ? ["Load is below its usual level for the hour, and no other change or incident is open on these endpoints."]
      : []),
    ...(fleet.checks.length > 0 ? [`The endpoint's own checks pass: ${fleet.checks.slice(0, 8).join(", ")}.`] : []),
  ];
}

function dependencyChecks(wave: ScheduledWave, before: ScheduledWave | undefined, fleet: PlanningFleet): string[] {
  const groups = [...new Set(wave.parts.flatMap((p) => (p.unit.redundancyGroup ? [p.unit.redundancyGroup] : [])))];
  return [
    ...(before ? [`"${before.name}" passed its gate: executions succeeded, bake over, verdict not harmful.`] : []),
    ...groups
      .slice(0, 12)
      .map(
        (id) =>
          `Redundancy group ${id} keeps at least ${fleet.redundancyGroups[id]?.minHealthy} of ${fleet.redundancyGroups[id]?.members.length} members healthy at every moment; no more than its spare is in this wave.`,
      ),
    ...(groups.length > 12 ? [`${groups.length - 12} more redundancy groups likewise.`] : []),
    ...(groups.length === 0 && countOf(wave.parts) > 1
      ? [`At most ${wave.maxConcurrent} at once; before each one the load balancer or cluster says that its peers are healthy.`]
      : []),
    "Everything that loads the changed files is restarted with it; reverse dependencies accept the new version (simulation and release notes).",
    ...(wave.tier === "production"
      ? ["Databases, queues and services upstream of these endpoints are healthy and not in a change of their own."]
      : []),
  ];
}

function businessImpact(wave: ScheduledWave, executionMs: number, downtimeMs: number): WaveDocument["businessImpact"] {
  if (wave.tier === "development")
    return {
      level: "none",
      why: `No customer is served by development; each endpoint is away for about ${spell(downtimeMs)} of its ${spell(executionMs)}.`,
    };
  const critical = wave.parts.some((p) => p.unit.criticality >= 5);
  const alone =
    wave.kind === "only" ||
    (countOf(wave.parts) <= wave.maxConcurrent && countOf(wave.parts) > 3 && !wave.parts.some((p) => p.unit.redundancyGroup));
  const level = critical && wave.kind !== "canary" ? "medium" : alone && wave.avoids.length === 0 ? "medium" : "low";
  return {
    level,
    why: `At most ${wave.maxConcurrent} of ${countOf(wave.parts)} at once, each away for about ${spell(downtimeMs)}; ${
      wave.avoids.length > 0 ? `outside ${wave.avoids.map((e) => e.name).join(" and ")}` : "no business event is known for this time"
    }${critical ? "; endpoints of the highest criticality are among them" : ""}.`,
  };
}

function notices(wave: ScheduledWave, zone: string, input: DocumentInput): WaveDocument["notices"] {
  const count = countOf(wave.parts);
  const window = `${readable(wave.start, zone)} to ${readable(wave.end, zone)} ${zone}`;
  const bakeEnd = addMs(wave.end, wave.bakeMs);
  const early = instant(Math.max(input.now, wave.start - (wave.tier === "production" ? DAY_MS : DAY_MS / 6)));
  const at = (moment: number) => formatLocal(moment, zone);
  const what = `${input.fleet.change} on ${count} ${count === 1 ? "endpoint" : "endpoints"} (${wave.name})`;
  const list: WaveDocument["notices"] = [
    {
      audience: wave.tier === "development" ? "development teams" : "operations and service desk",
      at: at(early),
      channel: wave.tier === "development" ? "chat" : "mail and change calendar",
      text: `${window}: ${what}. Each endpoint is away for a few minutes, at most ${wave.maxConcurrent} at once. It is watched until ${readable(bakeEnd, zone)}; report anything odd to the on-call engineer.`,
    },
  ];
  if (wave.tier === "production")
    for (const event of wave.avoids)
      list.push({
        audience: `owner and users' representatives: ${event.name}`,
        at: at(early),
        channel: "mail",
        text: `We close a security hole (${
          input.fleet.vulnerabilities
            .map((v) => v.id)
            .slice(0, 3)
            .join(", ") || "see plan"
        }) on ${count} production endpoints ${window}. Your critical time (${describeRule(event.rule)}) is kept free. If this time is wrong for you, say so before ${readable(Math.max(input.now, wave.start - 3_600_000), zone)}.`,
      });
  list.push(
    {
      audience: "on-call engineer",
      at: at(instant(Math.max(input.now, wave.start - 15 * 60_000))),
      channel: "chat",
      text: `${what} starts at ${readable(wave.start, zone)}. Triggers and rollback tree are in the plan; a failed rollback pages you.`,
    },
    {
      audience: wave.tier === "development" ? "development teams and security lead" : "operations, security lead and management",
      at: at(bakeEnd),
      channel: "mail",
      text: `${wave.name} ended its bake. Send with: succeeded / failed / rolled back of ${count}, the verdict with its evidence, risk left (planned: ${input.risk.afterEachWave[input.waves.indexOf(wave)] ?? input.risk.residual}).`,
    },
  );
  return list;
}
