import type { FeedContent } from "./records.ts";

export type FeedKind = "osv" | "kev" | "epss";

/**
 * One kind of feed. `read` normalises a whole document (a file that we own while it is read). A record that cannot be
 * read is put among the rejects; a document that is no such feed, or is cut short, throws, and nothing of it is used.
 */
export interface FeedAdapter {
  readonly kind: FeedKind;
  readonly displayName: string;
  /** The format's description. */
  readonly urls: readonly string[];
  read(path: string): Promise<FeedContent>;
}
