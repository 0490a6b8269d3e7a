import { setTimeout as wait } from "node:timers/promises";
import { formatInstant } from "@breakwater/shared/core";
import type { Report } from "../executor/protocol.ts";
import { type InstalledPackage, packageKey } from "../packages/package-manager.ts";
import { runChecks } from "./checks.ts";
import type { Surroundings } from "./perform.ts";
import { whyReboot } from "./reboot-signs.ts";
import type { Direction, Standing } from "./standing.ts";
import { brokenServices, showUnits } from "./units.ts";

/** Services settle for this long before they are judged, checks or not: systemd gives up on a crashing one after some seconds. */
const SETTLE_MS = 6_000;
const LOOK_MS = 1_000;

/** How the machine is with the versions that it has now. */
export interface MachineState {
  readonly services: readonly string[];
  readonly failedChecks: readonly string[];
  readonly strayed: readonly string[];
  readonly checks: Report["checks"];
}
export const problemsOf = (m: MachineState): string[] => [...m.services, ...m.failedChecks, ...m.strayed];

/** Looks at services that ran before, at the plan's checks and at packages outside of the plan, for as long as the plan gives them. */
export async function judgeMachine(of: Direction, s: Standing, w: Surroundings): Promise<MachineState> {
  const now = () => performance.now();
  const before = s.prechecked?.unitsBefore ?? [];
  const names = before.map((u) => u.unit);
  const graceMs = Math.max(SETTLE_MS, s.action.limits.checkGraceMs);
  const settled = wait(SETTLE_MS);
  const checks = await runChecks(w.run, s.action.checks, graceMs, now);
  await settled;
  const until = now() + graceMs;
  const look = async () => (names.length === 0 ? [] : brokenServices(before, await showUnits(w.run, names)));
  let services = await look();
  while (services.length > 0 && now() < until) {
    await wait(LOOK_MS);
    services = await look();
  }
  const strayed = of === "apply" ? strayChanges(s, await w.manager.installed()) : [];
  const failedChecks = checks.filter((c) => !c.passed).map((c) => `${c.name}: ${c.detail}.`);
  return { services, failedChecks, strayed, checks };
}

/** Writes down that a judged change is not well, by what was found first. */
export function fail(m: MachineState, w: Surroundings, output: string): void {
  w.journal.append({
    kind: "failing",
    at: formatInstant(w.clock.now()),
    failureClass: m.failedChecks.length > 0 ? "check-failed" : m.services.length > 0 ? "service-failed" : "version-mismatch",
    message: problemsOf(m).join(" "),
    output,
  });
}

/** The last look, after which a change stands or goes back. */
export async function verify(of: Direction, s: Standing, w: Surroundings, output: string): Promise<void> {
  if (of === "apply") w.report("verifying", { message: "" });
  const judged = await judgeMachine(of, s, w);
  const known = s.prechecked?.reviewsBefore;
  const reviews = known ? (await w.manager.configurationReviews()).filter((r) => !known.includes(r)) : [];
  const reboot = s.reboots.get(of)?.ended;
  const reasons = await whyReboot(w);
  const restarted = w.journal.records.flatMap((r) => (r.kind === "restarted" && r.after === of ? r.notes : []));
  const notes = [
    ...problemsOf(judged),
    ...w.manager.halfDone(output),
    // A reboot restarted what the restarts before it had to leave.
    ...(reboot?.booted ? [`Rebooted; kernel ${reboot.kernel} runs.`] : restarted),
    ...w.journal.records.flatMap((r) => (r.kind === "deferred-started" ? r.notes : [])),
    ...(of === "restore" ? (s.reconnected?.notes ?? []) : []),
    ...(reviews.length > 0 ? [`Edited configuration was kept; the package's own lies in ${reviews.join(", ")}.`] : []),
    ...(reasons.length > 0 ? [`Reboot needed: ${reasons.join("; ")}.`] : []),
  ];
  const passed = problemsOf(judged).length === 0;
  w.journal.append({ kind: "verified", at: formatInstant(w.clock.now()), of, passed, notes, checks: judged.checks });
  if (!passed && of === "apply") fail(judged, w, output);
}

/** Packages outside of the plan that are not as they were: nobody approved that. */
function strayChanges(s: Standing, all: readonly InstalledPackage[]): string[] {
  const planned = new Set(s.action.packages.map(packageKey));
  const before = new Set(s.prechecked?.machineBefore ?? []);
  const stray = all.filter((p) => !planned.has(packageKey(p)) && !before.has(`${packageKey(p)}=${p.version}`));
  return stray.slice(0, 10).map((p) => `${p.name} became ${p.version}, which is not in the plan.`);
}
