import { compareVersions } from "@breakwater/shared/version";
import { z } from "zod";
import { canonicalVersion } from "../package-name.ts";
import { type AdvisoryRecord, type AffectedRange, CVE_ID, feedMoment, type ModuleStream, type VulnerabilityRecord } from "../records.ts";
import { type Place, placesOf } from "./ecosystem.ts";

const Event = z.object({ introduced: z.string().optional(), fixed: z.string().optional(), last_affected: z.string().optional() });
const Affected = z.object({
  /** Absent or empty where only commits of a repository are named. */
  package: z.object({ ecosystem: z.string().default(""), name: z.string().default("") }).optional(),
  ranges: z.array(z.object({ type: z.string(), events: z.array(Event) })).nullish(),
  versions: z.array(z.string()).nullish(),
  ecosystem_specific: z
    .object({
      urgency: z.string().optional().catch(undefined),
      binaries: z.array(z.record(z.string(), z.string())).optional().catch(undefined),
    })
    .nullish()
    .catch(undefined),
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

/**
 * Normalises one record. @param reject told of each range that cannot be read; the rest of the record stands
 * @throws Error with the reason when the record cannot be read
 */
export function readOsvRecord(json: unknown, reject: (reason: string) => void = () => {}): OsvReading {
  const parsed = OsvRecord.safeParse(json);
  if (!parsed.success) throw new Error(`not an OSV record: ${z.prettifyError(parsed.error).slice(0, 300)}`);
  const record = parsed.data;
  const withdrawn = Boolean(record.withdrawn);
  const summary = (record.summary || record.details || "").slice(0, MAX_SUMMARY);
  const published = feedMoment(record.published);
  const own = ownCve(record.id);
  const aliases = aliasesOf(record);
  const module = moduleOf(record);
  return {
    advisory: {
      id: record.id,
      summary,
      published,
      modified: feedMoment(record.modified),
      withdrawn,
      vulnerabilities: vulnerabilitiesOf(record),
      ...(aliases.length > 0 ? { aliases } : {}),
      ...(module ? { module } : {}),
      affected: (record.affected ?? []).flatMap((a) => rangesOf(a, reject)),
    },
    vulnerability: own ? { id: own, summary, published, cvssVector: bestVector(record.severity ?? []), cwe: [], withdrawn } : undefined,
  };
}

/** The CVE that a record is about itself: "CVE-2024-1" or "DEBIAN-CVE-2024-1". */
const ownCve = (id: string): string | undefined => /^(?:[A-Z]+-)*?(CVE-\d{4}-\d{4,})$/.exec(id)?.[1];

/** Advisories of a whole system: what they name as "related" is what they fix, until "upstream" came into use in 2025. */
const SYSTEM_ADVISORY = /^(DSA|DLA|DTSA|USN|LSN|AL[SBE]A|RL[SBE]A|RXSA|RH[SBE]A|SUSE-[SROF]U|openSUSE-[SRO]U|MGASA|PHSA|AZL|OESA)-/;

/**
 * Aliases, what it stems from, and its own id. A record about a library that has no CVE is a vulnerability all the same and
 * goes by its own id; a system's advisory without one is a correction of another kind.
 */
function vulnerabilitiesOf(record: OsvRecord): string[] {
  const own = ownCve(record.id);
  const cves = (ids: readonly string[] | null | undefined) => (ids ?? []).filter((id) => CVE_ID.test(id));
  const named = [...(own ? [own] : []), ...cves(record.aliases), ...cves(record.upstream)];
  const isSystems = SYSTEM_ADVISORY.test(record.id);
  const ids = named.length > 0 ? named : isSystems ? cves(record.related) : [];
  return ids.length > 0 || isSystems ? [...new Set(ids)].sort() : [record.id];
}

const aliasesOf = (record: OsvRecord): string[] =>
  SYSTEM_ADVISORY.test(record.id)
    ? []
    : [...new Set([...(record.aliases ?? []), ...(record.upstream ?? [])])].filter((id) => !CVE_ID.test(id) && !SYSTEM_ADVISORY.test(id));

/** "Important: 389-ds:1.4 security update", "new module: nodejs:16"; the publishers of modular systems name the stream nowhere else. */
function moduleOf(record: OsvRecord): ModuleStream | undefined {
  const summary = (record.summary ?? "").slice(0, MAX_SUMMARY);
  const match =
    /(?:^|\s)(\d*[a-zA-Z-][\w.-]*):([\w.-]+)\s+(?:security|bug|update|enhancement|module|metadata)/.exec(summary) ??
    /\bnew module:\s+([\w.-]+):([\w.-]+)\s*$/.exec(summary);
  return match?.[1] && match[2] && MODULAR_ADVISORY.test(record.id) ? { name: match[1], stream: match[2] } : undefined;
}
const MODULAR_ADVISORY = /^(AL|RL|RX|RH)[SBE]?A-/;

const VECTOR_PREFERENCE = ["CVSS_V3", "CVSS_V4", "CVSS_V2"];
function bestVector(severity: readonly { type: string; score: string }[]): string {
  for (const type of VECTOR_PREFERENCE) {
    const found = severity.find((s) => s.type === type);
    if (found) return found.score;
  }
  return "";
}

function rangesOf(affected: Affected, reject: (reason: string) => void): AffectedRange[] {
  const name = affected.package?.name;
  const places = affected.package ? placesOf(affected.package.ecosystem) : [];
  const [place] = places;
  if (!name || !place) return [];
  const urgency = affected.ecosystem_specific?.urgency ?? "";
  const listed = affected.versions ?? [];
  const ranges = (affected.ranges ?? []).filter((r) => r.type === "ECOSYSTEM" || r.type === "SEMVER");
  const found: Stretch[] = [];
  for (const range of ranges)
    try {
      found.push(...stretches(place.ecosystem, range.events));
    } catch (cause) {
      // Another range, or another package of the record, is not the worse for it.
      reject(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  // A system's record lists versions beside ranges that say the same; alone they are all that it says.
  if (place.distribution !== "" && ranges.length === 0)
    for (const version of listed) found.push({ introduced: version, fixed: null, lastAffected: version });
  const base = { package: name, urgency };
  const stretched = places.flatMap(({ channel, ...p }) =>
    found.map((stretch): AffectedRange => ({ ...p, ...base, ...stretch, ...(channel ? { channel } : {}) })),
  );
  return [
    ...stretched,
    ...(place.distribution === "" && listed.length > 0 ? [listedVersions(place, base, listed)] : []),
    ...binariesOf(affected).flatMap(([binary, fixed]) =>
      binary === name
        ? []
        : stretched.slice(0, places.length).map((range) => ({ ...range, package: binary, introduced: "0", fixed, lastAffected: null })),
    ),
  ];
}

/** What a record lists is affected, whatever its ranges say of it. */
const listedVersions = (place: Place, base: Pick<AffectedRange, "package" | "urgency">, versions: readonly string[]): AffectedRange => ({
  distribution: place.distribution,
  ecosystem: place.ecosystem,
  ...base,
  introduced: versions[0] ?? "0",
  fixed: null,
  lastAffected: versions[0] ?? "0",
  versions,
});

/** SUSE names the source package, and what is built from it beside it. */
const binariesOf = (affected: Affected): [string, string][] => {
  const pairs = (affected.ecosystem_specific?.binaries ?? []).flatMap((b) => Object.entries(b));
  return [...new Map(pairs).entries()].filter(([, version]) => compareVersions("rpm", version, version) === "=");
};

type Stretch = Pick<AffectedRange, "introduced" | "fixed" | "lastAffected">;
type Event = z.infer<typeof Event>;

/** Events in order of version, cut into stretches that begin at "introduced" and end at "fixed" or "last_affected". */
function stretches(ecosystem: string, events: readonly Event[]): Stretch[] {
  const result: Stretch[] = [];
  let introduced: string | undefined;
  /** Where one stretch ends and the next begins at once ("fixed" and "introduced" of one version), if that next one has an end. */
  let again: string | undefined;
  for (const event of sorted(
    ecosystem,
    events.map((e) => canonicalEvent(ecosystem, e)),
  )) {
    if (event.introduced !== undefined) {
      if (introduced !== undefined) again = event.introduced;
      introduced ??= event.introduced;
    }
    if (event.fixed !== undefined || event.last_affected !== undefined) {
      const begin = introduced ?? again;
      if (begin === undefined) continue;
      result.push({ introduced: begin, fixed: event.fixed ?? null, lastAffected: event.last_affected ?? null });
      if (introduced === undefined || again !== (event.fixed ?? event.last_affected)) again = undefined;
      introduced = undefined;
    }
  }
  if (introduced !== undefined) result.push({ introduced, fixed: null, lastAffected: null });
  return result;
}

const canonicalEvent = (ecosystem: string, event: Event): Event =>
  Object.fromEntries(
    Object.entries(event).flatMap(([kind, version]) => (version === undefined ? [] : [[kind, canonicalVersion(ecosystem, version)]])),
  );

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
