import type { Findings } from "./findings.ts";
import { groupsOfCounts } from "./groups.ts";
import { readCounts, saysNothingExposed } from "./read-counts.ts";
import { readTimes, readZone } from "./read-events.ts";
import { readVulnerability } from "./read-vulnerability.ts";
import type { Scenario } from "./scenario.ts";

/** One spelling for what people type in many: dashes, quotes, noon, "e.g.". */
const normalise = (text: string): string =>
  text
    .replace(/[\u2010-\u2015\u2212]/g, "-")
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/[\u201c\u201d]/g, '"')
    .replace(/\u00a0/g, " ")
    .replace(/\r/g, "")
    .replace(/^\s*(?:[>*#]|- )\s*/gm, "")
    .replace(/\bmidnight\b/gi, "00:00")
    .replace(/\b(?:noon|midday)\b/gi, "12:00")
    .replace(/\b(?:e\.g\.|i\.e\.|approx\.|ca\.)/gi, "about")
    .replace(/\b([ap])\.m\.?/gi, "$1m")
    .replace(/(?<=[a-z])\n(?=[a-z])/g, " ");

/** Reads a scenario in free text. Order and wording are free; what is missing or odd ends up among the assumptions. */
export function readText(raw: string, now: number): Scenario {
  const findings: Findings = { assumptions: [], contradictions: [], notes: [] };
  const text = normalise(raw);
  const { vulnerabilities, exploited, rest } = readVulnerability(text, now, findings);
  const zone = readZone(rest, findings);
  const times = readTimes(rest, zone, now, findings);
  const { groups, unaccounted } = groupsOfCounts(readCounts(times.rest), findings, saysNothingExposed(text));
  if (times.events.length > 0)
    findings.assumptions.push(
      `The text does not say which servers carry ${times.events.map((e) => e.name).join(" and ")}: every production wave keeps clear of ${times.events.length === 1 ? "it" : "all of them"}. With a mapping of servers to systems, others could go sooner.`,
    );
  return {
    vulnerabilities,
    exploited,
    groups: groups.map((g) => ({
      ...g,
      criticality: g.tier === "production" ? 4 : 2,
      zone,
      window: times.windows[g.tier] ?? (g.tier === "production" ? times.windows.all : undefined),
      tags: [g.tier],
    })),
    events: times.events,
    unaccounted,
    ...findings,
  };
}
