import { type Clock, formatInstant, type Instant, parseInstant } from "@breakwater/shared/core";
import { eq } from "drizzle-orm";
import { z } from "zod";
import { type Store, schema } from "../store/index.ts";

const KEY = "demo";

const progressSchema = z.object({
  seed: z.string(),
  /** Where the demo's story began, in its own time. */
  beganAt: z.iso.datetime(),
  /** How far its clock had come. */
  clockAt: z.iso.datetime(),
  deployments: z.record(z.string(), z.object({ planId: z.string(), revision: z.number().int(), deploymentId: z.string().optional() })),
});
/** How far the demo has come, so that a second start goes on instead of beginning again. */
export type Progress = z.infer<typeof progressSchema>;

/** The stored progress; a new story that begins at `beginAt` where there is none. */
export async function readProgress(store: Store, seed: string, beginAt: Instant): Promise<Progress> {
  const [row] = await store.db.select({ value: schema.setting.value }).from(schema.setting).where(eq(schema.setting.key, KEY));
  if (row) return progressSchema.parse(row.value);
  return { seed, beganAt: formatInstant(beginAt), clockAt: formatInstant(beginAt), deployments: {} };
}

export async function writeProgress(store: Store, real: Clock, progress: Progress): Promise<void> {
  const row = { key: KEY, value: progress, updatedAt: formatInstant(real.now()), updatedBy: "simulation" };
  await store.db.insert(schema.setting).values(row).onConflictDoUpdate({ target: schema.setting.key, set: row });
}

export const momentOf = (text: string): Instant => parseInstant(text) as Instant;
