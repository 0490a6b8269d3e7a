import { expectOk } from "@breakwater/shared/core";
import { describe, expect, it } from "vitest";
import { readOsvRecord } from "../intel/osv/index.ts";
import { matchInventory, readInventoryFile } from "./index.ts";

type Affected = Readonly<{ ecosystem: string; name: string; events?: readonly object[]; versions?: readonly string[]; specific?: object }>;
const record = (id: string, affected: Affected | readonly Affected[], more: object = {}) =>
  readOsvRecord({
    id,
    modified: "2026-01-01T00:00:00Z",
    affected: [affected].flat().map(({ ecosystem, name, events, versions, specific }) => ({
      package: { ecosystem, name },
      ...(events ? { ranges: [{ type: "ECOSYSTEM", events }] } : {}),
      ...(versions ? { versions } : {}),
      ...(specific ? { ecosystem_specific: specific } : {}),
    })),
    ...more,
  }).advisory;
const until = (fixed: string) => [{ introduced: "0" }, { fixed }];
const bom = (...purls: string[]) =>
  JSON.stringify({ bomFormat: "CycloneDX", components: purls.map((purl) => ({ type: "library", name: "x", purl })) });

/** "vulnerability state fixedVersion" of each match of an inventory file. */
function match(file: string, os: string | undefined, ...advisories: ReturnType<typeof record>[]): string[] {
  const inventory = expectOk(readInventoryFile(file, os ? { os } : {}));
  return matchInventory(inventory.packages, { advisories }).map((m) => `${m.package} ${m.vulnerability} ${m.state} ${m.fixedVersion}`);
}

describe("stretches of affected versions", () => {
  const of =
    (...events: object[]) =>
    (version: string) =>
      match(
        bom(`pkg:npm/lib@${version}`),
        undefined,
        record("GHSA-1", { ecosystem: "npm", name: "lib", events }, { aliases: ["CVE-2026-1001"] }),
      )[0];
  const [since, until] = [(introduced: string) => ({ introduced }), (fixed: string) => ({ fixed })];

  it("may follow each other at once, in any order of the events", () => {
    for (const events of [
      [since("0"), until("1.0.0"), since("1.0.0"), until("1.1.0")],
      [until("1.1.0"), since("1.0.0"), until("1.0.0"), since("0")],
    ]) {
      expect(of(...events)("0.5.0")).toContain("open 1.0.0");
      expect(of(...events)("1.0.5")).toContain("open 1.1.0");
      expect(of(...events)("1.1.0")).toContain("fixed");
    }
  });

  it("of one version and no end are none", () => {
    expect(of(since("1.0.0"), until("1.0.0"))("1.0.0")).not.toMatch(/open|no-fix/);
    expect(of(since("0"), since("1.0.0"), until("1.0.0"))("1.5.0")).toContain("fixed");
  });
});

