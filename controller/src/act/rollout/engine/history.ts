import { formatInstant } from "@breakwater/shared/core";
import { asc, eq } from "drizzle-orm";
import { type Db, schema } from "../../../store/index.ts";
import type { RolloutEvent } from "../core/index.ts";
import { chunks, momentOf } from "./rows.ts";

const { rolloutEvent } = schema;

/** The whole history of a deployment, oldest first. Only this module writes these rows, in exactly this shape. */
export async function readHistory(db: Db, deploymentId: string): Promise<RolloutEvent[]> {
  const rows = await db.select().from(rolloutEvent).where(eq(rolloutEvent.deploymentId, deploymentId)).orderBy(asc(rolloutEvent.sequence));
  return rows.map((row, i) => {
    if (row.sequence !== i + 1) throw new Error(`the history of ${deploymentId} lacks event ${i + 1}`);
    return { ...(row.data as object), type: row.type, at: momentOf(row.at) } as RolloutEvent;
  });
}

/** Appends events after `sequence`. Fails on the primary key when somebody else appended meanwhile. */
export async function appendHistory(db: Db, deploymentId: string, sequence: number, events: readonly RolloutEvent[]): Promise<void> {
  const rows = events.map((event, i) => {
    const { type, at, ...data } = event;
    return { deploymentId, sequence: sequence + i + 1, at: formatInstant(at), type, data };
  });
  for (const part of chunks(rows)) await db.insert(rolloutEvent).values(part);
}
