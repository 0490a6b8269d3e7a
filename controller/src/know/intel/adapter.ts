import type { Collect } from "./collect.ts";
import type { FeedConfig } from "./feed-config.ts";
import type { FeedSink } from "./records.ts";

/**
 * One kind of feed. `read` normalises a whole document (a file that we own while it is read). A record that cannot be
 * read is told to the sink; a document that is no such feed, or is cut short, throws, and nothing of it is used.
 */
export interface FeedAdapter {
  readonly kind: FeedConfig["kind"];
  readonly displayName: string;
  /** The format's description. */
  readonly urls: readonly string[];
  /** Of what it says of a vulnerability as such: 3 the authority that gave the id, 2 a database of all, 1 a vendor or a list, 0 who only passes it on. */
  readonly weight: number;
  /** A whole feed of it may say nothing that we keep: reports that name no vulnerability. */
  readonly mayBeSilent?: boolean;
  /** How its documents are had, where that is not one file by one address. */
  readonly collect?: Collect;
  read(path: string, sink: FeedSink, feed: FeedConfig): Promise<void>;
}

/** A feed whose documents are JSON, one or many of them in a file or an archive. */
export interface JsonFeed {
  readonly kind: FeedConfig["kind"];
  /** Whether a document is one of this feed's, by its keys. */
  recognises(document: Readonly<Record<string, unknown>>): boolean;
  /** Whether one member of a document, alone in an object, is a part that can be taken as a document; absent: none can. */
  recognisesPart?(part: Readonly<Record<string, unknown>>): boolean;
  /** @throws Error with the reason when the document cannot be read */
  take(document: unknown, name: string, sink: FeedSink): void;
}
