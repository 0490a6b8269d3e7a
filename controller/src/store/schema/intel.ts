import { sql } from "drizzle-orm";
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
  /** What the server said of the document that was read last, for a conditional request. */
  etag: text().notNull().default(""),
  lastModified: text("last_modified").notNull().default(""),
  /** How far a feed that is read piece by piece has come, in its own words. */
  cursor: text().notNull().default(""),
  /** The date that the feed itself carries; null where it carries none. */
  dated: moment("dated"),
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
  /** The feed that called it withdrawn; only that one can take it back. */
  withdrawnBy: text("withdrawn_by").notNull().default(""),
  /** Weight of the source that described it: one of less weight overwrites nothing. */
  weight: integer().notNull().default(0),
});

export const advisory = pgTable(
  "advisory",
  {
    id: text().notNull(),
    feedId: text("feed_id").notNull(),
    summary: text().notNull().default(""),
    published: moment("published"),
    modified: moment("modified"),
    withdrawn: boolean().notNull().default(false),
    /** CVE ids: aliases and upstream. */
    vulnerabilities: jsonb().$type<string[]>().notNull().default([]),
    /** Other ids of the same vulnerability that are no CVE. */
    aliases: jsonb().$type<string[]>().notNull().default([]),
    /** The rpm module stream that it is about, where it is about one. */
    module: jsonb().$type<{ name: string; stream: string }>(),
    /** Of what it means, then of how it is called and when it changed: what is the same is not written again. */
    digest: text().notNull().default(""),
  },
  (t) => [
    primaryKey({ columns: [t.feedId, t.id] }),
    index("advisory_id").on(t.id),
    index("advisory_aliases").using("gin", t.aliases),
    index("advisory_module").on(sql`(${t.module}->>'name')`).where(sql`${t.module} is not null`),
  ],
);

/** "introduced" inclusive, "fixed" exclusive, as OSV has it; several ranges of one package are several rows. */
export const advisoryRange = pgTable(
  "advisory_range",
  {
    feedId: text("feed_id").notNull().default(""),
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
    /** The paid channel that the fixed version is in ("esm", "ltss"); "" when it is in none. */
    channel: text().notNull().default(""),
    /** The range is about the installed package of that name, not about the source of that name. */
    binary: boolean("is_binary").notNull().default(false),
    /** The architectures that it is about, between commas; "" when about all. */
    architectures: text().notNull().default(""),
  },
  (t) => [
    primaryKey({ columns: [t.feedId, t.advisoryId, t.distribution, t.package, t.ordinal] }),
    index("advisory_range_package").on(t.distribution, t.package),
    index("advisory_range_module_build").on(sql`substring(${t.fixed} from '\\.(module[_+]\\S+)$')`).where(sql`${t.fixed} like '%.module%'`),
  ],
);

/** Evidence about exploitation: kind "kev" | "epss" | "exploit" | "ssvc" | "chatter". One row a (vulnerability, kind, source). */
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
  (t) => [
    primaryKey({ columns: [t.vulnerabilityId, t.kind, t.source] }),
    // Scores are given to all 300,000 vulnerabilities, the rest is said of few.
    index("signal_of_few").on(t.kind, t.vulnerabilityId).where(sql`kind <> 'epss'`),
  ],
);

/** One vulnerability in one package on one endpoint. Closes only when a fixed version was seen, or the package is gone. */
export const finding = pgTable(
  "finding",
  {
    id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    endpointId: text("endpoint_id").notNull(),
    packageId: bigint("package_id", { mode: "number" }).notNull(),
    vulnerabilityId: text("vulnerability_id").notNull(),
    /** Of the package: a library of npm may have the name of one of Debian. */
    ecosystem: text().notNull().default("deb"),
    packageName: text("package_name").notNull(),
    sourceName: text("source_name").notNull(),
    installedVersion: text("installed_version").notNull(),
    fixedVersion: text("fixed_version"),
    /** "open" | "no-fix" | "restart-needed" | "suppressed" | "not-affected" | "fixed" | "gone" | "ignored" */
    state: text().notNull(),
    /** Why there is no fix, a word of know/matching/vote; null where there is one. */
    noFixBecause: text("no_fix_because"),
    /** What people or vendors decided about it, over what the versions say (know/assessment); null where nobody did. */
    assessment: jsonb().$type<unknown>(),
    /** Since when that decision keeps it out of what is open. */
    setAsideAt: moment("set_aside_at"),
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
    uniqueIndex("finding_key").on(t.endpointId, t.ecosystem, t.packageName, t.vulnerabilityId),
    index("finding_vulnerability").on(t.vulnerabilityId),
    index("finding_open").on(t.state, t.endpointId),
    index("finding_update").on(t.updateId),
    index("finding_risk").on(t.risk.desc(), t.id),
    index("finding_package").on(t.packageName, t.id),
    // What lists and counts ask of findings without reading them: with factors and proofs each takes some 1.7 kB.
    index("finding_days").on(t.openedAt, t.id, t.closedAt, t.setAsideAt, t.risk, t.state),
    index("finding_unresolved")
      .on(t.endpointId, t.vulnerabilityId, t.packageName, t.updateId, t.risk, t.exposure, t.state, t.id)
      .where(sql`state in ('open', 'no-fix', 'restart-needed')`),
  ],
);
