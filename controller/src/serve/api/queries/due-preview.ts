import { type Instant, parseInstant } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import type { z } from "zod";
import { readDueRules } from "../../../know/due-rules/index.ts";
import { UNRESOLVED } from "../../../know/matching/index.ts";
import type { DueRules } from "../../../know/risk/index.ts";
import type { Db } from "../../../store/index.ts";
import type { duePreviewSchema } from "../schemas/index.ts";
import { columns, demandsOf, findingRow } from "./findings.ts";
import { select } from "./select.ts";

const AT_ONCE = 2_000;
/** More open findings than this are not gone through while somebody waits. */
const MAX_LOOKED_AT = 200_000;
const MAX_EXAMPLES = 20;

type Preview = z.input<typeof duePreviewSchema>;

/** What other rules would do to the due dates of what is open, page by page. */
export async function previewDueRules(db: Db, wanted: DueRules, now: Instant): Promise<Preview> {
  const held = await readDueRules(db);
  const told = {
    lookedAt: 0,
    all: true,
    earlier: 0,
    later: 0,
    same: 0,
    overdueNow: 0,
    overdueThen: 0,
    examples: [] as Preview["examples"],
  };
  for (let last = 0; ; ) {
    const rows = await select(
      db,
      findingRow,
      sql`select ${columns} from finding f join endpoint e on e.id = f.endpoint_id left join vulnerability v on v.id = f.vulnerability_id
        where f.state in ${UNRESOLVED} and f.id > ${String(last)}::bigint order by f.id limit ${AT_ONCE}`,
    );
    for (const row of rows) {
      last = row.id;
      const [before, after] = [held, wanted].map((rules) => demandsOf(row, rules).first);
      const [a, b] = [dayOf(before?.at), dayOf(after?.at)];
      told.lookedAt++;
      if (a < now) told.overdueNow++;
      if (b < now) told.overdueThen++;
      if (a === b) told.same++;
      else {
        if (b < a) told.earlier++;
        else told.later++;
        if (told.examples.length < MAX_EXAMPLES)
          told.examples.push({
            findingId: row.id,
            vulnerabilityId: row.vulnerabilityId,
            packageName: row.packageName,
            hostname: row.hostname,
            before: before ?? null,
            after: after ?? null,
          });
      }
    }
    if (rows.length < AT_ONCE) return told;
    if (told.lookedAt >= MAX_LOOKED_AT) return { ...told, all: false };
  }
}

/** No day is later than every day. */
const dayOf = (at: string | null | undefined): number => (at ? (parseInstant(at) ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY);
