import {
  type Check,
  ECOSYSTEM_OF,
  type EndpointAction,
  endpointActionSchema,
  MAX_CHECKS_PER_ACTION,
  type ManagerName,
  NEW_PACKAGES,
  type RebootWithin,
} from "@breakwater/shared/command";
import type { ReadIntent } from "../intent.ts";
import { contradicting, newPackagesOf, whyNotBrought } from "./new-packages.ts";
import type { EndpointRow, FindingRow, UpdateRow } from "./rows.ts";

/** Limits of each action: what a package manager needs on a slow disk, and no longer. */
const LIMITS = { commitConfirmMs: 300_000, lockWaitMs: 300_000, checkGraceMs: 60_000, downloadBytesPerSecond: 0 } as const;
/** What moves the packages of an ecosystem. */
const MANAGERS: readonly ManagerName[] = ["apt", "dnf", "zypper"];
const moverOf = (ecosystem: string, managers: readonly ManagerName[]): ManagerName | undefined =>
  managers.find((m) => ECOSYSTEM_OF[m] === ecosystem);
const UNIT_CHECK_TIMEOUT_MS = 10_000;

export interface Chosen {
  readonly updates: readonly UpdateRow[];
  /** Updates that were wanted and cannot be moved, in words. */
  readonly leftOut: readonly { name: string; why: string }[];
}

/** Whether an update is what the intent asks for, by itself; its source package's other binaries then come along. */
function wanted(row: UpdateRow, findings: readonly FindingRow[], select: ReadIntent["select"]): boolean {
  const { update } = row;
  const none = !select.patches?.length && !select.cves?.length && select.minRisk === undefined;
  if ((select.securityOnly ?? none) && !update.security) return false;
  const closes = findings.filter((f) => closesFinding(update, f));
  if (select.minRisk !== undefined && !closes.some((f) => f.risk >= (select.minRisk as number))) return false;
  if (select.cves?.length && !select.cves.some((c) => update.cves.includes(c) || closes.some((f) => f.vulnerabilityId === c))) return false;
  if (!select.patches?.length) return true;
  return select.patches.some(
    (p) =>
      (p.sourceName === undefined || p.sourceName === update.sourceName) &&
      (p.packageName === undefined || p.packageName === update.name) &&
      (p.toVersion === undefined || p.toVersion === update.toVersion || p.toVersion === update.sourceVersion),
  );
}

export const closesFinding = (update: UpdateRow["update"], finding: FindingRow): boolean =>
  finding.updateId === update.id || (finding.sourceName === update.sourceName && update.cves.includes(finding.vulnerabilityId));

/**
 * The updates of one endpoint that move: what was asked for, with all binaries of the same source package.
 * @param managers What the endpoint says that it can patch with, among its capabilities.
 * @param mustReturn Installed versions that could not be brought back, where the plan wants a way back.
 * @param installs Whether the endpoint says that it installs packages which are not there.
 */
export function chooseUpdates(
  updates: readonly UpdateRow[],
  findings: readonly FindingRow[],
  select: ReadIntent["select"],
  mustReturn: readonly { readonly name: string; readonly architecture: string; readonly version: string }[] = [],
  managers: readonly ManagerName[] = MANAGERS,
  installs = true,
): Chosen {
  const sources = new Set(
    updates.filter((u) => wanted(u, findings, select)).map((u) => `${u.update.sourceName} ${u.update.sourceVersion}`),
  );
  const together = updates.filter((u) => sources.has(`${u.update.sourceName} ${u.update.sourceVersion}`));
  const obstacle = (u: UpdateRow): string | undefined => {
    const { ecosystem } = u.update;
    const able = MANAGERS.filter((m) => ECOSYSTEM_OF[m] === ecosystem);
    if (able.length === 0) return `packages of ${ecosystem} cannot be moved yet: only ${listed(MANAGERS, "and")} can be driven`;
    if (moverOf(ecosystem, managers) === undefined) return `the endpoint does not patch with ${listed(able, "or")}`;
    if (u.held) return "it is held on the endpoint";
    if (u.phasedPercent < 100) return `its vendor offers it to ${u.phasedPercent} % of machines so far (phased)`;
    const notBrought = whyNotBrought(u, moverOf(ecosystem, managers), installs);
    if (notBrought) return notBrought;
    const { name, architecture, fromVersion } = u.update;
    if (mustReturn.some((l) => l.name === name && l.architecture === architecture && l.version === fromVersion))
      return `reversible: no. ${fromVersion} is in no repository and no cache there, and cannot be packed again; a plan without a rollback can move it`;
    return undefined;
  };
  const blocked = new Map(
    together.flatMap((u) => (obstacle(u) ? [[u.update.sourceName, `${u.update.name}: ${obstacle(u)}`] as const] : [])),
  );
  for (const { update, why } of contradicting(together.filter((u) => !blocked.has(u.update.sourceName))))
    blocked.set(update.sourceName, `${update.name}: ${why}`);
  const movable = together.filter((u) => !blocked.has(u.update.sourceName));
  // The agent's own package exchanges the program that watches the transaction, so endpoints refuse it among others.
  if (movable.some((u) => !isOwn(u)))
    for (const u of movable.filter(isOwn))
      blocked.set(u.update.sourceName, `${u.update.name}: the agent's own package needs a plan of its own`);
  return {
    updates: movable.filter((u) => !blocked.has(u.update.sourceName)),
    leftOut: [...blocked].map(([name, why]) => ({ name, why })),
  };
}

