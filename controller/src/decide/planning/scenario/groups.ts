import type { PlannedExposure, Tier } from "../fleet-view.ts";
import type { Findings } from "./findings.ts";
import type { CountedClause } from "./read-counts.ts";

export interface CountedGroup {
  readonly name: string;
  readonly tier: Tier;
  readonly exposure: PlannedExposure;
  readonly count: number;
}

/**
 * Makes groups that do not overlap out of counts that do: by tier on one side and by exposure on the other. Where the two
 * sides do not add up, both sums are told and the tiers, which come from an inventory more often, are believed.
 */
export function groupsOfCounts(
  counts: readonly CountedClause[],
  findings: Findings,
  nothingExposed = false,
): { groups: CountedGroup[]; unaccounted: number } {
  const both = counts.filter((c) => c.tier && c.exposure);
  const tierOnly = counts.filter((c) => c.tier && !c.exposure);
  const exposureOnly = counts.filter((c) => !c.tier && c.exposure);
  const totals = counts.filter((c) => !c.tier && !c.exposure);
  const tiers = tierTotals(tierOnly, both, findings);
  const sumTiers = [...tiers.values()].reduce((sum, t) => sum + t.count, 0);
  const exposureSum = (e: "public" | "private") => exposureOnly.filter((c) => c.exposure === e).reduce((sum, c) => sum + c.count, 0);
  const [publicOnly, privateOnly] = [exposureSum("public"), exposureSum("private")];
  const fallback = totals[0]?.count ?? publicOnly + privateOnly;
  if (tiers.size === 0 && fallback > 0) {
    tiers.set("production", { tier: "production", count: fallback });
    findings.assumptions.push(
      `The text does not say what is production and what is development: all ${fallback} servers are planned as production, the cautious reading.`,
    );
  }
  const total = [...tiers.values()].reduce((sum, t) => sum + t.count, 0);
  let unaccounted = checkTotals(totals, sumTiers, findings);
  if (publicOnly > 0 && privateOnly > 0 && sumTiers > 0 && publicOnly + privateOnly !== total) {
    const difference = publicOnly + privateOnly - total;
    unaccounted = Math.max(unaccounted, Math.max(0, difference));
    const named = [...tiers].map(([name, t]) => `${t.count} ${name}`).join(" + ");
    findings.contradictions.push({
      statement: `The counts do not add up: ${publicOnly} internet-facing + ${privateOnly} internal = ${publicOnly + privateOnly}, but ${named} = ${total}. The difference is ${Math.abs(difference)}.`,
      values: [publicOnly, privateOnly, publicOnly + privateOnly, ...[...tiers.values()].map((t) => t.count), total],
      assumed: `The tiers (${total}) are taken as the inventory and the ${publicOnly} internet-facing ones as certain, so ${total - publicOnly} are internal. ${
        difference > 0
          ? `${difference === 1 ? "The server" : `The ${difference} servers`} too many must be found before the plan is closed: a server that nobody counts is one that nobody patches.`
          : `${-difference} ${difference === -1 ? "server has" : "servers have"} no stated exposure; ${difference === -1 ? "it is" : "they are"} planned as internal and must be looked at before the exposed wave.`
      }`,
    });
  }
  return { groups: splitByExposure(tiers, both, publicOnly, privateOnly, total, findings, nothingExposed), unaccounted };
}

type Tiers = Map<string, { tier: Tier; count: number }>;

function tierTotals(tierOnly: readonly CountedClause[], both: readonly CountedClause[], findings: Findings): Tiers {
  const tiers: Tiers = new Map();
  for (const c of tierOnly) {
    const name = c.tierName as string;
    const known = tiers.get(name);
    if (known && known.count !== c.count)
      findings.contradictions.push({
        statement: `The text counts ${name} twice: ${known.count} and ${c.count}.`,
        values: [known.count, c.count],
        assumed: `${Math.max(known.count, c.count)}, the larger number, so that none is forgotten.`,
      });
    tiers.set(name, { tier: c.tier as Tier, count: Math.max(known?.count ?? 0, c.count) });
  }
  for (const name of new Set(both.map((c) => c.tierName as string))) {
    const parts = both.filter((c) => c.tierName === name);
    const sum = parts.reduce((n, c) => n + c.count, 0);
    const known = tiers.get(name);
    if (!known) tiers.set(name, { tier: parts[0]?.tier as Tier, count: sum });
    else if (sum > known.count) {
      findings.contradictions.push({
        statement: `${sum} of ${name} are told apart by exposure, but ${name} has ${known.count}.`,
        values: [sum, known.count],
        assumed: `${sum}, the larger number, so that none is forgotten.`,
      });
      tiers.set(name, { tier: known.tier, count: sum });
    }
  }
  return tiers;
}

function checkTotals(totals: readonly CountedClause[], sumTiers: number, findings: Findings): number {
  const stated = totals.find(
    (t) =>
      sumTiers > 0 &&
      t.count !== sumTiers &&
      t.count > sumTiers / 2 &&
      /\b(total|fleet|all|in all|altogether|overall|have|run|operate|own)\b/i.test(t.text),
  );
  if (!stated) return 0;
  findings.contradictions.push({
    statement: `The text speaks of ${stated.count} servers in all, but its tiers add up to ${sumTiers}.`,
    values: [stated.count, sumTiers],
    assumed: `The tiers (${sumTiers}) are planned; ${Math.abs(stated.count - sumTiers)} ${stated.count > sumTiers ? "are missing from them and must be found" : "too many are in them"}.`,
  });
  return Math.max(0, stated.count - sumTiers);
}

function splitByExposure(
  tiers: Tiers,
  both: readonly CountedClause[],
  publicOnly: number,
  privateOnly: number,
  total: number,
  findings: Findings,
  nothingExposed: boolean,
): CountedGroup[] {
  let publicLeft = publicOnly;
  const production = [...tiers].filter(([, t]) => t.tier === "production");
  const groups: CountedGroup[] = [];
  const nothingSaid = !nothingExposed && publicOnly + privateOnly === 0 && both.length === 0;
  if (nothingSaid && total > 0)
    findings.assumptions.push(
      "The text says nothing about exposure: production is treated as possibly reachable from the internet until it is known, and is ordered by risk with that in mind.",
    );
  for (const [name, { tier, count }] of [...production, ...[...tiers].filter(([, t]) => t.tier !== "production")]) {
    const stated = (e: "public" | "private") =>
      both.filter((c) => c.tierName === name && c.exposure === e).reduce((n, c) => n + c.count, 0);
    let exposed = stated("public");
    if (exposed === 0 && stated("private") > 0 && publicOnly === 0) exposed = Math.max(0, count - stated("private"));
    const room = count - Math.max(exposed, 0) - stated("private");
    const drawn = Math.max(0, Math.min(publicLeft, room));
    exposed += drawn;
    publicLeft -= drawn;
    if (exposed > 0) groups.push({ name: `${name}, internet-facing`, tier, exposure: "public", count: exposed });
    if (count - exposed > 0)
      groups.push({
        name: exposed > 0 || !nothingSaid ? `${name}, internal` : name,
        tier,
        exposure: nothingSaid && tier === "production" ? "unknown" : "private",
        count: count - exposed,
      });
  }
  if (publicOnly > 0 && production.length > 0 && tiers.size > production.length)
    findings.assumptions.push(
      `The text does not say which tier the ${publicOnly} internet-facing servers belong to: they are taken to be production${publicLeft > 0 ? ` as far as there is room, ${publicLeft} could not be placed` : ""}, and development to be internal. Check this list before approval; a development server on the internet belongs into the first production waves.`,
    );
  return groups;
}
