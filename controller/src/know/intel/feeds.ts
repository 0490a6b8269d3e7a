import type { FeedAdapter, FeedKind } from "./adapter.ts";
import { epss } from "./epss/index.ts";
import { kev } from "./kev/index.ts";
import { osv } from "./osv/index.ts";

/** Every kind of feed that we can read. A new kind is a folder and a line here. */
export const feedAdapters: Readonly<Record<FeedKind, FeedAdapter>> = { osv, kev, epss };

/** A feed as an operator configures it. */
export interface FeedConfig {
  readonly id: string;
  readonly kind: FeedKind;
  /** http(s) URL, file URL or path. */
  readonly source: string;
}

/** What is read when nothing is configured: the publishers' own addresses, which need no key. */
export const DEFAULT_FEEDS: readonly FeedConfig[] = [
  { id: "osv-debian", kind: "osv", source: "https://osv-vulnerabilities.storage.googleapis.com/Debian/all.zip" },
  { id: "kev", kind: "kev", source: "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json" },
  { id: "epss", kind: "epss", source: "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz" },
];