describe("names within an ecosystem", () => {
  it.each<[string, string, string, string, string]>([
    ["PyPI takes - _ . and cases for equal", "pkg:pypi/Zope_Interface@1.0", "PyPI", "zope.interface", "2.0"],
    ["npm has scopes", "pkg:npm/%40babel/traverse@7.0.0", "npm", "@babel/traverse", "7.23.2"],
    ["npm tells cases apart", "pkg:npm/JSONStream@1.0.0", "npm", "JSONStream", "1.0.3"],
    ["npm feeds write two numbers", "pkg:npm/directus@10.2.9", "npm", "directus", "10.3"],
    ["Maven has groups", "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1", "Maven", "org.apache.logging.log4j:log4j-core", "2.15.0"],
    ["Go paths carry major versions", "pkg:golang/github.com/Acme/Tool/v2@v2.1.0", "Go", "github.com/Acme/Tool/v2", "2.1.1"],
    ["Go's library is a module too", "pkg:golang/stdlib@go1.21.3", "Go", "stdlib", "1.21.4"],
    ["Go pseudo-versions", "pkg:golang/a.org/b@v0.0.0-20200101000000-abcdef123456", "Go", "a.org/b", "0.0.0-20200102000000-abcdef123456"],
    ["crates.io takes - and _ for equal", "pkg:cargo/tokio_util@0.1.0", "crates.io", "tokio-util", "0.1.1"],
    ["NuGet ignores cases", "pkg:nuget/newtonsoft.json@12.0.3", "NuGet", "Newtonsoft.Json", "13.0.1"],
    ["gems are built for platforms", "pkg:gem/nokogiri@1.13.9-x86_64-linux", "RubyGems", "nokogiri", "1.13.10"],
    ["Packagist ignores cases", "pkg:composer/Symfony/Http-Kernel@v6.0.0-BETA1", "Packagist", "symfony/http-kernel", "6.0.0-RC1"],
    ["a Drupal module is a package", "pkg:composer/drupal/token@1.0.0", "Packagist:https://packages.drupal.org/8", "drupal/token", "1.1.0"],
    ["Hackage", "pkg:hackage/xmonad-contrib@0.11.1.2", "Hackage", "xmonad-contrib", "0.11.2"],
  ])("%s", (_, purl, ecosystem, name, fixed) => {
    const found = match(bom(purl), undefined, record("GHSA-1", { ecosystem, name, events: until(fixed) }, { aliases: ["CVE-2026-1001"] }));
    expect(found).toEqual([expect.stringMatching(/CVE-2026-1001 open/)]);
  });

  it.each<[string, string, string, string, string]>([
    ["another major version's path", "pkg:golang/github.com/acme/tool@v1.9.0", "Go", "github.com/acme/tool/v2", "2.1.1"],
    ["the fixed gem of a platform", "pkg:gem/nokogiri@1.13.10-x86_64-linux", "RubyGems", "nokogiri", "1.13.10"],
    ["another case in npm", "pkg:npm/jsonstream@1.0.0", "npm", "JSONStream", "1.0.3"],
    ["the same name in another ecosystem", "pkg:pypi/lodash@1.0", "npm", "lodash", "4.0.0"],
  ])("leaves %s alone", (_, purl, ecosystem, name, fixed) => {
    const found = match(bom(purl), undefined, record("GHSA-1", { ecosystem, name, events: until(fixed) }, { aliases: ["CVE-2026-1001"] }));
    expect(found.filter((f) => /open|no-fix/.test(f))).toEqual([]);
  });
});

describe("one vulnerability under many names", () => {
  const urllib = (events: readonly object[]) => ({ ecosystem: "PyPI", name: "urllib3", events });
  it("is one finding with a proof from each record, also where a record knows it by another's id only", () => {
    const advisories = [
      record("PYSEC-2026-1", urllib(until("1.26.5")), { aliases: ["GHSA-aaaa"] }),
      record("GHSA-aaaa", urllib(until("1.26.6")), { aliases: ["CVE-2026-1001"] }),
    ];
    const [found, ...others] = matchInventory(expectOk(readInventoryFile(bom("pkg:pypi/urllib3@1.26.4"), {})).packages, { advisories });
    expect(others).toEqual([]);
    expect(found).toMatchObject({ vulnerability: "CVE-2026-1001", fixedVersion: "1.26.6", advisories: ["PYSEC-2026-1", "GHSA-aaaa"] });
  });

  it("goes by a record's id where it has no CVE", () => {
    expect(
      match(bom("pkg:npm/evil@1.0.0"), undefined, record("MAL-2026-1", { ecosystem: "npm", name: "evil", versions: ["1.0.0"] })),
    ).toEqual(["evil MAL-2026-1 no-fix null"]);
  });

  it("counts what a record lists, whatever its ranges say", () => {
    const listed = record("GHSA-1", { ...urllib(until("1.0")), versions: ["1.5"] }, { aliases: ["CVE-2026-1001"] });
    expect(match(bom("pkg:pypi/urllib3@1.5"), undefined, listed)).toEqual(["urllib3 CVE-2026-1001 no-fix null"]);
  });

  it("stands by the record that was not withdrawn", () => {
    const withdrawn = record("GHSA-1", urllib(until("2")), { aliases: ["CVE-2026-1001"], withdrawn: "2026-02-01T00:00:00Z" });
    const other = record("PYSEC-1", urllib(until("2")), { aliases: ["CVE-2026-1001"] });
    expect(match(bom("pkg:pypi/urllib3@1"), undefined, withdrawn)).toEqual(["urllib3 CVE-2026-1001 ignored 2"]);
    expect(match(bom("pkg:pypi/urllib3@1"), undefined, withdrawn, other)).toEqual(["urllib3 CVE-2026-1001 open 2"]);
  });

  it("is left out where it was rejected", () => {
    const [found] = matchInventory(expectOk(readInventoryFile(bom("pkg:pypi/urllib3@1"), {})).packages, {
      advisories: [record("GHSA-1", urllib(until("2")), { aliases: ["CVE-2026-1001"] })],
      vulnerabilities: [{ id: "CVE-2026-1001", summary: "", published: null, cvssVector: "", cwe: [], withdrawn: true }],
    });
    expect(found?.state).toBe("ignored");
  });
});

