import type { PlanningFleet, PlanningUnit } from "./fleet-view.ts";

/** A number of endpoints of one unit, in one wave. */
export interface Part {
  readonly unit: PlanningUnit;
  readonly count: number;
}

export interface Canary {
  readonly parts: readonly Part[];
  /** Share of the endpoints whose configuration one of the canaries has. */
  readonly covered: number;
  readonly configurations: { readonly covered: number; readonly all: number };
  /** Set when no endpoint was fit to go first and the least critical one was taken all the same. */
  readonly compromise?: string;
}

/** Whether an endpoint may go first: its group has another member, and it is not among the most critical. */
export function mayGoFirst(unit: PlanningUnit, fleet: PlanningFleet, mostCritical: number, leastCritical: number): boolean {
  const group = unit.redundancyGroup === undefined ? undefined : fleet.redundancyGroups[unit.redundancyGroup];
  if (group && group.members.length <= 1) return false;
  return unit.criticality < mostCritical || mostCritical === leastCritical;
}

/**
 * Chooses the canaries: greedy set cover over configurations, weighted by how many endpoints have each, which is within
 * 1 - 1/e of the best choice (Nemhauser, Wolsey, Fisher 1978). Among equals the less critical, then the one whose risk is
 * greater, then the id decides, so that the same fleet gives the same canaries.
 */
export function chooseCanary(units: readonly PlanningUnit[], size: number, fleet: PlanningFleet): Canary {
  const weight = new Map<string, number>();
  for (const unit of units) weight.set(unit.configuration, (weight.get(unit.configuration) ?? 0) + unit.count);
  const total = units.reduce((sum, u) => sum + u.count, 0);
  const levels = units.map((u) => u.criticality);
  const [most, least] = [levels.reduce((a, b) => Math.max(a, b), 1), levels.reduce((a, b) => Math.min(a, b), 5)];
  const fit = units.filter((u) => mayGoFirst(u, fleet, most, least));
  const byCare = (a: PlanningUnit, b: PlanningUnit) => a.criticality - b.criticality || b.risk - a.risk || (a.id < b.id ? -1 : 1);
  const candidates = (fit.length > 0 ? fit : units).toSorted(byCare);
  const taken = new Map<PlanningUnit, number>();
  const usedByGroup = new Map<string, number>();
  const covered = new Set<string>();
  const take = (unit: PlanningUnit) => {
    taken.set(unit, (taken.get(unit) ?? 0) + 1);
    covered.add(unit.configuration);
    if (unit.redundancyGroup) usedByGroup.set(unit.redundancyGroup, (usedByGroup.get(unit.redundancyGroup) ?? 0) + 1);
  };
  const room = (unit: PlanningUnit) =>
    (taken.get(unit) ?? 0) < unit.count && (!unit.redundancyGroup || (usedByGroup.get(unit.redundancyGroup) ?? 0) < 1);
  const bestOf = new Map<string, PlanningUnit[]>();
  for (const unit of candidates) (bestOf.get(unit.configuration) ?? bestOf.set(unit.configuration, []).get(unit.configuration))?.push(unit);
  const order = [...bestOf.keys()].sort((a, b) => (weight.get(b) ?? 0) - (weight.get(a) ?? 0) || (a < b ? -1 : 1));
  let left = Math.min(size, total);
  /** One of each configuration first, the common ones before the rare; then a second of each, until the size is reached. */
  for (let progress = true; progress && left > 0; ) {
    progress = false;
    for (const configuration of order) {
      if (left === 0) break;
      const next = bestOf.get(configuration)?.find(room);
      if (!next) continue;
      take(next);
      left--;
      progress = true;
    }
  }
  return {
    parts: [...taken].map(([unit, count]) => ({ unit, count })),
    covered: total === 0 ? 0 : [...covered].reduce((sum, c) => sum + (weight.get(c) ?? 0), 0) / total,
    configurations: { covered: covered.size, all: weight.size },
    ...(fit.length === 0 && units.length > 0
      ? {
          compromise:
            "No endpoint is fit to go first (each is the only member of its group, or among the most critical); the least critical one goes first.",
        }
      : {}),
  };
}
