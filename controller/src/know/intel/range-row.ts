import { sql } from "drizzle-orm";
import { z } from "zod";

/** A range of an advisory as {@link RANGE_AS_JSON} tells it. */
export const rangeRow = z.object({
  distribution: z.string(),
  ecosystem: z.string(),
  package: z.string(),
  introduced: z.string(),
  fixed: z.string().nullable(),
  lastAffected: z.string().nullable(),
  urgency: z.string(),
  channel: z.string(),
  // What elder bundles do not tell.
  binary: z.boolean().default(false),
  architectures: z.string().default(""),
});
/** Of `advisory_range r`. */
export const RANGE_AS_JSON = sql`jsonb_build_object('distribution', r.distribution, 'ecosystem', r.ecosystem, 'package', r.package,
  'introduced', r.introduced, 'fixed', r.fixed, 'lastAffected', r.last_affected, 'urgency', r.urgency, 'channel', r.channel,
  'binary', r.is_binary, 'architectures', r.architectures)`;
