import { type Instant, instant } from "@breakwater/shared/core";
import { z } from "zod";
import { JUSTIFICATIONS } from "../suppression/index.ts";
import {
  endpointOfPurl,
  type LeftOut,
  type VexDocument,
  type VexJustification,
  type VexStatement,
  type VexStatus,
  vulnerabilityNames,
} from "./statement.ts";

const moment = z.iso.datetime({ offset: true }).transform((text): Instant => instant(Date.parse(text)));

/** States of CycloneDX's impact analysis in VEX's words. @see https://cyclonedx.org/docs/1.6/json/#vulnerabilities_items_analysis_state */
const STATUS: Readonly<Record<string, VexStatus>> = {
  resolved: "fixed",
  resolved_with_pedigree: "fixed",
  exploitable: "affected",
  in_triage: "under_investigation",
  false_positive: "not_affected",
  not_affected: "not_affected",
};
/** Its justifications: VEX has no word for what needs a configuration, a dependency or an environment that is not there. */
const JUSTIFICATION: Readonly<Record<string, VexJustification>> = {
  code_not_present: "vulnerable_code_not_present",
  code_not_reachable: "vulnerable_code_not_in_execute_path",
  protected_by_compiler: "inline_mitigations_already_exist",
  protected_at_runtime: "inline_mitigations_already_exist",
  protected_at_perimeter: "inline_mitigations_already_exist",
  protected_by_mitigating_control: "inline_mitigations_already_exist",
};
/** VEX's own word, where CycloneDX has a coarser one. */
export const JUSTIFICATION_PROPERTY = "breakwater:vex:justification";

const Named = z.object({ name: z.string().optional(), url: z.union([z.string(), z.array(z.string())]).optional() });
const Vulnerability = z.object({
  id: z.string().min(1),
  references: z.array(z.object({ id: z.string() })).optional(),
  published: moment.optional(),
  updated: moment.optional(),
  properties: z.array(z.object({ name: z.string(), value: z.string().optional() })).optional(),
  analysis: z
    .object({
      state: z.enum(Object.keys(STATUS) as [string, ...string[]]).optional(),
      justification: z.string().optional(),
      detail: z.string().optional(),
      firstIssued: moment.optional(),
      lastUpdated: moment.optional(),
    })
    .optional(),
  affects: z
    .array(
      z.object({
        ref: z.string().min(1),
        versions: z
          .array(
            z.object({
              version: z.string().optional(),
              range: z.string().optional(),
              status: z.enum(["affected", "unaffected", "unknown"]).default("affected"),
            }),
          )
          .optional(),
      }),
    )
    .min(1, "names nothing that it affects"),
});
export const CycloneDxVex = z.object({
  bomFormat: z.literal("CycloneDX"),
  specVersion: z.string(),
  serialNumber: z.string().min(1),
  version: z.number().int().min(1).default(1),
  metadata: z.object({
    timestamp: moment,
    authors: z.array(Named).optional(),
    manufacturer: Named.optional(),
    supplier: Named.optional(),
    component: z.unknown().optional(),
  }),
  components: z.array(z.unknown()).optional(),
  vulnerabilities: z.array(Vulnerability).min(1),
});

interface Known {
  readonly purl: string | undefined;
  readonly endpointId: string | null;
}

