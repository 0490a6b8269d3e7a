import type { Instant } from "@breakwater/shared/core";
import type { Comparison } from "./change.ts";
import { testCount } from "./count-test.ts";
import { commonStep, type Grid, gridOf, type Row } from "./grid.ts";
import { type LevelFinding, testLevel } from "./level-test.ts";
import { plannedLooks } from "./looks.ts";
import { sentenceOnCount, sentenceOnLevel, sentenceOnSilence } from "./sentence.ts";
import { findSilence } from "./silence.ts";
import type { JudgedMetric, JudgedSeries, JudgeInput, Judgement, MetricVerdict, Verdict } from "./types.ts";

const DEFAULT_GRACE_MS = 3 * 60_000;
/** A look's own chance, before other looks and metrics are accounted for, at which a metric that is not convicted is suspected. */
const SUSPECT = 0.2;
/** At this chance the estimate itself lies at the tolerance: below it, more is likelier than less. */
const LEANING = 0.5;

/** What one look says of one metric, before the other looks and metrics are accounted for. */
type Finding = Omit<MetricVerdict, "verdict"> & { readonly chance: number; readonly hard: boolean; readonly acceptable: boolean };

/** One metric made ready once; each look then reads a part of it. */
interface Case {
  readonly look: (now: number) => Finding;
}

/**
 * Says whether a patch harms: for each planned look, oldest first, it uses the samples up to then and stops at the first
 * that convicts. So the verdict at any time is the one that a judge who watched live would have given, and a file cut at
 * `decidedAt` gives the same. Holm's procedure shares alpha among the metrics, equal parts among the looks.
 */
export function judge(input: JudgeInput): Judgement {
  const firstPatch = Math.min(...input.treated.map((t) => t.patchedAt));
  // Without any sample the judge stands at the patch, knowing nothing.
  const lastSample = input.now ?? Math.max(firstPatch, ...input.series.map((s) => s.at[s.at.length - 1] ?? firstPatch));
  const lastPatch = Math.max(...input.treated.map((t) => t.patchedAt));
  const bakeMs = lastPatch - firstPatch + input.bakeMs;
  const graceMs = input.graceMs ?? DEFAULT_GRACE_MS;
  const looks = plannedLooks(bakeMs, graceMs);
  const names = Object.keys(input.metrics).sort();
  const cases = names.map((name) => caseOf(input, name, input.metrics[name] as JudgedMetric, firstPatch));
  const end = Math.min(lastSample, firstPatch + bakeMs);
  let findings: Finding[] = [];
  let foundAt = Number.NaN;
  for (const look of looks) {
    const now = firstPatch + look.afterMs;
    if (now > end) break;
    if (input.lookedUpTo !== undefined && now <= input.lookedUpTo && now < end) continue;
    findings = cases.map((c) => c.look(now));
    foundAt = now;
    const harmful = convicted(findings, input.alpha * look.share);
    if (harmful.size > 0)
      return { verdict: "harmful", decidedAt: now as Instant, metrics: findings.map((f) => told(f, harmful, look.share)) };
  }
  const share = looks.find((l) => firstPatch + l.afterMs >= end)?.share ?? 1;
  const over = lastSample >= lastPatch + (input.healthyFromMs ?? input.bakeMs);
  if (foundAt !== end) findings = cases.map((c) => c.look(end));
  const metrics = findings.map((f) => told(f, new Set(), share, over));
  const healthy = over && metrics.length > 0 && metrics.every((m) => m.verdict === "healthy");
  return { verdict: healthy ? "healthy" : "undecided", decidedAt: end as Instant, metrics };
}

/** Counted events leave no doubt within minutes, so they need little of alpha; levels need what they can get. */
const WEIGHT_OF_COUNTS = 0.1;
const weightOf = (f: Finding) => (f.evidence.kind === "event-count" ? WEIGHT_OF_COUNTS : 1);

/**
 * Holm's procedure with weights (Holm 1979, section 3): in order of chance / weight, each against alpha times its share of
 * the weights not yet convicted, until one fails. Hard rules need no chance.
 */
function convicted(findings: readonly Finding[], alpha: number): Set<string> {
  const harmful = new Set(findings.filter((f) => f.hard).map((f) => f.metric));
  const rest = findings.filter((f) => !f.hard).sort((a, b) => a.chance / weightOf(a) - b.chance / weightOf(b));
  let weights = rest.reduce((sum, f) => sum + weightOf(f), 0);
  for (const finding of rest) {
    if (finding.chance > (alpha * weightOf(finding)) / weights) break;
    harmful.add(finding.metric);
    weights -= weightOf(finding);
  }
  return harmful;
}

function told(f: Finding, harmful: ReadonlySet<string>, share: number, over = false): MetricVerdict {
  const verdict: Verdict = harmful.has(f.metric) ? "harmful" : over && f.acceptable ? "healthy" : "undecided";
  const chance = f.hard || f.evidence.kind === "not-enough-samples" ? {} : { chance: Math.min(1, f.chance / share) };
  const open = verdict === "undecided";
  const suspected = open && f.chance <= SUSPECT ? { suspected: true as const } : {};
  const leans = open && f.chance <= (f.evidence.kind === "event-count" ? SUSPECT : LEANING) ? { leans: true as const } : {};
  return { metric: f.metric, verdict, ...suspected, ...leans, effect: f.effect, evidence: { ...f.evidence, ...chance } };
}

