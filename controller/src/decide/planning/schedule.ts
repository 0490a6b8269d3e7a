import { addMs, type Instant, instant } from "@breakwater/shared/core";
import { mergeSpans, occurrences, openings, type Span, subtractSpans } from "@breakwater/shared/window";
import type { Part } from "./canary.ts";
import type { CalendarEvent, Excluded, PlanningFleet, PlanningUnit } from "./fleet-view.ts";
import { BASE_BAKE_MS, HOUR_MS, type PlanningPolicy } from "./policy.ts";
import { countOf, type WaveDraft } from "./waves.ts";

/** Openings further ahead than this are not planned for: the plan would be about another world. */
export const PLANNING_HORIZON_MS = 120 * 86_400_000;
/** A bake that would wait longer than this for a business peak does not. */
const LONGEST_PEAK_WAIT_MS = 36 * HOUR_MS;

/** One planned stretch of executions of endpoints that share their allowed times. */
export interface Slot {
  readonly parts: readonly Part[];
  readonly from: number;
  readonly to: number;
  /** The allowed stretch that holds it. */
  readonly opening: Span;
}

export interface ScheduledWave extends WaveDraft {
  readonly start: Instant;
  readonly end: Instant;
  readonly maxConcurrent: number;
  readonly bakeMs: number;
  readonly bakeReason: string;
  readonly slots: readonly Slot[];
  /** Events that apply to members and were kept clear of. */
  readonly avoids: readonly CalendarEvent[];
}

export interface Schedule {
  readonly waves: readonly ScheduledWave[];
  readonly excluded: readonly Excluded[];
  readonly finishes: Instant;
}

/** Gives the waves their times: each as early as its members' windows, blackouts and events allow, after the bake before it. */
export function scheduleWaves(drafts: readonly WaveDraft[], fleet: PlanningFleet, policy: PlanningPolicy, notBefore: Instant): Schedule {
  const times = new AllowedTimes(fleet.calendar, policy.eventMarginMs, notBefore);
  const tierSize = { development: 0, production: 0 };
  for (const draft of drafts) tierSize[draft.tier] += countOf(draft.parts);
  const waves: ScheduledWave[] = [];
  const excluded: Excluded[] = [];
  let ready = notBefore;
  for (const [index, draft] of drafts.entries()) {
    const concurrent = concurrency(draft, tierSize[draft.tier], policy);
    const { slots, never } = placeWave(draft.parts, concurrent, times, ready);
    for (const { unit, count } of never)
      excluded.push({
        what: count === 1 ? unit.id : `${count} endpoints of ${unit.group}`,
        why: `Never in window: its window and the business events leave no stretch of ${Math.ceil(unit.executionMs / 60_000)} min within ${PLANNING_HORIZON_MS / 86_400_000} days.`,
        endpoints: count,
        risk: unit.risk,
      });
    if (slots.length === 0) continue;
    const start = instant(slots.reduce((least, s) => Math.min(least, s.from), Number.POSITIVE_INFINITY));
    const end = instant(slots.reduce((most, s) => Math.max(most, s.to), 0));
    const parts = slots.flatMap((s) => s.parts);
    const bake = chooseBake({ ...draft, parts }, index === drafts.length - 1, end, times, policy);
    waves.push({ ...draft, parts, start, end, maxConcurrent: concurrent, ...bake, slots, avoids: times.eventsOf(parts) });
    ready = addMs(end, bake.bakeMs);
  }
  return { waves, excluded, finishes: ready };
}

function concurrency(draft: WaveDraft, tierSize: number, policy: PlanningPolicy): number {
  const count = countOf(draft.parts);
  if (policy.maxConcurrent !== undefined) return Math.max(1, Math.min(policy.maxConcurrent, count));
  const share = Math.max(policy.minConcurrent, Math.ceil(tierSize * policy.concurrentShare));
  return Math.max(1, Math.min(count, draft.kind === "canary" ? Math.ceil(share / 2) : share));
}

