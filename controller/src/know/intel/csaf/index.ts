import { z } from "zod";
import type { JsonFeed } from "../adapter.ts";
import { type AdvisoryRecord, type AffectedRange, CVE_ID, type FeedSink, feedMoment, type ModuleStream } from "../records.ts";
import { ProductTree, productsOf, type RpmProduct } from "./products.ts";

export { collectCsaf } from "./collect.ts";

const STATUSES = ["fixed", "known_affected", "known_not_affected", "under_investigation"] as const;
const Status = z.object(
  Object.fromEntries(STATUSES.map((s) => [s, z.array(z.string()).default([])])) as Record<
    (typeof STATUSES)[number],
    z.ZodDefault<z.ZodArray<z.ZodString>>
  >,
);
type Status = z.infer<typeof Status>;

const Vulnerability = z.object({
  cve: z.string().optional(),
  title: z.string().optional(),
  release_date: z.string().optional(),
  cwe: z.object({ id: z.string() }).optional().catch(undefined),
  notes: z
    .array(z.object({ category: z.string(), text: z.string() }))
    .default([])
    .catch([]),
  scores: z
    .array(
      z.object({ cvss_v3: z.object({ vectorString: z.string() }).optional(), cvss_v4: z.object({ vectorString: z.string() }).optional() }),
    )
    .default([])
    .catch([]),
  product_status: Status.optional(),
  flags: z
    .array(z.object({ label: z.string(), product_ids: z.array(z.string()).default([]) }))
    .default([])
    .catch([]),
  remediations: z
    .array(z.object({ category: z.string(), details: z.string().default(""), product_ids: z.array(z.string()).default([]) }))
    .default([])
    .catch([]),
});
type Vulnerability = z.infer<typeof Vulnerability>;

/** The parts of a document that we use. @see https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html */
const Document = z.object({
  document: z.object({
    csaf_version: z.string().regex(/^2\./, "only CSAF 2 is read"),
    title: z.string().default(""),
    tracking: z.object({
      id: z.string().min(1).max(200),
      status: z.string().default("final"),
      initial_release_date: z.string().optional(),
      current_release_date: z.string().optional(),
    }),
  }),
  product_tree: ProductTree.default({ branches: [], full_product_names: [], relationships: [] }),
  vulnerabilities: z.array(z.unknown()).default([]),
});

const MAX_SUMMARY = 500;

/**
 * Security advisories and VEX documents in CSAF 2.0. Of each vulnerability a document says which builds have the fix, and which components are
 * affected, not affected, or still looked into. What is not an rpm of a release that we know is passed over.
 * @see https://redhatproductsecurity.github.io/security-data-guidelines/csaf-vex/
 */
export const csaf: JsonFeed = {
  kind: "csaf",
  recognises: ({ document }) => typeof document === "object" && document !== null && "csaf_version" in document,
  take(json, name, sink) {
    const parsed = Document.safeParse(json);
    if (!parsed.success) throw new Error(`not a CSAF document: ${z.prettifyError(parsed.error).slice(0, 300)}`);
    const { document, product_tree: tree, vulnerabilities } = parsed.data;
    const { tracking } = document;
    // A draft is for those who write it.
    if (tracking.status === "draft") {
      sink.reject(name, "the document is a draft");
      return;
    }
    const product = productsOf(tree);
    sink.document(tracking.id);
    const groups = new Map<string, { readonly first: Vulnerability; readonly ids: string[] }>();
    for (const raw of vulnerabilities) {
      const vulnerability = Vulnerability.safeParse(raw);
      if (!vulnerability.success) {
        sink.reject(`${name} ${tracking.id}`, z.prettifyError(vulnerability.error).slice(0, 300));
        continue;
      }
      const { cve } = vulnerability.data;
      if (!cve || !CVE_ID.test(cve)) continue;
      takeDescription(cve, vulnerability.data, sink);
      // An advisory says of most of its vulnerabilities the same.
      const key = JSON.stringify([vulnerability.data.product_status, vulnerability.data.flags]);
      const group = groups.get(key);
      if (group) group.ids.push(cve);
      else groups.set(key, { first: vulnerability.data, ids: [cve] });
    }
    const dates = { published: feedMoment(tracking.initial_release_date), modified: feedMoment(tracking.current_release_date) };
    const summary = document.title.slice(0, MAX_SUMMARY);
    let number = 0;
    for (const { first, ids } of groups.values()) {
      const base = { summary, ...dates, withdrawn: tracking.status === "withdrawn", vulnerabilities: [...new Set(ids)].sort() };
      const mark = groups.size > 1 ? `/${++number}` : "";
      for (const { module, affected } of byModule(first, product)) {
        const stream = module ? `/${module.name}:${module.stream}` : "";
        sink.advisory({ id: `${tracking.id}${mark}${stream}`, ...base, ...(module ? { module } : {}), affected } satisfies AdvisoryRecord);
      }
    }
  },
};

