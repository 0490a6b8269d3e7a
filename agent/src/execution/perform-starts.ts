import { readFileSync } from "node:fs";
import { formatInstant } from "@breakwater/shared/core";
import { inOrderOf } from "../policy/index.ts";
import { findHooks, HOOK_PHASES } from "../reboot/index.ts";
import { logOf, sizeOf } from "./output.ts";
import type { Surroundings } from "./perform.ts";
import type { Standing } from "./standing.ts";
import { askedFor } from "./starts.ts";
import { restartUnit, showUnits, startUnit, unitsUp } from "./units.ts";

/** Units of the machine that are up, the owner's deferred services in his order apart from the others. */
async function upNow(services: readonly string[], w: Surroundings): Promise<{ deferred: string[]; others: string[] }> {
  const up = (await unitsUp(w.run)).map((u) => u.unit);
  const deferred = inOrderOf(services, up);
  return { deferred, others: up.filter((u) => !deferred.includes(u)) };
}

/** What can be known before anything is changed: whether starts can be deferred as the owner wants, and whether to drain. */
export async function startsPrecheck(w: Surroundings): Promise<{ refused?: string; drain: boolean }> {
  const { services, drain } = await w.deferStarts();
  if (services.length === 0) return { drain: false };
  const no = (why: string) => ({ refused: `${why} Nothing was changed.`, drain: false });
  if (w.manager.id !== "apt")
    return no(
      `The owner defers the start of services (deferStarts in policy.yaml), which scripts of ${w.manager.id}'s packages heed nobody in.`,
    );
  const { deferred } = await upNow(services, w);
  if ((await w.starts.look()) === "other")
    for (const unit of deferred)
      if (!(await w.starts.forbids(unit)))
        return no(
          `The machine has a policy-rc.d of its own, which is left alone, and it lets ${unit} be started by scripts, which policy.yaml (deferStarts) does not.`,
        );
  if (!drain || deferred.length === 0) return { drain: false };
  for (const phase of HOOK_PHASES) {
    const found = await findHooks(w.configDir, phase);
    if (!found.ok) return no(found.problem.message);
  }
  return { drain: true };
}

/** Before a transaction: what is up now goes to the journal, then scripts are kept from starting what the owner names. */
export async function deferStarts(s: Standing, w: Surroundings): Promise<void> {
  const { services } = await w.deferStarts();
  if (services.length === 0) return;
  const { deferred, others } = await upNow(services, w);
  const logOffset = sizeOf(logOf(w.directory));
  w.journal.append({ kind: "starts-deferred", at: formatInstant(w.clock.now()), services: [...services], up: deferred, others, logOffset });
  await w.starts.lay(s.executionId, services);
}

/**
 * After a transaction: what the owner named is started again in his order, or restarted where scripts wanted that and did not get
 * it; and so is what they named in the same call, which fell with it. What was not up before is left as it is.
 */
export async function startDeferred(s: Standing, w: Surroundings): Promise<void> {
  const { services = [], up = [], others = [], logOffset = 0 } = s.deferred ?? {};
  // The executor may have been killed between laying it and the transaction.
  await w.starts.release();
  const asked = askedFor(await w.starts.requests(s.executionId), logFrom(w, logOffset));
  const fallen = others.filter((unit) => asked.has(unit));
  const isService = (unit: string) => unit.endsWith(".service");
  // What waits for connections comes first: systemd lays no socket for a service that is up already.
  const inOrder = [...fallen.filter((u) => !isService(u)), ...inOrderOf(services, up), ...fallen.filter(isService)];
  const now = new Map((inOrder.length === 0 ? [] : await showUnits(w.run, inOrder)).map((u) => [u.unit, u.active]));
  const excluded = new Set(await w.excludedRestarts(inOrder));
  const units: string[] = [];
  const notes: string[] = [];
  for (const unit of inOrder) {
    const down = !["active", "activating", "reloading"].includes(now.get(unit) ?? "");
    if (!down && !(asked.has(unit) && isService(unit))) continue;
    if (!down && excluded.has(unit)) {
      notes.push(`Restart needed: ${unit}, which a package's script asked for; the owner's policy excludes that.`);
      continue;
    }
    const problem = await (down ? startUnit : restartUnit)(w.run, unit);
    if (problem) notes.push(problem);
    else units.push(unit);
  }
  if (units.length > 0) notes.unshift(`Started after the change, in this order: ${units.join(", ")}.`);
  const stray = [...asked].filter((unit) => !inOrder.includes(unit)).sort();
  if (stray.length > 0) notes.push(`Left stopped, as before, though a package's script would have started it: ${stray.join(", ")}.`);
  w.journal.append({ kind: "deferred-started", at: formatInstant(w.clock.now()), units, notes });
  await w.starts.forget(s.executionId);
}

function logFrom(w: Surroundings, offset: number): string {
  try {
    return readFileSync(logOf(w.directory)).subarray(offset).toString("utf8");
  } catch {
    return ""; // No transaction printed anything yet.
  }
}
