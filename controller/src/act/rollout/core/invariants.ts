import { addMs } from "@breakwater/shared/core";
import type { Execution, Facts, RolloutEvent, RolloutState } from "./index.ts";
import type { ModelWorld } from "./model.ts";

/**
 * The invariants I1 to I10, written a second time from the log of what happened and independent of the rules that are under
 * test. @returns what was violated, in words
 */
export function violations(world: ModelWorld, from = 0): string[] {
  const found: string[] = [];
  for (const [index, entry] of world.log.entries()) {
    if (index < from) continue;
    const { event, before, facts, now } = entry;
    if (event.type === "execution-rollback-requested") {
      checkPlaces(found, before, event.endpointId, event.endpointId);
      if (facts.elsewhere.get(event.endpointId)?.some((c) => c.to === undefined))
        found.push(`I10 ${event.endpointId} was taken back while another deployment changed it`);
    }
    if (event.type === "wave-passed") checkConsent(found, before, facts, event.wave);
    if (event.type === "wave-sized") checkRails(found, world, before, event);
    if (event.type !== "execution-started") continue;
    const id = event.endpointId;
    if (!facts.windows.isOpen(id, now)) found.push(`I1 ${id} started outside its window`);
    checkPlaces(found, before, id, undefined);
    const group = Object.values(world.plan.redundancyGroups).find((g) => g.members.includes(id));
    if (group) {
      const left = group.members.filter((m) => m !== id && facts.healthyMembers.has(m) && !unfit(before.executions.get(m)));
      if (left.length < group.minHealthy) found.push(`I2 ${id} left its group with ${left.length} healthy members`);
    }
    if (before.phase.kind !== "running") found.push(`I3 ${id} started while ${before.phase.kind}`);
    for (let wave = 0; wave < event.wave; wave += 1)
      if (!gatePassed(world, index, wave)) found.push(`I3 ${id} started before wave ${wave} passed`);
    const starts = world.log.slice(0, index + 1).filter((e) => e.event.type === "execution-started" && e.event.endpointId === id).length;
    const withdrawn = world.log.slice(0, index).filter((e) => e.event.type === "execution-withdrawn" && e.event.endpointId === id).length;
    if (starts - withdrawn > 1) found.push(`I4 ${id} started twice`);
    const failed = [...before.executions.values()].filter(failure).length;
    if (failed >= world.plan.errorBudget) found.push(`I6 ${id} started after ${failed} failures`);
    if (facts.planDigest !== before.planDigest) found.push(`I7 ${id} started on a changed plan`);
    const accepted = before.waves[event.wave]?.overrides.some((o) => o.kind === "superseded");
    if (facts.superseded?.has(id) && !accepted) found.push(`I8 ${id} got what is no longer current`);
    checkDanger(found, before, id, now);
    for (const c of facts.elsewhere.get(id) ?? [])
      if (c.to === undefined || (c.watchedUntil ?? 0) > now) found.push(`I10 ${id} started while ${c.deploymentId} changed or watched it`);
  }
  for (const [id, times] of world.appliedTimes) if (times > 1) found.push(`I4 ${id} applied ${times} times`);
  return found;
}

/** I5, once everything has been said: what we believe is what the endpoint's journal says. */
export function disagreements(world: ModelWorld): string[] {
  const found: string[] = world.inFlight().map((e) => `I5 ${e.endpointId} is still ${e.state}`);
  for (const execution of world.state.executions.values()) {
    const journal = world.journals.get(`${execution.id}_rb`) ?? world.journals.get(execution.id);
    const last = journal?.steps.at(-1);
    if (last === undefined && execution.state !== "unreachable" && execution.state !== "cancelled")
      found.push(`I5 ${execution.endpointId} is ${execution.state} and its endpoint knows nothing of it`);
    if (last !== undefined && last !== execution.state)
      found.push(`I5 ${execution.endpointId} is ${execution.state}, its journal says ${last}`);
  }
  return found;
}

function checkPlaces(found: string[], before: RolloutState, id: string, self: string | undefined): void {
  const plan = before.plan;
  const wave = plan.waves.findIndex((w) => w.endpointIds.includes(id));
  const site = plan.endpoints[id]?.site ?? "";
  const flying = [...before.executions.values()].filter((e) => e.endpointId !== self && flies(e));
  // An endpoint that was given up and comes back in the middle of its work is in flight whether there is a place or not.
  const limit = (name: string, count: number, most: number) => {
    if (count + 1 > most) found.push(`I2 ${id} is one too many in the ${name}: ${count + 1} of ${most}`);
  };
  limit("deployment", flying.length, plan.maxConcurrent);
  limit("wave", flying.filter((e) => e.wave === wave).length, plan.waves[wave]?.maxConcurrent ?? 0);
  limit("site", flying.filter((e) => plan.endpoints[e.endpointId]?.site === site).length, plan.sites[site]?.maxConcurrent ?? 99);
}

