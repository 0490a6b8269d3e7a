import { bigint, boolean, doublePrecision, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from "drizzle-orm/pg-core";
import { moment } from "./fleet.ts";

/** One row a configured feed: when it was last read, what came of it, and what went wrong. */
export const feed = pgTable("feed", {
  id: text().primaryKey(),
  kind: text().notNull(),
  source: text().notNull(),
  lastSuccessAt: moment("last_success_at"),
  lastAttemptAt: moment("last_attempt_at"),
  lastProblem: text("last_problem").notNull().default(""),
  etag: text().notNull().default(""),
  checksum: text().notNull().default(""),
  records: integer().notNull().default(0),
  rejects: integer().notNull().default(0),
  modelVersion: text("model_version").notNull().default(""),
});

/** Records of a feed that could not be read, with the reason; the newest are kept. */
export const feedReject = pgTable("feed_reject", {
  id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  feedId: text("feed_id").notNull(),
  record: text().notNull(),
  reason: text().notNull(),
  at: moment("at").notNull(),
});

export const vulnerability = pgTable("vulnerability", {
  id: text().primaryKey(),
  summary: text().notNull().default(""),
  published: moment("published"),
  cvssVector: text("cvss_vector").notNull().default(""),
  cvssScore: doublePrecision("cvss_score"),
  cwe: jsonb().$type<string[]>().notNull().default([]),
  withdrawn: boolean().notNull().default(false),
});

export const advisory = pgTable("advisory", {
  id: text().primaryKey(),
  feedId: text("feed_id").notNull(),
  summary: text().notNull().default(""),
  published: moment("published"),
  modified: moment("modified"),
  withdrawn: boolean().notNull().default(false),
  /** CVE ids: aliases and upstream. */
  vulnerabilities: jsonb().$type<string[]>().notNull().default([]),
});

/** "introduced" inclusive, "fixed" exclusive, as OSV has it; several ranges of one package are several rows. */
export const advisoryRange = pgTable(
  "advisory_range",
  {
    advisoryId: text("advisory_id").notNull(),
    distribution: text().notNull(),
    ecosystem: text().notNull(),
    package: text().notNull(),
    ordinal: integer().notNull(),
    introduced: text().notNull().default("0"),
    fixed: text(),
    lastAffected: text("last_affected"),
    /** The vendor's own urgency, e.g. "unimportant"; "" when it says none. */
    urgency: text().notNull().default(""),
  },
  (t) => [
    primaryKey({ columns: [t.advisoryId, t.distribution, t.package, t.ordinal] }),
    index("advisory_range_package").on(t.distribution, t.package),
  ],
);

/** Evidence about exploitation: kind "kev" | "epss" | "exploit" | "ssvc". One row a (vulnerability, kind, source). */
export const signal = pgTable(
  "signal",
  {
    vulnerabilityId: text("vulnerability_id").notNull(),
    kind: text().notNull(),
    source: text().notNull(),
    at: moment("at"),
    value: doublePrecision(),
    data: jsonb().$type<unknown>(),
  },
  (t) => [primaryKey({ columns: [t.vulnerabilityId, t.kind, t.source] })],
);

/** One vulnerability in one package on one endpoint. Closes only when a fixed version was seen, or the package is gone. */
export const finding = pgTable(
  "finding",
  {
    id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    endpointId: text("endpoint_id").notNull(),
    packageId: bigint("package_id", { mode: "number" }).notNull(),
    vulnerabilityId: text("vulnerability_id").notNull(),
    packageName: text("package_name").notNull(),
    sourceName: text("source_name").notNull(),
    installedVersion: text("installed_version").notNull(),
    fixedVersion: text("fixed_version"),
    /** "open" | "no-fix" | "fixed" | "gone" | "ignored" */
    state: text().notNull(),
    /** The pending update that closes it, where one is known. */
    updateId: bigint("update_id", { mode: "number" }),
    /** 0-100 with the factors that multiply to it. */
    risk: doublePrecision().notNull().default(0),
    factors: jsonb().$type<unknown>(),
    /** How far an attacker gets to it, as scored: "public", "private", "loopback", "loaded", "not-loaded", "not-running-kernel". */
    exposure: text().notNull().default(""),
    /** Record, rule, versions compared, feed and its date. */
    proofs: jsonb().$type<unknown[]>().notNull().default([]),
    openedAt: moment("opened_at").notNull(),
    closedAt: moment("closed_at"),
    closedBy: text("closed_by"),
  },
  (t) => [
    uniqueIndex("finding_key").on(t.endpointId, t.packageName, t.vulnerabilityId),
    index("finding_vulnerability").on(t.vulnerabilityId),
    index("finding_open").on(t.state, t.endpointId),
    index("finding_update").on(t.updateId),
    index("finding_risk").on(t.risk.desc(), t.id),
  ],
);