function caseOf(input: JudgeInput, name: string, metric: JudgedMetric, firstPatch: number): Case {
  const series = input.series.filter((s) => s.metric === name && s.at.length > 0);
  const stepMs = commonStep(series);
  const graceMs = input.graceMs ?? DEFAULT_GRACE_MS;
  if (stepMs === undefined) return { look: () => nothing(name, "No samples of it came.") };
  if (countsEvents(series, metric, firstPatch)) return { look: (now) => lookAtCount(name, series, input, { now, graceMs, stepMs }) };
  const comparisons = comparisonsOf(input, gridOf(series, metric, stepMs, firstPatch), metric, Math.ceil(graceMs / stepMs));
  const comparison = comparisons[0];
  const foundAt = new Map<number, LevelFinding | undefined>();
  /** Looks that are closer together than the samples see the same ones. */
  const levelAt = (position: number): LevelFinding | undefined => {
    if (!foundAt.has(position)) foundAt.set(position, testLevel(comparisons, metric, position));
    return foundAt.get(position);
  };
  return {
    look: (now) => {
      if (metric.harmfulWhen === "down") {
        const silence = findSilence(series, input.treated, { now, graceMs });
        if (silence)
          return {
            metric: name,
            effect: -silence.silent / silence.of,
            chance: 0,
            hard: true,
            acceptable: false,
            evidence: { kind: "hard-rule", sentence: sentenceOnSilence(name, silence), treated: silence.of, control: input.control.length },
          };
      }
      const found = comparison && comparison.treated.length > 0 ? levelAt(Math.floor((now - comparison.grid.startMs) / stepMs)) : undefined;
      if (!comparison || !found) return nothing(name, "Too few samples before or after the patch to compare.");
      const control = comparison.control.length;
      return {
        metric: name,
        effect: found.effect,
        chance: found.chance,
        hard: false,
        acceptable: found.withinTolerance,
        evidence: {
          kind: control > 0 ? "against-control" : "own-past",
          sentence: sentenceOnLevel(name, metric, found, control),
          interval: found.interval,
          windowMs: found.windowMs,
          treated: found.treated,
          control,
        },
      };
    },
  };
}

/** Fewer alike than this are no group to compare with. */
const MIN_ALIKE = 3;

/** So long after the patch an endpoint's level is compared with its own past, however short that is. */
const ALONE_MS = 3_600_000;

/**
 * With all of the control; and, where there is any, with those alike. Without a control nobody shows what time alone does:
 * an endpoint is then compared no further after its patch than its past reaches before it, for a rhythm that is longer than
 * the past looks like harm.
 */
function comparisonsOf(input: JudgeInput, grid: Grid, metric: JudgedMetric, grace: number): Comparison[] {
  const hour = Math.ceil(ALONE_MS / grid.stepMs);
  const control = input.control.flatMap((endpoint) => grid.rows.get(endpoint) ?? []);
  const groups = new Map<string, Row[]>();
  for (const endpoint of input.control) {
    const row = grid.rows.get(endpoint);
    const group = input.alike?.[endpoint];
    if (row && group !== undefined) groups.set(group, [...(groups.get(group) ?? []), row]);
  }
  const against = (choose: (endpoint: string) => readonly Row[]): Comparison => ({
    grid,
    treated: input.treated.flatMap(({ endpoint, patchedAt }) => {
      const row = grid.rows.get(endpoint);
      if (!row) return [];
      const patched = Math.ceil((patchedAt - grid.startMs) / grid.stepMs);
      const alone = control.length === 0 ? { until: patched + Math.max(patched, hour) } : {};
      return [{ endpoint, row, patched, against: choose(endpoint), ...alone }];
    }),
    control,
    sign: metric.harmfulWhen === "up" ? 1 : -1,
    grace,
  });
  const alike = (endpoint: string) => {
    const group = groups.get(input.alike?.[endpoint] ?? "") ?? [];
    return group.length >= MIN_ALIKE ? group : control;
  };
  const all = against(() => control);
  return input.treated.some((t) => alike(t.endpoint) !== control) ? [all, against(alike)] : [all];
}

function lookAtCount(
  name: string,
  series: readonly JudgedSeries[],
  input: JudgeInput,
  options: { now: number; graceMs: number; stepMs: number },
): Finding {
  const found = testCount(series, input.treated, options);
  if (!found) return nothing(name, "No samples came since the patch.");
  return {
    metric: name,
    effect: found.effect,
    chance: found.chance,
    hard: false,
    acceptable: found.chance > 0.05,
    evidence: { kind: "event-count", sentence: sentenceOnCount(name, found), treated: input.treated.length, control: input.control.length },
  };
}

const nothing = (metric: string, sentence: string): Finding => ({
  metric,
  effect: null,
  chance: 1,
  hard: false,
  acceptable: false,
  evidence: { kind: "not-enough-samples", sentence, treated: 0, control: 0 },
});

/** Rare whole numbers of which none is accepted more: events, not a level. */
function countsEvents(series: readonly JudgedSeries[], metric: JudgedMetric, firstPatch: number): boolean {
  if (metric.tolerance !== 0 || metric.toleranceAbsolute !== undefined || metric.harmfulWhen !== "up") return false;
  let zero = 0;
  let all = 0;
  for (const s of series)
    for (let i = 0; i < s.at.length && (s.at[i] as number) < firstPatch; i++) {
      const value = s.value[i] as number;
      if (!Number.isInteger(value) || value < 0) return false;
      all++;
      if (value === 0) zero++;
    }
  return all > 0 && zero >= 0.9 * all;
}
