import { readFile } from "node:fs/promises";
import { parse as parseCsv } from "csv-parse/sync";
import { z } from "zod";
import type { FeedAdapter } from "../adapter.ts";
import { CVE_ID, emptyContent, feedMoment } from "../records.ts";

const Catalogue = z.object({ count: z.number().optional(), catalogVersion: z.string().optional(), vulnerabilities: z.array(z.unknown()) });

/** An entry, the same fields in JSON and CSV. */
const Entry = z.object({
  cveID: z.string().regex(CVE_ID),
  vulnerabilityName: z.string(),
  dateAdded: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
  dueDate: z.string().default(""),
  knownRansomwareCampaignUse: z.string().default("Unknown"),
  cwes: z.union([z.array(z.string()), z.string().transform((s) => s.split(",").map((c) => c.trim()))]).default([]),
});

/** CISA's catalogue of known exploited vulnerabilities, JSON or CSV. */
export const kev: FeedAdapter = {
  kind: "kev",
  displayName: "CISA known exploited vulnerabilities",
  urls: ["https://www.cisa.gov/known-exploited-vulnerabilities-catalog"],
  async read(path) {
    const content = emptyContent();
    for (const [i, raw] of entriesOf(await readFile(path, "utf8")).entries()) {
      const parsed = Entry.safeParse(raw);
      if (!parsed.success) {
        content.rejects.push({ record: nameOf(raw) ?? `entry ${i + 1}`, reason: z.prettifyError(parsed.error).slice(0, 300) });
        continue;
      }
      const entry = parsed.data;
      const ransomware = entry.knownRansomwareCampaignUse === "Known";
      content.signals.push({
        vulnerabilityId: entry.cveID,
        kind: "kev",
        at: feedMoment(entry.dateAdded),
        value: 1,
        data: { ransomware, dueDate: entry.dueDate, name: entry.vulnerabilityName },
      });
      const cwe = entry.cwes.filter((c) => /^CWE-\d+$/.test(c));
      content.vulnerabilities.push({
        id: entry.cveID,
        summary: entry.vulnerabilityName,
        published: null,
        cvssVector: "",
        cwe,
        withdrawn: false,
      });
    }
    return content;
  },
};

function entriesOf(text: string): unknown[] {
  if (!text.trimStart().startsWith("{")) {
    if (!/^\W*cveID,/.test(text)) throw new Error("neither the JSON nor the CSV of the catalogue");
    return parseCsv(text, { columns: true, bom: true, skip_empty_lines: true, relax_column_count: true });
  }
  const catalogue = Catalogue.parse(JSON.parse(text));
  if (catalogue.count !== undefined && catalogue.count !== catalogue.vulnerabilities.length)
    throw new Error(`the catalogue says ${catalogue.count} entries and carries ${catalogue.vulnerabilities.length}`);
  return catalogue.vulnerabilities;
}

const nameOf = (raw: unknown) => z.object({ cveID: z.string() }).safeParse(raw).data?.cveID.slice(0, 100);
