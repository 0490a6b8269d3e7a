import { instant } from "@breakwater/shared/core";
import { describe, expect, it } from "vitest";
import { readOsvRecord } from "../intel/osv/index.ts";
import { gatherEvidence } from "./evidence.ts";
import { indexAdvisories, judgePackage, type MatchPackage, matchInventory, readInventoryFile } from "./index.ts";

const advisory = (id: string, pkg: string, events: Record<string, string>[], more: Record<string, unknown> = {}, release = "Debian:12") =>
  readOsvRecord({
    id,
    upstream: ["CVE-2026-1000"],
    affected: [{ package: { ecosystem: release, name: pkg }, ranges: [{ type: "ECOSYSTEM", events }], ...more }],
    ...more,
  }).advisory;
const installed = (name: string, version: string, changes: Partial<MatchPackage> = {}): MatchPackage => ({
  ecosystem: "deb",
  name,
  version,
  architecture: "amd64",
  sourceName: name,
  sourceVersion: version,
  vendor: "",
  distribution: "debian:12",
  ...changes,
});
const judge = (pkg: MatchPackage, ...advisories: ReturnType<typeof advisory>[]) => judgePackage(pkg, indexAdvisories(advisories));
const FIXED = [{ introduced: "0" }, { fixed: "3.0.11-1~deb12u2" }];

