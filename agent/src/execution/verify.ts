import { access } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { formatInstant } from "@breakwater/shared/core";
import { type InstalledPackage, packageKey } from "../packages/package-manager.ts";
import { runChecks } from "./checks.ts";
import { outputTail } from "./output.ts";
import type { Surroundings } from "./perform.ts";
import type { Standing } from "./standing.ts";
import { brokenServices, showUnits } from "./units.ts";

/** Services settle for this long before they are judged, checks or not: systemd gives up on a crashing one after some seconds. */
const SETTLE_MS = 6_000;
const POLL_MS = 1_000;

/** Looks at services, checks and what else changed, and journals whether all is as it should be after a change or a way back. */
export async function verify(of: "apply" | "restore", s: Standing, w: Surroundings): Promise<void> {
  const now = () => w.clock.now();
  if (of === "apply") w.report("verifying", { message: "" });
  const before = s.prechecked?.unitsBefore ?? [];
  const graceMs = Math.max(SETTLE_MS, s.action.limits.checkGraceMs);
  const settled = wait(SETTLE_MS);
  const checks = await runChecks(w.run, s.action.checks, graceMs, now);
  await settled;
  const until = now() + graceMs;
  const look = async () =>
    before.length === 0
      ? []
      : brokenServices(
          before,
          await showUnits(
            w.run,
            before.map((u) => u.unit),
          ),
        );
  let services = await look();
  while (services.length > 0 && now() < until) {
    await wait(POLL_MS);
    services = await look();
  }
  const strayed = of === "apply" ? strayChanges(s, await w.manager.installed()) : [];
  const failedChecks = checks.filter((c) => !c.passed).map((c) => `${c.name}: ${c.detail}.`);
  const known = s.prechecked?.reviewsBefore;
  const reviews = known ? (await w.manager.configurationReviews()).filter((r) => !known.includes(r)) : [];
  const reboot = await access("/run/reboot-required").then(
    () => "The machine wants a restart (/run/reboot-required).",
    () => "",
  );
  const restarted = w.journal.records.flatMap((r) => (r.kind === "restarted" && r.after === of ? r.notes : []));
  const reconnected = of === "restore" ? (s.reconnected?.notes ?? []) : [];
  const problems = [...services, ...failedChecks, ...strayed];
  const notes = [
    ...problems,
    ...restarted,
    ...reconnected,
    ...(reviews.length > 0 ? [`Edited configuration was kept; the package's own lies in ${reviews.join(", ")}.`] : []),
    ...(reboot ? [reboot] : []),
  ];
  const passed = problems.length === 0;
  const at = formatInstant(w.clock.now());
  w.journal.append({ kind: "verified", at, of, passed, notes, checks });
  if (!passed && of === "apply")
    w.journal.append({
      kind: "failing",
      at,
      failureClass: failedChecks.length > 0 ? "check-failed" : services.length > 0 ? "service-failed" : "version-mismatch",
      message: problems.join(" "),
      output: outputTail(w.directory, s),
    });
}

/** Packages outside of the plan that are not as they were: nobody approved that. */
function strayChanges(s: Standing, all: readonly InstalledPackage[]): string[] {
  const planned = new Set(s.action.packages.map(packageKey));
  const before = new Set(s.prechecked?.machineBefore ?? []);
  const stray = all.filter((p) => !planned.has(packageKey(p)) && !before.has(`${packageKey(p)}=${p.version}`));
  return stray.slice(0, 10).map((p) => `${p.name} became ${p.version}, which is not in the plan.`);
}
