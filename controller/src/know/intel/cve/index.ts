import { z } from "zod";
import type { JsonFeed } from "../adapter.ts";
import { CVE_ID, type FeedSink, feedMoment } from "../records.ts";

const Metric = z.looseObject({});
const Container = z.object({
  title: z.string().optional(),
  providerMetadata: z.object({ shortName: z.string().optional() }).optional(),
  descriptions: z.array(z.object({ lang: z.string().default(""), value: z.string() })).optional(),
  metrics: z.array(Metric).optional().catch(undefined),
  problemTypes: z
    .array(z.object({ descriptions: z.array(z.object({ cweId: z.string().optional() })).optional() }))
    .optional()
    .catch(undefined),
});
type Container = z.infer<typeof Container>;

/** The parts of a record that we use. @see https://github.com/CVEProject/cve-schema */
const CveRecord = z.object({
  dataType: z.literal("CVE_RECORD"),
  cveMetadata: z.object({
    cveId: z.string().regex(CVE_ID),
    state: z.string(),
    datePublished: z.string().optional(),
    dateRejected: z.string().optional(),
  }),
  containers: z.object({ cna: Container.optional().catch(undefined), adp: z.array(Container).optional().catch(undefined) }).default({}),
});

const MAX_SUMMARY = 500;
/** Which vector counts where a record has several: the newest version but 4.0, which few have, of its own authority before others'. */
const VECTOR_KEYS = ["cvssV3_1", "cvssV3_0", "cvssV4_0", "cvssV2_0"] as const;

/**
 * The CVE Program's own records (JSON 5). They say what a CVE is, whether it was rejected, how severe it is, and what CISA adds (SSVC,
 * known exploitation). They do not say what a distribution's package is affected by: that is for its vendor.
 */
export const cve: JsonFeed = {
  kind: "cve",
  recognises: (document) => document.dataType === "CVE_RECORD",
  take(document, _name, sink) {
    const parsed = CveRecord.safeParse(document);
    if (!parsed.success) throw new Error(`not a CVE record: ${z.prettifyError(parsed.error).slice(0, 300)}`);
    const { cveMetadata: meta, containers } = parsed.data;
    const all = [...(containers.cna ? [containers.cna] : []), ...(containers.adp ?? [])];
    const english = containers.cna?.descriptions?.find((d) => d.lang.startsWith("en")) ?? containers.cna?.descriptions?.[0];
    sink.vulnerability({
      id: meta.cveId,
      summary: (containers.cna?.title ?? english?.value ?? "").slice(0, MAX_SUMMARY),
      published: feedMoment(meta.datePublished),
      cvssVector: vectorOf(all),
      cwe: [...new Set(all.flatMap(cwesOf))].slice(0, 20),
      withdrawn: meta.state === "REJECTED",
    });
    for (const container of all) takeOthers(meta.cveId, container, sink);
  },
};

const cwesOf = (c: Container) =>
  (c.problemTypes ?? []).flatMap((p) => p.descriptions ?? []).flatMap((d) => (d.cweId && /^CWE-\d+$/.test(d.cweId) ? [d.cweId] : []));

function vectorOf(containers: readonly Container[]): string {
  for (const key of VECTOR_KEYS)
    for (const container of containers)
      for (const metric of container.metrics ?? []) {
        const vector = z.object({ vectorString: z.string().max(300) }).safeParse(metric[key]);
        if (vector.success) return vector.data.vectorString;
      }
  return "";
}

const Ssvc = z.object({ timestamp: z.string().optional(), options: z.array(z.record(z.string(), z.string())) });
const Kev = z.object({ dateAdded: z.string() });
const Other = z.object({ type: z.string(), content: z.unknown() });

/** CISA writes SSVC and its catalogue's date as metrics of a kind of their own. */
function takeOthers(vulnerabilityId: string, container: Container, sink: FeedSink): void {
  for (const metric of container.metrics ?? []) {
    const other = Other.safeParse(metric.other);
    if (!other.success) continue;
    if (other.data.type === "ssvc") {
      const ssvc = Ssvc.safeParse(other.data.content);
      if (!ssvc.success) continue;
      const options: Record<string, string> = Object.assign({}, ...ssvc.data.options);
      const data = {
        exploitation: options.Exploitation ?? "",
        automatable: options.Automatable ?? "",
        technicalImpact: options["Technical Impact"] ?? "",
      };
      sink.signal({ vulnerabilityId, kind: "ssvc", at: feedMoment(ssvc.data.timestamp), value: 1, data });
      if (data.exploitation === "poc")
        sink.signal({ vulnerabilityId, kind: "exploit", at: feedMoment(ssvc.data.timestamp), value: 1, data: { source: "ssvc" } });
    } else if (other.data.type === "kev") {
      const kev = Kev.safeParse(other.data.content);
      if (kev.success)
        sink.signal({ vulnerabilityId, kind: "kev", at: feedMoment(kev.data.dateAdded), value: 1, data: { ransomware: false } });
    }
  }
}
