import type { AgentExecutionState } from "@breakwater/shared/command";
import type { Instant } from "@breakwater/shared/core";
import fc from "fast-check";
import type { RolloutPlan } from "../../../decide/planning/index.ts";
import {
  begin,
  decide,
  evolve,
  executionEffects,
  type Facts,
  isInFlight,
  type RolloutCommand,
  type RolloutEvent,
  type RolloutState,
  type Rules,
  rollbackExecutionId,
  type Verdict,
} from "./index.ts";
import { at, dailyWindows, HOUR, MINUTE, planOf, quietFacts } from "./testing.ts";

/** One thing that happens to a deployment under test. Numbers choose among what is possible, so that shrinking works. */
export type Happening =
  | { readonly kind: "time"; readonly ms: number }
  | { readonly kind: "tick" }
  | { readonly kind: "deliver" | "report" | "old-report" | "connection" | "busy" | "heal"; readonly pick: number }
  | { readonly kind: "work"; readonly pick: number; readonly goesWell: boolean }
  | { readonly kind: "operator"; readonly pick: number }
  | { readonly kind: "verdict"; readonly verdict: Verdict; readonly blind: boolean; readonly trigger: number }
  | { readonly kind: "supersede"; readonly pick: number }
  | { readonly kind: "freeze" | "tamper"; readonly on: boolean };

const pick = fc.nat(1_000);
export const happenings = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant("time" as const), ms: fc.constantFrom(MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 5 * HOUR) }),
    },
    { weight: 8, arbitrary: fc.record({ kind: fc.constant("tick" as const) }) },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("deliver" as const), pick }) },
    { weight: 8, arbitrary: fc.record({ kind: fc.constant("report" as const), pick }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constantFrom("old-report" as const, "connection" as const, "busy" as const, "heal" as const), pick }),
    },
    { weight: 10, arbitrary: fc.record({ kind: fc.constant("work" as const), pick, goesWell: fc.nat(9).map((n) => n > 2) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("operator" as const), pick }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("verdict" as const),
        verdict: fc.constantFrom<Verdict>("healthy", "healthy", "healthy", "undecided", "undecided", "harmful"),
        blind: fc.boolean(),
        // Mostly none: a trigger ends most stories.
        trigger: fc.nat(11),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("supersede" as const), pick }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("freeze" as const, "tamper" as const), on: fc.nat(3).map((n) => n === 0) }) },
  ),
  { minLength: 30, maxLength: 160 },
);

export const VARIANTS = ["waves", "narrow", "wide", "sites", "one-way", "grows"] as const;
export type Variant = (typeof VARIANTS)[number];

const GROWTH: RolloutPlan["growth"] = {
  smallest: 1,
  largestFactor: 2,
  ceiling: 3,
  seed: "model",
  prior: { happened: 1, not: 49 },
  harmCostDays: 10,
  waitMinutes: 1_440,
  approveEach: false,
};

const TRIGGERS: RolloutPlan["waves"][number]["triggers"] = [
  { metric: "check_up", kind: "count", threshold: 1, forMs: 5 * MINUTE, action: "rollback-wave" },
  { metric: "cpu_percent", kind: "change-permille", threshold: 300, forMs: 0, action: "pause" },
];

/**
 * "waves": three of them, with a redundancy group. The others put all endpoints into one wave, each with one limit that
 * bites before the rest; in "grows" belief decides how many come after the first.
 */
