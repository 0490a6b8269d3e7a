import { fail, type Instant, ok, parseInstant, type Result } from "@breakwater/shared/core";
import { isZone, type MaintenanceWindow, weekday } from "@breakwater/shared/window";
import { z } from "zod";

/** Larger fleets are cut off here: a typing error should not eat the machine. */
const MAX_ENDPOINTS = 20_000;

const localTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a local time such as "22:00"');
const moment = z.iso.datetime({ offset: true, error: 'must be a moment with its zone, such as "2026-03-28T20:00:00Z"' });
const share = z.number().min(0, "must be a share from 0 to 1").max(1, "must be a share from 0 to 1");
const atLeastOne = (what: string) => z.number().int().min(1, what);

const endpointSchema = z.object({
  id: z.string().min(1),
  timezone: z.string().refine(isZone, "is no zone that the time zone database knows"),
  site: z.string().default("default"),
  tags: z.array(z.string()).default([]),
  criticality: z.number().int().min(1).max(5).default(3),
  redundancyGroup: z.string().optional(),
  window: z.object({ days: z.array(weekday).min(1, "names no day, so the window never opens"), from: localTime, to: localTime }).optional(),
  blackouts: z
    .array(z.object({ from: moment, to: moment }).refine((b) => Date.parse(b.from) < Date.parse(b.to), "ends before it begins"))
    .default([]),
});

const fleetSchema = z.object({
  start: moment,
  endpoints: z.array(endpointSchema).min(1, "is empty: there is nobody to patch").max(MAX_ENDPOINTS),
  sites: z
    .record(z.string(), z.object({ maxConcurrent: atLeastOne("must be at least 1, or nothing could ever start at this site") }))
    .default({}),
  redundancyGroups: z.record(z.string(), z.object({ minHealthy: z.number().int().min(0) })).default({}),
  maxConcurrent: atLeastOne("must be at least 1, or nothing could ever start"),
  errorBudget: atLeastOne("must be at least 1: with a budget of 0 no failed execution is needed to stop, so nothing may ever start"),
  truth: z.object({
    failureRate: share,
    harmful: z
      .object({ share, onsetMinutes: z.number().min(0), sites: z.array(z.string()).optional() })
      .nullable()
      .default(null),
    applyMinutes: z
      .number()
      .positive("must be longer than nothing")
      .max(24 * 60, "must be a day at most"),
  }),
});

/** How a patch really behaves; the controller is never told. */
export type Truth = z.output<typeof fleetSchema>["truth"];

export interface FleetEndpoint {
  readonly id: string;
  readonly zone: string;
  readonly site: string;
  readonly tags: readonly string[];
  readonly criticality: number;
  readonly redundancyGroup?: string | undefined;
  readonly window?: MaintenanceWindow | undefined;
  readonly blackouts: readonly { readonly from: string; readonly to: string }[];
}

/** The simulated world as its file tells it. Times of blackouts are RFC 3339 in UTC. */
export interface Fleet {
  readonly start: Instant;
  readonly endpoints: readonly FleetEndpoint[];
  readonly sites: Readonly<Record<string, { readonly maxConcurrent: number }>>;
  readonly redundancyGroups: Readonly<Record<string, { readonly minHealthy: number; readonly members: readonly string[] }>>;
  readonly maxConcurrent: number;
  readonly errorBudget: number;
  readonly truth: Truth;
}

const utc = (text: string): string => new Date(Date.parse(text)).toISOString();
const problem = (message: string, next = "Correct the fleet file.") => fail({ code: "bad-fleet", message, next });

/** Reads a fleet. A value that cannot be meant is a problem in a plain sentence; fields of other names are nobody's business here. */
export function readFleet(text: string): Result<Fleet> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    return problem(`The fleet is no JSON: ${cause instanceof Error ? cause.message : String(cause)}.`);
  }
  const read = fleetSchema.safeParse(json);
  if (!read.success) {
    const issue = read.error.issues[0];
    return problem(`The fleet cannot be read: ${nameOf(json, issue?.path ?? [])} ${issue?.message}.`);
  }
  const { endpoints, redundancyGroups, sites, truth, start, ...limits } = read.data;
  const seen = new Set<string>();
  for (const e of endpoints) {
    if (seen.has(e.id)) return problem(`Endpoint ${e.id} is named twice.`);
    seen.add(e.id);
    if (e.redundancyGroup !== undefined && !Object.hasOwn(redundancyGroups, e.redundancyGroup))
      return problem(`Endpoint ${e.id} is in redundancy group ${e.redundancyGroup}, of which the fleet says nothing.`);
  }
  const here = new Set(endpoints.map((e) => e.site));
  const nowhere = truth.harmful?.sites?.find((site) => !here.has(site));
  if (nowhere !== undefined) return problem(`truth.harmful speaks of site ${nowhere}, at which no endpoint stands.`);
  return ok({
    ...limits,
    start: parseInstant(start) as Instant,
    sites,
    truth,
    endpoints: endpoints.map(({ timezone, blackouts, ...e }) => ({
      ...e,
      zone: timezone,
      blackouts: blackouts.map((b) => ({ from: utc(b.from), to: utc(b.to) })),
    })),
    redundancyGroups: Object.fromEntries(
      Object.entries(redundancyGroups).map(([id, group]) => [
        id,
        { ...group, members: endpoints.filter((e) => e.redundancyGroup === id).map((e) => e.id) },
      ]),
    ),
  });
}

/** "endpoints.3.window.days (endpoint web-4)": what a person finds in the file. */
function nameOf(json: unknown, path: readonly PropertyKey[]): string {
  const name = path.length === 0 ? "the file" : path.map(String).join(".");
  if (path[0] !== "endpoints" || typeof path[1] !== "number") return name;
  const list = (json as { endpoints?: unknown }).endpoints;
  const endpoint = Array.isArray(list) ? (list[path[1]] as { id?: unknown } | null) : undefined;
  return typeof endpoint?.id === "string" ? `${name} (endpoint ${endpoint.id})` : name;
}
