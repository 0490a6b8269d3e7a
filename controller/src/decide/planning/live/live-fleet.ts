import { z } from "zod";
import { round } from "../cost.ts";
import type { Excluded, PlannedExposure, PlanningFleet, PlanningUnit } from "../fleet-view.ts";
import type { ReadIntent } from "../intent.ts";
import { tierOf } from "../tier.ts";
import { chooseUpdates, closesFinding, installsNew, managersOf, unitsOf } from "./actions.ts";
import { groupBy } from "./group-by.ts";
import { newPackagesOf } from "./new-packages.ts";
import { rebootOf } from "./reboots.ts";
import type { EndpointRow, FindingRow, FleetRows, UpdateRow } from "./rows.ts";

/** Expected time of one execution: fixed work, bytes at a cautious rate, unpacking, restarts. Replaced once outcomes teach. */
const BASE_MS = 45_000;
const PACKAGE_MS = 4_000;
const BYTES_PER_MS = 5_000;
const RESTART_MS = 5_000;
const REBOOT_MS = 180_000;
/** A security update for which no finding is known is still worth something: unknown is not zero. */
const UNSCORED_RISK = 20;

const factorSchema = z.array(z.object({ name: z.string().min(1), effect: z.number(), why: z.string().min(1) }));

export interface LiveFleet {
  readonly fleet: PlanningFleet;
  readonly updatesOf: ReadonlyMap<string, readonly UpdateRow[]>;
  readonly rowOf: ReadonlyMap<string, EndpointRow>;
  readonly simulated: boolean;
}

/** The live fleet as the planner sees fleets. Pure: rows in, view out. */
export function fleetOfRows(rows: FleetRows, intent: ReadIntent): LiveFleet {
  const units: PlanningUnit[] = [];
  const excluded: Excluded[] = [];
  const updatesOf = new Map<string, readonly UpdateRow[]>();
  const rowOf = new Map<string, EndpointRow>();
  const closed = new Map<string, FindingRow>();
  const assumptions: string[] = [];
  let [untiered, unscored, offline] = [0, 0, 0];
  for (const row of rows.endpoints) {
    const findings = rows.findings.get(row.id) ?? [];
    const lost = intent.rollback === false ? [] : row.facts?.lostVersions;
    const chosen = chooseUpdates(rows.updates.get(row.id) ?? [], findings, intent.select, lost, managersOf(row), installsNew(row));
    const risk = together(findings);
    for (const { name, why } of chosen.leftOut)
      excluded.push({ what: `${name} on ${row.hostname}`, why: `${why}.`, endpoints: chosen.updates.length > 0 ? 0 : 1, risk });
    if (chosen.updates.length === 0) continue;
    const obstacle = obstacleOf(row, intent.rehearsal === "only");
    if (obstacle) {
      excluded.push({ what: row.hostname, why: obstacle, endpoints: 1, risk });
      continue;
    }
    const closing = findings.filter((f) => chosen.updates.some((u) => closesFinding(u.update, f)));
    for (const f of closing) if ((closed.get(f.vulnerabilityId)?.risk ?? -1) < f.risk) closed.set(f.vulnerabilityId, f);
    const scored = findings.length > 0;
    if (!scored) unscored++;
    if (!row.connected) offline++;
    if (tierOf(row.tags) === undefined) untiered++;
    updatesOf.set(row.id, chosen.updates);
    rowOf.set(row.id, row);
    units.push(
      unitOf(row, chosen.updates, intent, {
        risk: scored ? risk : UNSCORED_RISK,
        residualRisk: scored ? together(findings.filter((f) => !closing.includes(f))) : 0,
      }),
    );
  }
  if (untiered > 0)
    assumptions.push(
      `${untiered} ${untiered === 1 ? "endpoint carries" : "endpoints carry"} no tag that says development or production: planned as production.`,
    );
  if (unscored > 0)
    assumptions.push(
      `${unscored} ${unscored === 1 ? "endpoint has" : "endpoints have"} no scored finding: a risk of ${UNSCORED_RISK} is assumed for a pending security update.`,
    );
  if (offline > 0)
    assumptions.push(
      `${offline} ${offline === 1 ? "endpoint is" : "endpoints are"} not connected at this moment: planned all the same; unreachable ones count against the gate of their wave.`,
    );
  for (const name of rows.unreadableEvents)
    assumptions.push(`The calendar entry "${name}" cannot be read and could not be kept free: correct its rule or zone before approval.`);
  if (intent.ignoreWindows) assumptions.push(`Windows, blackouts and business events are not kept: ${intent.ignoreWindows.reason}`);
  assumptions.push("Expected durations, failures and harm are priors until executions on this fleet have taught better figures.");
  const worst = [...closed.values()].sort((a, b) => b.risk - a.risk || (a.vulnerabilityId < b.vulnerabilityId ? -1 : 1));
  return {
    fleet: {
      units,
      redundancyGroups: rows.redundancyGroups,
      calendar: intent.ignoreWindows ? [] : rows.calendar,
      excluded: summarised(excluded),
      vulnerabilities: worst.slice(0, 100).map((f) => ({
        id: f.vulnerabilityId,
        cvss: null,
        product: f.sourceName,
        affected: f.fixedVersion ? `before ${f.fixedVersion}` : "installed version",
        fixedVersion: f.fixedVersion,
      })),
      riskFactors: factorsOf(worst[0], units),
      assumptions,
      contradictions: [],
      notes: [],
      change: describeChange([...updatesOf.values()]),
      checks: [
        ...new Set([...rowOf.values()].flatMap((r) => r.checks.map((c) => c.name)).concat((intent.checks ?? []).map((c) => c.name))),
      ].slice(0, 16),
    },
    updatesOf,
    rowOf,
    simulated: units.length > 0 && [...rowOf.values()].every((r) => r.simulated),
  };
}

