import { z } from "zod";
import type { JsonFeed } from "../adapter.ts";
import { CVE_ID, type FeedSink, feedMoment } from "../records.ts";

export { collectNvd } from "./collect.ts";

const Metric = z.object({ type: z.string().default(""), cvssData: z.object({ vectorString: z.string().max(300) }) });
const Metrics = z.array(Metric).optional().catch(undefined);
/** @see https://csrc.nist.gov/schema/nvd/api/2.0/cve_api_json_2.0.schema */
const Item = z.object({
  cve: z.object({
    id: z.string().regex(CVE_ID),
    published: z.string().optional(),
    vulnStatus: z.string().default(""),
    descriptions: z.array(z.object({ lang: z.string(), value: z.string() })).default([]),
    metrics: z.object({ cvssMetricV31: Metrics, cvssMetricV30: Metrics, cvssMetricV40: Metrics, cvssMetricV2: Metrics }).default({}),
    weaknesses: z
      .array(z.object({ description: z.array(z.object({ value: z.string() })) }))
      .default([])
      .catch([]),
    cisaExploitAdd: z.string().optional(),
    cisaActionDue: z.string().optional(),
    cisaVulnerabilityName: z.string().optional(),
  }),
});
type Item = z.infer<typeof Item>;
const Page = z.object({
  format: z.string().optional(),
  version: z.string().optional(),
  timestamp: z.string().optional(),
  startIndex: z.number().optional(),
  resultsPerPage: z.number().optional(),
  totalResults: z.number().optional(),
  vulnerabilities: z.array(z.unknown()),
});

const MAX_SUMMARY = 500;
const MAX_WEAKNESSES = 20;
const VERSIONS = ["cvssMetricV31", "cvssMetricV30", "cvssMetricV40", "cvssMetricV2"] as const;

const holdsItems = (list: unknown): boolean =>
  Array.isArray(list) && Item.shape.cve.pick({ id: true }).safeParse((list[0] as { cve?: unknown })?.cve).success;

/**
 * The National Vulnerability Database: pages of its API, and its files by year, which are one large page. It describes vulnerabilities: how severe,
 * of what kind, rejected or not. Its product names (CPE) are not read: what a system's package is affected by is for that system to say.
 */
export const nvd: JsonFeed = {
  kind: "nvd",
  recognises: (document) =>
    Array.isArray(document.vulnerabilities) && (document.format === "NVD_CVE" || holdsItems(document.vulnerabilities)),
  recognisesPart: (part) => holdsItems(part.vulnerabilities),
  take(document, name, sink) {
    const page = Page.parse(document);
    if (page.version !== undefined && !page.version.startsWith("2."))
      throw new Error(`version ${page.version.slice(0, 20)} of the format is not read`);
    const { startIndex, resultsPerPage, totalResults, vulnerabilities } = page;
    const due =
      resultsPerPage === undefined || totalResults === undefined ? undefined : Math.min(resultsPerPage, totalResults - (startIndex ?? 0));
    if (due !== undefined && due !== vulnerabilities.length)
      throw new Error(`the page says ${due} entries and carries ${vulnerabilities.length}`);
    sink.dated(nvdMoment(page.timestamp));
    for (const [i, raw] of vulnerabilities.entries()) {
      const item = Item.safeParse(raw);
      if (item.success) takeItem(item.data, sink);
      else sink.reject(nameOf(raw) ?? `${name} entry ${i + 1}`, z.prettifyError(item.error).slice(0, 300));
    }
  },
};

function takeItem({ cve }: Item, sink: FeedSink): void {
  const text = cve.descriptions.find((d) => d.lang.startsWith("en"))?.value ?? "";
  const withdrawn = cve.vulnStatus === "Rejected";
  const cwe = cve.weaknesses.flatMap((w) => w.description.map((d) => d.value)).filter((c) => /^CWE-\d+$/.test(c));
  sink.vulnerability({
    id: cve.id,
    summary: text.slice(0, MAX_SUMMARY),
    published: nvdMoment(cve.published),
    cvssVector: vectorOf(cve.metrics),
    cwe: [...new Set(cwe)].slice(0, MAX_WEAKNESSES),
    withdrawn,
  });
  if (cve.cisaExploitAdd && !withdrawn)
    sink.signal({
      vulnerabilityId: cve.id,
      kind: "kev",
      at: feedMoment(cve.cisaExploitAdd),
      value: 1,
      // Of ransomware it says nothing; that is for CISA's own catalogue.
      data: { ransomware: false, dueDate: cve.cisaActionDue ?? "", name: cve.cisaVulnerabilityName ?? "" },
    });
}

/** The newest version but 4.0, which few have; NVD's own judgement before others'. */
function vectorOf(metrics: Item["cve"]["metrics"]): string {
  for (const version of VERSIONS) {
    const given = metrics[version] ?? [];
    const found = given.find((m) => m.type === "Primary") ?? given[0];
    if (found) return found.cvssData.vectorString;
  }
  return "";
}

/** NVD writes UTC without saying so. */
export const nvdMoment = (text: string | undefined): string | null => feedMoment(text && /T[\d:.]+$/.test(text) ? `${text}Z` : text);

const nameOf = (raw: unknown) =>
  z
    .object({ cve: z.object({ id: z.string() }) })
    .safeParse(raw)
    .data?.cve.id.slice(0, 100);