export function modelPlan(variant: Variant): RolloutPlan {
  const gate = { bakeMs: 10 * MINUTE, bakeLimitMs: 20 * MINUTE, successPermille: 500, verdict: "not-harmful" as const };
  const crowd = { endpointIds: ["a", "b", "c", "d", "e", "f", "g", "h"], gate, onHarmful: "rollback-deployment" as const };
  const waves = {
    waves: [
      { endpointIds: ["a"], gate, onHarmful: "pause" as const },
      { endpointIds: ["b", "c", "d"], maxConcurrent: 2, gate: { ...gate, approval: true }, onHarmful: "rollback-wave" as const },
      { endpointIds: ["e", "f", "g", "h"], maxConcurrent: 3, gate, onHarmful: "rollback-deployment" as const },
    ],
    narrow: [{ ...crowd, maxConcurrent: 2 }],
    wide: [{ ...crowd, maxConcurrent: 9 }],
    sites: [{ ...crowd, maxConcurrent: 9 }],
    "one-way": [{ ...crowd, maxConcurrent: 9 }],
    grows: [
      { endpointIds: ["a"], gate, onHarmful: "pause" as const },
      { endpointIds: ["b", "c", "d"], gate, stretch: "rest", maxConcurrent: 2 },
      { endpointIds: ["e", "f", "g", "h"], gate: { ...gate, bakeMs: 15 * MINUTE }, stretch: "rest", maxConcurrent: 3 },
    ],
  }[variant].map((wave) => ({ ...wave, triggers: TRIGGERS }));
  const plan = planOf(waves, {
    sites: variant === "sites" ? { s1: { maxConcurrent: 2 }, s2: { maxConcurrent: 1 } } : {},
    redundancyGroups: { web: { minHealthy: 2, members: ["b", "c", "x"] } },
    maxConcurrent: variant === "wide" ? 2 : 6,
    errorBudget: 2,
    executionLimitMs: 6 * HOUR,
    rebootLimitMs: 30 * MINUTE,
    ...(variant === "grows" ? { growth: GROWTH } : {}),
  });
  for (const id of ["b", "c"]) plan.endpoints[id] = { ...endpointOf(plan, id), redundancyGroup: "web" };
  for (const id of ["g", "h"]) plan.endpoints[id] = { ...endpointOf(plan, id), site: "s2" };
  return plan;
}
const endpointOf = (plan: RolloutPlan, id: string): RolloutPlan["endpoints"][string] => {
  const found = plan.endpoints[id];
  if (!found) throw new Error(`no endpoint ${id}`);
  return found;
};
const windows = dailyWindows({ a: { from: 0, to: 20 }, d: { from: 4, to: 9 }, f: { from: 0, to: 12 } });

/** What an endpoint has written down of one execution, and what of it has been said. */
interface Journal {
  readonly steps: AgentExecutionState[];
  told: number;
}
const onward: Partial<Record<AgentExecutionState, AgentExecutionState>> = {
  accepted: "prechecking",
  prechecking: "prefetched",
  prefetched: "applying",
  applying: "rebooting",
  rebooting: "verifying",
  verifying: "succeeded",
  failed: "rolling-back",
  "rolling-back": "rolled-back",
};

const badly: Partial<Record<AgentExecutionState, AgentExecutionState>> = {
  applying: "failed",
  rebooting: "failed",
  verifying: "failed",
  "rolling-back": "rollback-failed",
};

