import { compareVersions } from "@breakwater/shared/version";
import type { FeedConfig } from "../feed-config.ts";
import { type AffectedRange, CVE_ID, type FeedSink, feedMoment, type ModuleStream } from "../records.ts";
import { redHatReleaseOf } from "../red-hat-stream.ts";
import { readRelease } from "../release.ts";
import { childOf, childrenOf, textOf, type XmlElement, xmlElements } from "../xml.ts";
import { type Alternative, alternativesOf } from "./criteria.ts";
import { type PackageTest, Parts } from "./parts.ts";
import { type System, systemOfBuild, systemsOf } from "./systems.ts";

const MAX_SUMMARY = 500;

/** Whether a text begins as an OVAL document does. */
export const isOval = (head: string): boolean => /^\s*</.test(head) && /<(?:[\w-]+:)?oval_definitions[\s>]/.test(head);

/**
 * Security definitions in OVAL 5: each of a vulnerability or an advisory, with the installed packages by which it comes true. It is read twice, since definitions
 * come before what they refer to. What no range can say (two packages at once, a running kernel, something that is not there) is set aside with its reason.
 * @see https://oval.mitre.org/language/version5.11/
 */
export async function readOval(path: string, sink: FeedSink, feed?: FeedConfig): Promise<void> {
  const release = feed?.release === undefined ? undefined : readRelease(feed.release);
  if (release === "")
    throw new Error(`the feed's release ${JSON.stringify(feed?.release)} names no system's release; write it as in rhel:9`);
  const given = release === undefined ? undefined : [{ distribution: release, channel: "" }];
  const parts = await Parts.of(path);
  let number = 0;
  for await (const element of xmlElements(path, new Set(["definition", "generator"]))) {
    if (element.name === "generator") {
      sink.dated(feedMoment(textOf(element, "timestamp")));
      continue;
    }
    number++;
    if (element.attributes.class === "vulnerability" || element.attributes.class === "patch")
      takeDefinition(element, `definition ${number}`, parts, given, sink);
    await sink.ready();
  }
  if (number === 0) throw new Error("it holds no definition");
}

function takeDefinition(definition: XmlElement, nth: string, parts: Parts, given: readonly System[] | undefined, sink: FeedSink): void {
  const own = definition.attributes.id ?? "";
  const metadata = childOf(definition, "metadata");
  const criteria = childOf(definition, "criteria");
  if (own === "" || own.length > 200 || !metadata) {
    sink.reject(own.slice(0, 200) || nth, "the definition has no id or no metadata");
    return;
  }
  const vulnerabilities = cvesOf(metadata);
  const id = advisoryOf(definition, metadata) || own;
  describe(definition, metadata, vulnerabilities, sink);
  if (!criteria) {
    sink.reject(id, "the definition says no conditions");
    return;
  }
  const reading = new Reading(metadata, own, given);
  for (const alternative of alternativesOf(criteria, parts)) reading.take(alternative);
  for (const [reason, times] of reading.obstacles) sink.reject(id, times > 1 ? `${reason} (${times} times)` : reason);
  const advisory = childOf(metadata, "advisory");
  const published = feedMoment(
    dateOf(advisory, "issued") || textOf(metadata, "advisory_date") || textOf(advisory, "public_date") || submitted(metadata),
  );
  const base = {
    summary: textOf(metadata, "title").replaceAll(/\s+/g, " ").slice(0, MAX_SUMMARY),
    published,
    modified: feedMoment(dateOf(advisory, "updated")) ?? published,
    withdrawn: definition.attributes.deprecated === "true",
    vulnerabilities,
  };
  for (const { module, affected } of reading.groups.values()) {
    const stream = module && reading.groups.size > 1 ? `/${module.name}:${module.stream}` : "";
    sink.advisory({ id: `${id}${stream}`, ...base, ...(module ? { module } : {}), affected });
  }
}

/** Ranges of one definition, by module stream. */
class Reading {
  readonly groups = new Map<string, { readonly module: ModuleStream | undefined; readonly affected: AffectedRange[] }>();
  readonly obstacles = new Map<string, number>();
  private readonly seen = new Set<string>();
  private readonly platforms: readonly System[];
  /** Red Hat's documents of longer support ask for the main release, and say in their list of products what they are for. */
  private readonly streams: readonly string[];
  private readonly words: (name: string) => string;
  /** Debian's objects are called after source packages. */
  private readonly namesSources: boolean;
  private readonly given: readonly System[] | undefined;

  constructor(metadata: XmlElement, definitionId: string, given: readonly System[] | undefined) {
    this.given = given;
    this.platforms = childrenOf(metadata, "affected").flatMap((a) => childrenOf(a, "platform").flatMap((p) => systemsOf(p.text.trim())));
    const cpes = childrenOf(childOf(childOf(metadata, "advisory"), "affected_cpe_list"), "cpe").map((c) => redHatReleaseOf(c.text.trim()));
    const streams = [...new Set(cpes.filter((c) => c !== ""))];
    this.streams = streams.some((s) => s.includes("-")) ? streams : [];
    this.words = resolutionsOf(metadata);
    this.namesSources = definitionId.startsWith("oval:org.debian:");
  }

