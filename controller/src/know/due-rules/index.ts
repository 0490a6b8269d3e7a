import { type Clock, fail, formatInstant, ok, type Problem, type Result } from "@breakwater/shared/core";
import { eq } from "drizzle-orm";
import { z } from "zod";
import { type Db, recordEvents, type Store, schema } from "../../store/index.ts";
import { DEFAULT_DUE_RULES, type DueRules, POLICIES } from "../risk/index.ts";

const KEY = "due.rules";
/** A due date further away than this is none. */
const MAX_DAYS = 3_650;

const within = z.number().int().min(1).max(MAX_DAYS);
const byCriticality = z.tuple([within, within, within, within, within]);
const orNone = within.nullable();

/** How an organisation sets due dates. A new schema reads the old rules or none. */
export const dueRulesSchema = z.strictObject({
  follow: z
    .array(z.enum(POLICIES))
    .min(1, "at least one policy is followed")
    .refine((all) => new Set(all).size === all.length, "a policy is named twice"),
  matrix: z.strictObject({
    critical: byCriticality,
    high: byCriticality,
    unknown: byCriticality,
    medium: byCriticality,
    low: byCriticality,
  }),
  daysOf: z.strictObject({
    ...{ immediate: orNone, "out-of-cycle": orNone, scheduled: orNone, defer: orNone },
    ...{ act: orNone, attend: orNone, "track*": orNone, track: orNone },
  }),
});

/** The rules that hold: the organisation's own, else those that we ship. */
export async function readDueRules(db: Db): Promise<DueRules> {
  const [row] = await db.select().from(schema.setting).where(eq(schema.setting.key, KEY));
  return dueRulesSchema.safeParse(row?.value).data ?? DEFAULT_DUE_RULES;
}

/** @returns the reason why they cannot be used, with its place */
export function parseDueRules(wanted: unknown): Result<DueRules> {
  const parsed = dueRulesSchema.safeParse(wanted);
  return parsed.success ? ok(parsed.data) : fail(unusable(parsed.error));
}

export function createDueRules({ store, clock }: { readonly store: Store; readonly clock: Clock }) {
  return {
    read: () => readDueRules(store.db),
    /** Sets them for everybody; the audit chain keeps what held before. */
    async set(wanted: unknown, reason: string, actor: string): Promise<Result<DueRules>> {
      const rules = parseDueRules(wanted);
      if (!rules.ok) return rules;
      const now = clock.now();
      await store.db.transaction(async (tx) => {
        const before = await readDueRules(tx);
        const row = { value: rules.value, updatedAt: formatInstant(now), updatedBy: actor };
        await tx
          .insert(schema.setting)
          .values({ key: KEY, ...row })
          .onConflictDoUpdate({ target: schema.setting.key, set: row });
        await recordEvents(tx, [
          { at: now, type: "due-rules.changed", actor, subject: `setting:${KEY}`, data: { reason, before, after: rules.value } },
        ]);
      });
      return rules;
    },
  };
}

const unusable = (error: z.ZodError): Problem => ({
  code: "bad-due-rules",
  message: `The rules for due dates cannot be used: ${error.issues
    .slice(0, 5)
    .map((i) => `${i.path.join(".") || "rules"}: ${i.message}`)
    .join("; ")}.`,
  next: "Correct the named places; nothing was changed.",
});