describe("matching", () => {
  it("compares the version of the source package, in the order of its format", () => {
    const libssl = installed("libssl3", "3.0.11-1~deb12u1", { sourceName: "openssl", sourceVersion: "3.0.11-1~deb12u1" });
    expect(judge(libssl, advisory("DSA-1-1", "openssl", FIXED))).toEqual([
      {
        vulnerability: "CVE-2026-1000",
        noFixBecause: null,
        state: "open",
        fixedVersion: "3.0.11-1~deb12u2",
        source: "openssl",
        proofs: [expect.objectContaining({ record: "DSA-1-1", statement: expect.stringContaining("is below 3.0.11-1~deb12u2") })],
      },
    ]);
    expect(judge(libssl, advisory("DSA-1-1", "libssl3", FIXED))).toEqual([]);
  });

  it("says nothing about another release", () => {
    expect(judge(installed("openssl", "1.1-1"), advisory("DSA-1-1", "openssl", FIXED, {}, "Debian:11"))).toEqual([]);
  });

  it.each<[string, Record<string, string>[], string, string]>([
    ["a fixed version is installed", FIXED, "3.0.11-1~deb12u2", "fixed"],
    ["no fix exists", [{ introduced: "0" }], "3.0.11-1", "no-fix"],
    ["the flaw came later", [{ introduced: "4.0" }], "3.0.11-1", "not-affected"],
    ["the flaw went before", [{ introduced: "0" }, { last_affected: "2.0" }], "3.0.11-1", "not-affected"],
    [
      "the version lies in the second of two ranges",
      [{ introduced: "0" }, { fixed: "1.0" }, { introduced: "3.0" }, { fixed: "3.1" }],
      "3.0.11-1",
      "open",
    ],
    [
      "the version lies between two ranges",
      [{ introduced: "3.5" }, { fixed: "3.6" }, { introduced: "0" }, { fixed: "1.0" }],
      "3.0.11-1",
      "fixed",
    ],
    ["no version of the release was affected", [{ introduced: "0" }, { fixed: "0" }], "3.0.11-1", "not-affected"],
  ])("%s", (_, events, version, state) => {
    expect(judge(installed("openssl", version), advisory("DSA-1-1", "openssl", events)).map((v) => v.state)).toEqual([state]);
  });

  it("asks for the highest fixed version when several advisories name the same vulnerability", () => {
    const [verdict] = judge(
      installed("openssl", "3.0.9-1"),
      advisory("DSA-1-1", "openssl", [{ introduced: "0" }, { fixed: "3.0.10-1" }]),
      advisory("DSA-2-1", "openssl", FIXED),
    );
    expect(verdict).toMatchObject({ fixedVersion: "3.0.11-1~deb12u2", proofs: [{ record: "DSA-1-1" }, { record: "DSA-2-1" }] });
  });

  it.each(["1.2", "1.2.0", "v1.2", "01.2", "0!1.2", "1.2.0.0"])("knows %s in a list for 1.2 of PyPI", (listed) => {
    const record = readOsvRecord({
      id: "PYSEC-1",
      aliases: ["CVE-2026-1000"],
      affected: [{ package: { ecosystem: "PyPI", name: "shop" }, versions: ["0.9", "1.3", "1!1.2", listed] }],
    }).advisory;
    const shop = installed("shop", "1.2", { ecosystem: "pypi", distribution: "" });
    expect(judge(shop, record).map((v) => v.state)).toEqual(["no-fix"]);
    expect(judge({ ...shop, version: "1.20", sourceVersion: "1.20" }, record).map((v) => v.state)).toEqual(["not-affected"]);
  });

  it("takes the signed kernel for the kernel", () => {
    const kernel = installed("linux-image-6.1.0-25-amd64", "6.1.106-3", { sourceName: "linux-signed-amd64", sourceVersion: "6.1.106+3" });
    const [verdict] = judge(kernel, advisory("DSA-1-1", "linux", [{ introduced: "0" }, { fixed: "6.1.112-1" }]));
    expect(verdict).toMatchObject({ state: "open", source: "linux" });
    expect(verdict?.proofs[0]?.statement).toContain("linux 6.1.106-3");
  });

  it.each<[string, MatchPackage, Record<string, unknown>]>([
    ["withdrawn", installed("openssl", "3.0.9-1"), { withdrawn: "2026-01-01T00:00:00Z" }],
    ["unimportant to the vendor", installed("openssl", "3.0.9-1"), { ecosystem_specific: { urgency: "unimportant" } }],
    ["of another vendor's build", installed("openssl", "3.0.9-1", { vendor: "Acme" }), {}],
    ["of a look-alike by its version", installed("openssl", "3.0.9-1.pgdg120+1"), {}],
  ])("ignores what is %s, and says so", (_, pkg, more) => {
    const [verdict] = judge(pkg, advisory("DSA-1-1", "openssl", FIXED, more));
    expect(verdict?.state).toBe("ignored");
    expect(verdict?.proofs[0]?.statement).toContain("ignored:");
  });

  it("keeps a maintainer's domain apart from a vendor", () => {
    const [verdict] = judge(installed("openssl", "3.0.9-1", { vendor: "example.org" }), advisory("DSA-1-1", "openssl", FIXED));
    expect(verdict?.state).toBe("open");
  });

  it("says that it does not know where a version cannot be compared", () => {
    const judged = judge(installed("openssl", "not a version"), advisory("DSA-1-1", "openssl", FIXED));
    expect(judged).toMatchObject([{ state: "unknown", proofs: [{ statement: expect.stringContaining("cannot be compared") }] }]);
  });

  it("matches an inventory with signals", () => {
    const matches = matchInventory([installed("openssl", "3.0.9-1")], {
      advisories: [advisory("DSA-1-1", "openssl", FIXED)],
      signals: [{ vulnerabilityId: "CVE-2026-1000", kind: "kev", at: "2026-01-02T00:00:00.000Z", value: 1, data: { ransomware: false } }],
    });
    expect(matches).toEqual([expect.objectContaining({ package: "openssl", state: "open", advisories: ["DSA-1-1"] })]);
    expect(matches[0]?.risk).toBeGreaterThan(20);
  });
});

