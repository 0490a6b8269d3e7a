import { bigint, index, integer, jsonb, pgTable, text } from "drizzle-orm/pg-core";
import { moment } from "./fleet.ts";

/** A person's decision that a vulnerability in a package need not be acted on, somewhere and until some day. */
export const suppression = pgTable(
  "suppression",
  {
    id: text().primaryKey(),
    vulnerabilityId: text("vulnerability_id").notNull(),
    /** "deb", "npm", ...: packages of other kinds that have the same name are other packages. */
    targetEcosystem: text("target_ecosystem").notNull().default("deb"),
    /** "package": as it is installed. "source": every package built from it. */
    targetKind: text("target_kind").notNull(),
    target: text().notNull(),
    /** "endpoint" | "tag" | "group" | "fleet" */
    scopeKind: text("scope_kind").notNull(),
    /** Endpoint id, tag or redundancy group; "" for the fleet. */
    scope: text().notNull(),
    justification: text().notNull(),
    reason: text().notNull(),
    createdAt: moment("created_at").notNull(),
    createdBy: text("created_by").notNull(),
    expiresAt: moment("expires_at").notNull(),
    /** Installed versions that were looked at; another version is not covered. */
    versions: jsonb().$type<string[]>().notNull(),
    /** What was known of exploitation when it was decided; more than that ends it. */
    exploitation: jsonb().$type<string[]>().notNull(),
    endedAt: moment("ended_at"),
    endedBy: text("ended_by"),
    endedBecause: text("ended_because"),
  },
  (t) => [index("suppression_open").on(t.endedAt, t.vulnerabilityId), index("suppression_vulnerability").on(t.vulnerabilityId)],
);

/** A VEX document as it was taken in. */
export const vexDocument = pgTable(
  "vex_document",
  {
    id: text().primaryKey(),
    format: text().notNull(),
    /** The document's own id and version. */
    documentId: text("document_id").notNull(),
    version: text().notNull(),
    author: text().notNull(),
    authorUri: text("author_uri").notNull().default(""),
    timestamp: moment("timestamp").notNull(),
    /** SHA-256 of its bytes. */
    digest: text().notNull(),
    /** Key that signed these bytes, "" without a signature. */
    keyId: text("key_id").notNull().default(""),
    importedAt: moment("imported_at").notNull(),
    importedBy: text("imported_by").notNull(),
    statements: integer().notNull(),
    /** Parts of it that could not be used, and why. */
    leftOut: jsonb("left_out").$type<unknown[]>().notNull().default([]),
    /** Since when its statements no longer count: removed, or replaced by a later version. */
    retiredAt: moment("retired_at"),
    retiredBecause: text("retired_because").notNull().default(""),
  },
  (t) => [index("vex_document_own").on(t.documentId)],
);

/** One vulnerability in one product, as a document's author states it. */
export const vexStatement = pgTable(
  "vex_statement",
  {
    id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    documentId: text("document_id").notNull(),
    /** Where in the document it stands. */
    place: text().notNull(),
    vulnerabilityId: text("vulnerability_id").notNull(),
    status: text().notNull(),
    justification: text().notNull().default(""),
    note: text().notNull().default(""),
    timestamp: moment("timestamp").notNull(),
    purl: text().notNull(),
    /** The purl's parts, as matching compares them (know/vex/product.ts). */
    product: jsonb().$type<unknown>().notNull(),
    /** Only on this endpoint; null: wherever the product is. */
    endpointId: text("endpoint_id"),
  },
  (t) => [index("vex_statement_vulnerability").on(t.vulnerabilityId), index("vex_statement_document").on(t.documentId)],
);