describe("rpm systems", () => {
  const rpm = (name: string, epoch: string, version: string, release: string, source: string, label = "") =>
    [name, epoch, version, release, "x86_64", source, label].join("\t");
  const alma = (name: string, fixed: string) => ({ ecosystem: "AlmaLinux:8", name, events: until(fixed) });
  const advisory = (id: string, summary: string, ...affected: Affected[]) => record(id, affected, { summary, related: ["CVE-2026-1001"] });

  it("AlmaLinux names what is installed; the missing epoch is 0, another one outweighs all", () => {
    const errata = advisory("ALSA-2026:1", "Important: bind security update", alma("bind-libs", "32:9.11.36-5.el8"));
    expect(match(rpm("bind-libs", "32", "9.11.36", "3.el8", "bind-9.11.36-3.el8.src.rpm"), "almalinux:8.9", errata)).toHaveLength(1);
    expect(match(rpm("bind-libs", "(none)", "9.99", "3.el8", "bind-9.99-3.el8.src.rpm"), "almalinux:8", errata)[0]).toContain("open");
    expect(match(rpm("bind-libs", "33", "1.0", "1.el8", "bind-1.0-1.el8.src.rpm"), "almalinux:8", errata)[0]).toContain("fixed");
    expect(match(rpm("bind", "32", "9.11.36", "3.el8", "bind-9.11.36-3.el8.src.rpm"), "almalinux:8", errata)).toEqual([]);
    expect(match(rpm("bind-libs", "32", "9.11.36", "3.el8", ""), "almalinux:9", errata)).toEqual([]);
  });

  it("Rocky names sources, whose epoch a file name does not tell and whose feed cuts it to a digit", () => {
    const errata = record(
      "RLSA-2026:1",
      { ecosystem: "Rocky Linux:8", name: "bind", events: until("2:9.11.36-5.el8") },
      { related: ["CVE-2026-1001"] },
    );
    const libs = (release: string) => rpm("bind-libs", "32", "9.11.36", release, `bind-9.11.36-${release}.src.rpm`);
    expect(match(libs("3.el8"), "rocky:8.9", errata)[0]).toContain("open");
    expect(match(libs("5.el8"), "rocky:8.9", errata)[0]).toContain("fixed");
    const errno = record(
      "RLSA-2026:2",
      { ecosystem: "Rocky Linux:8", name: "perl", events: until("4:5.26.3-420.el8") },
      { related: ["CVE-2026-1001"] },
    );
    const perl = (release: string) => rpm("perl-Errno", "(none)", "1.28", release, `perl-5.26.3-${release}.src.rpm`);
    expect(match(perl("419.el8"), "rocky:8", errno)[0]).toContain("open");
    expect(match(perl("420.el8"), "rocky:8", errno)[0]).toContain("fixed");
  });

  it("SUSE names sources and what is built from them, by product", () => {
    const specific = { binaries: [{ libopenssl1_1: "1.1.1l-150400.7.72.1" }] };
    const errata = record(
      "SUSE-SU-2026:1-1",
      { ecosystem: "SUSE:Linux Enterprise Server 15 SP4-LTSS", name: "openssl-1_1", events: until("1.1.1l-150400.7.72.1"), specific },
      { related: ["CVE-2026-1001"] },
    );
    const line = rpm("libopenssl1_1", "(none)", "1.1.1l", "150400.7.66.2", "openssl-1_1-1.1.1l-150400.7.66.2.src.rpm");
    expect(match(line, "sles:15.4", errata)).toEqual(["libopenssl1_1 CVE-2026-1001 open 1.1.1l-150400.7.72.1"]);
    expect(match(line, "sles_sap:15.4", errata)).toHaveLength(1);
    expect(match(line, "sles:15.5", errata)).toEqual([]);
  });

  describe("modules", () => {
    const node16 = advisory(
      "ALSA-2026:16",
      "Important: nodejs:16 security update",
      alma("nodejs", "1:16.20.2-1.module_el8.8.0+3600+aaaaaaaa"),
      alma("nodejs-nodemon", "2.0.20-3.module_el8.8.0+3600+aaaaaaaa"),
    );
    const node18 = advisory(
      "ALSA-2026:18",
      "Important: nodejs:18 security update",
      alma("nodejs", "1:18.17.1-1.module_el8.8.0+3700+bbbbbbbb"),
      alma("nodejs-nodemon", "3.0.1-1.module_el8.8.0+3700+bbbbbbbb"),
    );
    const state = (line: string, ...advisories: ReturnType<typeof record>[]) => match(line, "almalinux:8", ...advisories).join();

    it("compares within a stream only", () => {
      const node = (version: string) => rpm("nodejs", "1", version, "1.module_el8.6.0+3000+cccccccc", "");
      expect(state(node("16.20.1"), node16, node18)).toContain("open 1:16.20.2");
      expect(state(node("16.20.3"), node16, node18)).toContain("fixed");
      expect(state(node("18.16.0"), node16, node18)).toContain("open 1:18.17.1");
    });

    it("knows a stream by its build, or by the label of the package", () => {
      const nodemon = (release: string, label?: string) => rpm("nodejs-nodemon", "(none)", "2.0.20", release, "", label);
      expect(state(nodemon("2.module_el8.8.0+3600+aaaaaaaa"), node18, node16)).toContain("open 2.0.20-3");
      expect(state(nodemon("3.module_el8.8.0+3600+aaaaaaaa"), node18, node16)).toContain("fixed");
      expect(state(nodemon("3.module_el8.5.0+1000+dddddddd", "nodejs:16:8050020210:1:x"), node18)).toContain("not-affected");
    });

    it.each(["Important: 389-ds:1.4 security and bug fix update", "new module: 389-ds:1.4", "389-ds:1.4  bug fix update"])(
      "reads the stream of %s",
      (summary) => {
        const given = advisory("ALSA-2026:3", summary, alma("389-ds-base", "1.4.3.39-7.module_el8.10.0+3835+5c10aabb"));
        expect(given.module).toEqual({ name: "389-ds", stream: "1.4" });
      },
    );

    it("keeps what a module built apart from what none did", () => {
      expect(state(rpm("nodejs", "1", "10.0.0", "1.el8", ""), node16)).toContain("not-affected");
    });
  });

  it("leaves other people's builds out", () => {
    const errata = advisory("ALSA-2026:2", "Important: nginx security update", alma("nginx", "1:1.99-1.el8"));
    expect(match(rpm("nginx", "1", "1.24.0", "1.el8.ngx", "nginx-1.24.0-1.el8.ngx.src.rpm"), "almalinux:8", errata)[0]).toContain(
      "ignored",
    );
  });
});