export function readCycloneDxVex(bom: z.output<typeof CycloneDxVex>): VexDocument {
  const leftOut: LeftOut[] = [];
  const components = indexComponents([bom.metadata.component, ...(bom.components ?? [])]);
  const statements = bom.vulnerabilities.flatMap((v, i): VexStatement[] => {
    const place = `vulnerabilities[${i}]`;
    const status = STATUS[v.analysis?.state ?? ""];
    if (status === undefined) {
      leftOut.push({ place, reason: "it has no analysis with a state, which makes it a listing and no statement" });
      return [];
    }
    const base = {
      place,
      status,
      justification: status === "not_affected" ? justificationOf(v) : null,
      note: v.analysis?.detail ?? "",
      timestamp: v.analysis?.lastUpdated ?? v.analysis?.firstIssued ?? v.updated ?? bom.metadata.timestamp,
    };
    const names = vulnerabilityNames([v.id, ...(v.references ?? []).map((r) => r.id)]);
    return v.affects.flatMap(({ ref, versions }, a) => {
      const where = `${place}.affects[${a}]`;
      const known = componentOf(ref, components);
      if (!known?.purl) {
        leftOut.push({ place: where, reason: known ? "the component has no package URL" : `no component is called ${ref.slice(0, 200)}` });
        return [];
      }
      const purls = (versions ?? [{ status: "affected" as const, version: undefined, range: undefined }]).flatMap((said) => {
        if (said.status === "affected" && said.range === undefined)
          return said.version === undefined ? [known.purl as string] : [withVersion(known.purl as string, said.version)];
        leftOut.push({
          place: where,
          reason: said.range === undefined ? `versions that are ${said.status} are not used` : "ranges of versions are not used",
        });
        return [];
      });
      return purls.flatMap((purl) => names.map((vulnerabilityId) => ({ ...base, vulnerabilityId, purl, endpointId: known.endpointId })));
    });
  });
  const { authors, manufacturer, supplier, timestamp } = bom.metadata;
  const named = authors?.find((a) => a.name) ?? manufacturer ?? supplier;
  const url = manufacturer?.url ?? supplier?.url;
  return {
    format: "cyclonedx",
    documentId: bom.serialNumber,
    version: String(bom.version),
    author: named?.name ?? "",
    authorUri: (Array.isArray(url) ? url[0] : url) ?? "",
    timestamp,
    statements,
    leftOut,
  };
}

function justificationOf(v: z.output<typeof Vulnerability>): VexJustification | null {
  const own = v.properties?.find((p) => p.name === JUSTIFICATION_PROPERTY)?.value;
  return JUSTIFICATIONS.find((j) => j === own) ?? JUSTIFICATION[v.analysis?.justification ?? ""] ?? null;
}

const Component = z.object({
  "bom-ref": z.string().optional().catch(undefined),
  purl: z.string().optional().catch(undefined),
  components: z.array(z.unknown()).optional().catch(undefined),
});

/** By bom-ref, with the endpoint that a component stands in; a stack of its own, since a document may be nested deeper than calls can be. */
function indexComponents(roots: readonly unknown[]): ReadonlyMap<string, Known> {
  const known = new Map<string, Known>();
  const stack = roots.map((component): { component: unknown; endpointId: string | null } => ({ component, endpointId: null }));
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const parsed = Component.safeParse(next.component);
    if (!parsed.success) continue;
    const { purl, components = [], "bom-ref": ref } = parsed.data;
    if (ref !== undefined) known.set(ref, { purl, endpointId: next.endpointId });
    const endpointId = endpointOfPurl(purl ?? "") ?? next.endpointId;
    for (const component of components) stack.push({ component, endpointId });
  }
  return known;
}

/** A reference within the document, a package URL itself, or a BOM-Link. @see https://cyclonedx.org/capabilities/bomlink/ */
function componentOf(ref: string, components: ReadonlyMap<string, Known>): Known | undefined {
  const found = components.get(ref);
  if (found) return found;
  const name = ref.startsWith("urn:cdx:") ? decoded(ref.slice(ref.indexOf("#") + 1)) : ref;
  return components.get(name) ?? (name.startsWith("pkg:") ? { purl: name, endpointId: null } : undefined);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The package URL with another version. */
function withVersion(purl: string, version: string): string {
  const end = purl.search(/[?#]/);
  const [path, rest] = end < 0 ? [purl, ""] : [purl.slice(0, end), purl.slice(end)];
  return `${path.replace(/@[^/]*$/, "")}@${encodeURIComponent(version)}${rest}`;
}
