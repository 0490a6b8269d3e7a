import { compareVersions } from "@breakwater/shared/version";
import { z } from "zod";
import type { JsonFeed } from "../adapter.ts";
import { type AffectedRange, CVE_ID, type FeedSink, feedMoment } from "../records.ts";
import { type PocketState, placeOfPocket, rangeOfPockets } from "./state.ts";

const text = z
  .string()
  .nullish()
  .transform((t) => t ?? "");
const Impact = z
  .object({ baseMetricV3: z.object({ cvssV3: z.object({ vectorString: z.string() }) }) })
  .nullish()
  .catch(undefined);

/** One CVE as the security API answers. @see https://ubuntu.com/security/api/docs */
const ApiCve = z.object({
  id: z.string(),
  published: text,
  updated_at: text,
  description: text,
  status: text,
  impact: Impact,
  packages: z.array(
    z.object({
      name: z.string().min(1).max(200),
      statuses: z.array(z.object({ release_codename: z.string(), status: z.string(), description: text, pocket: text })),
    }),
  ),
});

/** One CVE of the tracker itself, turned to JSON: pockets by name, packages in them. */
const TrackerCve = z.object({
  candidate: z.string(),
  public_date: text,
  description: text,
  cvss: z
    .array(z.object({ vector: z.string() }))
    .nullish()
    .catch(undefined),
  packages: z.record(z.string(), z.record(z.string(), z.object({ status: z.string(), note: text }))),
});

const Build = z.object({ name: z.string().min(1).max(200), version: text, is_source: z.boolean().default(false), pocket: text });
/** One notice as the security API answers. */
const ApiNotice = z.object({
  id: z.string().max(100),
  title: text,
  published: text,
  cves_ids: z.array(z.string()).nullish(),
  release_packages: z.record(z.string(), z.array(Build)),
});

const Versions = z.record(z.string(), z.object({ version: text, pocket: text })).default({});
/** One notice of the database of all of them. */
const DatabaseNotice = z.object({
  title: text,
  timestamp: z.number().optional().catch(undefined),
  cves: z.array(z.string()).default([]),
  releases: z.record(z.string(), z.object({ sources: Versions, binaries: Versions, allbinaries: Versions })),
});

const MAX_SUMMARY = 500;
const isObject = (v: unknown): v is Readonly<Record<string, unknown>> => typeof v === "object" && v !== null && !Array.isArray(v);
const first = (v: unknown): unknown => (Array.isArray(v) ? v[0] : undefined);

const isApiCve = (d: unknown) =>
  isObject(d) && typeof d.id === "string" && isObject(first(d.packages)) && "statuses" in (first(d.packages) as object);
const isTrackerCve = (d: unknown) => isObject(d) && typeof d.candidate === "string" && isObject(d.packages);
const isNotice = (d: unknown) => isObject(d) && typeof d.id === "string" && isObject(d.release_packages);
const isDatabase = (d: unknown) => {
  const notice = isObject(d) ? Object.values(d)[0] : undefined;
  return isObject(notice) && isObject(notice.releases) && Array.isArray(notice.cves) && /^\d+-\d+$/.test(Object.keys(d as object)[0] ?? "");
};

/**
 * Ubuntu's tracker of CVEs and its notices, in the forms in which they are to be had: answers of the security API, whole pages or one by one, files of the tracker, and
 * the database of notices. The tracker says more than notices do: what is affected and not fixed, what never will be, and what nobody has looked at.
 */
