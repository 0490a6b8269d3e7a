import * as z from "zod";

export const weekday = z.enum(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]);
export const localTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);

/**
 * When an endpoint may be changed, in its own zone. Half-open; belongs to the local day on which it opens; crosses
 * midnight when `to` <= `from`; opens at the end of the gap when the clock jumps over `from`; both passes count when the
 * clock goes back.
 */
export const windowSchema = z.strictObject({ days: z.array(weekday).min(1), from: localTime, to: localTime });
export type MaintenanceWindow = z.infer<typeof windowSchema>;

/** A stretch of absolute time, half-open, RFC 3339. One that ends before it begins would never hold, so it is refused. */
export const intervalSchema = z
  .strictObject({ from: z.iso.datetime(), to: z.iso.datetime(), name: z.string().optional() })
  .refine((i) => Date.parse(i.from) < Date.parse(i.to), { path: ["to"], error: "must be later than from" });
export type Interval = z.infer<typeof intervalSchema>;