/** Each class of alike allowed times gets its share of the concurrency, and one unbroken stretch if there is one. */
function placeWave(parts: readonly Part[], concurrent: number, times: AllowedTimes, ready: Instant): { slots: Slot[]; never: Part[] } {
  const classes = new Map<string, Part[]>();
  for (const part of parts) {
    const key = times.classOf(part.unit);
    const known = classes.get(key);
    if (known) known.push(part);
    else classes.set(key, [part]);
  }
  const total = countOf(parts);
  const slots: Slot[] = [];
  const never: Part[] = [];
  for (const [key, members] of classes) {
    const count = countOf(members);
    const executionMs = members.reduce((most, m) => Math.max(most, m.unit.executionMs), 1);
    const share = Math.max(1, Math.min(count, Math.floor((concurrent * count) / total)));
    const batches = Math.ceil(count / share);
    const whole = times.firstFit(key, ready, batches * executionMs);
    if (whole) {
      slots.push({ parts: members, from: whole.from, to: whole.from + batches * executionMs, opening: whole.opening });
      continue;
    }
    let from: number = ready;
    for (const batch of inBatches(members, share)) {
      const fit = times.firstFit(key, from, executionMs);
      if (!fit) {
        never.push(...batch);
        continue;
      }
      from = fit.from + executionMs;
      slots.push({ parts: batch, from: fit.from, to: from, opening: fit.opening });
    }
  }
  return { slots, never };
}

function* inBatches(parts: readonly Part[], size: number): Generator<Part[]> {
  let batch: Part[] = [];
  let room = size;
  for (const part of parts) {
    let left = part.count;
    while (left > 0) {
      const count = Math.min(left, room);
      batch.push({ unit: part.unit, count });
      left -= count;
      room -= count;
      if (room > 0) continue;
      yield batch;
      batch = [];
      room = size;
    }
  }
  if (batch.length > 0) yield batch;
}

/** How long a wave is watched, and why so long. */
function chooseBake(
  draft: WaveDraft,
  last: boolean,
  end: Instant,
  times: AllowedTimes,
  policy: PlanningPolicy,
): { bakeMs: number; bakeReason: string } {
  if (policy.bakeMs !== undefined)
    return {
      bakeMs: policy.bakeMs,
      bakeReason: `${spell(policy.bakeMs)}, as asked for. ${peakNote(draft, end, policy.bakeMs, times)}`.trim(),
    };
  const place =
    draft.tier === "development"
      ? draft.kind === "canary"
        ? "developmentCanary"
        : "development"
      : draft.kind === "canary" || draft.kind === "only"
        ? "canary"
        : "production";
  const base = Math.round((BASE_BAKE_MS[place] * policy.bakeFactor) / 60_000) * 60_000;
  if (draft.tier === "development")
    return {
      bakeMs: base,
      bakeReason: `${spell(base)}: long enough for services to restart, scheduled jobs to come by and developers to notice. No business peak is waited for, since development serves none.`,
    };
  const peak = policy.bakeCoversPeak ? times.nextPeak(draft.parts, end) : undefined;
  if (peak && peak.span.to - end <= LONGEST_PEAK_WAIT_MS) {
    const bakeMs = Math.max(base, Math.ceil((peak.span.to - end) / 60_000) * 60_000);
    return {
      bakeMs,
      bakeReason: `${spell(bakeMs)}: until a whole "${peak.event.name}" has been lived through on the new version${last ? " before the plan is called done" : ""}, because some faults only show under load.`,
    };
  }
  const why = peak
    ? `The next "${peak.event.name}" ends more than ${LONGEST_PEAK_WAIT_MS / HOUR_MS} h later; waiting for it would leave the rest exposed for longer than it is worth.`
    : policy.bakeCoversPeak
      ? base >= 24 * HOUR_MS
        ? "No daily peak applies to these endpoints; a day covers every hour of the daily load."
        : "No daily peak applies to these endpoints, so none is waited for."
      : peakNote(draft, end, base, times);
  return { bakeMs: base, bakeReason: `${spell(base)}. ${why}`.trim() };
}

