import { parse as parseCsv } from "csv-parse/sync";
import { z } from "zod";
import type { JsonFeed } from "../adapter.ts";
import { wholeOf } from "../bytes.ts";
import { CVE_ID, type FeedSink, feedMoment } from "../records.ts";

const Catalogue = z.object({
  count: z.number().optional(),
  catalogVersion: z.string().optional(),
  dateReleased: z.string().optional(),
  vulnerabilities: z.array(z.unknown()),
});

/** An entry, the same fields in JSON and CSV. */
const Entry = z.object({
  cveID: z.string().regex(CVE_ID),
  vulnerabilityName: z.string(),
  dateAdded: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
  dueDate: z.string().default(""),
  knownRansomwareCampaignUse: z.string().default("Unknown"),
  cwes: z.union([z.array(z.string()), z.string().transform((s) => s.split(",").map((c) => c.trim()))]).default([]),
});

/** CISA's catalogue of known exploited vulnerabilities, JSON. */
export const kev: JsonFeed = {
  kind: "kev",
  recognises: (document) => Array.isArray(document.vulnerabilities) && ("catalogVersion" in document || "dateReleased" in document),
  take(document, _name, sink) {
    const catalogue = Catalogue.parse(document);
    if (catalogue.count !== undefined && catalogue.count !== catalogue.vulnerabilities.length)
      throw new Error(`the catalogue says ${catalogue.count} entries and carries ${catalogue.vulnerabilities.length}`);
    sink.dated(feedMoment(catalogue.dateReleased));
    takeEntries(catalogue.vulnerabilities, sink);
  },
};

/** The same catalogue as CSV. */
export async function readKevCsv(path: string, sink: FeedSink): Promise<void> {
  const text = (await wholeOf(path)).toString("utf8");
  if (!/^\W*cveID,/.test(text)) throw new Error("neither the JSON nor the CSV of the catalogue");
  takeEntries(parseCsv(text, { columns: true, bom: true, skip_empty_lines: true, relax_column_count: true }), sink);
}

function takeEntries(entries: readonly unknown[], sink: FeedSink): void {
  for (const [i, raw] of entries.entries()) {
    const parsed = Entry.safeParse(raw);
    if (!parsed.success) {
      sink.reject(nameOf(raw) ?? `entry ${i + 1}`, z.prettifyError(parsed.error).slice(0, 300));
      continue;
    }
    const entry = parsed.data;
    const data = { ransomware: entry.knownRansomwareCampaignUse === "Known", dueDate: entry.dueDate, name: entry.vulnerabilityName };
    sink.signal({ vulnerabilityId: entry.cveID, kind: "kev", at: feedMoment(entry.dateAdded), value: 1, data });
    const cwe = entry.cwes.filter((c) => /^CWE-\d+$/.test(c));
    sink.vulnerability({ id: entry.cveID, summary: entry.vulnerabilityName, published: null, cvssVector: "", cwe, withdrawn: false });
  }
}

const nameOf = (raw: unknown) => z.object({ cveID: z.string() }).safeParse(raw).data?.cveID.slice(0, 100);
