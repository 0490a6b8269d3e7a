import { type Instant, instant } from "@breakwater/shared/core";
import { z } from "zod";
import { JUSTIFICATIONS } from "../suppression/index.ts";
import { endpointOfPurl, type LeftOut, VEX_STATUSES, type VexDocument, type VexStatement, vulnerabilityNames } from "./statement.ts";

const moment = z.iso.datetime({ offset: true }).transform((text): Instant => instant(Date.parse(text)));

const Component = z.object({
  "@id": z.string().optional(),
  identifiers: z.object({ purl: z.string().optional() }).optional(),
});
const Statement = z
  .object({
    vulnerability: z.object({ name: z.string().min(1), aliases: z.array(z.string()).optional() }),
    products: z.array(Component.extend({ subcomponents: z.array(Component).optional() })).min(1, "names no product"),
    status: z.enum(VEX_STATUSES),
    justification: z.enum(JUSTIFICATIONS).optional(),
    impact_statement: z.string().optional(),
    action_statement: z.string().optional(),
    status_notes: z.string().optional(),
    timestamp: moment.optional(),
    last_updated: moment.optional(),
  })
  .refine((s) => s.status !== "not_affected" || s.justification !== undefined || (s.impact_statement ?? "") !== "", {
    path: ["justification"],
    message: "a statement of not_affected needs a justification or an impact_statement",
  })
  .refine((s) => s.status !== "affected" || (s.action_statement ?? "") !== "", {
    path: ["action_statement"],
    message: "a statement of affected needs an action_statement",
  });

/** @see https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md */
export const OpenVex = z.object({
  "@context": z.string().startsWith("https://openvex.dev/ns"),
  "@id": z.string().min(1),
  author: z.string().min(1),
  timestamp: moment,
  last_updated: moment.optional(),
  version: z.union([z.number().int().min(1), z.string().min(1)]),
  statements: z.array(Statement).min(1),
});

type Component = z.infer<typeof Component>;
const purlOf = (c: Component): string | undefined => c.identifiers?.purl ?? (c["@id"]?.startsWith("pkg:") ? c["@id"] : undefined);

export function readOpenVex(doc: z.output<typeof OpenVex>): VexDocument {
  const leftOut: LeftOut[] = [];
  const issued = doc.last_updated ?? doc.timestamp;
  const statements = doc.statements.flatMap((s, i): VexStatement[] => {
    const place = `statements[${i}]`;
    const base = {
      place,
      status: s.status,
      justification: s.status === "not_affected" ? (s.justification ?? null) : null,
      note: [s.impact_statement, s.action_statement, s.status_notes].filter((text) => text !== undefined && text !== "").join(" "),
      timestamp: s.last_updated ?? s.timestamp ?? issued,
    };
    return s.products.flatMap((product, p) => {
      const where = `${place}.products[${p}]`;
      const parts = product.subcomponents ?? [];
      const endpointId = endpointOfPurl(purlOf(product) ?? "");
      // What is stated of a part of a product of others' is stated inside that product only, which is nothing that an endpoint has installed.
      if (parts.length > 0 && endpointId === null) {
        leftOut.push({ place: where, reason: "it is about a part inside a product, not about an installed package" });
        return [];
      }
      return (endpointId === null ? [product] : parts).flatMap((component) => {
        const purl = purlOf(component);
        if (purl !== undefined)
          return vulnerabilityNames([s.vulnerability.name, ...(s.vulnerability.aliases ?? [])]).map((vulnerabilityId) => ({
            ...base,
            vulnerabilityId,
            purl,
            endpointId,
          }));
        leftOut.push({ place: where, reason: "the product has no package URL" });
        return [];
      });
    });
  });
  return {
    format: "openvex",
    documentId: doc["@id"],
    version: String(doc.version),
    author: doc.author,
    authorUri: "",
    timestamp: issued,
    statements,
    leftOut,
  };
}
