import { z } from "zod";
import { Chatter } from "../chatter.ts";
import { jsonDocuments, LargePart } from "../json-documents.ts";
import { CVE_ID, type FeedSink, feedMoment } from "../records.ts";

export { collectTaxii } from "./collect.ts";

const Reference = z.object({ source_name: z.string().default(""), external_id: z.string().optional() });
/** @see https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html */
const StixObject = z.object({
  type: z.string(),
  id: z.string().max(300),
  name: z.string().optional(),
  created: z.string().optional(),
  modified: z.string().optional(),
  published: z.string().optional(),
  last_seen: z.string().optional(),
  revoked: z.boolean().default(false),
  external_references: z.array(Reference).default([]).catch([]),
  object_refs: z.array(z.string()).default([]).catch([]),
  relationship_type: z.string().optional(),
  source_ref: z.string().optional(),
  target_ref: z.string().optional(),
  sighting_of_ref: z.string().optional(),
});
type StixObject = z.infer<typeof StixObject>;

/** Kinds that say something of a vulnerability when they name one. Identities, markings and the like do not. */
const SPEAKS = new Set([
  "report",
  "note",
  "indicator",
  "malware",
  "tool",
  "campaign",
  "intrusion-set",
  "threat-actor",
  "attack-pattern",
  "incident",
  "observed-data",
]);
const MAX_REMEMBERED = 200_000;

/** Whether a document, or a member of a large one, is STIX's: a bundle, what a TAXII server answers, or an object. */
export function isStix(document: unknown): boolean {
  const one = document instanceof LargePart ? document.value : objectsOf(document)[0];
  return z.object({ type: z.string(), id: z.string().regex(/^[a-z0-9-]+--[0-9a-f-]{36}$/i) }).safeParse(one).success;
}

/**
 * Threat intelligence in STIX 2.1: reports and other objects that name a CVE, that contain or "exploit" or "target" a vulnerability, and sightings
 * of one. Objects that were revoked say nothing.
 */
export async function readStix(path: string, sink: FeedSink): Promise<void> {
  const reading = new Reading();
  let objects = 0;
  for await (const documents of jsonDocuments(path)) {
    for (const document of documents)
      try {
        for (const raw of objectsOf(document.parse())) {
          const parsed = StixObject.safeParse(raw);
          if (!parsed.success) {
            sink.reject(document.name || "an object", z.prettifyError(parsed.error).slice(0, 300));
            continue;
          }
          objects++;
          reading.take(parsed.data);
        }
      } catch (cause) {
        if (document.name === "") throw cause;
        sink.reject(document.name, cause instanceof Error ? cause.message : String(cause));
      }
    await sink.ready();
  }
  if (objects === 0) throw new Error("it holds no STIX object");
  reading.finish().tell(sink);
}

function objectsOf(value: unknown): readonly unknown[] {
  if (value instanceof LargePart) return value.key === "objects" ? [value.value] : [];
  const bundle = z.object({ objects: z.array(z.unknown()) }).safeParse(value);
  return bundle.success ? bundle.data.objects : [value];
}

class Reading {
  private readonly chatter = new Chatter();
  private readonly cves = new Map<string, readonly string[]>();
  private readonly names = new Map<string, string>();
  private readonly links: { readonly from: StixObject; readonly by: string; readonly to: string }[] = [];

  take(object: StixObject): void {
    if (object.revoked) return;
    const named = cvesOf(object);
    if (object.type === "vulnerability") this.remember(this.cves, object.id, named);
    else if (SPEAKS.has(object.type)) for (const cve of named) this.say(cve, object, object.name ?? "");
    if (object.name && SPEAKS.has(object.type)) this.remember(this.names, object.id, `${object.type} ${object.name}`.slice(0, 200));
    for (const ref of SPEAKS.has(object.type) ? object.object_refs : []) this.link(object, object.id, ref);
    if (object.type === "relationship" && /^(exploits|targets|uses|has)$/.test(object.relationship_type ?? ""))
      this.link(object, object.source_ref ?? "", object.target_ref ?? "");
    if (object.type === "sighting") this.link(object, object.id, object.sighting_of_ref ?? "");
  }

  private remember<T>(map: Map<string, T>, id: string, value: T): void {
    if (map.size >= MAX_REMEMBERED && !map.has(id)) throw new Error(`it has more than ${MAX_REMEMBERED} objects that others may refer to`);
    map.set(id, value);
  }

  private link(from: StixObject, by: string, to: string): void {
    if (!to.startsWith("vulnerability--")) return;
    if (this.links.length >= MAX_REMEMBERED) throw new Error(`it has more than ${MAX_REMEMBERED} references to vulnerabilities`);
    this.links.push({ from, by, to });
  }

  private say(cve: string, { id, published, last_seen: seen, modified, created }: StixObject, name: string): void {
    this.chatter.add(cve, id, name, feedMoment(published ?? seen ?? modified ?? created));
  }

  /** What refers to a vulnerability may come before it. */
  finish(): Chatter {
    for (const { from, by, to } of this.links)
      for (const cve of this.cves.get(to) ?? []) this.say(cve, from, this.names.get(by) ?? from.type);
    return this.chatter;
  }
}

const cvesOf = ({ external_references: references, type, name }: StixObject): string[] => [
  ...new Set(
    [
      ...references.flatMap((r) => (r.source_name.toLowerCase() === "cve" && r.external_id ? [r.external_id.toUpperCase()] : [])),
      ...(type === "vulnerability" && name ? [name.trim().toUpperCase()] : []),
    ].filter((id) => CVE_ID.test(id)),
  ),
];