function obstacleOf(row: EndpointRow, rehearsed: boolean): string | undefined {
  if (row.unusable) return `Not planned, because ${row.unusable}. Correct it on the endpoint's page.`;
  if (row.policyMode !== "patch" && !(rehearsed && row.policyMode === "rehearse"))
    return `Its owner's policy is "${row.policyMode}": the endpoint would refuse. Set the mode to patch in the agent's policy file, on the endpoint itself.`;
  if (!row.simulated && row.pinnedKeyIds.length === 0)
    return "No approval key is pinned on it, so it could not believe any approval. Pin one in the agent's policy.";
  return undefined;
}

const exposureOf = (row: EndpointRow): PlannedExposure => {
  if (row.declaredExposure === "public" || row.declaredExposure === "private" || row.declaredExposure === "loopback")
    return row.declaredExposure;
  const scopes = row.facts?.listeners.map((l) => l.scope);
  if (!scopes) return "unknown";
  return scopes.includes("public") ? "public" : scopes.includes("private") ? "private" : "loopback";
};

/**
 * The risk of several findings on one endpoint, 0-100: as if each were a chance of its own that it ends badly, so that closing
 * any of them shows. A vulnerability that several packages of one source share counts once.
 */
function together(findings: readonly FindingRow[]): number {
  const worst = new Map<string, number>();
  for (const f of findings) {
    const key = `${f.sourceName} ${f.vulnerabilityId}`;
    worst.set(key, Math.max(worst.get(key) ?? 0, f.risk));
  }
  let safe = 1;
  for (const risk of worst.values()) safe *= 1 - Math.min(100, risk) / 100;
  return 100 * (1 - safe);
}

