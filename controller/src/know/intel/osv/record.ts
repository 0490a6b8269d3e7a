import { compareVersions } from "@breakwater/shared/version";
import { z } from "zod";
import { type AdvisoryRecord, type AffectedRange, CVE_ID, feedMoment, type VulnerabilityRecord } from "../records.ts";
import { placeOf } from "./ecosystem.ts";

const Event = z.object({ introduced: z.string().optional(), fixed: z.string().optional(), last_affected: z.string().optional() });
const Affected = z.object({
  /** Absent or empty where only commits of a repository are named. */
  package: z.object({ ecosystem: z.string().default(""), name: z.string().default("") }).optional(),
  ranges: z.array(z.object({ type: z.string(), events: z.array(Event) })).nullish(),
  versions: z.array(z.string()).nullish(),
  ecosystem_specific: z.object({ urgency: z.string().optional() }).nullish(),
});
type Affected = z.infer<typeof Affected>;

/** The parts of a record that we use; what else it carries is left alone. @see https://ossf.github.io/osv-schema/ */
const OsvRecord = z.object({
  id: z.string().min(1),
  modified: z.string().optional(),
  published: z.string().optional(),
  withdrawn: z.string().nullish(),
  aliases: z.array(z.string()).nullish(),
  upstream: z.array(z.string()).nullish(),
  related: z.array(z.string()).nullish(),
  summary: z.string().nullish(),
  details: z.string().nullish(),
  severity: z.array(z.object({ type: z.string(), score: z.string() })).nullish(),
  affected: z.array(Affected).nullish(),
});
type OsvRecord = z.infer<typeof OsvRecord>;

/** Longest text that is kept of a summary. */
const MAX_SUMMARY = 500;

export interface OsvReading {
  readonly advisory: AdvisoryRecord;
  readonly vulnerability: VulnerabilityRecord | undefined;
}

/** Normalises one record. @throws Error with the reason when it cannot be read */
export function readOsvRecord(json: unknown): OsvReading {
  const parsed = OsvRecord.safeParse(json);
  if (!parsed.success) throw new Error(`not an OSV record: ${z.prettifyError(parsed.error).slice(0, 300)}`);
  const record = parsed.data;
  const withdrawn = Boolean(record.withdrawn);
  const summary = (record.summary || record.details || "").slice(0, MAX_SUMMARY);
  const published = feedMoment(record.published);
  const own = ownCve(record.id);
  return {
    advisory: {
      id: record.id,
      summary,
      published,
      modified: feedMoment(record.modified),
      withdrawn,
      vulnerabilities: vulnerabilitiesOf(record),
      affected: (record.affected ?? []).flatMap(rangesOf),
    },
    vulnerability: own ? { id: own, summary, published, cvssVector: bestVector(record.severity ?? []), cwe: [], withdrawn } : undefined,
  };
}

/** The CVE that a record is about itself: "CVE-2024-1" or "DEBIAN-CVE-2024-1". */
const ownCve = (id: string): string | undefined => /^(?:[A-Z]+-)?(CVE-\d{4}-\d{4,})$/.exec(id)?.[1];

/**
 * Aliases, what it stems from, and its own id. Debian's advisories of before 2025 named their CVEs as "related"; only there
 * does that word mean "fixes".
 */
function vulnerabilitiesOf(record: OsvRecord): string[] {
  const own = ownCve(record.id);
  const named = [...(own ? [own] : []), ...(record.aliases ?? []), ...(record.upstream ?? [])].filter((id) => CVE_ID.test(id));
  const isDebianAdvisory = /^(DSA|DLA|DTSA)-/.test(record.id);
  const ids = named.length === 0 && isDebianAdvisory ? (record.related ?? []).filter((id) => CVE_ID.test(id)) : named;
  return [...new Set(ids)].sort();
}

const VECTOR_PREFERENCE = ["CVSS_V3", "CVSS_V4", "CVSS_V2"];
function bestVector(severity: readonly { type: string; score: string }[]): string {
  for (const type of VECTOR_PREFERENCE) {
    const found = severity.find((s) => s.type === type);
    if (found) return found.score;
  }
  return "";
}

function rangesOf(affected: Affected): AffectedRange[] {
  const place = affected.package ? placeOf(affected.package.ecosystem) : undefined;
  if (!affected.package?.name || !place) return [];
  const base = { ...place, package: affected.package.name, urgency: affected.ecosystem_specific?.urgency ?? "" };
  const ranges = (affected.ranges ?? []).filter((r) => r.type === "ECOSYSTEM" || r.type === "SEMVER");
  if (ranges.length === 0)
    return (affected.versions ?? []).map((version) => ({ ...base, introduced: version, fixed: null, lastAffected: version }));
  return ranges.flatMap((range) => stretches(place.ecosystem, range.events).map((stretch) => ({ ...base, ...stretch })));
}

type Stretch = Pick<AffectedRange, "introduced" | "fixed" | "lastAffected">;
type Event = z.infer<typeof Event>;

/** Events in order of version, cut into stretches that begin at "introduced" and end at "fixed" or "last_affected". */
function stretches(ecosystem: string, events: readonly Event[]): Stretch[] {
  const result: Stretch[] = [];
  let introduced: string | undefined;
  for (const event of sorted(ecosystem, events)) {
    if (event.introduced !== undefined) introduced ??= event.introduced;
    if (event.fixed !== undefined || event.last_affected !== undefined) {
      if (introduced === undefined) continue;
      result.push({ introduced, fixed: event.fixed ?? null, lastAffected: event.last_affected ?? null });
      introduced = undefined;
    }
  }
  if (introduced !== undefined) result.push({ introduced, fixed: null, lastAffected: null });
  return result;
}

/** "0" is OSV's word for "from the first version on", whatever that is in the ecosystem. */
function sorted(ecosystem: string, events: readonly Event[]): Event[] {
  const version = (e: Event) => e.introduced ?? e.fixed ?? e.last_affected ?? "0";
  for (const event of events)
    if (version(event) !== "0" && compareVersions(ecosystem, version(event), version(event)) === "?")
      throw new Error(`${JSON.stringify(version(event))} is no ${ecosystem} version`);
  const order = (a: Event, b: Event) => {
    const x = version(a);
    const y = version(b);
    if (x === y) return Number(b.introduced !== undefined) - Number(a.introduced !== undefined);
    if (x === "0" || y === "0") return x === "0" ? -1 : 1;
    return compareVersions(ecosystem, x, y) === "<" ? -1 : 1;
  };
  return events.length <= 1 ? [...events] : [...events].sort(order);
}