export const ubuntu: JsonFeed = {
  kind: "ubuntu",
  recognises: (d) =>
    isApiCve(d) ||
    isTrackerCve(d) ||
    isNotice(d) ||
    isDatabase(d) ||
    (Array.isArray(d.cves) && isPageOf(d.cves, isApiCve)) ||
    (Array.isArray(d.notices) && isPageOf(d.notices, isNotice)),
  recognisesPart: (d) => isDatabase(d) || isApiCve(first(d.cves)) || isNotice(first(d.notices)),
  take(document, name, sink) {
    const d = document as Readonly<Record<string, unknown>>;
    if (Array.isArray(d.cves) && !isNotice(d)) return each(d.cves, name, sink, takeApiCve);
    if (Array.isArray(d.notices)) return each(d.notices, name, sink, takeNotice);
    if (isApiCve(d)) return takeApiCve(d, sink);
    if (isTrackerCve(d)) return takeTrackerCve(d, sink);
    if (isNotice(d)) return takeNotice(d, sink);
    for (const [id, notice] of Object.entries(d)) guarded(`USN-${id}`.slice(0, 200), sink, () => takeDatabaseNotice(id, notice, sink));
  },
};

/** An empty page is one, if it says how many there are in all. */
const isPageOf = (list: readonly unknown[], is: (d: unknown) => boolean) => list.length > 0 && list.some(is);

function each(list: readonly unknown[], name: string, sink: FeedSink, take: (one: unknown, sink: FeedSink) => void): void {
  for (const [i, one] of list.entries())
    guarded(isObject(one) && typeof one.id === "string" ? one.id.slice(0, 200) : `${name} ${i + 1}`, sink, () => take(one, sink));
}

/** One record that cannot be read costs itself only. */
function guarded(record: string, sink: FeedSink, work: () => void): void {
  try {
    work();
  } catch (cause) {
    sink.reject(record, cause instanceof Error ? cause.message : String(cause));
  }
}

function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (!result.success) throw new Error(`not a record of Ubuntu's: ${z.prettifyError(result.error).slice(0, 300)}`);
  return result.data;
}

function takeApiCve(value: unknown, sink: FeedSink): void {
  const cve = parsed(ApiCve, value);
  const states = cve.packages.flatMap((pkg) =>
    pkg.statuses.flatMap(({ release_codename: codename, status, description, pocket }): PocketState[] => {
      const place = placeOfPocket(codename, pocket);
      return place ? [{ ...place, package: pkg.name, status, note: description.trim() }] : [];
    }),
  );
  const about = {
    summary: cve.description,
    published: cve.published,
    modified: cve.updated_at,
    vector: cve.impact?.baseMetricV3.cvssV3.vectorString ?? "",
  };
  takeCve(cve.id, states, { ...about, withdrawn: cve.status === "rejected" }, sink);
}

function takeTrackerCve(value: unknown, sink: FeedSink): void {
  const cve = parsed(TrackerCve, value);
  const states = Object.entries(cve.packages).flatMap(([pocket, packages]) => {
    const place = placeOfPocket(pocket);
    return place
      ? Object.entries(packages).map(([name, s]): PocketState => ({ ...place, package: name, status: s.status, note: s.note.trim() }))
      : [];
  });
  const published = cve.public_date.replace(/^(\d{4}-\d\d-\d\d) (\d\d:\d\d(?::\d\d)?) UTC$/, "$1T$2Z");
  takeCve(
    cve.candidate,
    states,
    { summary: cve.description, published, modified: "", vector: cve.cvss?.[0]?.vector ?? "", withdrawn: false },
    sink,
  );
}

interface About {
  readonly summary: string;
  readonly published: string;
  readonly modified: string;
  readonly vector: string;
  readonly withdrawn: boolean;
}

