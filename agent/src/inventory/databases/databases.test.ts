import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectOk } from "@breakwater/shared/core";
import { execaSync } from "execa";
import { describe, expect, it } from "vitest";
import { packageOwners, rpmFiles } from "../../exposure/index.ts";
import { describeKernel } from "../kernel.ts";
import { parseApkInstalled } from "./apk.ts";
import { parseRpmQuery, queryRpm } from "./rpm.ts";

const hasRpmbuild = execaSync("rpmbuild", ["--version"], { reject: false }).exitCode === 0;

describe("packages of rpm", () => {
  it("have epoch, source and module, and keep every version of a kernel", () => {
    const packages = parseRpmQuery(
      [
        "kernel-core\t(none)\t5.14.0\t427.el9\tx86_64\tkernel-5.14.0-427.el9.src.rpm\tAlmaLinux\tUnspecified\t10\t(none)",
        "kernel-core\t(none)\t5.14.0\t503.el9\tx86_64\tkernel-5.14.0-503.el9.src.rpm\tAlmaLinux\tUnspecified\t10\t(none)",
        "nodejs\t1\t16.14.0\t4.module_el8\tx86_64\tnodejs-16.14.0-4.module_el8.src.rpm\tAlmaLinux\tUnspecified\t42\tnodejs:16:8060:ad00",
        "gpg-pubkey\t(none)\t1\t1\t(none)\t(none)\t(none)\tPublic Keys\t0\t(none)",
        "own\t0\t1.0\t1\tnoarch\t(none)\t(none)\t(none)\tx",
        "broken line",
        "",
      ].join("\n"),
    );
    expect(packages.map((p) => [p.name, p.version, p.sourceName, p.sourceVersion, p.vendor, p.module])).toEqual([
      ["kernel-core", "5.14.0-427.el9", "kernel", "5.14.0-427.el9", "AlmaLinux", ""],
      ["kernel-core", "5.14.0-503.el9", "kernel", "5.14.0-503.el9", "AlmaLinux", ""],
      ["nodejs", "1:16.14.0-4.module_el8", "nodejs", "16.14.0-4.module_el8", "AlmaLinux", "nodejs:16:8060:ad00"],
      ["own", "0:1.0-1", "own", "0:1.0-1", "", ""],
    ]);
    expect(describeKernel(packages, "5.14.0-427.el9.x86_64")).toEqual({
      running: "5.14.0-427.el9.x86_64",
      newestInstalled: "5.14.0-503.el9.x86_64",
      package: "kernel-core",
      runningVersion: "",
    });
  });

  it.skipIf(!hasRpmbuild)("are told by rpm itself, with the files that they own", async () => {
    const dir = mkdtempSync(join(tmpdir(), "breakwater-rpm-"));
    const spec = [
      "Name: harbour\nEpoch: 2\nVersion: 1.0\nRelease: 3\nSummary: x\nLicense: x\nGroup: Tools\nVendor: Quay\nBuildArch: noarch",
      "ModularityLabel: quay:1:100:ab\n%description\nx\n%install\nmkdir -p %{buildroot}/opt/harbour\necho x > %{buildroot}/opt/harbour/file",
      "%files\n/opt/harbour\n",
    ].join("\n");
    writeFileSync(join(dir, "harbour.spec"), spec);
    const database = ["--dbpath", join(dir, "db")];
    mkdirSync(join(dir, "db"));
    execaSync("rpmbuild", ["-ba", "--define", `_topdir ${dir}`, ...database, join(dir, "harbour.spec")]);
    execaSync("rpm", [
      ...database,
      "-i",
      "--nodeps",
      "--justdb",
      "--ignoreos",
      "--ignorearch",
      join(dir, "RPMS/noarch/harbour-1.0-3.noarch.rpm"),
    ]);
    expect(expectOk(await queryRpm(database))).toEqual([
      expect.objectContaining({
        ecosystem: "rpm",
        name: "harbour",
        version: "2:1.0-3",
        architecture: "noarch",
        sourceName: "harbour",
        sourceVersion: "1.0-3",
        vendor: "Quay",
        module: "quay:1:100:ab",
      }),
    ]);
    expect([...(await packageOwners([rpmFiles(database)]).of(["/opt/harbour/file", "/opt/other"]))]).toEqual([
      ["/opt/harbour/file", "harbour"],
    ]);
    rmSync(dir, { recursive: true });
  });

  it("that cannot be asked are a problem, not none", async () => {
    const answer = await queryRpm(["--no-such-option"]);
    expect(answer.ok).toBe(false);
  });
});

describe("packages of apk", () => {
  it("come with their source package", () => {
    const text =
      "C:Q1abc=\nP:libcrypto3\nV:3.1.4-r1\nA:x86_64\nI:4100000\no:openssl\nm:Someone\nF:lib\nR:libcrypto.so.3\n\nP:musl\nV:1.2.4-r2\nA:x86_64\n\nP:broken\n\n";
    expect(parseApkInstalled(text).map((p) => [p.name, p.version, p.sourceName, p.architecture, p.installedSizeBytes])).toEqual([
      ["libcrypto3", "3.1.4-r1", "openssl", "x86_64", 4_100_000],
      ["musl", "1.2.4-r2", "musl", "x86_64", 0],
    ]);
  });
});
