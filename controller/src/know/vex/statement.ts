import type { Instant } from "@breakwater/shared/core";
import type { JUSTIFICATIONS } from "../suppression/index.ts";

/** What VEX says of a vulnerability in a product. @see https://www.cisa.gov/resources-tools/resources/minimum-requirements-vulnerability-exploitability-exchange-vex */
export const VEX_STATUSES = ["not_affected", "affected", "fixed", "under_investigation"] as const;
export type VexStatus = (typeof VEX_STATUSES)[number];
export type VexJustification = (typeof JUSTIFICATIONS)[number];

export const VEX_FORMATS = ["openvex", "csaf", "cyclonedx"] as const;
export type VexFormat = (typeof VEX_FORMATS)[number];

/** One vulnerability in one product, whatever the format. */
export interface VexStatement {
  /** Where it stands in its document, as in "statements[3]". */
  readonly place: string;
  /** The CVE where there is one. */
  readonly vulnerabilityId: string;
  readonly status: VexStatus;
  /** Of not_affected only; null where the author gives none or one that VEX does not have. */
  readonly justification: VexJustification | null;
  /** What the author says about it: impact, action, detail; "" where nothing. */
  readonly note: string;
  readonly timestamp: Instant;
  readonly purl: string;
  /** Only on this endpoint of ours; null: wherever the product is. */
  readonly endpointId: string | null;
}

/** Part of a document that cannot be used, with the reason. */
export interface LeftOut {
  readonly place: string;
  readonly reason: string;
}

export interface VexDocument {
  readonly format: VexFormat;
  /** The document's own id and version. */
  readonly documentId: string;
  readonly version: string;
  readonly author: string;
  /** Address that stands for the author, "" where there is none: the publisher's namespace of CSAF. */
  readonly authorUri: string;
  readonly timestamp: Instant;
  readonly statements: readonly VexStatement[];
  readonly leftOut: readonly LeftOut[];
}

/** Statements of one document: a vendor's whole product line; more is a feed. */
export const MAX_STATEMENTS = 100_000;
export const MAX_VEX_BYTES = 32 * 1024 * 1024;

/** How our endpoints are named as products in documents of ours. */
const ENDPOINT = /^pkg:generic\/breakwater-endpoint\/([\w-]{1,64})$/;
export const endpointPurl = (endpointId: string): string => `pkg:generic/breakwater-endpoint/${endpointId}`;
export const endpointOfPurl = (purl: string): string | null => ENDPOINT.exec(purl)?.[1] ?? null;

/** Of several names of one vulnerability those that findings use: its CVEs, else all of them. */
export function vulnerabilityNames(names: readonly string[]): string[] {
  const given = [...new Set(names.filter((n) => n !== ""))];
  const cves = given.filter((n) => /^CVE-\d{4}-\d{4,}$/.test(n));
  return cves.length > 0 ? cves : given;
}
