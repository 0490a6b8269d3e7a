import { open, readFile } from "node:fs/promises";
import type { FeedAdapter } from "../adapter.ts";
import { emptyContent, type FeedContent } from "../records.ts";
import { readOsvRecord } from "./record.ts";
import { forEachZipEntry } from "./zip.ts";

export { readOsvRecord } from "./record.ts";

/** OSV records: an ecosystem's all.zip as osv.dev publishes it, or one JSON file with one record or a list of them. */
export const osv: FeedAdapter = {
  kind: "osv",
  displayName: "OSV advisories",
  urls: ["https://ossf.github.io/osv-schema/", "https://google.github.io/osv.dev/data/"],
  async read(path) {
    const content = emptyContent();
    if (await isZip(path))
      await forEachZipEntry(path, (entry) => {
        if (entry.name.endsWith(".json")) take(content, entry.name, () => JSON.parse(entry.text()));
      });
    else {
      const json: unknown = JSON.parse(await readFile(path, "utf8"));
      for (const [i, record] of (Array.isArray(json) ? json : [json]).entries()) take(content, `record ${i + 1}`, () => record);
    }
    return content;
  },
};

function take(content: FeedContent, name: string, json: () => unknown): void {
  try {
    const { advisory, vulnerability } = readOsvRecord(json());
    content.advisories.push(advisory);
    if (vulnerability) content.vulnerabilities.push(vulnerability);
  } catch (cause) {
    content.rejects.push({ record: name, reason: cause instanceof Error ? cause.message : String(cause) });
  }
}

async function isZip(path: string): Promise<boolean> {
  const file = await open(path, "r");
  try {
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.toString("latin1") === "PK";
  } finally {
    await file.close();
  }
}
