import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip as gunzipCallback } from "node:zlib";
import type { FeedAdapter } from "../adapter.ts";
import { CVE_ID, emptyContent, feedMoment } from "../records.ts";

const gunzip = promisify(gunzipCallback);
/** A day's scores are 12 MB unpacked. */
const MAX_BYTES = 512 * 1024 * 1024;

/** FIRST's exploit prediction scores: CSV, gzipped or not, with the model's version in its first line. */
export const epss: FeedAdapter = {
  kind: "epss",
  displayName: "EPSS scores",
  urls: ["https://www.first.org/epss/data_stats"],
  async read(path) {
    const bytes = await readFile(path);
    const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? await gunzip(bytes, { maxOutputLength: MAX_BYTES }) : bytes).toString("utf8");
    const lines = text.split("\n");
    const model = /^#model_version:([^,]+),score_date:(\S+)/.exec(lines[0] ?? "");
    const header = model ? 1 : 0;
    if (!/^cve,epss,percentile\s*$/.test(lines[header] ?? "")) throw new Error("the header cve,epss,percentile is missing");
    const content = emptyContent();
    content.modelVersion = model?.[1] ?? "";
    const at = feedMoment(model?.[2]?.replace(/\+0000$/, "Z"));
    for (let i = header + 1; i < lines.length; i++) {
      const line = lines[i]?.trim();
      if (!line) continue;
      const [cve = "", score = "", percentile = ""] = line.split(",");
      const value = Number(score || "x");
      if (CVE_ID.test(cve) && value >= 0 && value <= 1)
        content.signals.push({ vulnerabilityId: cve, kind: "epss", at, value, data: { percentile: Number(percentile) } });
      else content.rejects.push({ record: `line ${i + 1}`, reason: `no CVE with a score between 0 and 1: ${line.slice(0, 80)}` });
    }
    // Every published line ends in a line break: without one the file was cut.
    if (!text.endsWith("\n")) throw new Error("the file ends in the middle of a line");
    return content;
  },
};
