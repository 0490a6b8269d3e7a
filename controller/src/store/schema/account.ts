import { bigint, boolean, index, integer, jsonb, pgTable, text, uniqueIndex } from "drizzle-orm/pg-core";
import { moment } from "./fleet.ts";

/**
 * What happened, written in the transaction of the change it tells of. Audit, notices and live pages read from here.
 * `position` may have gaps (a rolled-back transaction) and commits may appear out of order; readers that must not miss
 * one take the lock `EVENT_ORDER_LOCK` row first (see store/events.ts).
 */
export const domainEvent = pgTable(
  "domain_event",
  {
    position: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    at: moment("at").notNull(),
    /** "deployment.paused", "finding.closed", ... */
    type: text().notNull(),
    /** Who caused it: "user:ada", "endpoint:ep_..", "engine". */
    actor: text().notNull(),
    /** What it is about: "deployment:dp_..". */
    subject: text().notNull(),
    data: jsonb().$type<unknown>().notNull(),
  },
  (t) => [index("domain_event_subject").on(t.subject), index("domain_event_type").on(t.type)],
);

/** The hash chain. `hash` covers the record and `previousHash`. */
export const auditRecord = pgTable("audit_record", {
  sequence: bigint({ mode: "number" }).primaryKey(),
  /** The domain event it records; unique, so that none is recorded twice. */
  eventPosition: bigint("event_position", { mode: "number" }).notNull().unique(),
  at: moment("at").notNull(),
  record: text().notNull(),
  previousHash: text("previous_hash").notNull(),
  hash: text().notNull(),
});

export const user = pgTable("app_user", {
  id: text().primaryKey(),
  name: text().notNull().unique(),
  /** "viewer" | "operator" | "approver" | "admin" */
  role: text().notNull(),
  passwordHash: text("password_hash").notNull(),
  createdAt: moment("created_at").notNull(),
  disabledAt: moment("disabled_at"),
});

/** Only the hash of a session's or API token's secret is stored. */
export const userSession = pgTable("user_session", {
  secretHash: text("secret_hash").primaryKey(),
  userId: text("user_id").notNull(),
  kind: text().notNull(),
  label: text().notNull().default(""),
  createdAt: moment("created_at").notNull(),
  expiresAt: moment("expires_at").notNull(),
  lastUsedAt: moment("last_used_at"),
});

/** A list's filter that somebody named: the page and its query, as in the address. Shared by its id. */
export const savedView = pgTable(
  "saved_view",
  {
    id: text().primaryKey(),
    userId: text("user_id").notNull(),
    name: text().notNull(),
    /** "/queue?security=true" */
    address: text().notNull(),
    createdAt: moment("created_at").notNull(),
  },
  (t) => [uniqueIndex("saved_view_name").on(t.userId, t.name)],
);

/** Small durable facts by key: CA material's fingerprint, the set-up token's hash, the fleet freeze. */
export const setting = pgTable("setting", {
  key: text().primaryKey(),
  value: jsonb().$type<unknown>().notNull(),
  updatedAt: moment("updated_at").notNull(),
  updatedBy: text("updated_by").notNull(),
});

/** A lease that any replica may hold for a while: schedules, feeds. */
export const lease = pgTable("lease", {
  name: text().primaryKey(),
  holder: text().notNull(),
  until: moment("until").notNull(),
  token: bigint({ mode: "number" }).notNull(),
  active: boolean().notNull().default(true),
  version: integer().notNull().default(0),
});
