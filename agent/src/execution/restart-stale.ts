import type { Run } from "../packages/run.ts";
import { askNeedRestart } from "../reboot/index.ts";
import { staleUnits } from "./stale-units.ts";
import { restartOrder, restartUnit } from "./units.ts";

/** Units that run replaced files: by needrestart, which knows of interpreters too, where it is; and by the maps of all processes. */
async function needRestart(run: Run): Promise<string[]> {
  const told = await askNeedRestart(run);
  return [...(told?.services ?? []), ...(await staleUnits())];
}

/**
 * Restarts what runs replaced files, one after another, ourselves last. What the owner excludes, and what would take the
 * machine's sessions with it, is told and left.
 */
export async function restartStale(
  run: Run,
  excludedBy: (units: readonly string[]) => Promise<string[]>,
): Promise<{ units: string[]; notes: string[] }> {
  const { now, later, ourselves } = restartOrder(await needRestart(run));
  const excluded = new Set(await excludedBy(now));
  const units = [...now.filter((u) => !excluded.has(u)), ...ourselves];
  const notes: string[] = [];
  if (excluded.size > 0) notes.push(`Restart needed: ${[...excluded].join(", ")} on replaced files; the owner's policy excludes that.`);
  if (later.length > 0) notes.push(`Still on replaced files until the machine restarts: ${later.join(", ")}.`);
  for (const unit of units) {
    const problem = await restartUnit(run, unit);
    if (problem) notes.push(problem);
  }
  return { units, notes };
}

/** Units on replaced files that wait for a reboot. */
export const waitingUnits = async (): Promise<string[]> => restartOrder(await staleUnits()).later;