/** What an endpoint's agent patches with: apt, unless it says dnf or zypper. */
export const managersOf = (row: Pick<EndpointRow, "capabilities" | "simulated">): readonly ManagerName[] =>
  row.simulated ? MANAGERS : [MANAGERS.find((m) => m !== "apt" && row.capabilities.includes(m)) ?? "apt"];

const listed = (names: readonly string[], word: "and" | "or"): string =>
  new Intl.ListFormat("en", { style: "long", type: word === "and" ? "conjunction" : "disjunction" }).format(names);

/** Whether an endpoint's agent installs packages that are not there. */
export const installsNew = (row: Pick<EndpointRow, "capabilities" | "simulated">): boolean =>
  row.simulated || row.capabilities.includes(NEW_PACKAGES);

/** Why plans leave an update out on an endpoint for what it would install besides; undefined where that stands against nothing. */
export const whyLeftOut = (
  row: Pick<EndpointRow, "capabilities" | "simulated">,
  ecosystem: string,
  u: Pick<UpdateRow, "brings" | "bringsUnknown">,
): string | undefined => whyNotBrought(u, moverOf(ecosystem, managersOf(row)), installsNew(row));

const isOwn = (u: UpdateRow): boolean => u.update.name === "breakwater-agent";

/** Units whose processes have a changed package loaded or are started from it: they must still be active afterwards. */
export function unitsOf(row: EndpointRow, updates: readonly UpdateRow[]): string[] {
  const names = new Set(updates.map((u) => u.update.name));
  const units = new Set<string>();
  const active = new Set(row.facts?.services.filter((s) => s.activeState === "active").map((s) => s.unit));
  for (const s of row.facts?.services ?? []) if (s.activeState === "active" && names.has(s.package)) units.add(s.unit);
  for (const p of row.facts?.loadedPackages ?? []) if (names.has(p.name)) for (const unit of p.units) if (active.has(unit)) units.add(unit);
  return [...units].filter((u) => /^[\w@:.\\-]{1,90}\.service$/.test(u)).sort();
}

/**
 * What the plan does to one endpoint.
 * @param rebootWithin When it may be rebooted; absent: never.
 */
export function actionOf(
  planId: string,
  row: EndpointRow,
  updates: readonly UpdateRow[],
  intent: ReadIntent,
  rebootWithin?: RebootWithin,
): EndpointAction {
  const checks: Check[] = [...row.checks, ...(intent.checks ?? [])];
  const checked = new Set(checks.flatMap((c) => (c.kind === "unit" ? [c.unit] : [])));
  for (const unit of unitsOf(row, updates))
    if (!checked.has(unit)) checks.push({ kind: "unit", name: `unit ${unit}`, unit, timeoutMs: UNIT_CHECK_TIMEOUT_MS });
  return endpointActionSchema.parse({
    version: 1,
    planId,
    endpointId: row.id,
    packages: [
      ...updates.map(({ update }) => ({
        manager: moverOf(update.ecosystem, managersOf(row)),
        name: update.name,
        architecture: update.architecture,
        from: update.fromVersion,
        to: update.toVersion,
      })),
      ...newPackagesOf(updates),
    ],
    checks: checks.slice(0, MAX_CHECKS_PER_ACTION),
    restartServices: intent.restartServices ?? true,
    reboot: rebootWithin ? "when-needed" : "never",
    ...(rebootWithin ? { rebootWithin } : {}),
    rollback: intent.rollback ?? true,
    limits: LIMITS,
  });
}
