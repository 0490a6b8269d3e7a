import { randomUUID } from "node:crypto";
import { type Clock, fail, ok, type Result } from "@breakwater/shared/core";
import { businessRuleSchema, isZone } from "@breakwater/shared/window";
import { asc, eq } from "drizzle-orm";
import { z } from "zod";
import { type Db, recordEvents, type Store, schema } from "../../store/index.ts";
import { tagsSchema } from "./endpoint.ts";
import { fleetProblem } from "./problems.ts";

const zone = z.string().refine(isZone, "not an IANA time zone");
export const calendarEntrySchema = z.strictObject({
  name: z.string().trim().min(1).max(200),
  /** "blackout": nothing is changed; "business": the business is busy, changes wait unless urgent. */
  kind: z.enum(["blackout", "business"]),
  timezone: zone,
  rule: businessRuleSchema,
  /** Endpoints with any of these tags; empty: all. */
  tags: tagsSchema.default([]),
});
export type CalendarEntry = z.infer<typeof calendarEntrySchema>;
export type CalendarEvent = CalendarEntry & { readonly id: string };

export function calendarOperations(store: Store, clock: Clock) {
  const { db } = store;
  return {
    calendar: {
      async list(): Promise<CalendarEvent[]> {
        const rows = await db.select().from(schema.calendarEvent).orderBy(asc(schema.calendarEvent.name), asc(schema.calendarEvent.id));
        return rows.map((row) => ({ id: row.id, ...calendarEntrySchema.parse(without(row, "id")) }));
      },
      async create(input: unknown, actor: string): Promise<Result<CalendarEvent>> {
        const parsed = calendarEntrySchema.safeParse(input);
        if (!parsed.success) return fail(fleetProblem.invalid("The calendar event cannot be saved", parsed.error));
        return ok(await db.transaction((tx) => addCalendarEntry(tx as Db, clock, parsed.data, actor)));
      },
      async update(id: string, input: unknown, actor: string): Promise<Result<CalendarEvent>> {
        const parsed = calendarEntrySchema.safeParse(input);
        if (!parsed.success) return fail(fleetProblem.invalid("The calendar event cannot be saved", parsed.error));
        return db.transaction(async (tx): Promise<Result<CalendarEvent>> => {
          const changed = await tx.update(schema.calendarEvent).set(parsed.data).where(eq(schema.calendarEvent.id, id)).returning();
          if (changed.length === 0) return fail(fleetProblem.calendarEventUnknown(id));
          await tell(tx as Db, clock, "calendar-event.updated", actor, id, parsed.data.name);
          return ok({ id, ...parsed.data });
        });
      },
      async remove(id: string, actor: string): Promise<Result<null>> {
        return db.transaction(async (tx): Promise<Result<null>> => {
          const [gone] = await tx.delete(schema.calendarEvent).where(eq(schema.calendarEvent.id, id)).returning();
          if (!gone) return fail(fleetProblem.calendarEventUnknown(id));
          await tell(tx as Db, clock, "calendar-event.removed", actor, id, gone.name);
          return ok(null);
        });
      },
    },
  };
}

export async function addCalendarEntry(tx: Db, clock: Clock, entry: CalendarEntry, actor: string): Promise<CalendarEvent> {
  const id = `ce_${randomUUID().replaceAll("-", "").slice(0, 16)}`;
  await tx.insert(schema.calendarEvent).values({ id, ...entry });
  await tell(tx, clock, "calendar-event.created", actor, id, entry.name);
  return { id, ...entry };
}

const tell = (tx: Db, clock: Clock, type: string, actor: string, id: string, name: string) =>
  recordEvents(tx, [{ at: clock.now(), type, actor, subject: `calendar-event:${id}`, data: { name } }]);

function without<T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> {
  const { [key]: _left, ...rest } = value;
  return rest;
}