function takeDescription(id: string, v: Vulnerability, sink: FeedSink): void {
  const vector =
    v.scores.flatMap((s) => s.cvss_v3?.vectorString ?? [])[0] ?? v.scores.flatMap((s) => s.cvss_v4?.vectorString ?? [])[0] ?? "";
  const text = v.title ?? v.notes.find((n) => n.category === "description" || n.category === "summary")?.text ?? "";
  sink.vulnerability({
    id,
    summary: text.slice(0, MAX_SUMMARY),
    published: feedMoment(v.release_date),
    cvssVector: vector.slice(0, 300),
    cwe: v.cwe && /^CWE-\d+$/.test(v.cwe.id) ? [v.cwe.id] : [],
    withdrawn: false,
  });
}

interface OfModule {
  readonly module: ModuleStream | undefined;
  readonly affected: AffectedRange[];
}

/** What is said of ordinary packages, and of each module stream. */
function byModule(v: Vulnerability, product: (id: string) => RpmProduct | undefined): OfModule[] {
  const found = new Map<string, OfModule>();
  const seen = new Set<string>();
  const words = wordsOf(v);
  for (const status of STATUSES)
    for (const productId of v.product_status?.[status] ?? []) {
      const rpm = product(productId);
      const range = rpm && rangeOf(status, rpm, words.get(productId) ?? "");
      if (!rpm || !range) continue;
      const stream = rpm.module ? `${rpm.module.name}:${rpm.module.stream}` : "";
      for (const distribution of rpm.distributions) {
        const key = `${stream}\n${distribution}\n${rpm.name}\n${range.fixed ?? status}`;
        if (seen.has(key)) continue;
        seen.add(key);
        const group = found.get(stream) ?? { module: rpm.module, affected: [] };
        found.set(stream, group);
        group.affected.push({ distribution, ecosystem: "rpm", package: rpm.name, ...range });
      }
    }
  return found.size > 0 ? [...found.values()] : [{ module: undefined, affected: [] }];
}

function rangeOf(
  status: keyof Status,
  rpm: RpmProduct,
  word: string,
): Pick<AffectedRange, "introduced" | "fixed" | "lastAffected" | "urgency"> | undefined {
  const all = { introduced: "0", lastAffected: null };
  switch (status) {
    case "fixed":
      // What is built from a source is listed beside it, with the same version.
      return rpm.evr === null || rpm.source ? undefined : { ...all, fixed: rpm.evr, urgency: "" };
    case "known_affected":
      return { ...all, fixed: null, urgency: word };
    case "known_not_affected":
      return { ...all, fixed: "0", urgency: word };
    case "under_investigation":
      return { ...all, fixed: null, urgency: "under-investigation" };
  }
}

/** Why a product is not affected, or why it gets no fix, in the publisher's own words. */
function wordsOf(v: Vulnerability): Map<string, string> {
  const words = new Map<string, string>();
  for (const { category, details, product_ids: ids } of v.remediations)
    if (category === "no_fix_planned" || category === "none_available")
      for (const id of ids) words.set(id, (details || category).split("\n", 1)[0]?.slice(0, 60).toLowerCase().replaceAll(" ", "-") ?? "");
  for (const { label, product_ids: ids } of v.flags) for (const id of ids) words.set(id, label.slice(0, 60).replaceAll("_", "-"));
  return words;
}
