import { instant } from "@breakwater/shared/core";
import { eq, sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows, schema } from "../../store/index.ts";
import { JUSTIFICATIONS } from "../suppression/index.ts";
import type { BelievedStatement } from "./choose.ts";
import { type Product, productSchema } from "./product.ts";
import { VEX_FORMATS, VEX_STATUSES } from "./statement.ts";
import { rankOf, type TrustedAuthor, trustSchema } from "./trust.ts";

const TRUST = "vex.trust";

const moment = z.string().transform((text) => instant(Date.parse(text)));
const Row = z.object({
  id: z.coerce.number(),
  vulnerabilityId: z.string(),
  status: z.enum(VEX_STATUSES),
  justification: z.enum(JUSTIFICATIONS).nullable().catch(null),
  note: z.string(),
  timestamp: moment,
  purl: z.string(),
  product: productSchema,
  endpointId: z.string().nullable(),
  document: z.string(),
  name: z.string(),
  format: z.enum(VEX_FORMATS),
  author: z.string(),
  authorUri: z.string(),
  keyId: z.string(),
  importedAt: moment,
});

/** A statement that counts, with what its product is compared by. */
export type Comparable = BelievedStatement & { readonly product: Product };

/** Statements about vulnerabilities by authors who are believed now, of documents that were not retired; by vulnerability. */
export async function readBelieved(db: Db, vulnerabilityIds: readonly string[]): Promise<ReadonlyMap<string, readonly Comparable[]>> {
  const rows = await queryRows(
    db,
    Row,
    sql`select s.id, s.vulnerability_id as "vulnerabilityId", s.status, s.justification, s.note, s.timestamp::text as timestamp, s.purl, s.product,
      s.endpoint_id as "endpointId", d.id as document, d.document_id as name, d.format, d.author, d.author_uri as "authorUri", d.key_id as "keyId",
      d.imported_at::text as "importedAt"
      from vex_statement s join vex_document d on d.id = s.document_id and d.retired_at is null
      where s.vulnerability_id = any(${sql.param([...vulnerabilityIds])}::text[]) order by s.id`,
  );
  const believed = new Map<string, Comparable[]>();
  if (rows.length === 0) return believed;
  const trusted = await readTrust(db);
  for (const { document, name, format, importedAt, keyId, ...row } of rows) {
    const { rank } = rankOf({ ...row, keyId }, trusted);
    if (rank === null) continue;
    const statement = { ...row, rank, document: { id: document, name, format, importedAt } };
    const known = believed.get(row.vulnerabilityId);
    if (known) known.push(statement);
    else believed.set(row.vulnerabilityId, [statement]);
  }
  return believed;
}

/** Whom this organisation believes; nobody, before anybody is named. */
export async function readTrust(db: Db): Promise<TrustedAuthor[]> {
  const [row] = await db.select().from(schema.setting).where(eq(schema.setting.key, TRUST));
  return trustSchema.safeParse(row?.value).data ?? [];
}

export async function writeTrust(db: Db, trusted: readonly TrustedAuthor[], at: string, by: string): Promise<void> {
  const row = { value: trusted, updatedAt: at, updatedBy: by };
  await db
    .insert(schema.setting)
    .values({ key: TRUST, ...row })
    .onConflictDoUpdate({ target: schema.setting.key, set: row });
}
