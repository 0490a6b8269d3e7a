import { and, asc, gt, inArray, max } from "drizzle-orm";
import { type RecordedEvent, type Store, schema } from "../../store/index.ts";

const PAGE = 500;

/** Reads the domain events of some types that are recorded from now on, in their order. */
export async function createEventFollower(store: Store, types: readonly string[]) {
  const { domainEvent } = schema;
  const [last] = await store.db.select({ position: max(domainEvent.position) }).from(domainEvent);
  let position = last?.position ?? 0;
  return {
    /** What came since the last call. */
    async read(): Promise<Pick<RecordedEvent, "type" | "subject" | "data">[]> {
      const rows = await store.db
        .select()
        .from(domainEvent)
        .where(and(gt(domainEvent.position, position), inArray(domainEvent.type, [...types])))
        .orderBy(asc(domainEvent.position))
        .limit(PAGE);
      position = rows.at(-1)?.position ?? position;
      return rows.map(({ type, subject, data }) => ({ type, subject, data: data as Record<string, unknown> }));
    },
  };
}