/** What belief makes of a wave stays within what was signed: order, stretch, rails, and a group's spare. */
function checkRails(
  found: string[],
  { plan }: ModelWorld,
  before: RolloutState,
  event: Extract<RolloutEvent, { type: "wave-sized" }>,
): void {
  const { wave, endpointIds: ids } = event;
  const stretch = plan.waves.filter((w) => w.stretch !== undefined).flatMap((w) => w.endpointIds);
  const most = Math.min(
    plan.growth?.ceiling ?? 0,
    (before.plan.waves[wave - 1]?.endpointIds.length ?? 0) * (plan.growth?.largestFactor ?? 0),
  );
  const say = (what: string) => found.push(`I7 wave ${wave} ${what}`);
  if (ids.filter((id) => !before.executions.has(id)).length > most) say(`holds ${ids.length}, ${most} were signed`);
  if (ids.some((id) => !stretch.includes(id))) say("holds an endpoint of another stretch");
  const earlier = before.plan.waves.slice(0, wave).flatMap((w) => w.endpointIds);
  if (ids.some((id) => earlier.includes(id))) say("holds an endpoint of an earlier wave");
  for (const [name, { members, minHealthy }] of Object.entries(plan.redundancyGroups))
    if (ids.filter((id) => members.includes(id)).length > Math.max(1, members.length - minHealthy)) say(`takes too many of group ${name}`);
  const all = (waves: RolloutState["plan"]["waves"]) =>
    waves
      .flatMap((w) => w.endpointIds)
      .sort()
      .join();
  if (all(before.plan.waves) !== all(plan.waves)) say("came after a cut that lost an endpoint");
}

/** Who saw nothing has not consented: only a person may let that pass. */
function checkConsent(found: string[], before: RolloutState, facts: Facts, wave: number): void {
  const heard = facts.verdicts.get(wave);
  const byPerson = (before.waves[wave]?.overrides.length ?? 0) > 0;
  if (!byPerson && heard?.verdict === "undecided" && heard.blind !== undefined)
    found.push(`I3 wave ${wave} passed although nobody had seen it`);
}

/** No endpoint without a way back joins another one that is in danger, and nobody starts while one could not be restored and nobody has seen to it. */
function checkDanger(found: string[], before: RolloutState, id: string, now: number): void {
  const unseen = before.decisions.some((d) => d.kind === "rollback-failed");
  if (unseen) found.push(`I9 ${id} started while an endpoint could not be restored`);
  if (!before.irreversible.has(id)) return;
  const inDanger = [...before.executions.values()].filter((e) => {
    const bakes = e.patchedAt !== undefined && now < e.patchedAt + (before.plan.waves[e.wave]?.gate.bakeMs ?? 0);
    const gone = ["rolled-back", "refused", "cancelled"].includes(e.state);
    return before.irreversible.has(e.endpointId) && (flies(e) || (bakes && !gone));
  });
  if (inDanger.length >= 1) found.push(`I9 ${id} has no way back and neither has ${inDanger[0]?.endpointId}, which is in danger`);
}

const flies = (e: Execution): boolean =>
  !["succeeded", "failed", "rolled-back", "rollback-failed", "unreachable", "refused", "cancelled"].includes(e.state);
const unfit = (e: Execution | undefined): boolean =>
  e !== undefined && (flies(e) || ["failed", "rollback-failed", "unreachable"].includes(e.state));
const failure = (e: Execution): boolean =>
  e.state === "failed" ||
  e.state === "refused" ||
  e.state === "rollback-failed" ||
  (e.state === "unreachable" && e.begun) ||
  ((e.state === "rolled-back" || e.state === "rolling-back") && !e.rollback);

/** A wave passed when it said so after its bake, with nothing in flight, its share met and no harm unaccepted. */
function gatePassed(world: ModelWorld, before: number, wave: number): boolean {
  const passed = world.log.slice(0, before).find((e) => e.event.type === "wave-passed" && e.event.wave === wave);
  if (!passed) return false;
  const state = passed.before;
  const progress = state.waves[wave];
  if (progress?.phase.kind !== "baking") return false;
  const members = state.plan.waves[wave]?.endpointIds.map((id) => state.executions.get(id)) ?? [];
  const gate = state.plan.waves[wave]?.gate;
  if (!gate || members.some((e) => e === undefined || flies(e)) || passed.now < addMs(progress.phase.since, gate.bakeMs)) return false;
  const overridden = progress.overrides.length > 0;
  const counted = members.filter((e) => !(e?.state === "cancelled" && e.startedAt === undefined));
  const share = counted.length === 0 ? 1000 : (counted.filter((e) => e?.state === "succeeded").length * 1000) / counted.length;
  const approved = !gate.approval || world.log.slice(0, before).some((e) => e.event.type === "wave-approved" && e.event.wave === wave + 1);
  return approved && (overridden || (share >= gate.successPermille && progress.verdict?.verdict !== "harmful"));
}
