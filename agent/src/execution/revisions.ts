import { readFileSync, renameSync, writeFileSync } from "node:fs";
import * as z from "zod";

/** Plans that were changed are few; the oldest go beyond this. */
const MAX_PLANS = 1_000;
const schema = z.record(z.string(), z.number().int());

/**
 * The highest revision of each plan whose executions were forgotten, so that an approval of an earlier one still counts for
 * nothing. Only of plans that were changed: a first revision overtakes nothing.
 */
export interface Revisions {
  remember(planId: string, revision: number): void;
  /** The highest forgotten revision; 0 for none. */
  of(planId: string): number;
}

export function openRevisions(path: string): Revisions {
  const known = new Map(Object.entries(read(path)));
  return {
    remember(planId, revision) {
      if (revision <= Math.max(1, known.get(planId) ?? 0)) return;
      known.delete(planId);
      known.set(planId, revision);
      const kept = Object.fromEntries([...known].slice(-MAX_PLANS));
      // Written and synced before the journal goes: a power cut between the two leaves both.
      writeFileSync(`${path}.part`, JSON.stringify(kept), { mode: 0o600, flush: true });
      renameSync(`${path}.part`, path);
    },
    of: (planId) => known.get(planId) ?? 0,
  };
}

function read(path: string): Record<string, number> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
  return schema.parse(JSON.parse(text));
}
