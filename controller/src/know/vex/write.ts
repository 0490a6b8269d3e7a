import { createHash } from "node:crypto";
import { formatInstant, type Instant } from "@breakwater/shared/core";
import { JUSTIFICATION_PROPERTY } from "./read-cyclonedx.ts";
import { endpointPurl, type VexFormat, type VexJustification, type VexStatement } from "./statement.ts";

/** Who writes a document of ours, when, and with what. */
export interface VexAuthor {
  readonly author: string;
  /** Address that stands for the author. */
  readonly namespace: string;
  readonly at: Instant;
  readonly toolVersion: string;
}

/** A statement of ours; `place` is the reader's. An affected one's note is its action. */
export type OwnStatement = Omit<VexStatement, "place">;

export const writeVex = (format: VexFormat, statements: readonly OwnStatement[], by: VexAuthor): unknown => WRITERS[format](statements, by);

const WRITERS: Readonly<Record<VexFormat, (statements: readonly OwnStatement[], by: VexAuthor) => unknown>> = {
  openvex: writeOpenVex,
  csaf: writeCsaf,
  cyclonedx: writeCycloneDx,
};

const ACTION = "Update the package when a fixed version is offered.";
const IMPACT = "Not affected; no reason was given.";

/** The same content has the same id, so that an unchanged export replaces nothing. */
function uuidOf(statements: readonly OwnStatement[], by: VexAuthor): string {
  const hex = createHash("sha256")
    .update(JSON.stringify([by.author, by.at, statements]))
    .digest("hex");
  // RFC 9562, version 8: its bits are ours to choose.
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** With a justification there is no impact_statement beside it: the schema of the specification allows one of the two. */
function writeOpenVex(statements: readonly OwnStatement[], by: VexAuthor): unknown {
  return {
    "@context": "https://openvex.dev/ns/v0.2.0",
    "@id": `urn:uuid:${uuidOf(statements, by)}`,
    author: by.author,
    timestamp: formatInstant(by.at),
    version: 1,
    tooling: `breakwater ${by.toolVersion}`,
    statements: statements.map((s) => ({
      vulnerability: { name: s.vulnerabilityId },
      timestamp: formatInstant(s.timestamp),
      products: [s.endpointId === null ? product(s.purl) : { ...product(endpointPurl(s.endpointId)), subcomponents: [product(s.purl)] }],
      status: s.status,
      ...(s.status === "not_affected"
        ? s.justification
          ? { justification: s.justification, ...(s.note === "" ? {} : { status_notes: s.note }) }
          : { impact_statement: s.note || IMPACT }
        : s.status === "affected"
          ? { action_statement: s.note || ACTION }
          : s.note === ""
            ? {}
            : { status_notes: s.note }),
    })),
  };
}
const product = (purl: string) => ({ "@id": purl, identifiers: { purl } });

const STATE = { not_affected: "not_affected", affected: "exploitable", fixed: "resolved", under_investigation: "in_triage" } as const;
const CYCLONEDX_JUSTIFICATION: Readonly<Record<VexJustification, string>> = {
  component_not_present: "code_not_present",
  vulnerable_code_not_present: "code_not_present",
  vulnerable_code_not_in_execute_path: "code_not_reachable",
  vulnerable_code_cannot_be_controlled_by_adversary: "code_not_reachable",
  inline_mitigations_already_exist: "protected_by_mitigating_control",
};

function writeCycloneDx(statements: readonly OwnStatement[], by: VexAuthor): unknown {
  const refOf = (s: OwnStatement) => (s.endpointId === null ? s.purl : `${endpointPurl(s.endpointId)}#${s.purl}`);
  const packages = new Map(statements.map((s) => [refOf(s), s]));
  const component = (ref: string, s: OwnStatement) => ({ type: "library", "bom-ref": ref, name: nameOf(s.purl), purl: s.purl });
  const endpoints = new Map<string, [string, OwnStatement][]>();
  for (const [ref, s] of packages)
    if (s.endpointId !== null) endpoints.set(s.endpointId, [...(endpoints.get(s.endpointId) ?? []), [ref, s]]);
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${uuidOf(statements, by)}`,
    version: 1,
    metadata: {
      timestamp: formatInstant(by.at),
      tools: { components: [{ type: "application", name: "breakwater", version: by.toolVersion }] },
      authors: [{ name: by.author }],
    },
    components: [
      ...[...packages].filter(([, s]) => s.endpointId === null).map(([ref, s]) => component(ref, s)),
      ...[...endpoints].map(([id, parts]) => ({
        ...{ type: "device", "bom-ref": endpointPurl(id), name: id, purl: endpointPurl(id) },
        components: parts.map(([ref, s]) => component(ref, s)),
      })),
    ],
    vulnerabilities: statements.map((s) => ({
      id: s.vulnerabilityId,
      analysis: {
        state: STATE[s.status],
        ...(s.justification ? { justification: CYCLONEDX_JUSTIFICATION[s.justification] } : {}),
        ...(s.note === "" ? {} : { detail: s.note }),
        lastUpdated: formatInstant(s.timestamp),
      },
      affects: [{ ref: refOf(s) }],
      ...(s.justification ? { properties: [{ name: JUSTIFICATION_PROPERTY, value: s.justification }] } : {}),
    })),
  };
}

const nameOf = (purl: string): string => decodeURIComponent((purl.split(/[?#]/, 1)[0] ?? "").replace(/@[^/]*$/, "").replace(/^.*\//, ""));

const CSAF_STATUS = {
  not_affected: "known_not_affected",
  affected: "known_affected",
  fixed: "fixed",
  under_investigation: "under_investigation",
} as const;

/** Profile 5 (VEX) of CSAF 2.0: one entry a vulnerability, with flags or threats for what is not affected and remediations for what is. */
function writeCsaf(statements: readonly OwnStatement[], by: VexAuthor): unknown {
  const products = csafProducts(statements);
  const issued = formatInstant(by.at);
  const id = uuidOf(statements, by);
  const vulnerabilities = new Map<string, OwnStatement[]>();
  for (const s of statements) vulnerabilities.set(s.vulnerabilityId, [...(vulnerabilities.get(s.vulnerabilityId) ?? []), s]);
  return {
    document: {
      category: "csaf_vex",
      csaf_version: "2.0",
      lang: "en",
      title: `What ${by.author} states of vulnerabilities in its fleet`,
      notes: [{ category: "summary", text: "Findings of a fleet, and what was decided about them." }],
      publisher: { category: "user", name: by.author, namespace: by.namespace },
      tracking: {
        id,
        status: "final",
        version: "1",
        initial_release_date: issued,
        current_release_date: issued,
        revision_history: [{ number: "1", date: issued, summary: "Exported." }],
        generator: { date: issued, engine: { name: "breakwater", version: by.toolVersion } },
      },
    },
    product_tree: products.tree,
    vulnerabilities: [...vulnerabilities].map(([vulnerabilityId, all]) => csafVulnerability(vulnerabilityId, all, products.idOf)),
  };
}

function csafProducts(statements: readonly OwnStatement[]) {
  const ids = new Map<string, string>();
  const named = (purl: string, prefix: string) => {
    const id = ids.get(purl) ?? `${prefix}-${ids.size + 1}`;
    ids.set(purl, id);
    return { product_id: id, name: purl, product_identification_helper: { purl } };
  };
  const full = new Map<string, object>();
  const relationships = new Map<string, object>();
  const idOf = (s: OwnStatement) => {
    const pkg = named(s.purl, "PKG");
    full.set(pkg.product_id, pkg);
    if (s.endpointId === null) return pkg.product_id;
    const endpoint = named(endpointPurl(s.endpointId), "EP");
    full.set(endpoint.product_id, endpoint);
    const product_id = `${pkg.product_id}:${endpoint.product_id}`;
    relationships.set(product_id, {
      category: "installed_on",
      product_reference: pkg.product_id,
      relates_to_product_reference: endpoint.product_id,
      full_product_name: { product_id, name: `${s.purl} on ${s.endpointId}` },
    });
    return product_id;
  };
  for (const s of statements) idOf(s);
  return {
    idOf,
    tree: { full_product_names: [...full.values()], ...(relationships.size > 0 ? { relationships: [...relationships.values()] } : {}) },
  };
}

function csafVulnerability(vulnerabilityId: string, statements: readonly OwnStatement[], idOf: (s: OwnStatement) => string): unknown {
  const status: Partial<Record<(typeof CSAF_STATUS)[keyof typeof CSAF_STATUS], string[]>> = {};
  const flags = [];
  const threats = [];
  const remediations = [];
  for (const s of statements) {
    const product = idOf(s);
    const list = CSAF_STATUS[s.status];
    status[list] = [...(status[list] ?? []), product];
    const date = formatInstant(s.timestamp);
    if (s.status === "not_affected" && s.justification) flags.push({ label: s.justification, date, product_ids: [product] });
    if (s.status === "not_affected" && (s.note !== "" || !s.justification))
      threats.push({ category: "impact", details: s.note || IMPACT, date, product_ids: [product] });
    if (s.status === "affected") remediations.push({ category: "none_available", details: s.note || ACTION, date, product_ids: [product] });
    if ((s.status === "fixed" || s.status === "under_investigation") && s.note !== "")
      threats.push({ category: "impact", details: s.note, date, product_ids: [product] });
  }
  return {
    ...(/^CVE-\d{4}-\d{4,}$/.test(vulnerabilityId)
      ? { cve: vulnerabilityId }
      : { ids: [{ system_name: "Breakwater", text: vulnerabilityId }] }),
    notes: [{ category: "description", title: vulnerabilityId, text: `What is stated of ${vulnerabilityId}.` }],
    product_status: status,
    ...(flags.length > 0 ? { flags } : {}),
    ...(threats.length > 0 ? { threats } : {}),
    ...(remediations.length > 0 ? { remediations } : {}),
  };
}
