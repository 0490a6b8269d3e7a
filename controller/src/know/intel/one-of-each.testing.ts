import { gzipSync } from "node:zlib";
import type { FeedKind } from "./feed-config.ts";
import { apiCve, redHat, vexDocument } from "./testing.ts";
import { storedZip } from "./zip.testing.ts";

const json = JSON.stringify;
const CVE = "CVE-2026-1001";
const uuid = "0b1c2d3e-0000-4000-8000-000000000001";
/** One small file of each kind, under a name that tells nothing of it. */
export const ONE_OF_EACH: Readonly<Record<FeedKind, readonly [string, string | Buffer]>> = {
  osv: [
    "a.json",
    json({
      id: "DSA-1-1",
      modified: "2026-01-01T00:00:00Z",
      upstream: [CVE],
      affected: [
        {
          package: { ecosystem: "Debian:12", name: "tool" },
          ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed: "2-1" }] }],
        },
      ],
    }),
  ],
  kev: [
    "b.json",
    json({
      catalogVersion: "1",
      dateReleased: "2026-01-01T00:00:00Z",
      count: 1,
      vulnerabilities: [{ cveID: CVE, vulnerabilityName: "x", dateAdded: "2026-01-01" }],
    }),
  ],
  epss: ["c.csv.gz", gzipSync(`#model_version:v2025.03.14,score_date:2026-01-01T00:00:00+0000\ncve,epss,percentile\n${CVE},0.5,0.9\n`)],
  cve: [
    "d.json",
    json({
      dataType: "CVE_RECORD",
      dataVersion: "5.1",
      cveMetadata: { cveId: CVE, state: "PUBLISHED" },
      containers: { cna: { descriptions: [{ lang: "en", value: "x" }] } },
    }),
  ],
  alpine: [
    "e.json",
    json({ distroversion: "v3.20", reponame: "main", packages: [{ pkg: { name: "tool", secfixes: { "1.2-r1": [CVE] } } }] }),
  ],
  debian: [
    "f.json",
    json({ tool: { [CVE]: { description: "x", releases: { bookworm: { status: "resolved", fixed_version: "2-1", urgency: "low" } } } } }),
  ],
  exploits: ["g.csv", `cve,first_seen,repositories\n${CVE},2026-01-01,2\n`],
  csaf: ["h.json", json(vexDocument())],
  updateinfo: [
    "i.xml",
    `<updates><update type="security" status="final"><id>ALSA-2026:1</id><title>x</title><issued date="2026-01-01"/><references><reference type="cve" id="${CVE}"/></references><pkglist><collection><package name="tool" version="2" release="1.el9" arch="x86_64"/></collection></pkglist></update></updates>`,
  ],
  nvd: [
    "j.json",
    json({
      format: "NVD_CVE",
      version: "2.0",
      totalResults: 1,
      vulnerabilities: [
        {
          cve: {
            id: CVE,
            vulnStatus: "Analyzed",
            published: "2026-01-01T00:00:00",
            lastModified: "2026-01-01T00:00:00",
            descriptions: [{ lang: "en", value: "x" }],
            metrics: {},
            references: [],
          },
        },
      ],
    }),
  ],
  stix: [
    "k.json",
    json({
      type: "bundle",
      id: `bundle--${uuid}`,
      objects: [
        {
          type: "report",
          id: `report--${uuid}`,
          name: "x",
          published: "2026-01-01T00:00:00Z",
          external_references: [{ source_name: "cve", external_id: CVE }],
        },
      ],
    }),
  ],
  misp: ["l.json", json({ Event: { uuid, info: "x", date: "2026-01-01", Attribute: [{ type: "vulnerability", value: CVE }] } })],
  signals: ["m.csv", `flaw,seen\n${CVE},2026-01-01\n`],
  oval: ["n.xml", redHat()],
  ubuntu: ["o.zip", storedZip({ "CVE-2026-1001.json": json(apiCve(CVE, { tool: [["jammy", "needed"]] })) })],
};
