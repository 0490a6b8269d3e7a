import { formatInstant, type Instant } from "@breakwater/shared/core";
import type { z } from "zod";
import type { RolloutState } from "../../../act/rollout/index.ts";
import { growthWords } from "../../../decide/growth/index.ts";
import { gateWords } from "../../../decide/planning/index.ts";
import { branchWords, treeOfWave } from "../../../decide/rollback/index.ts";
import type { cellSchema, verdictSchema, waveSchema } from "../schemas/index.ts";

type Cell = z.infer<typeof cellSchema>;
type Wave = z.infer<typeof waveSchema>;
type Verdict = z.infer<typeof verdictSchema>;

const moment = (at: Instant | undefined): string | null => (at === undefined ? null : formatInstant(at));
/** Planned moments as they came, in the one spelling that all others have. */
const plannedMoment = (text: string): string => new Date(text).toISOString();

/** One cell an endpoint, in the order of the plan. */
export const cellsOf = (state: RolloutState): Cell[] =>
  state.plan.waves.flatMap((wave, index) =>
    wave.endpointIds.map((endpointId) => {
      const execution = state.executions.get(endpointId);
      const planned = state.plan.endpoints[endpointId];
      return {
        endpointId,
        hostname: planned?.hostname ?? endpointId,
        site: planned?.site ?? "",
        timezone: planned?.timezone ?? "UTC",
        wave: index,
        executionId: execution?.id ?? null,
        state: execution?.state ?? "waiting",
        failureClass: execution?.failureClass ?? "",
        message: execution?.message ?? "",
        startedAt: moment(execution?.startedAt),
        patchedAt: moment(execution?.patchedAt),
        finishedAt: moment(execution?.finishedAt),
        awaitedUntil: moment(state.awaited.get(endpointId)),
      };
    }),
  );

export function wavesOf(state: RolloutState, cells: readonly Cell[], verdicts: readonly Verdict[]): Wave[] {
  return state.plan.waves.map((planned, index) => {
    const progress = state.waves[index];
    const phase = progress?.phase ?? { kind: "pending" as const };
    const bakingSince = phase.kind === "baking" ? phase.since : undefined;
    const counts: Record<string, number> = {};
    for (const cell of cells) if (cell.wave === index) counts[cell.state] = (counts[cell.state] ?? 0) + 1;
    return {
      index,
      name: planned.name,
      state: phase.kind,
      since: "since" in phase ? formatInstant(phase.since) : "at" in phase ? formatInstant(phase.at) : null,
      why: "why" in phase ? phase.why : "",
      notBefore: plannedMoment(planned.notBefore),
      notAfter: plannedMoment(planned.notAfter),
      maxConcurrent: planned.maxConcurrent,
      gate: {
        bakeMinutes: planned.gate.bakeMs / 60_000,
        bakeLimitMinutes: planned.gate.bakeLimitMs / 60_000,
        successPermille: planned.gate.successPermille,
        verdict: planned.gate.verdict,
        asks: gateWords(planned.gate),
        statement: planned.gate.statement ?? "",
        approval: planned.gate.approval,
        approvers: [...(planned.gate.approvers ?? [])],
      },
      growth: progress?.sized && state.plan.growth ? { sentence: growthWords(state.plan.growth, progress.sized), ...progress.sized } : null,
      held: progress?.held ? { since: formatInstant(progress.held.since), why: progress.held.why } : null,
      tree: treeView(state, index),
      approvedBy: progress?.approvedBy ?? null,
      bakeEndsAt: bakingSince === undefined ? null : formatInstant((bakingSince + planned.gate.bakeMs) as Instant),
      bakeLimitAt:
        bakingSince === undefined
          ? null
          : formatInstant((bakingSince + Math.max(planned.gate.bakeMs, planned.gate.bakeLimitMs)) as Instant),
      verdict: verdictOf(index, progress?.verdict, verdicts),
      overrides: (progress?.overrides ?? []).map((o) => ({ kind: o.kind, reason: o.reason, by: o.by, at: formatInstant(o.at) })),
      onHarmful: planned.onHarmful,
      endpoints: planned.endpointIds.length,
      counts,
    };
  });
}

/** The verdict that the engine acts on, with the evidence that was stored with it. */
function verdictOf(
  wave: number,
  acted: NonNullable<RolloutState["waves"][number]["verdict"]> | undefined,
  stored: readonly Verdict[],
): Verdict | null {
  const newest = stored.find((v) => v.wave === wave && (acted === undefined || v.verdict === acted.verdict));
  if (!acted) return newest ?? null;
  return {
    wave,
    at: formatInstant(acted.at),
    verdict: acted.verdict,
    summary: acted.summary || newest?.summary || "",
    metrics: newest?.metrics ?? [],
    hard: newest?.hard ?? [],
  };
}

/** The wave's rollback tree in words, with the branches that came true and those that are about to. */
function treeView(state: RolloutState, index: number): Wave["tree"] {
  const planned = state.plan.waves[index];
  const progress = state.waves[index];
  if (!planned || !progress) return [];
  return treeOfWave(planned).map((branch, at) => {
    const taken = progress.branches.find((b) => b.branch === at);
    const { when } = branch;
    const holds = when.kind === "trigger" && !taken ? progress.holding.find((h) => h.trigger === when.trigger) : undefined;
    const forMs = when.kind === "trigger" ? (planned.triggers[when.trigger]?.forMs ?? 0) : 0;
    return {
      ...branchWords(state.plan, planned, branch),
      holds: holds
        ? { since: formatInstant(holds.since), firesAt: formatInstant((holds.since + forMs) as Instant), sentence: holds.sentence }
        : null,
      taken: taken ? { at: formatInstant(taken.at), why: taken.why, endpointIds: [...taken.endpointIds] } : null,
    };
  });
}
