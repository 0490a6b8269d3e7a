import type { Instant } from "@breakwater/shared/core";
import { countPlaces, generalHold, type Hold, startHold } from "./admission.ts";
import { ask } from "./ending.ts";
import type { Story } from "./evolve.ts";
import type { Facts } from "./facts.ts";
import { hostnames } from "./gate.ts";
import { isInFlight } from "./phases.ts";
import type { Patience, Rules } from "./rules.ts";
import { accepted, type RolloutState } from "./state.ts";

/** What holds a whole wave back without an end of its own. */
interface Stall {
  readonly why: string;
  /** Waiting cannot change it: a person is asked at once. */
  readonly hopeless: boolean;
}

/** Lets no wave stand still in silence: what is outdated is asked about at once, what nobody ends after a while. */
export function watchForStall(story: Story, facts: Facts, wave: number, now: Instant, rules: Rules, patience: Patience): void {
  askAboutSuperseded(story, facts, wave, now);
  const progress = story.state.waves[wave];
  if (!progress) return;
  const stall = stallOf(story.state, facts, wave, now, rules);
  if (!stall) {
    if (progress.held) story.tell({ type: "wave-freed", wave });
    close(story, "stalled", wave);
    return;
  }
  if (!progress.held) story.tell({ type: "wave-held", wave, why: stall.why });
  const since = story.state.waves[wave]?.held?.since ?? now;
  if (accepted(progress, "stalled") || (!stall.hopeless && now - since < patience.stalledAfterMs)) return;
  const name = story.state.plan.waves[wave]?.name ?? "";
  ask(
    story,
    {
      kind: "stalled",
      wave,
      question: `Wave "${name}" cannot go on: ${stall.why} Leave these endpoints out, remove what holds them, wait on, or end the deployment.`,
    },
    now,
  );
}

/** Endpoints that could start but should get something else by now are held, and a person says whether the approved versions are still wanted. */
function askAboutSuperseded(story: Story, facts: Facts, wave: number, now: Instant): void {
  const progress = story.state.waves[wave];
  if (!progress || accepted(progress, "superseded")) return;
  const members = story.state.plan.waves[wave]?.endpointIds ?? [];
  const stale = members.filter((id) => !story.state.executions.has(id) && facts.superseded?.has(id));
  const why = facts.superseded?.get(stale[0] ?? "");
  if (why === undefined) {
    close(story, "superseded", wave);
    return;
  }
  const name = story.state.plan.waves[wave]?.name ?? "";
  const question = `${stale.length} of wave "${name}" (${hostnames(story.state, stale)}) would get what is no longer current: ${why} Go on with what was approved, leave them out, or end the deployment and plan anew.`;
  ask(story, { kind: "superseded", wave, question }, now);
}

function close(story: Story, kind: "stalled" | "superseded", wave: number): void {
  if (story.state.decisions.some((d) => d.kind === kind && d.wave === wave)) story.tell({ type: "decision-closed", kind, wave });
}

function stallOf(state: RolloutState, facts: Facts, wave: number, now: Instant, rules: Rules): Stall | undefined {
  const waiting = (state.plan.waves[wave]?.endpointIds ?? []).filter((id) => !state.executions.has(id));
  if (waiting.length === 0 || [...state.executions.values()].some((e) => isInFlight(e.state))) return undefined;
  const general = generalHold(state, facts, rules);
  if (general)
    return general.kind === "digest"
      ? { why: "the stored plan is not the one that was approved.", hopeless: true }
      : general.kind === "budget"
        ? { why: `the error budget is used up (${general.failures} failures).`, hopeless: true }
        : undefined;
  const places = countPlaces(state, facts);
  const reasons = new Map<string, { endpointIds: string[]; hopeless: boolean }>();
  for (const id of waiting) {
    const hold = startHold(state, facts, places, id, wave, now, rules);
    const reason = hold && endless(state, hold);
    if (!reason) return undefined;
    const group = reasons.get(reason.why) ?? { endpointIds: [], hopeless: reason.hopeless };
    group.endpointIds.push(id);
    reasons.set(reason.why, group);
  }
  const told = [...reasons].map(([why, { endpointIds }]) => `${hostnames(state, endpointIds)}: ${why}.`);
  return { why: told.join(" "), hopeless: [...reasons.values()].every((r) => r.hopeless) };
}

/** A hold that has no moment at which it ends by itself. Those that have one are told with it, and are no stall. */
function endless(state: RolloutState, hold: Hold): Stall | undefined {
  switch (hold.kind) {
    case "window":
      return hold.opensAt === undefined || hold.opensAt >= state.expiresAt
        ? { why: "the window does not open before the plan expires", hopeless: true }
        : undefined;
    case "redundancy":
      return { why: `redundancy group ${hold.group} has ${hold.healthy} other healthy members and needs ${hold.needs}`, hopeless: false };
    case "braked":
      return hold.until === undefined ? { why: hold.why.replace(/\.$/, ""), hopeless: false } : undefined;
    case "elsewhere":
      return hold.until === undefined ? { why: `deployment ${hold.deploymentId} is changing it`, hopeless: false } : undefined;
    case "concurrency":
      return { why: `the ${hold.of} has ${hold.limit} in flight, which is its limit`, hopeless: false };
    default:
      return undefined;
  }
}