describe("Debian, Ubuntu and Alpine by package URL", () => {
  const openssl = (ecosystem: string, fixed: string, id = "DSA-1-1") =>
    record(id, { ecosystem, name: "openssl", events: until(fixed) }, { upstream: ["CVE-2026-1001"] });
  it.each<[string, string, string, string]>([
    ["source and version", "pkg:deb/debian/libssl3@3.0.11-1?distro=debian-12.5&upstream=openssl%403.0.11-1", "Debian:12", "open"],
    ["source alone", "pkg:deb/debian/libssl3@3.0.11-1?distro=bookworm&upstream=openssl", "Debian:12", "open"],
    ["another release", "pkg:deb/debian/libssl3@3.0.11-1?distro=debian-11&upstream=openssl", "Debian:12", ""],
    ["no source of that name", "pkg:deb/debian/libssl3@3.0.11-1?distro=debian-12", "Debian:12", ""],
    ["another vendor's", "pkg:deb/acme/libssl3@3.0.11-1?distro=debian-12&upstream=openssl", "Debian:12", "ignored"],
    ["Ubuntu's release", "pkg:deb/ubuntu/libssl3@3.0.11-1?distro=ubuntu-22.04&upstream=openssl", "Ubuntu:22.04:LTS", "open"],
    [
      "Alpine's, the release by version alone",
      "pkg:apk/alpine/libcrypto3@3.0.11-r0?distro=3.18.4&upstream=openssl",
      "Alpine:v3.18",
      "open",
    ],
  ])("%s", (_, purl, ecosystem, state) => {
    const fixed = ecosystem.startsWith("Alpine") ? "3.0.12-r0" : "3.0.12-1";
    expect(match(bom(purl), undefined, openssl(ecosystem, fixed)).join()).toContain(state === "" ? "" : ` ${state} `);
    if (state === "") expect(match(bom(purl), undefined, openssl(ecosystem, fixed))).toEqual([]);
  });

  it("gives a source the epoch that its package has", () => {
    const purl = "pkg:deb/debian/bind9-libs@9.18.1-1?epoch=1&distro=debian-12&upstream=bind9%409.18.1-1";
    const bind = record("DSA-1-1", { ecosystem: "Debian:12", name: "bind9", events: until("1:9.18.1-1") }, { upstream: ["CVE-2026-1001"] });
    expect(match(bom(purl), undefined, bind)).toEqual(["bind9-libs CVE-2026-1001 fixed 1:9.18.1-1"]);
  });

  it("has no fix for machines without Ubuntu Pro where only Pro has one", () => {
    const pro = openssl("Ubuntu:Pro:18.04:LTS", "1.1.1-1ubuntu2.1~18.04.23+esm5", "USN-1-1");
    const libssl = (version: string) => bom(`pkg:deb/ubuntu/libssl1.1@${encodeURIComponent(version)}?distro=ubuntu-18.04&upstream=openssl`);
    expect(match(libssl("1.1.1-1ubuntu2.1~18.04.23"), undefined, pro)).toEqual(["libssl1.1 CVE-2026-1001 no-fix null"]);
    expect(match(libssl("1.1.1-1ubuntu2.1~18.04.23+esm3"), undefined, pro)[0]).toContain("open");
  });

  it("takes Ubuntu's signed kernel for the kernel of its flavour", () => {
    const status =
      "Package: linux-image-5.15.0-1050-aws\nStatus: install ok installed\nSource: linux-signed-aws\nVersion: 5.15.0-1050.55\nArchitecture: amd64\n";
    const usn = record(
      "USN-1-1",
      { ecosystem: "Ubuntu:22.04:LTS", name: "linux-aws", events: until("5.15.0-1051.56") },
      { upstream: ["CVE-2026-1001"] },
    );
    expect(match(status, "ubuntu:22.04", usn)).toEqual(["linux-image-5.15.0-1050-aws CVE-2026-1001 open 5.15.0-1051.56"]);
  });
});
