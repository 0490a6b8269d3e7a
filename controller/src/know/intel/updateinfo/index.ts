import { compareVersions } from "@breakwater/shared/version";
import type { FeedConfig } from "../feed-config.ts";
import { type AffectedRange, CVE_ID, type FeedSink, feedMoment, type ModuleStream } from "../records.ts";
import { readRelease } from "../release.ts";
import { childOf, childrenOf, textOf, type XmlElement, xmlElements } from "../xml.ts";

export { collectUpdateinfo } from "./collect.ts";

const MAX_SUMMARY = 500;

/** Whether a text begins as a repository's list of updates does. */
export const isUpdateinfo = (head: string): boolean => /^\s*<[?!u]/.test(head) && /<updates[\s>]/.test(head);

/**
 * The updates of an rpm repository: advisories with the builds that they brought.
 * @see https://github.com/rpm-software-management/createrepo_c (updateinfo.xml), and `man dnf-updateinfo`
 */
export async function readUpdateinfo(path: string, sink: FeedSink, feed?: FeedConfig): Promise<void> {
  const release = feed?.release === undefined ? undefined : readRelease(feed.release);
  if (release === "")
    throw new Error(`the feed's release ${JSON.stringify(feed?.release)} names no system's release; write it as in almalinux:9`);
  let number = 0;
  for await (const update of xmlElements(path, new Set(["update"]))) {
    number++;
    takeUpdate(update, `update ${number}`, release, sink);
    await sink.ready();
  }
  if (number === 0) throw new Error("it holds no update");
}

function takeUpdate(update: XmlElement, name: string, release: string | undefined, sink: FeedSink): void {
  const id = textOf(update, "id");
  if (id === "" || id.length > 200) {
    sink.reject(name, "the update has no id");
    return;
  }
  const summary = (textOf(update, "title") || textOf(update, "summary")).slice(0, MAX_SUMMARY);
  const vulnerabilities = cvesOf(update);
  const published = feedMoment(momentOf(childOf(update, "issued")));
  const modified = feedMoment(momentOf(childOf(update, "updated"))) ?? published;
  const groups = new Map<string, { readonly module: ModuleStream | undefined; readonly affected: AffectedRange[] }>();
  for (const collection of childrenOf(childOf(update, "pkglist"), "collection")) {
    const module = moduleOf(childOf(collection, "module"));
    const key = module ? `/${module.name}:${module.stream}` : "";
    const group = groups.get(key) ?? { module, affected: [] };
    groups.set(key, group);
    for (const pkg of childrenOf(collection, "package")) takePackage(pkg, id, release, group.affected, sink);
  }
  const withdrawn = update.attributes.status === "retracted";
  for (const [key, { module, affected }] of groups)
    sink.advisory({
      id: `${id}${groups.size > 1 ? key : ""}`,
      ...{ summary, published, modified, withdrawn, vulnerabilities },
      ...(module ? { module } : {}),
      affected: [...new Map(affected.map((r) => [`${r.distribution}\n${r.package}\n${r.fixed}`, r])).values()],
    });
}

/** Of references of kind "cve"; some publishers have them in the titles of reports only. */
const cvesOf = (update: XmlElement): string[] => {
  const references = childrenOf(childOf(update, "references"), "reference").map((r) => r.attributes);
  const named = references.filter((r) => r.type === "cve").flatMap((r) => [r.id ?? "", r.title ?? ""]);
  const texts = named.length > 0 ? named : update.attributes.type === "security" ? references.map((r) => r.title ?? "") : [];
  return [...new Set(texts.flatMap((t) => t.match(/CVE-\d{4}-\d{4,}/g) ?? []))].filter((c) => CVE_ID.test(c)).sort();
};

/** "2024-01-31", "2024-01-31 09:00:00" (UTC), or seconds since 1970. */
function momentOf(element: XmlElement | undefined): string | undefined {
  const date = element?.attributes.date?.trim();
  if (date === undefined) return undefined;
  if (/^\d{9,10}$/.test(date)) return new Date(Number(date) * 1_000).toISOString();
  return /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}(:\d{2})?$/.test(date) ? `${date.replace(" ", "T")}Z` : date;
}

const moduleOf = (element: XmlElement | undefined): ModuleStream | undefined =>
  element?.attributes.name && element.attributes.stream ? { name: element.attributes.name, stream: element.attributes.stream } : undefined;

function takePackage(pkg: XmlElement, id: string, given: string | undefined, affected: AffectedRange[], sink: FeedSink): void {
  const { name = "", epoch = "", version = "", release = "", arch = "", src = "" } = pkg.attributes;
  const evr = `${epoch && epoch !== "0" ? `${epoch}:` : ""}${version}-${release}`;
  if (name === "" || version === "" || release === "" || compareVersions("rpm", evr, evr) !== "=") {
    sink.reject(id, `no package with a version and release: ${name.slice(0, 100)} ${evr.slice(0, 100)}`);
    return;
  }
  const distribution = given ?? releaseOfUpdate(id, release);
  if (!distribution) return;
  const range = { distribution, ecosystem: "rpm", introduced: "0", fixed: evr, lastAffected: null, urgency: "" };
  if (arch !== "src" && arch !== "nosrc") affected.push({ ...range, package: name });
  // Rocky's advisories are asked for by source.
  const source = /^(.+)-[^-]+-[^-]+\.(?:no)?src\.rpm$/.exec(src)?.[1];
  const built = /^.+-([^-]+-[^-]+)\.(?:no)?src\.rpm$/.exec(src)?.[1];
  if (distribution.startsWith("rocky:") && source && built && built === `${version}-${release}`)
    affected.push({ ...range, package: source });
}

const PUBLISHERS: readonly (readonly [RegExp, string, RegExp])[] = [
  [/^AL[SBE]A-/, "almalinux", /\.(?:module_)?el(\d+)/],
  [/^R[LX][SBE]A-/, "rocky", /\.(?:module\+)?el(\d+)/],
  [/^RH[SBE]A-/, "rhel", /\.(?:module\+)?el(\d+)/],
  [/^EL[SBE]A-/, "ol", /\.(?:module\+)?el(\d+)/],
  [/^ALAS/, "amzn", /\.amzn(\d+)/],
  [/^FEDORA-/, "fedora", /\.fc(\d+)/],
];

/** The release that an update is for, by who published it and what its builds are marked with; "" where that is not told. */
function releaseOfUpdate(id: string, release: string): string {
  for (const [publisher, system, mark] of PUBLISHERS)
    if (publisher.test(id)) return readRelease(`${system}:${mark.exec(release)?.[1] ?? ""}`);
  return "";
}
