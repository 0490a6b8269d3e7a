import { z } from "@hono/zod-openapi";
import { CMDB_FIELDS, CRITERIA, GAP_KINDS, MAX_CMDB_BYTES } from "../../../know/cmdb/index.ts";
import { at, page, pageQuery } from "./common.ts";

export const cmdbSourceName = z
  .string()
  .regex(/^[\w][\w. -]{0,62}$/, "a source is 1-63 letters, digits, spaces, or . _ -")
  .openapi({ example: "servicenow" });
const formatSchema = z.enum(["csv", "json"]);

export const cmdbImportBody = z.strictObject({
  source: cmdbSourceName.default("cmdb"),
  content: z.string().min(1).max(MAX_CMDB_BYTES).openapi({ description: "The export's text: CSV with a header, or JSON." }),
  format: formatSchema.optional().openapi({ description: "Left out: told by how the content begins." }),
  mapping: z
    .record(z.string(), z.unknown())
    .optional()
    .openapi({
      description: `columns: which column is what (${CMDB_FIELDS.join(", ")}), a name or several; criticalities: the file's words as 1 to 5; retired: statuses of machines out of use; softwareNames: names as packages have them.`,
    }),
});
const setAsideSchema = z.object({ place: z.number().int(), what: z.enum(["row", "value"]), reason: z.string() }).openapi("CmdbSetAside", {
  description: "A row that was not taken, or one value of a row that was; place is a line of CSV, a position in JSON.",
});
const told = {
  source: z.string(),
  format: formatSchema,
  entries: z.number().int(),
  software: z.number().int(),
  /** Which columns were read as what. */
  columns: z.record(z.string(), z.array(z.string())),
  setAsideCount: z.number().int(),
  setAside: z.array(setAsideSchema),
};
export const cmdbImportedSchema = z.object({ ...told, before: z.number().int().nullable() }).openapi("CmdbImported");
export const cmdbSourceSchema = z.object({ ...told, importedAt: at, importedBy: z.string() }).openapi("CmdbSource");
export const cmdbSourcesSchema = z.object({ rows: z.array(cmdbSourceSchema) });

export const gapKindSchema = z.enum(GAP_KINDS).openapi("GapKind");
export const gapSchema = z
  .object({
    kind: gapKindSchema,
    name: z.string(),
    why: z.string(),
    /** The endpoint, or those that it may be; of software and neighbours, examples. */
    endpoints: z.array(z.object({ id: z.string(), hostname: z.string() })),
    count: z.number().int(),
    source: z.string(),
    place: z.number().int().nullable(),
    by: z.enum(CRITERIA).nullable(),
    serial: z.string(),
    addresses: z.array(z.string()),
    macs: z.array(z.string()),
    owner: z.string(),
    criticality: z.number().int().nullable(),
    site: z.string(),
    status: z.string(),
    seenAt: at.nullable(),
    /** Versions of software: in the configuration database, and on endpoints. */
    listed: z.array(z.string()),
    installed: z.array(z.string()),
    simulated: z.boolean(),
  })
  .openapi("InventoryGap");
const gapFilter = {
  kind: gapKindSchema.optional(),
  source: cmdbSourceName.optional(),
  q: z.string().max(200).optional().openapi({ description: "Part of a name, an address, an owner or a host." }),
};
export const gapQuery = pageQuery.extend(gapFilter);
export const gapFileQuery = z.object(gapFilter);
export const gapPage = page(gapSchema)
  .extend({
    /** Of each kind, whatever kind is asked for. */
    counts: z.record(z.string(), z.number().int()),
    endpoints: z.number().int(),
    entries: z.number().int(),
    /** Endpoints whose software an entry lists. Of the others nothing is said. */
    softwareCompared: z.number().int(),
    /** Endpoints whose owners let them tell of neighbours; of `cut` these, not all are told. */
    neighbours: z.object({ watching: z.number().int(), cut: z.number().int() }),
  })
  .openapi("InventoryGapPage");