  take({ systems, test, module, obstacle }: Alternative): void {
    // A way in which no package has part is of a system alone, or asks for none of what we match.
    if (systems?.length === 0 || (!test && !obstacle)) return;
    const where = systems ?? this.given ?? (this.platforms.length > 0 ? this.platforms : systemOfBuild(test?.before ?? ""));
    const problem = obstacle ?? (test ? problemOf(test, where) : undefined);
    if (problem || !test) {
      const reason = problem ?? "it names no package";
      this.obstacles.set(reason, (this.obstacles.get(reason) ?? 0) + 1);
      return;
    }
    const key = module ? `${module.name}:${module.stream}` : "";
    const group = this.groups.get(key) ?? { module, affected: [] };
    this.groups.set(key, group);
    for (const system of where) for (const name of test.names) this.put(group.affected, system, name, test, key);
  }

  private put(affected: AffectedRange[], { distribution, channel }: System, name: string, test: PackageTest, stream: string): void {
    const paid = channel || (/[+~.]esm\d/.test(test.before ?? "") ? "esm" : "");
    const releases =
      distribution.startsWith("rhel:") && this.streams.length > 0
        ? this.streams.filter((s) => majorOf(s) === majorOf(distribution))
        : [distribution];
    for (const release of releases) {
      const range: AffectedRange = {
        distribution: release,
        ecosystem: test.ecosystem,
        package: name,
        introduced: test.from ?? "0",
        fixed: test.before ?? null,
        lastAffected: test.before === undefined ? (test.last ?? null) : null,
        urgency: test.before === undefined && test.last === undefined ? this.words(stream ? `${stream}/${name}` : name) : "",
        ...(paid ? { channel: paid } : {}),
        ...(test.ecosystem === "deb" && !this.namesSources ? { binary: true } : {}),
        ...(test.architectures ? { architectures: test.architectures } : {}),
      };
      const key = JSON.stringify([stream, range]);
      if (this.seen.has(key)) continue;
      this.seen.add(key);
      affected.push(range);
    }
  }
}

/** Why a test, alone and understood, makes no range. */
function problemOf({ ecosystem, from, before, last }: PackageTest, where: readonly System[]): string | undefined {
  if (where.length === 0) return "the definition does not say of what system's release it is: give the feed a release";
  const odd = [from, before, last].find((v) => v !== undefined && v !== "0" && compareVersions(ecosystem, v, v) !== "=");
  return odd === undefined ? undefined : `${JSON.stringify(odd.slice(0, 100))} is no ${ecosystem} version`;
}

const majorOf = (release: string) => /^rhel:(\d+)/.exec(release)?.[1];

const referencesOf = (metadata: XmlElement) => childrenOf(metadata, "reference").map((r) => r.attributes);

function cvesOf(metadata: XmlElement): string[] {
  const texts = [
    ...referencesOf(metadata).map((r) => r.ref_id ?? ""),
    ...childrenOf(childOf(metadata, "advisory"), "cve").map((c) => c.text),
    textOf(metadata, "title"),
  ];
  return [...new Set(texts.flatMap((t) => t.match(/CVE-\d{4}-\d{4,}/g) ?? []))].filter((c) => CVE_ID.test(c)).sort();
}

/** What its publisher calls an advisory: "RHSA-2024:1234", "USN-5678-1"; a vulnerability's definition goes by its own id, since a package may have one each. */
function advisoryOf(definition: XmlElement, metadata: XmlElement): string {
  if (definition.attributes.class !== "patch") return "";
  const named = referencesOf(metadata).find((r) => r.source !== "CVE" && /^[A-Za-z]{2,}[\w:.-]*\d$/.test(r.ref_id ?? ""))?.ref_id ?? "";
  return named.length <= 100 ? named : "";
}

const dateOf = (advisory: XmlElement | undefined, name: string) => childOf(advisory, name)?.attributes.date;
const submitted = (metadata: XmlElement) => childOf(childOf(childOf(metadata, "oval_repository"), "dates"), "submitted")?.attributes.date;

/** What is said of a vulnerability as such, by a definition that is about one. */
function describe(definition: XmlElement, metadata: XmlElement, vulnerabilities: readonly string[], sink: FeedSink): void {
  const [id] = vulnerabilities;
  if (id === undefined || vulnerabilities.length > 1 || definition.attributes.class !== "vulnerability") return;
  const cve = childrenOf(childOf(metadata, "advisory"), "cve").find((c) => c.text.includes(id));
  const vector = /CVSS:[34]\.\d\/\S+/.exec(cve?.attributes.cvss4 ?? cve?.attributes.cvss3 ?? cve?.attributes.cvss_vector ?? "")?.[0] ?? "";
  const weakness = cve?.attributes.cwe ?? "";
  sink.vulnerability({
    id,
    summary: textOf(metadata, "description").slice(0, MAX_SUMMARY),
    published: feedMoment(dateOfCve(cve)),
    cvssVector: vector.slice(0, 300),
    cwe: /^CWE-\d+$/.test(weakness) ? [weakness] : [],
    withdrawn: false,
  });
}

const dateOfCve = (cve: XmlElement | undefined): string | undefined => {
  const day = cve?.attributes.public ?? "";
  return /^\d{8}/.test(day) ? `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6, 8)}` : undefined;
};

/** Red Hat says of unfixed components what will become of them. */
function resolutionsOf(metadata: XmlElement): (name: string) => string {
  const words = new Map<string, string>();
  for (const { attributes, children } of childrenOf(childOf(childOf(metadata, "advisory"), "affected"), "resolution"))
    for (const { name, text } of children)
      if (name === "component") words.set(text.trim(), (attributes.state ?? "").slice(0, 60).toLowerCase().replaceAll(" ", "-"));
  return (name) => words.get(name) ?? "";
}
