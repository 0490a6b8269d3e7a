import { fail, ok, type Result } from "@breakwater/shared/core";
import { and, eq } from "drizzle-orm";
import type { RolloutPlan } from "../../../decide/planning/index.ts";
import { type Db, schema } from "../../../store/index.ts";

const { rehearsal } = schema;

/** One rehearsal of a plan as the gate sees it. */
export interface Rehearsed {
  readonly endpointId: string;
  /** "ended", or how far it is. */
  readonly state: string;
  /** "passed", "failed", "not-rehearsable"; empty while it runs. */
  readonly verdict: string;
  readonly reason: string;
}

export interface RehearsalStanding {
  readonly state: "none" | "running" | "passed" | "failed" | "not-possible";
  readonly sentence: string;
}

/** Pure: what a plan's rehearsals, the latest of each endpoint, say together. One that failed outweighs all others. */
export function rehearsalStanding(rehearsals: readonly Rehearsed[]): RehearsalStanding {
  const failed = rehearsals.filter((r) => r.verdict === "failed");
  const passed = rehearsals.filter((r) => r.verdict === "passed");
  const cannot = rehearsals.filter((r) => r.verdict === "not-rehearsable");
  const running = rehearsals.filter((r) => r.state !== "ended");
  if (failed[0]) return { state: "failed", sentence: `Rehearsed, and it failed on ${count(failed.length)}: ${failed[0].reason}` };
  if (running.length > 0) return { state: "running", sentence: `Being rehearsed on ${count(running.length)}.` };
  const but = cannot[0] ? ` Not possible on ${count(cannot.length)}, because: ${cannot[0].reason}` : "";
  if (passed.length > 0) return { state: "passed", sentence: `Rehearsed on ${count(passed.length)}: no fault was found.${but}` };
  if (cannot.length > 0) return { state: "not-possible", sentence: `Not rehearsed.${but}` };
  return { state: "none", sentence: "Not rehearsed." };
}
const count = (n: number): string => `${n} ${n === 1 ? "endpoint" : "endpoints"}`;

/** Pure: whether a plan may be put in motion. What is signed says how much its rehearsals weigh; unsaid, a failed one holds. */
export function mayDeploy(mode: RolloutPlan["rehearsal"], standing: RehearsalStanding): Result<void> {
  if (mode === "only")
    return fail({
      code: "rehearsal-only",
      message: "This plan was made for rehearsing and cannot be deployed.",
      next: "Propose it again without that.",
    });
  if (mode === "ignored") return ok(undefined);
  if (standing.state === "failed")
    return fail({
      code: "rehearsal-failed",
      message: standing.sentence,
      next: 'Leave that patch out, or have the plan made with rehearsals "ignored" and sign it so.',
    });
  if (mode === "required" && standing.state !== "passed")
    return fail({
      code: "rehearsal-missing",
      message: `The plan asks for a rehearsal that passed. ${standing.sentence}`,
      next: "Rehearse it (`breakwater rehearse`), and wait for the result.",
    });
  return ok(undefined);
}

export async function rehearsalsOf(db: Db, planId: string, revision: number): Promise<Rehearsed[]> {
  return db
    .select({ endpointId: rehearsal.endpointId, state: rehearsal.state, verdict: rehearsal.verdict, reason: rehearsal.reason })
    .from(rehearsal)
    .where(and(eq(rehearsal.planId, planId), eq(rehearsal.planRevision, revision), eq(rehearsal.superseded, false)));
}
