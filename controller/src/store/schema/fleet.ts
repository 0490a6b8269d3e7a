import { sql } from "drizzle-orm";
import { bigint, boolean, customType, index, integer, jsonb, pgTable, primaryKey, text, timestamp, uniqueIndex } from "drizzle-orm/pg-core";
import { TOLD_BY_FACTS } from "./told-by-facts.ts";

/** Moments travel as ISO strings: the two drivers disagree on Date and on timestamptz arrays. */
export const moment = (name: string) => timestamp(name, { withTimezone: true, mode: "string" });
export const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => "bytea" });

export const endpoint = pgTable("endpoint", {
  id: text().primaryKey(),
  hostname: text().notNull(),
  machineId: text("machine_id").notNull(),
  osId: text("os_id").notNull(),
  osVersion: text("os_version").notNull(),
  osName: text("os_name").notNull(),
  osCodename: text("os_codename").notNull().default(""),
  architecture: text().notNull(),
  kernelRelease: text("kernel_release").notNull(),
  virtualization: text().notNull().default(""),
  agentVersion: text("agent_version").notNull(),
  timezone: text().notNull().default("UTC"),
  bootId: text("boot_id").notNull().default(""),
  /** What the endpoint's own policy allows: observe, rehearse, patch. */
  policyMode: text("policy_mode").notNull().default("observe"),
  pinnedKeyIds: jsonb("pinned_key_ids").$type<string[]>().notNull().default([]),
  capabilities: jsonb().$type<string[]>().notNull().default([]),
  /** Facts that operators set. */
  site: text().notNull().default("default"),
  tags: jsonb().$type<string[]>().notNull().default([]),
  /** 1 (expendable) to 5 (the business stops). */
  criticality: integer().notNull().default(3),
  /** "loopback" | "private" | "public" | null: used where evidence is missing. */
  declaredExposure: text("declared_exposure"),
  redundancyGroup: text("redundancy_group"),
  /** The part of the network that operators say it stands in. */
  zone: text(),
  window: jsonb().$type<unknown>(),
  checks: jsonb().$type<unknown[]>().notNull().default([]),
  /** Where the last inventory stands. */
  inventoryDigest: text("inventory_digest").notNull().default(""),
  inventoryAt: moment("inventory_at"),
  facts: jsonb().$type<unknown>(),
  ...TOLD_BY_FACTS,
  /** When all of its findings were last judged anew; changes since were judged by themselves. */
  findingsAt: moment("findings_at"),
  enrolledAt: moment("enrolled_at").notNull(),
  lastSeenAt: moment("last_seen_at"),
  connected: boolean().notNull().default(false),
  clockOffsetMs: bigint("clock_offset_ms", { mode: "number" }).notNull().default(0),
  revokedAt: moment("revoked_at"),
  simulated: boolean().notNull().default(false),
  /** What holds its executor back, as it last said (know/halts). null: its agent has never said. */
  brakes: jsonb().$type<unknown>(),
  brakesAt: moment("brakes_at"),
});

/** Halts that operators signed without a controller. This one carries them and can neither make nor lift one. */
export const halt = pgTable("halt", {
  /** Hex SHA-256 of the signed text. */
  digest: text().primaryKey(),
  order: text().notNull(),
  scope: text().notNull(),
  reason: text().notNull(),
  keyId: text("key_id").notNull(),
  issuedAt: moment("issued_at").notNull(),
  expiresAt: moment("expires_at"),
  takenAt: moment("taken_at").notNull(),
  takenBy: text("taken_by").notNull(),
  liftOrder: text("lift_order"),
  liftedAt: moment("lifted_at"),
  liftedBy: text("lifted_by"),
});

export const redundancyGroup = pgTable("redundancy_group", {
  id: text().primaryKey(),
  minHealthy: integer("min_healthy").notNull(),
});

export const site = pgTable("site", {
  id: text().primaryKey(),
  maxConcurrent: integer("max_concurrent").notNull(),
});

/** A part of the network, and who is let in. */
export const zone = pgTable("zone", {
  id: text().primaryKey(),
  /** Zones whose machines reach this one's; "internet" is the world. */
  reachedFrom: jsonb("reached_from").$type<string[]>().notNull(),
});

/** Something in front of endpoints that forwards what it is sent. */
export const loadBalancer = pgTable("load_balancer", {
  id: text().primaryKey(),
  /** Where its own address lies: "public" | "private". */
  exposure: text().notNull(),
  /** Endpoints with any of these tags are behind it. */
  tags: jsonb().$type<string[]>().notNull(),
  /** Ports of the endpoints that it forwards to; none named: any. */
  ports: jsonb().$type<number[]>().notNull(),
});

/** Blackouts and business events. `rule` is parsed by decide/planning: an interval, a weekly or monthly rule. */
export const calendarEvent = pgTable("calendar_event", {
  id: text().primaryKey(),
  name: text().notNull(),
  kind: text().notNull(),
  timezone: text().notNull(),
  rule: jsonb().$type<unknown>().notNull(),
  tags: jsonb().$type<string[]>().notNull().default([]),
});

export const joinToken = pgTable("join_token", {
  id: text().primaryKey(),
  secretHash: text("secret_hash").notNull().unique(),
  createdBy: text("created_by").notNull(),
  createdAt: moment("created_at").notNull(),
  expiresAt: moment("expires_at").notNull(),
  usesLeft: integer("uses_left").notNull(),
  tags: jsonb().$type<string[]>().notNull().default([]),
  site: text().notNull().default("default"),
  revokedAt: moment("revoked_at"),
});

