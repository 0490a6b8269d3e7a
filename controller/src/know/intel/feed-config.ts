import { z } from "zod";

export const FEED_KINDS = [
  "osv",
  "kev",
  "epss",
  "cve",
  "alpine",
  "debian",
  "exploits",
  "csaf",
  "updateinfo",
  "oval",
  "ubuntu",
  "nvd",
  "stix",
  "misp",
  "signals",
] as const;
export type FeedKind = (typeof FEED_KINDS)[number];

/** Where a table of reports keeps what: names of columns, or of members, "a.b" for b in a. */
export const SignalMappingSchema = z.strictObject({
  vulnerability: z.string().min(1),
  /** When it was said: ISO 8601, or seconds since 1970. */
  date: z.string().optional(),
  /** What the report is called. */
  name: z.string().optional(),
  /** By which the report is known again; its name and date where absent. */
  id: z.string().optional(),
  /** The member of a JSON document that holds the rows. */
  rows: z.string().optional(),
});
export type SignalMapping = z.infer<typeof SignalMappingSchema>;

/** A feed as an operator configures it. */
export const FeedConfigSchema = z.strictObject({
  /** Names it in lists, and what it said in the store. */
  id: z.string().regex(/^[\w.-]{1,64}$/, "a feed's id is letters, digits, dots and dashes, at most 64"),
  kind: z.enum(FEED_KINDS),
  /** http(s) URL, file URL or path; a directory is every file in it. */
  source: z.string().min(1),
  /** SHA-256 of the document: hex, or the URL or path of a file that carries it (.sha256, NVD's .meta). */
  checksum: z.string().min(1).optional(),
  /**
   * Path of a file of OpenPGP public keys, as `gpg --export` writes it: each document must carry a detached signature by one of them, in a file of
   * its name and ".asc". For feeds that are one document or a folder of CSAF.
   */
  signedBy: z.string().min(1).optional(),
  /** Sent with each request, e.g. an API key. */
  headers: z.record(z.string(), z.string()).optional(),
  /** The system's release that a repository is for, "almalinux:9", where its documents do not say. */
  release: z.string().optional(),
  /** For feeds of kind "signals". */
  mapping: SignalMappingSchema.optional(),
});
export type FeedConfig = z.infer<typeof FeedConfigSchema>;
