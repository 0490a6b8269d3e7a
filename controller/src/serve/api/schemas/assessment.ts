import { z } from "@hono/zod-openapi";
import { at, id, page, pageQuery, reason } from "./common.ts";

export const justificationSchema = z
  .enum([
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
    "risk_accepted",
  ])
  .openapi("SuppressionJustification", {
    description: "VEX's status justifications, or that the risk is accepted, which claims nothing of the product.",
  });

export const suppressionScopeSchema = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("endpoint"), id }),
    z.strictObject({ kind: z.literal("tag"), id }),
    z.strictObject({ kind: z.literal("group"), id }),
    z.strictObject({ kind: z.literal("fleet") }),
  ])
  .openapi("SuppressionScope");
const targetSchema = z
  .strictObject({ ecosystem: z.string().min(1).max(20), kind: z.enum(["package", "source"]), name: z.string().min(1).max(200) })
  .openapi("SuppressionTarget", { description: "A package as it is installed, or every package of a source, of one ecosystem." });

export const vexFormatSchema = z.enum(["openvex", "csaf", "cyclonedx"]);
const statusSchema = z.enum(["not_affected", "affected", "fixed", "under_investigation"]);

export const vexStatementSchema = z
  .object({
    status: statusSchema,
    justification: z.string().nullable(),
    note: z.string(),
    author: z.string(),
    /** 1 is believed first. */
    rank: z.number().int(),
    timestamp: at,
    purl: z.string(),
    /** Our id of its document, and the document's own. */
    documentId: z.string(),
    document: z.string(),
    format: vexFormatSchema,
  })
  .openapi("VexStatement");

/** What people or vendors decided about a finding, over what the versions say. */
export const assessmentSchema = z
  .object({
    /** The believed statement that counts. */
    statement: vexStatementSchema.nullable(),
    /** Believed statements that say otherwise, and are older or less trusted. */
    overruled: z.array(vexStatementSchema),
    suppression: z
      .object({
        id: z.string(),
        justification: justificationSchema,
        reason: z.string(),
        by: z.string(),
        since: at,
        until: at,
        scope: suppressionScopeSchema,
      })
      .nullable(),
  })
  .openapi("Assessment");

export const suppressionSchema = z
  .object({
    id: z.string(),
    vulnerabilityId: z.string(),
    target: targetSchema,
    scope: suppressionScopeSchema,
    justification: justificationSchema,
    reason: z.string(),
    createdAt: at,
    createdBy: z.string(),
    expiresAt: at,
    /** Installed versions that were looked at; no other is covered. */
    versions: z.array(z.string()),
    /** What was known of exploitation when it was decided; more than that ends it. */
    exploitation: z.array(z.string()),
    /** Findings that it keeps out of what is open now. */
    findings: z.number().int(),
    ended: z.object({ at, by: z.string(), because: z.string() }).nullable(),
  })
  .openapi("Suppression");
export const suppressionCreate = z.strictObject({
  vulnerabilityId: z.string().min(1).max(64),
  target: targetSchema,
  scope: suppressionScopeSchema,
  justification: justificationSchema,
  reason,
  expiresAt: z.iso.datetime({ offset: true }).openapi({ format: "date-time", description: "In the future, within 366 days." }),
});
export const suppressionQuery = pageQuery.extend({
  state: z.enum(["holding", "ended", "any"]).default("holding"),
  vulnerability: z.string().max(64).optional(),
});
export const suppressionPage = page(suppressionSchema).openapi("SuppressionPage");

const placed = z.object({ place: z.string(), reason: z.string() });
export const vexDocumentSchema = z
  .object({
    id: z.string(),
    format: vexFormatSchema,
    documentId: z.string(),
    version: z.string(),
    author: z.string(),
    timestamp: at,
    importedAt: at,
    importedBy: z.string(),
    statements: z.number().int(),
    signed: z.boolean(),
    /** null: its statements count for nothing, see `notBelieved`. */
    rank: z.number().int().nullable(),
    notBelieved: z.string().nullable(),
    leftOut: z.array(placed),
  })
  .openapi("VexDocument");
export const vexDocumentsSchema = z.object({ rows: z.array(vexDocumentSchema) });
export const vexImport = z.strictObject({
  document: z.string().min(1).openapi({ description: "The document's text: OpenVEX, CSAF or CycloneDX in JSON." }),
  signature: z.base64().max(100).optional().openapi({ description: "Ed25519 over the document's UTF-8 bytes, base64." }),
});
/** Examples of what a document's import left out or did not match; all are counted. */
export const MAX_TOLD = 200;
export const vexImportedSchema = z
  .object({
    id: z.string(),
    documentId: z.string(),
    author: z.string(),
    statements: z.number().int(),
    rank: z.number().int().nullable(),
    notBelieved: z.string().nullable(),
    /** The same bytes had been taken in before: nothing changed. */
    known: z.boolean(),
    replaces: z.string().nullable(),
    leftOutCount: z.number().int(),
    leftOut: z.array(placed),
    /** Statements about nothing that is in the fleet now. */
    unmatchedCount: z.number().int(),
    unmatched: z.array(z.object({ place: z.string(), vulnerabilityId: z.string(), purl: z.string(), reason: z.string() })),
  })
  .openapi("VexImported");

const trustedSchema = z.strictObject({
  author: z.string().trim().min(1).max(300),
  rank: z.number().int().min(1).max(100),
  publicKey: z
    .base64()
    .nullable()
    .default(null)
    .openapi({ description: "Raw Ed25519 key; with one, only documents that it signed count." }),
});
export const vexTrustSchema = z.object({ authors: z.array(trustedSchema).max(200) }).openapi("VexTrust");

export const vexExportQuery = z.object({
  format: vexFormatSchema.default("openvex"),
  endpoint: id.optional(),
  tag: id.optional(),
  author: z.string().trim().min(1).max(200).default("Breakwater"),
});
export const sbomQuery = z.object({ format: z.enum(["cyclonedx", "spdx"]).default("cyclonedx") });

export const savedViewSchema = z
  .object({ id: z.string(), name: z.string(), owner: z.string(), mine: z.boolean(), address: z.string(), createdAt: at })
  .openapi("SavedView");
export const savedViewsSchema = z.object({ rows: z.array(savedViewSchema) });
export const savedViewCreate = z.strictObject({
  name: z.string().trim().min(1).max(60),
  /** A place of the console with its filter, as in the address bar. */
  address: z
    .string()
    .max(1_000)
    .regex(/^\/[a-z]+(\?[^\s#]*)?$/, "a page of the console with its filter, as in /queue?security=true"),
});
