import type { Instant } from "@breakwater/shared/core";

export const SBOM_FORMATS = ["cyclonedx", "spdx"] as const;
export type SbomFormat = (typeof SBOM_FORMATS)[number];

/** A package that is installed somewhere: once in a document, wherever it is. */
export interface SbomPackage {
  /** Of this document only: "p12". */
  readonly ref: string;
  readonly name: string;
  readonly version: string;
  /** null for a format that has no type of package URL. */
  readonly purl: string | null;
  readonly sourceName: string;
  readonly sourceVersion: string;
  /** "" where the package does not say. */
  readonly vendor: string;
}

/** An endpoint and what it has installed. */
export interface SbomEndpoint {
  readonly id: string;
  readonly hostname: string;
  readonly os: { readonly id: string; readonly version: string; readonly name: string };
  /** When its packages were last listed; null: never, what it holds is unknown. */
  readonly inventoryAt: string | null;
  /** Whether every collector could look. */
  readonly complete: boolean;
  readonly packageRefs: readonly string[];
}

export interface SbomHead {
  /** What the document is about. */
  readonly subject: string;
  readonly uuid: string;
  readonly at: Instant;
  readonly toolVersion: string;
}

/** A document's content in the order in which it is written; never all of it in memory. */
export interface SbomContent {
  readonly head: SbomHead;
  packages(): AsyncIterable<SbomPackage>;
  endpoints(): AsyncIterable<SbomEndpoint>;
}

/** Nobody has looked at the licences of what is installed. */
export const UNKNOWN_LICENCE = "NOASSERTION";