describe("the evidence about a CVE", () => {
  const at = instant(Date.parse("2026-08-15T00:00:00Z"));
  const signal = { vulnerabilityId: "CVE-2024-1000", at: "2026-08-01T00:00:00Z", value: 0.2, data: {} };
  it("gathers what feeds say, each score with the model that gave it", () => {
    const evidence = gatherEvidence(
      [
        {
          id: "CVE-2024-1000",
          cvssVector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
          published: "2024-05-01T00:00:00Z",
          cwe: ["CWE-78"],
        },
      ],
      [
        { ...signal, kind: "epss", model: "v2026.06.15" },
        { ...signal, kind: "epss", value: 0.1, model: "v2025.03.14" },
        { ...signal, kind: "kev", data: { ransomware: true } },
        { ...signal, kind: "ssvc", data: { exploitation: "poc", automatable: "yes", technicalImpact: "nonsense" } },
      ],
      at,
    );
    const { exploitation, cvss } = evidence.get("CVE-2024-1000");
    expect(exploitation).toMatchObject({
      ransomware: true,
      facts: {
        epss: { score: 0.2, model: "v2026.06.15" },
        kev: Date.parse("2026-08-01T00:00:00Z"),
        published: Date.parse("2024-05-01T00:00:00Z"),
        cwe: [78],
        cvss: { network: true },
        ssvc: { exploitation: "poc", automatable: true, totalImpact: null },
      },
    });
    expect(cvss?.baseScore).toBe(9.8);
    expect(evidence.get("CVE-2024-1000")).toBe(evidence.get("CVE-2024-1000"));
  });
  it("says nothing of what no feed speaks of, and dates it by its id, never after the moment", () => {
    const facts = (id: string) => gatherEvidence([], [], at).get(id).exploitation.facts;
    expect(facts("CVE-2020-7")).toMatchObject({
      epss: null,
      kev: null,
      exploits: {},
      cvss: null,
      published: Date.parse("2020-07-01T00:00:00Z"),
    });
    expect(facts("CVE-2027-7").published).toBe(at);
    expect(facts("TEMP-1").published).toBe(at);
  });
});

describe("inventory files", () => {
  it("reads dpkg's status file: sources, held packages, and no packages that are gone", () => {
    const status = `Package: libssl3
Status: hold ok installed
Architecture: amd64
Source: openssl (3.0.11-1~deb12u1)
Version: 3.0.11-1~deb12u1
Description: a library
 Package: not a field

Package: old
Status: deinstall ok config-files
Architecture: amd64
Version: 1.0

Package: bash
Status: install ok installed
Architecture: amd64
Version: 5.2-1
`;
    const read = readInventoryFile(status, { os: "debian:12" });
    expect(read.ok && read.value.packages.map((p) => [p.name, p.sourceName, p.sourceVersion, p.distribution])).toEqual([
      ["libssl3", "openssl", "3.0.11-1~deb12u1", "debian:12"],
      ["bash", "bash", "5.2-1", "debian:12"],
    ]);
  });

  it("reads CycloneDX: nested components, sources, epochs and the system they are of", () => {
    const bom = {
      bomFormat: "CycloneDX",
      components: [
        {
          purl: "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12.5&upstream=openssl%403.0.11-1",
          components: [{ purl: "pkg:npm/%40scope/left@1.2.3" }],
        },
        { purl: "pkg:deb/debian/bind9@9.18-1?epoch=1&distro=debian-12" },
        { name: "no purl" },
      ],
    };
    const read = readInventoryFile(JSON.stringify(bom), {});
    expect(read.ok && read.value.packages.map((p) => [p.ecosystem, p.name, p.version, p.sourceName, p.distribution])).toEqual([
      ["deb", "libssl3", "3.0.11-1", "openssl", "debian:12"],
      ["npm", "@scope/left", "1.2.3", "@scope/left", ""],
      ["deb", "bind9", "1:9.18-1", "bind9", "debian:12"],
    ]);
  });

  it("reads our own JSON and rpm's query output", () => {
    const own = readInventoryFile(
      JSON.stringify({ os: { id: "debian", versionId: "12" }, packages: [{ ecosystem: "deb", name: "bash", version: "5.2-1" }] }),
      {},
    );
    expect(own.ok && own.value.packages[0]).toMatchObject({ sourceName: "bash", sourceVersion: "5.2-1", distribution: "debian:12" });
    const rpm = readInventoryFile("bash\t(none)\t5.1.8\t6.el9\tx86_64\tbash-5.1.8-6.el9.src.rpm\n", { os: "almalinux:9" });
    expect(rpm.ok && rpm.value.packages[0]).toMatchObject({ version: "5.1.8-6.el9", sourceName: "bash" });
  });

  it("says what is missing or unreadable", () => {
    const code = (r: ReturnType<typeof readInventoryFile>) => (r.ok ? "" : r.problem.code);
    expect(code(readInventoryFile("Package: bash\nVersion: 1\n", {}))).toBe("os-missing");
    expect(code(readInventoryFile("{", { os: "debian:12" }))).toBe("inventory-unreadable");
    expect(code(readInventoryFile("nothing here", { os: "debian:12" }))).toBe("inventory-unreadable");
  });
});