function peakNote(draft: WaveDraft, end: Instant, bakeMs: number, times: AllowedTimes): string {
  const peak = times.nextPeak(draft.parts, end);
  if (!peak) return "";
  return peak.span.to <= end + bakeMs
    ? `It covers the next "${peak.event.name}".`
    : `It does not cover the next "${peak.event.name}": faults that only show under that load would be met after the gate.`;
}

export function spell(ms: number): string {
  if (ms < 60_000) return `${Math.round(ms / 100) / 10} s`;
  const minutes = Math.round(ms / 60_000);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Allowed times, computed once for each distinct (zone, window, applicable events). */
class AllowedTimes {
  readonly #calendar: readonly CalendarEvent[];
  readonly #marginMs: number;
  readonly #from: Instant;
  readonly #events = new Map<number, Span[]>();
  readonly #classes = new Map<string, { unit: PlanningUnit; events: number[]; spans: Span[] }>();
  readonly #tagSets = new Map<string, number[]>();
  constructor(calendar: readonly CalendarEvent[], marginMs: number, from: Instant) {
    this.#calendar = calendar;
    this.#marginMs = marginMs;
    this.#from = from;
  }
  classOf(unit: PlanningUnit): string {
    const events = this.#applicable(unit);
    const window = unit.window ? `${unit.window.days.join()} ${unit.window.from}-${unit.window.to}` : "any";
    const key = `${unit.zone}|${window}|${events.join()}`;
    if (!this.#classes.has(key)) {
      const to = addMs(this.#from, PLANNING_HORIZON_MS);
      const open = unit.window ? openings(unit.window, unit.zone, this.#from, to) : [{ from: this.#from, to }];
      const busy = mergeSpans(
        events.flatMap((e) => this.#spansOf(e).map((s) => ({ from: s.from - this.#marginMs, to: s.to + this.#marginMs }))),
      );
      this.#classes.set(key, { unit, events, spans: subtractSpans(open, busy) });
    }
    return key;
  }
  firstFit(key: string, from: number, neededMs: number): { from: number; opening: Span } | undefined {
    for (const span of this.#classes.get(key)?.spans ?? []) {
      const begin = Math.max(span.from, from);
      if (begin + neededMs <= span.to) return { from: begin, opening: span };
    }
    return undefined;
  }
  eventsOf(parts: readonly Part[]): CalendarEvent[] {
    const indexes = new Set(parts.flatMap((p) => this.#applicable(p.unit)));
    return [...indexes].sort((a, b) => a - b).map((i) => this.#calendar[i] as CalendarEvent);
  }
  /** The first daily or weekly event of these endpoints that begins after a moment. */
  nextPeak(parts: readonly Part[], after: Instant): { event: CalendarEvent; span: Span } | undefined {
    let first: { event: CalendarEvent; span: Span } | undefined;
    for (const index of new Set(parts.flatMap((p) => this.#applicable(p.unit)))) {
      const event = this.#calendar[index] as CalendarEvent;
      if (event.rule.kind !== "daily" && event.rule.kind !== "weekly") continue;
      const span = this.#spansOf(index).find((s) => s.from >= after);
      if (span && (!first || span.to < first.span.to)) first = { event, span };
    }
    return first;
  }
  #applicable(unit: PlanningUnit): number[] {
    const key = unit.tags.join("\u0000");
    const known = this.#tagSets.get(key);
    if (known) return known;
    const events = this.#calendar.flatMap((e, i) => (e.tags.length === 0 || e.tags.some((t) => unit.tags.includes(t)) ? [i] : []));
    this.#tagSets.set(key, events);
    return events;
  }
  #spansOf(index: number): Span[] {
    const known = this.#events.get(index);
    if (known) return known;
    const event = this.#calendar[index] as CalendarEvent;
    const margin = this.#marginMs + 86_400_000;
    const spans = occurrences(event.rule, event.zone, addMs(this.#from, -margin), addMs(this.#from, PLANNING_HORIZON_MS + margin));
    this.#events.set(index, spans);
    return spans;
  }
}
