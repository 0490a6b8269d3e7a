import { type Clock, formatInstant, type Instant } from "@breakwater/shared/core";
import { eq } from "drizzle-orm";
import { z } from "zod";
import { type Db, recordEvents, schema } from "../../../store/index.ts";

/** Key in `setting`. While it holds a value, nothing starts anywhere; what is in flight ends. */
export const FREEZE_SETTING = "rollout.freeze";
export const freezeSchema = z.object({ reason: z.string(), by: z.string(), at: z.iso.datetime() }).nullable();
export type Freeze = z.infer<typeof freezeSchema>;

export async function readFreeze(db: Db): Promise<Freeze> {
  const [row] = await db.select().from(schema.setting).where(eq(schema.setting.key, FREEZE_SETTING));
  return freezeSchema.parse(row?.value ?? null);
}

/** Freezes the fleet, or with null lets it go on. */
export async function writeFreeze(db: Db, clock: Clock, freeze: { reason: string } | null, reason: string, actor: string): Promise<void> {
  const at: Instant = clock.now();
  const value: Freeze = freeze && { reason: freeze.reason, by: actor, at: formatInstant(at) };
  await db.transaction(async (tx) => {
    const row = { value, updatedAt: formatInstant(at), updatedBy: actor };
    if (value === null) await tx.delete(schema.setting).where(eq(schema.setting.key, FREEZE_SETTING));
    else
      await tx
        .insert(schema.setting)
        .values({ key: FREEZE_SETTING, ...row })
        .onConflictDoUpdate({ target: schema.setting.key, set: row });
    await recordEvents(tx as Db, [{ at, type: freeze ? "fleet.frozen" : "fleet.unfrozen", actor, subject: "fleet:all", data: { reason } }]);
  });
}
