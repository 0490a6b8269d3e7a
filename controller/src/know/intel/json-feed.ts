import type { JsonFeed } from "./adapter.ts";
import type { FeedKind } from "./feed-config.ts";
import { jsonDocuments, LargePart } from "./json-documents.ts";
import type { FeedSink } from "./records.ts";

/** What became of the documents of a file. */
export interface JsonReading {
  /** Documents that were read, by the feed that took them. */
  readonly taken: ReadonlyMap<FeedKind, number>;
  /** Documents that none of the feeds knows: something else that lies there. */
  readonly unknown: number;
}

/**
 * Reads every document of a file with the feed that knows it. One that cannot be read is set aside; one of no known kind is counted, and an
 * entry of an archive that is no JSON at all is set aside.
 * @throws Error when the file is cut short, or holds nothing that any of the feeds knows
 */
export async function readJsonFeed(path: string, feeds: readonly JsonFeed[], sink: FeedSink): Promise<JsonReading> {
  const taken = new Map<FeedKind, number>();
  let unknown = 0;
  let failed = 0;
  for await (const documents of jsonDocuments(path)) {
    for (const document of documents) {
      const name = document.name || "the document";
      try {
        const value = whole(document.parse(), feeds);
        const feed = isRecord(value) ? feeds.find((f) => f.recognises(value)) : undefined;
        if (!feed) {
          unknown++;
          // Where only one kind can be meant, what does not look like it is a damaged one.
          if (feeds.length === 1) sink.reject(name, "it does not look like a record of this feed");
          continue;
        }
        feed.take(value, name, sink);
        taken.set(feed.kind, (taken.get(feed.kind) ?? 0) + 1);
      } catch (cause) {
        failed++;
        if (document.name === "") throw cause;
        sink.reject(name, cause instanceof Error ? cause.message : String(cause));
      }
    }
    await sink.ready();
  }
  if (taken.size === 0 && feeds.length === 1 && failed === 0 && unknown <= 1) throw new Error("it is no such feed");
  return { taken, unknown };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A part of a large document becomes a small document of the same kind. */
function whole(value: unknown, feeds: readonly JsonFeed[]): unknown {
  if (!(value instanceof LargePart)) return value;
  for (const candidate of [{ [value.key]: [value.value] }, { [value.key]: value.value }])
    if (feeds.some((f) => f.recognisesPart?.(candidate))) return candidate;
  return { [value.key]: [value.value] };
}
