import { rmSync } from "node:fs";
import type { Logger } from "@breakwater/shared/log";
import type { Journal } from "./journal.ts";
import { kinshipOf, rememberedOf } from "./remembered.ts";
import { decidePruning, type Retention } from "./retention.ts";
import type { Revisions } from "./revisions.ts";
import { revisionOf, type Standing } from "./standing.ts";

export interface Prunable {
  readonly id: string;
  readonly journal: Journal;
  readonly acknowledged: number;
}

export interface PruneOptions {
  readonly limits: Retention;
  readonly now: number;
  readonly revisions: Revisions;
  readonly log: Logger;
  standing(journal: Journal): Standing;
  directoryOf(id: string): string;
  archivesOf(id: string): string;
}

/** Clears away what nobody needs any more. @returns the executions that are forgotten, their journals closed */
export function prune(executions: readonly Prunable[], o: PruneOptions): readonly string[] {
  const standings = new Map(executions.map((e) => [e.id, o.standing(e.journal)]));
  const kinship = kinshipOf([...standings.values()]);
  const remembered = executions.flatMap((e) => {
    const s = standings.get(e.id);
    const place = { directory: o.directoryOf(e.id), archives: o.archivesOf(e.id) };
    return s ? [rememberedOf(s, e.journal.records, { acknowledged: e.acknowledged, kinship, ...place })] : [];
  });
  const { dropPackages, forget, beyondLimitBytes } = decidePruning(remembered, o.limits, o.now);
  const remove = (path: string) => rmSync(path, { recursive: true, force: true });
  for (const id of dropPackages) remove(o.archivesOf(id));
  for (const id of forget) {
    const s = standings.get(id);
    if (s?.origin.kind === "apply-received") o.revisions.remember(s.action.planId, revisionOf(s.origin) ?? 0);
    executions.find((e) => e.id === id)?.journal.close();
    remove(o.archivesOf(id));
    remove(o.directoryOf(id));
  }
  if (dropPackages.length + forget.length > 0)
    o.log.info({ packagesOf: dropPackages.length, forgotten: forget.length }, "what ended executions left is cleared away");
  if (beyondLimitBytes > 0)
    o.log.warn(
      { beyondLimitBytes, maxMegabytes: o.limits.maxMegabytes },
      "journals and kept packages take more than retention.maxMegabytes, and all of it is still needed",
    );
  return forget;
}
