import type { FeedAdapter, JsonFeed } from "./adapter.ts";
import { alpine } from "./alpine/index.ts";
import { headOf, isZip } from "./bytes.ts";
import { collectCsaf, csaf } from "./csaf/index.ts";
import { cve } from "./cve/index.ts";
import { debian } from "./debian/index.ts";
import { readEpss } from "./epss/index.ts";
import { readExploitList } from "./exploits/index.ts";
import type { FeedConfig, FeedKind } from "./feed-config.ts";
import { readJsonFeed } from "./json-feed.ts";
import { kev, readKevCsv } from "./kev/index.ts";
import { collectMisp, readMisp } from "./misp/index.ts";
import { collectNvd, nvd } from "./nvd/index.ts";
import { osv } from "./osv/index.ts";
import { readOval } from "./oval/index.ts";
import { readSignals } from "./signals/index.ts";
import { collectTaxii, readStix } from "./stix/index.ts";
import { ubuntu } from "./ubuntu/index.ts";
import { collectUpdateinfo, readUpdateinfo } from "./updateinfo/index.ts";

/** Feeds whose documents are JSON. A document is the first's that recognises it. */
export const jsonFeeds: readonly JsonFeed[] = [cve, kev, nvd, csaf, alpine, ubuntu, osv, debian];

const json = (feed: JsonFeed, weight: number, displayName: string, ...urls: string[]): FeedAdapter => ({
  kind: feed.kind,
  displayName,
  urls,
  weight,
  read: async (path, sink) => void (await readJsonFeed(path, [feed], sink)),
});

/** Every kind of feed that we can read. A new kind is a folder and a line here. */
export const feedAdapters: Readonly<Record<FeedKind, FeedAdapter>> = {
  osv: json(osv, 1, "OSV advisories", "https://ossf.github.io/osv-schema/", "https://google.github.io/osv.dev/data/"),
  cve: json(cve, 3, "CVE records", "https://github.com/CVEProject/cve-schema"),
  kev: {
    kind: "kev",
    displayName: "CISA known exploited vulnerabilities",
    weight: 1,
    urls: ["https://www.cisa.gov/known-exploited-vulnerabilities-catalog"],
    read: async (path, sink) => void (await ((await isJson(path)) ? readJsonFeed(path, [kev], sink) : readKevCsv(path, sink))),
  },
  alpine: json(alpine, 0, "Alpine security database", "https://secdb.alpinelinux.org"),
  debian: json(debian, 0, "Debian security tracker", "https://security-tracker.debian.org/tracker/data/json"),
  csaf: {
    ...json(csaf, 1, "CSAF advisories and VEX", "https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html"),
    collect: collectCsaf,
  },
  exploits: {
    kind: "exploits",
    displayName: "Public exploits",
    weight: 0,
    urls: ["https://gitlab.com/exploit-database/exploitdb", "https://github.com/projectdiscovery/nuclei-templates"],
    read: readExploitList,
  },
  nvd: {
    ...json(
      nvd,
      2,
      "National Vulnerability Database",
      "https://nvd.nist.gov/developers/vulnerabilities",
      "https://nvd.nist.gov/vuln/data-feeds",
    ),
    collect: collectNvd,
  },
  stix: {
    kind: "stix",
    displayName: "Threat intelligence (STIX, TAXII)",
    weight: 0,
    mayBeSilent: true,
    urls: [
      "https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html",
      "https://docs.oasis-open.org/cti/taxii/v2.1/os/taxii-v2.1-os.html",
    ],
    collect: collectTaxii,
    read: readStix,
  },
  misp: {
    kind: "misp",
    displayName: "Threat intelligence (MISP)",
    weight: 0,
    mayBeSilent: true,
    urls: ["https://www.circl.lu/doc/misp/managing-feeds/"],
    collect: collectMisp,
    read: readMisp,
  },
  signals: { kind: "signals", displayName: "Table of reports", weight: 0, mayBeSilent: true, urls: [], read: readSignals },
  updateinfo: {
    kind: "updateinfo",
    displayName: "Updates of rpm repositories",
    weight: 0,
    urls: ["https://github.com/rpm-software-management/createrepo_c"],
    collect: collectUpdateinfo,
    read: readUpdateinfo,
  },
  oval: {
    kind: "oval",
    displayName: "OVAL definitions",
    weight: 1,
    urls: ["https://oval.mitre.org/language/version5.11/"],
    read: readOval,
  },
  ubuntu: json(
    ubuntu,
    1,
    "Ubuntu's tracker and notices",
    "https://ubuntu.com/security/api/docs",
    "https://git.launchpad.net/ubuntu-cve-tracker/tree/README",
  ),
  epss: { kind: "epss", displayName: "EPSS scores", weight: 0, urls: ["https://www.first.org/epss/data_stats"], read: readEpss },
};

const isJson = async (path: string) => (await isZip(path)) || /^[\s\ufeff]*[{[]/.test((await headOf(path, 64)).toString("utf8"));

/** What is read when nothing is configured: the publishers' own addresses, which need no key. */
export const DEFAULT_FEEDS: readonly FeedConfig[] = [
  { id: "osv-debian", kind: "osv", source: "https://osv-vulnerabilities.storage.googleapis.com/Debian/all.zip" },
  { id: "kev", kind: "kev", source: "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json" },
  { id: "epss", kind: "epss", source: "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz" },
];