function takeCve(
  id: string,
  states: readonly PocketState[],
  { summary, published, modified, vector, withdrawn }: About,
  sink: FeedSink,
): void {
  if (!CVE_ID.test(id)) throw new Error(`${JSON.stringify(id.slice(0, 60))} is no id of a CVE`);
  const groups = new Map<string, PocketState[]>();
  for (const state of states) {
    const key = `${state.release}\n${state.package}`;
    const group = groups.get(key) ?? [];
    if (group.length === 0) groups.set(key, group);
    group.push(state);
  }
  const affected: AffectedRange[] = [];
  for (const group of groups.values()) {
    const range = rangeOfPockets(group);
    if (typeof range === "string") sink.reject(id, range);
    else if (range) affected.push(range);
  }
  const base = { summary: summary.replaceAll(/\s+/g, " ").trim().slice(0, MAX_SUMMARY), published: feedMoment(published), withdrawn };
  if (affected.length > 0) sink.advisory({ id: `UBUNTU-${id}`, ...base, modified: feedMoment(modified), vulnerabilities: [id], affected });
  sink.vulnerability({ id, ...base, cvssVector: vector.slice(0, 300), cwe: [] });
}

interface Builds {
  readonly sources: readonly z.infer<typeof Build>[];
  readonly binaries: readonly z.infer<typeof Build>[];
}

function takeNotice(value: unknown, sink: FeedSink): void {
  const notice = parsed(ApiNotice, value);
  const releases = Object.entries(notice.release_packages).map(([codename, builds]): [string, Builds] => [
    codename,
    { sources: builds.filter((b) => b.is_source), binaries: builds.filter((b) => !b.is_source) },
  ]);
  put(notice.id, { ...notice, cves: notice.cves_ids ?? [] }, releases, sink);
}

function takeDatabaseNotice(id: string, value: unknown, sink: FeedSink): void {
  const notice = parsed(DatabaseNotice, value);
  const list = (versions: z.infer<typeof Versions>, source: boolean) =>
    Object.entries(versions).map(([name, v]) => ({ name, ...v, is_source: source }));
  const releases = Object.entries(notice.releases).map(([codename, { sources, binaries, allbinaries }]): [string, Builds] => {
    const every = Object.keys(allbinaries).length > 0 ? allbinaries : binaries;
    return [codename, { sources: list(sources, true), binaries: list(every, false) }];
  });
  const published = notice.timestamp === undefined ? "" : new Date(notice.timestamp * 1_000).toISOString();
  put(`USN-${id}`, { title: notice.title, published, cves: notice.cves }, releases, sink);
}

/** A notice names the builds that have the fix: sources where it names any with a version, else what is installed. Livepatches are no packages. */
function put(
  id: string,
  { title, published, cves }: { readonly title: string; readonly published: string; readonly cves: readonly string[] },
  releases: readonly (readonly [string, Builds])[],
  sink: FeedSink,
): void {
  if (!/^(USN|SSN)-\d[\w.-]*$/.test(id)) {
    sink.reject(id.slice(0, 200), "it is no notice about packages");
    return;
  }
  const affected: AffectedRange[] = [];
  for (const [codename, { sources, binaries }] of releases) {
    const isEsm = [...sources, ...binaries].some((b) => placeOfPocket(codename, b.pocket)?.esm);
    const place = placeOfPocket(codename);
    if (!place) continue;
    const versioned = sources.filter((s) => s.version !== "");
    for (const build of versioned.length > 0 ? versioned : binaries) {
      if (compareVersions("deb", build.version, build.version) !== "=") {
        sink.reject(id, `${build.name} in ${codename}: ${JSON.stringify(build.version.slice(0, 80))} is no version`);
        continue;
      }
      const esm = place.esm || isEsm || /[+~.]esm\d/.test(build.version);
      affected.push({
        ...{
          distribution: place.release,
          ecosystem: "deb",
          package: build.name,
          introduced: "0",
          fixed: build.version,
          lastAffected: null,
          urgency: "",
        },
        ...(esm ? { channel: "esm" } : {}),
        ...(versioned.length > 0 ? {} : { binary: true }),
      });
    }
  }
  const moment = feedMoment(published);
  const vulnerabilities = [...new Set(cves.filter((c) => CVE_ID.test(c)))].sort();
  sink.advisory({
    id,
    summary: title.slice(0, MAX_SUMMARY),
    published: moment,
    modified: moment,
    withdrawn: false,
    vulnerabilities,
    affected,
  });
}
