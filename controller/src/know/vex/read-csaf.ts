import { type Instant, instant } from "@breakwater/shared/core";
import { z } from "zod";
import { JUSTIFICATIONS } from "../suppression/index.ts";
import { endpointOfPurl, type LeftOut, type VexDocument, type VexStatement, type VexStatus, vulnerabilityNames } from "./statement.ts";

const moment = z.iso.datetime({ offset: true }).transform((text): Instant => instant(Date.parse(text)));
const ids = z.array(z.string());

const Product = z.object({
  product_id: z.string().min(1),
  product_identification_helper: z.object({ purl: z.string().optional() }).optional(),
});
/** CSAF's lists of a vulnerability's products, in VEX's words. What is recommended says nothing of being affected. */
const STATUS = {
  known_not_affected: "not_affected",
  fixed: "fixed",
  first_fixed: "fixed",
  known_affected: "affected",
  first_affected: "affected",
  last_affected: "affected",
  under_investigation: "under_investigation",
} as const satisfies Record<string, VexStatus>;

const Vulnerability = z.object({
  cve: z.string().optional(),
  ids: z.array(z.object({ text: z.string() })).optional(),
  product_status: z
    .partialRecord(z.enum(Object.keys(STATUS) as [keyof typeof STATUS, ...(keyof typeof STATUS)[]]), ids)
    .or(z.record(z.string(), ids)),
  flags: z
    .array(z.object({ label: z.string(), date: moment.optional(), product_ids: ids.optional(), group_ids: ids.optional() }))
    .optional(),
  threats: z
    .array(
      z.object({
        category: z.string(),
        details: z.string(),
        date: moment.optional(),
        product_ids: ids.optional(),
        group_ids: ids.optional(),
      }),
    )
    .optional(),
  remediations: z
    .array(z.object({ category: z.string(), details: z.string(), product_ids: ids.optional(), group_ids: ids.optional() }))
    .optional(),
  notes: z.array(z.object({ category: z.string(), text: z.string() })).optional(),
});

/** @see https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html, profile 5 (VEX) */
export const Csaf = z.object({
  document: z.object({
    category: z.string(),
    csaf_version: z.string(),
    publisher: z.object({ name: z.string().min(1), namespace: z.string().default("") }),
    tracking: z.object({ id: z.string().min(1), version: z.string().min(1), current_release_date: moment }),
  }),
  product_tree: z.object({
    branches: z.array(z.unknown()).optional(),
    full_product_names: z.array(Product).optional(),
    product_groups: z.array(z.object({ group_id: z.string(), product_ids: ids })).optional(),
    relationships: z
      .array(z.object({ full_product_name: Product, product_reference: z.string(), relates_to_product_reference: z.string() }))
      .optional(),
  }),
  vulnerabilities: z.array(Vulnerability).min(1),
});
type Csaf = z.output<typeof Csaf>;

interface Known {
  readonly purl: string | undefined;
  readonly endpointId: string | null;
}

export function readCsaf(csaf: Csaf): VexDocument {
  const leftOut: LeftOut[] = [];
  const products = indexProducts(csaf.product_tree);
  const groups = new Map((csaf.product_tree.product_groups ?? []).map((g) => [g.group_id, g.product_ids]));
  const issued = csaf.document.tracking.current_release_date;
  const statements = csaf.vulnerabilities.flatMap((v, i): VexStatement[] => {
    const names = vulnerabilityNames([v.cve ?? "", ...(v.ids ?? []).map((id) => id.text)]);
    if (names.length === 0) leftOut.push({ place: `vulnerabilities[${i}]`, reason: "it names no vulnerability" });
    const about = <T extends { product_ids?: string[] | undefined; group_ids?: string[] | undefined }>(
      all: readonly T[] | undefined,
      id: string,
    ) => (all ?? []).filter((t) => t.product_ids?.includes(id) || t.group_ids?.some((g) => groups.get(g)?.includes(id)));
    return Object.entries(STATUS).flatMap(([list, status]) =>
      (v.product_status[list as keyof typeof STATUS] ?? []).flatMap((id) => {
        const place = `vulnerabilities[${i}].product_status.${list}`;
        const known = products.get(id);
        if (!known?.purl) {
          leftOut.push({
            place,
            reason: known ? `the product ${id.slice(0, 200)} has no package URL` : `no product is called ${id.slice(0, 200)}`,
          });
          return [];
        }
        const { purl, endpointId } = known;
        const flag = about(v.flags, id)[0];
        const threats = about(v.threats, id).filter((t) => t.category === "impact");
        const said = [...threats.map((t) => t.details), ...about(v.remediations, id).map((r) => r.details)];
        const note =
          said.length > 0
            ? said.join(" ")
            : (v.notes ?? [])
                .filter((n) => n.category === "description")
                .map((n) => n.text)
                .join(" ");
        const justification = status === "not_affected" ? (JUSTIFICATIONS.find((j) => j === flag?.label) ?? null) : null;
        const timestamp = flag?.date ?? threats[0]?.date ?? issued;
        return names.map((vulnerabilityId) => ({ place, vulnerabilityId, status, justification, note, timestamp, purl, endpointId }));
      }),
    );
  });
  const { publisher, tracking } = csaf.document;
  return {
    format: "csaf",
    documentId: tracking.id,
    version: tracking.version,
    author: publisher.name,
    authorUri: publisher.namespace,
    timestamp: issued,
    statements,
    leftOut,
  };
}

const Branch = z.object({ product: Product.optional().catch(undefined), branches: z.array(z.unknown()).optional().catch(undefined) });

function indexProducts(tree: Csaf["product_tree"]): ReadonlyMap<string, Known> {
  const known = new Map<string, Known>();
  const take = (product: z.output<typeof Product>) =>
    known.set(product.product_id, { purl: product.product_identification_helper?.purl, endpointId: null });
  const stack = [...(tree.branches ?? [])];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const branch = Branch.safeParse(next);
    if (!branch.success) continue;
    if (branch.data.product) take(branch.data.product);
    stack.push(...(branch.data.branches ?? []));
  }
  for (const product of tree.full_product_names ?? []) take(product);
  // A component of a platform: the package is the component. Of an endpoint of ours, it is meant there only.
  for (const { full_product_name, product_reference, relates_to_product_reference } of tree.relationships ?? []) {
    const own = full_product_name.product_identification_helper?.purl;
    const endpointId = endpointOfPurl(known.get(relates_to_product_reference)?.purl ?? "");
    known.set(full_product_name.product_id, { purl: own ?? known.get(product_reference)?.purl, endpointId });
  }
  return known;
}