/** Client certificates of endpoints and monitors. Revocation is checked on live streams. */
export const certificate = pgTable(
  "certificate",
  {
    serial: text().primaryKey(),
    endpointId: text("endpoint_id").notNull(),
    subject: text().notNull(),
    issuedAt: moment("issued_at").notNull(),
    expiresAt: moment("expires_at").notNull(),
    revokedAt: moment("revoked_at"),
  },
  (t) => [index("certificate_endpoint").on(t.endpointId)],
);

/** Each distinct package in the fleet, once. All that is costly is done per row here, never per endpoint. */
export const packageCatalogue = pgTable(
  "package_catalogue",
  {
    id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    ecosystem: text().notNull(),
    name: text().notNull(),
    version: text().notNull(),
    architecture: text().notNull(),
    sourceName: text("source_name").notNull(),
    sourceVersion: text("source_version").notNull(),
    vendor: text().notNull().default(""),
    /** "debian:12": advisories speak of one release. "" for packages of a language, which belong to none. */
    distribution: text().notNull(),
    /** rpm's label of its module, "nodejs:16:...": advisories speak of one stream. */
    module: text().notNull().default(""),
  },
  (t) => [
    uniqueIndex("package_catalogue_key").on(t.distribution, t.ecosystem, t.name, t.version, t.architecture, t.sourceName, t.sourceVersion),
    index("package_catalogue_source").on(t.distribution, t.sourceName),
  ],
);

/** Of `endpoint_package`: of what is left at most its configuration is there. */
export const NOT_THERE = "status in ('config-files', 'not-installed')";

export const endpointPackage = pgTable(
  "endpoint_package",
  {
    endpointId: text("endpoint_id").notNull(),
    packageId: bigint("package_id", { mode: "number" }).notNull(),
    status: text().notNull(),
    held: boolean().notNull().default(false),
  },
  (t) => [
    primaryKey({ columns: [t.endpointId, t.packageId] }),
    index("endpoint_package_package").on(t.packageId),
    // The few that are listed and not there: with them, what is there is read from the key alone, wherever its rows lie.
    index("endpoint_package_not_there").on(t.endpointId, t.packageId).where(sql.raw(NOT_THERE)),
  ],
);

/** Packages of languages that were found in files. They are told of and matched, and never patched. */
export const endpointComponent = pgTable(
  "endpoint_component",
  {
    endpointId: text("endpoint_id").notNull(),
    packageId: bigint("package_id", { mode: "number" }).notNull(),
    path: text().notNull(),
    /** What told name and version. */
    evidence: text().notNull().default(""),
    sha1: text().notNull().default(""),
    /** The operating system's package that the file came with; then it is no finding of its own. */
    owner: text().notNull().default(""),
    uses: jsonb().$type<unknown[]>().notNull().default([]),
    reach: text().notNull().default(""),
    /** Set while the last looks could not look where it was. */
    unseenSince: moment("unseen_since"),
  },
  (t) => [primaryKey({ columns: [t.endpointId, t.packageId, t.path] }), index("endpoint_component_package").on(t.packageId)],
);

/** A package that an update would install where it is not. */
export interface NewPackage {
  readonly name: string;
  readonly architecture: string;
  readonly version: string;
}

/** What an endpoint's own repositories offer. `updateId` leads to what that update says it fixes. */
export const pendingUpdate = pgTable(
  "pending_update",
  {
    endpointId: text("endpoint_id").notNull(),
    name: text().notNull(),
    architecture: text().notNull(),
    updateId: bigint("update_id", { mode: "number" }).notNull(),
    held: boolean().notNull().default(false),
    phasedPercent: integer("phased_percent").notNull().default(100),
    /** What it would install and the endpoint does not have. */
    brings: jsonb().$type<readonly NewPackage[]>().notNull().default([]),
    /** It may bring something, and what cannot be told. */
    bringsUnknown: boolean("brings_unknown").notNull().default(false),
  },
  (t) => [primaryKey({ columns: [t.endpointId, t.name, t.architecture] }), index("pending_update_update").on(t.updateId)],
);

/** Each distinct from -> to of a package in the fleet, once, with what its changelog says. */
export const updateCatalogue = pgTable(
  "update_catalogue",
  {
    id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    distribution: text().notNull(),
    ecosystem: text().notNull(),
    name: text().notNull(),
    architecture: text().notNull(),
    fromVersion: text("from_version").notNull(),
    toVersion: text("to_version").notNull(),
    sourceName: text("source_name").notNull(),
    sourceVersion: text("source_version").notNull(),
    origin: text().notNull(),
    label: text().notNull(),
    suite: text().notNull(),
    security: boolean().notNull(),
    downloadSizeBytes: bigint("download_size_bytes", { mode: "number" }).notNull(),
    /** null until an endpoint has read its changelog. */
    describedAt: moment("described_at"),
    describeRequestedAt: moment("describe_requested_at"),
    cves: jsonb().$type<string[]>().notNull().default([]),
    urgency: text().notNull().default(""),
    changelog: text().notNull().default(""),
    maintainerScripts: jsonb("maintainer_scripts").$type<string[]>().notNull().default([]),
    problem: text().notNull().default(""),
  },
  (t) => [uniqueIndex("update_catalogue_key").on(t.distribution, t.ecosystem, t.name, t.architecture, t.fromVersion, t.toVersion)],
);
