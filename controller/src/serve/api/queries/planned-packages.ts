import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "../../../store/index.ts";
import { int, select } from "./select.ts";

const planRow = z.object({ planId: z.string(), revision: int, state: z.string() });
const packageRow = z.object({ name: z.string(), to: z.string() });

/** A plan that is not over, and the packages that it changes, each as "name version". */
export interface PlannedPackage {
  readonly planId: string;
  readonly state: string;
  readonly packages: ReadonlySet<string>;
}
export const packageStep = (name: string, to: string): string => `${name} ${to}`;

export interface PlannedPackages {
  /** Of every plan that may still change something: a draft, an approved one, one whose deployment is not over. */
  read(db: Db): Promise<PlannedPackage[]>;
}

/**
 * Reads which packages open plans change. A plan of ten thousand endpoints has as many actions, and reading them takes most of a second;
 * a revision never changes, so what one changes is kept for as long as it is open.
 */
export function createPlannedPackages(): PlannedPackages {
  let kept = new Map<string, ReadonlySet<string>>();
  return {
    async read(db) {
      const plans = await select(
        db,
        planRow,
        sql`select p.id as "planId", p.revision, p.state from plan p where p.state in ('draft', 'approved')
          or exists (select 1 from deployment d where d.plan_id = p.id and d.plan_revision = p.revision and d.finished_at is null)
          order by p.id, p.revision`,
      );
      const now = new Map<string, ReadonlySet<string>>();
      const read: PlannedPackage[] = [];
      for (const { planId, revision, state } of plans) {
        const key = `${planId} ${revision}`;
        const packages = kept.get(key) ?? (await packagesOf(db, planId, revision));
        now.set(key, packages);
        read.push({ planId, state, packages });
      }
      kept = now;
      return read;
    },
  };
}

async function packagesOf(db: Db, planId: string, revision: number): Promise<ReadonlySet<string>> {
  const rows = await select(
    db,
    packageRow,
    sql`select distinct k->>'name' as name, k->>'to' as "to" from plan_action a, jsonb_array_elements(convert_from(a.action, 'UTF8')::jsonb->'packages') k
      where a.plan_id = ${planId} and a.revision = ${revision}`,
  );
  return new Set(rows.map((r) => packageStep(r.name, r.to)));
}