/** A deployment, its outbox, its endpoints and the network between them, moved by happenings. */
export function modelWorld(rules: Rules, variant: Variant) {
  const plan = modelPlan(variant);
  const ids = Object.keys(plan.endpoints);
  let now = at(0);
  let facts: Facts = { ...quietFacts(plan), windows };
  const created = {
    type: "created" as const,
    at: now,
    deploymentId: "dp_model" as never,
    planDigest: "digest",
    expiresAt: at(5 * 24 * HOUR),
    unchanging: [],
    irreversible: variant === "one-way" ? ["a", "b", "c", "d", "e"] : [],
    actor: "user:ada",
  };
  let state = begin(plan, created);
  const log: { event: RolloutEvent; before: RolloutState; facts: Facts; now: Instant }[] = [];
  const outbox = new Map<string, { endpointId: string; command: "apply" | "cancel" | "rollback"; notAfter: number; delivered: boolean }>();
  const journals = new Map<string, Journal>();
  const appliedTimes = new Map<string, number>();

  function give(command: RolloutCommand): void {
    const result = decide(state, command, now, rules);
    if (!result.ok) return;
    for (const event of result.value) {
      log.push({ event, before: state, facts, now });
      state = evolve(state, event);
      if (event.type === "execution-withdrawn") outbox.delete(`apply ${event.endpointId}`);
    }
    for (const effect of [...state.executions.values()].flatMap(executionEffects)) {
      if (effect.kind === "judge") continue;
      const key = `${effect.command} ${effect.execution.endpointId}`;
      if (effect.kind === "withdraw") outbox.delete(key);
      else if (!outbox.has(key) && !(effect.command === "apply" && effect.execution.state !== "queued"))
        outbox.set(key, { endpointId: effect.execution.endpointId, command: effect.command, notAfter: now + 4 * HOUR, delivered: false });
    }
  }

  const unsent = (): string[] =>
    [...outbox.values()].filter((row) => row.command === "apply" && !row.delivered).map((row) => row.endpointId);
  const connected = (id: string): boolean => facts.endpoints.get(id)?.connected === true;
  const some = <T>(items: readonly T[], n: number): T | undefined => items[n % Math.max(1, items.length)];

  function deliver(n: number): void {
    const row = some(
      [...outbox.values()].filter((r) => connected(r.endpointId)),
      n,
    );
    if (!row) return;
    row.delivered = true;
    const id = state.executions.get(row.endpointId)?.id;
    if (!id) return;
    const key = row.command === "rollback" ? rollbackExecutionId(id) : id;
    const journal = journals.get(key);
    if (row.command === "cancel") {
      if (!journal) journals.set(key, { steps: ["cancelled"], told: 0 });
      else if (["accepted", "prechecking", "prefetched"].includes(journal.steps.at(-1) ?? "")) journal.steps.push("cancelled");
      return;
    }
    if (journal) return;
    if (row.command === "apply" && now > row.notAfter) return;
    journals.set(key, { steps: [row.command === "apply" ? "accepted" : "rolling-back"], told: 0 });
    if (row.command === "apply") appliedTimes.set(row.endpointId, (appliedTimes.get(row.endpointId) ?? 0) + 1);
    give({ type: "delivered", endpointId: row.endpointId });
  }

  function work(n: number, goesWell: boolean): void {
    const open = [...journals.values()].filter((j) => onward[j.steps.at(-1) ?? "cancelled"] !== undefined);
    const journal = some(open, n);
    const last = journal?.steps.at(-1);
    const step = last && (goesWell ? onward[last] : (badly[last] ?? onward[last]));
    if (journal && step) journal.steps.push(step);
  }

  function tell(key: string, journal: Journal, index: number): void {
    const endpointId = ids.find((id) => key.includes(`_${id}`)) ?? "";
    const reported = journal.steps[index];
    if (!connected(endpointId) || !reported) return;
    const of = key.endsWith("_rb") ? "rollback" : "apply";
    give({
      type: "report",
      endpointId,
      of,
      step: index + 1,
      state: reported,
      failureClass: reported === "failed" ? "check-failed" : "",
      message: "",
    });
    journal.told = Math.max(journal.told, index + 1);
  }

  function operate(n: number): void {
    const said = { actor: "user:ada", reason: "because" };
    const wave = state.waves.findIndex((w) => w.phase.kind === "gated");
    const withdrawn = unsent();
    const commands: RolloutCommand[] = [
      { type: "pause", withdrawn, ...said },
      { type: "resume", ...said },
      { type: "resume", ...said },
      { type: "approve-wave", wave, ...said },
      { type: "approve-wave", wave, ...said },
      { type: "approve-wave", wave, ...said },
      { type: "override", ...said },
      { type: "start", ...said },
      { type: "leave-out", endpointIds: [some(ids, n) ?? "a"], ...said },
    ];
    const rare: RolloutCommand[] = [
      { type: "halt", withdrawn, ...said },
      { type: "cancel", withdrawn, ...said },
      { type: "rollback", scope: "wave", wave: n % 3, withdrawn, ...said },
      { type: "rollback", scope: "deployment", withdrawn, ...said },
    ];
    const command = n % 9 === 0 ? some(rare, n) : some(commands, n);
    if (command) give(command);
  }

  /** Another deployment begins to change an endpoint, or ends and watches it for a while, or not at all. */
  function elsewhere(id: string, watches: boolean): void {
    const changes = facts.elsewhere.get(id) ?? [];
    const open = changes.find((c) => c.to === undefined);
    const ended = open && { ...open, to: now, ...(watches ? { watchedUntil: (now + 2 * HOUR) as Instant } : {}) };
    const next = ended ? [...changes.filter((c) => c !== open), ended] : [...changes, { deploymentId: "dp_other", from: now }];
    facts = { ...facts, elsewhere: new Map([...facts.elsewhere, [id, next]]) };
  }

  function toggle(set: ReadonlySet<string>, id: string): Set<string> {
    const copy = new Set(set);
    if (!copy.delete(id)) copy.add(id);
    return copy;
  }

  function happen(what: Happening): void {
    switch (what.kind) {
      case "time":
        now = (now + what.ms) as Instant;
        return;
      case "tick":
        give({ type: "tick", facts });
        return;
      case "deliver":
        deliver(what.pick);
        return;
      case "work":
        work(what.pick, what.goesWell);
        return;
      case "report": {
        const entry = some(
          [...journals].filter(([, j]) => j.told < j.steps.length),
          what.pick,
        );
        // Sometimes the newest first: the ones before it then arrive late.
        if (entry) tell(entry[0], entry[1], what.pick % 4 === 0 ? entry[1].steps.length - 1 : entry[1].told);
        return;
      }
      case "old-report": {
        const entry = some([...journals], what.pick);
        if (entry) tell(entry[0], entry[1], what.pick % entry[1].steps.length);
        return;
      }
      case "connection": {
        const id = some(ids, what.pick) ?? "a";
        facts = { ...facts, endpoints: new Map([...facts.endpoints, [id, { connected: !connected(id), lastSeenAt: now }]]) };
        return;
      }
      case "busy":
        elsewhere(some(ids, what.pick) ?? "a", what.pick % 3 === 0);
        return;
      case "heal":
        facts = { ...facts, healthyMembers: toggle(facts.healthyMembers, some(["b", "c", "x"], what.pick) ?? "x") };
        return;
      case "operator":
        operate(what.pick);
        return;
      case "verdict": {
        const wave = state.waves.findIndex((w) => w.phase.kind === "running" || w.phase.kind === "baking");
        if (wave < 0) return;
        const heard = { verdict: what.verdict, at: now, ...(what.blind ? { blind: "no samples" } : {}) };
        facts = { ...facts, verdicts: new Map([...facts.verdicts, [wave, heard]]) };
        const holding =
          what.trigger < TRIGGERS.length ? [{ trigger: what.trigger, since: now, sentence: "it holds", endpointIds: ["b"] }] : [];
        give({ type: "verdict", wave, verdict: what.verdict, summary: "", holding, withdrawn: unsent() });
        return;
      }
      case "supersede": {
        const superseded = new Map(facts.superseded);
        const id = some(ids, what.pick) ?? "a";
        if (!superseded.delete(id)) superseded.set(id, "a newer version is out");
        facts = { ...facts, superseded };
        return;
      }
      case "freeze": {
        const { frozen: _frozen, ...rest } = facts;
        facts = what.on ? { ...facts, frozen: { reason: "x", by: "y" } } : rest;
        return;
      }
      case "tamper":
        facts = { ...facts, planDigest: what.on ? "another" : "digest" };
        return;
    }
  }

  /** Everything connected, delivered, worked off and told, until nothing moves any more or time has run out for all. */
  function settle(): void {
    facts = { ...quietFacts(plan), windows, verdicts: facts.verdicts };
    for (let round = 0; round < 60; round += 1) {
      // A judge who sees nothing any more: no wave may pass on that.
      const blind = { verdict: "undecided" as const, at: now, blind: "no samples" };
      facts = { ...facts, verdicts: new Map(state.plan.waves.map((_, wave) => [wave, blind])) };
      give({ type: "tick", facts });
      for (let i = 0; i < outbox.size; i += 1) deliver(i);
      for (let i = 0; i < 12; i += 1) for (let n = 0; n < journals.size; n += 1) work(n, true);
      for (const [key, journal] of journals) for (let i = journal.told; i < journal.steps.length; i += 1) tell(key, journal, i);
      now = (now + HOUR) as Instant;
    }
  }

  return {
    happen,
    settle,
    plan,
    log,
    journals,
    appliedTimes,
    get state() {
      return state;
    },
    inFlight: () => [...state.executions.values()].filter((e) => isInFlight(e.state)),
  };
}
export type ModelWorld = ReturnType<typeof modelWorld>;