function unitOf(
  row: EndpointRow,
  updates: readonly UpdateRow[],
  intent: ReadIntent,
  risk: { risk: number; residualRisk: number },
): PlanningUnit {
  const tier = tierOf(row.tags) ?? "production";
  const downloadBytes = updates.reduce((sum, u) => sum + u.update.downloadSizeBytes, 0);
  const restarts = unitsOf(row, updates).length;
  const planned = rebootOf(row, updates, intent);
  const brought = newPackagesOf(updates);
  const reboot = planned?.mode === "when-needed" && planned.expected === "yes" ? REBOOT_MS : 0;
  const os = `${row.osId} ${row.osVersion}`;
  const roles = row.tags.filter((t) => tierOf([t]) === undefined).sort();
  return {
    id: row.id,
    count: 1,
    group: `${tier}, ${os}${exposureOf(row) === "public" ? ", internet-facing" : ""}`,
    tier,
    exposure: exposureOf(row),
    site: row.site,
    zone: row.timezone,
    criticality: row.criticality,
    redundancyGroup: row.redundancyGroup ?? undefined,
    window: intent.ignoreWindows ? undefined : row.window,
    tags: row.tags,
    configuration: [
      os,
      row.architecture,
      row.kernelRelease,
      roles.join(),
      updates.map((u) => u.update.id).join(),
      ...brought.map((b) => `${b.name} ${b.to}`),
    ].join("|"),
    ...risk,
    downloadBytes,
    executionMs: Math.round(
      BASE_MS + (updates.length + brought.length) * PACKAGE_MS + downloadBytes / BYTES_PER_MS + restarts * RESTART_MS + reboot,
    ),
    downtimeMs: restarts * RESTART_MS + reboot,
    reboot: planned,
  };
}

/** "openssl 3.0.17-1~deb12u3 and 4 more source packages, with the new package linux-image-6.1.0-41-amd64 6.1.158-1" */
function describeChange(all: readonly (readonly UpdateRow[])[]): string {
  const brought = [...new Set(all.flatMap((updates) => newPackagesOf(updates).map((b) => `${b.name} ${b.to}`)))].sort();
  const some = brought.length > 3 ? [...brought.slice(0, 2), `${brought.length - 2} more`] : brought;
  if (brought.length === 0) return describeSources(all);
  return `${describeSources(all)}, with the new ${brought.length === 1 ? "package" : "packages"} ${some.join(", ")}`;
}

function describeSources(all: readonly (readonly UpdateRow[])[]): string {
  const count = new Map<string, number>();
  for (const updates of all)
    for (const key of new Set(updates.map((u) => `${u.update.sourceName} ${u.update.sourceVersion}`)))
      count.set(key, (count.get(key) ?? 0) + 1);
  const names = [...count].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name]) => name);
  return names.length <= 3 ? names.join(", ") || "nothing" : `${names.slice(0, 2).join(", ")} and ${names.length - 2} more source packages`;
}

/** The factors of the worst finding, so that they multiply to the risk that is shown; one plain factor without them. */
function factorsOf(worst: FindingRow | undefined, units: readonly PlanningUnit[]): PlanningFleet["riskFactors"] {
  const most = units.reduce((m, u) => Math.max(m, u.risk), 0);
  const factors = factorSchema.safeParse(worst?.factors);
  if (worst && factors.success && factors.data.length > 0 && Math.abs(worst.risk - most) < 0.05) return factors.data;
  return most > 0
    ? [
        {
          name: "most endangered endpoint",
          effect: round(Math.log(most / 100), 4),
          why: worst ? `${worst.vulnerabilityId} in ${worst.packageName} is the worst of what this plan closes` : "no scored finding",
        },
      ]
    : [];
}

/** The same reason on many endpoints is one line. */
function summarised(excluded: readonly Excluded[]): Excluded[] {
  return [...groupBy(excluded, (e) => e.why)].map(([why, all]) => ({
    what:
      all.length <= 5
        ? all.map((e) => e.what).join(", ")
        : `${all
            .slice(0, 4)
            .map((e) => e.what)
            .join(", ")} and ${all.length - 4} more`,
    why,
    endpoints: all.reduce((sum, e) => sum + e.endpoints, 0),
    risk: all.reduce((most, e) => Math.max(most, e.risk), 0),
  }));
}
