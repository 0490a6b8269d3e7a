import type { PlannedWave, RolloutPlan } from "../planning/index.ts";

/** Neighbouring waves from this one on that share their endpoints: the last index of its stretch. */
export function stretchEnd(plan: RolloutPlan, wave: number): number {
  const name = plan.waves[wave]?.stretch;
  let end = wave;
  while (name !== undefined && plan.waves[end + 1]?.stretch === name) end += 1;
  return end;
}

/**
 * Who comes next: the endpoints of the stretch in the order that was signed, as many as `most`. Nobody is drawn forward over
 * a gate that a person has to open, and no redundancy group sends more into one wave than it can spare. Members whose turn
 * has come otherwise (left out by a person) stay in their wave and take no place.
 */
export function membersOfNext(plan: RolloutPlan, wave: number, most: number, begun: (endpointId: string) => boolean): string[] {
  const own = plan.waves[wave]?.endpointIds ?? [];
  const chosen = own.filter(begun);
  const byGroup = new Map<string, number>();
  let places = most;
  for (const id of reachable(plan, wave)) {
    if (places === 0) break;
    if (begun(id)) continue;
    const group = plan.endpoints[id]?.redundancyGroup;
    const taken = byGroup.get(group ?? "") ?? 0;
    if (group !== undefined && taken >= spareOf(plan, group)) continue;
    byGroup.set(group ?? "", taken + 1);
    chosen.push(id);
    places -= 1;
  }
  return chosen;
}

/** A group that can spare nobody at all holds its members back at their start; here one of them may try. */
const spareOf = (plan: RolloutPlan, name: string): number => {
  const group = plan.redundancyGroups[name];
  return group ? Math.max(1, group.members.length - group.minHealthy) : Number.POSITIVE_INFINITY;
};

function reachable(plan: RolloutPlan, wave: number): string[] {
  const ids: string[] = [];
  for (let at = wave; at <= stretchEnd(plan, wave); at += 1) {
    ids.push(...(plan.waves[at]?.endpointIds ?? []));
    if (plan.waves[at]?.gate.approval) break;
  }
  return ids;
}

/**
 * The plan with exactly these endpoints in this wave. Whoever is not among them waits for the next one; where there is none,
 * one is made by the same rules. A wave that gives endpoints away lends its stricter limits to the one that takes them, and
 * when it has none left it is gone, its approval with it to the wave before.
 */
export function recut(plan: RolloutPlan, wave: number, endpointIds: readonly string[]): RolloutPlan {
  const end = stretchEnd(plan, wave);
  const own = plan.waves[wave];
  if (!own) throw new Error(`the plan has no wave ${wave}`);
  const chosen = new Set(endpointIds);
  const left = own.endpointIds.filter((id) => !chosen.has(id));
  const following = plan.waves.slice(wave + 1, end + 1);
  const lenders = following.filter((w) => w.endpointIds.some((id) => chosen.has(id)));
  const cut: PlannedWave[] = [{ ...lenders.reduce(stricter, own), endpointIds: [...endpointIds] }];
  if (following.length === 0 && left.length > 0) cut.push(...split(cut, own, left, plan));
  for (const [index, w] of following.entries()) {
    const late = index === 0 ? left : [];
    const rest = [...late, ...w.endpointIds.filter((id) => !chosen.has(id))];
    if (rest.length > 0) cut.push({ ...(late.length > 0 ? stricter(w, own) : w), endpointIds: rest });
    else cut.push(withApprovalOf(cut.pop() as PlannedWave, w));
  }
  return { ...plan, waves: [...plan.waves.slice(0, wave), ...cut, ...plan.waves.slice(end + 1)] };
}

/** The last wave of a stretch in two: the first part gets a name of its own, and its gate opens the second. */
function split(cut: PlannedWave[], own: PlannedWave, left: readonly string[], plan: RolloutPlan): PlannedWave[] {
  const first = cut.pop() as PlannedWave;
  const { approval: _approval, approvers: _approvers, ...gate } = own.gate;
  const step = plan.waves.filter((w) => w.stretch === own.stretch).length;
  const name = own.stretch === undefined ? own.name : `${own.stretch}, step ${step}`;
  return [
    { ...first, name, gate: { ...gate, approval: plan.growth?.approveEach ?? false } },
    { ...own, endpointIds: [...left] },
  ];
}

function stricter(wave: PlannedWave, lender: PlannedWave): PlannedWave {
  const verdicts = ["healthy", "not-harmful", "checks-alone"] as const;
  const stricterVerdict = verdicts.indexOf(lender.gate.verdict) < verdicts.indexOf(wave.gate.verdict) ? lender.gate : wave.gate;
  const { statement: _statement, ...gate } = wave.gate;
  return {
    ...wave,
    notBefore: inOrder(wave.notBefore, lender.notBefore)[1],
    notAfter: inOrder(wave.notAfter, lender.notAfter)[0],
    maxConcurrent: Math.min(wave.maxConcurrent, lender.maxConcurrent),
    gate: {
      ...gate,
      bakeMs: Math.max(gate.bakeMs, lender.gate.bakeMs),
      bakeLimitMs: Math.max(gate.bakeLimitMs, lender.gate.bakeLimitMs),
      successPermille: Math.max(gate.successPermille, lender.gate.successPermille),
      verdict: stricterVerdict.verdict,
      ...(stricterVerdict.statement === undefined ? {} : { statement: stricterVerdict.statement }),
    },
  };
}

/** Two moments in RFC 3339, the earlier first. */
const inOrder = (a: string, b: string): [string, string] => (Date.parse(a) <= Date.parse(b) ? [a, b] : [b, a]);

function withApprovalOf(wave: PlannedWave, gone: PlannedWave): PlannedWave {
  if (!gone.gate.approval) return wave;
  const { approvers: _approvers, ...gate } = wave.gate;
  const approvers = gone.gate.approvers ?? wave.gate.approvers;
  return { ...wave, gate: { ...gate, approval: true, ...(approvers === undefined ? {} : { approvers }) } };
}
