import { linesOf } from "../bytes.ts";
import { CVE_ID, type FeedSink, feedMoment } from "../records.ts";

const MAX_LINE_BYTES = 1_024;
const LINES_AT_ONCE = 5_000;
const HEADER = /^(?:#.*\n)?cve,epss,percentile\s*(?:\n|$)/;

/** Whether a text begins as FIRST's exploit prediction scores do. */
export const isEpss = (head: string): boolean => HEADER.test(head);

/**
 * FIRST's exploit prediction scores: CSV, gzipped or not, with the model's version in its first line.
 * @see https://www.first.org/epss/data_stats
 */
export async function readEpss(path: string, sink: FeedSink): Promise<void> {
  let number = 0;
  let at: string | null = null;
  let header = false;
  let whole = true;
  for await (const { text, ended } of linesOf(path, MAX_LINE_BYTES)) {
    number++;
    whole = ended;
    if (number === 1 && text?.startsWith("#")) {
      const model = /^#model_version:([^,]+),score_date:(\S+)/.exec(text);
      if (model?.[1]) sink.modelVersion(model[1]);
      at = feedMoment(model?.[2]?.replace(/\+0000$/, "Z"));
      sink.dated(at);
      continue;
    }
    if (!header) {
      if (text?.trim() !== "cve,epss,percentile") throw new Error("the header cve,epss,percentile is missing");
      header = true;
      continue;
    }
    takeLine(text, number, at, sink);
    if (number % LINES_AT_ONCE === 0) await sink.ready();
  }
  if (!header) throw new Error("the header cve,epss,percentile is missing");
  // Every published line ends in a line break: without one the file was cut.
  if (!whole) throw new Error("the file ends in the middle of a line");
}

function takeLine(line: string | undefined, number: number, at: string | null, sink: FeedSink): void {
  if (line?.trim() === "") return;
  const [cve = "", score = "", percentile = ""] = (line ?? "").trim().split(",");
  const value = Number(score || "x");
  if (CVE_ID.test(cve) && value >= 0 && value <= 1)
    sink.signal({ vulnerabilityId: cve, kind: "epss", at, value, data: { percentile: Number(percentile) } });
  else
    sink.reject(
      `line ${number}`,
      line === undefined ? `longer than ${MAX_LINE_BYTES} bytes` : `no CVE with a score between 0 and 1: ${line.slice(0, 80)}`,
    );
}
