import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectOk } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import { describe, expect, it } from "vitest";
import { schema } from "../../store/index.ts";
import { openTestStore } from "../../store/testing.ts";
import { createIntel, type FeedConfig, readIntelDirectory } from "../intel/index.ts";
import { apiCve, redHat, ubuntuOval } from "../intel/testing.ts";
import { createInventory } from "../inventory/index.ts";
import { addEndpoint, testClock, wireInventory, wirePackage } from "../testing.ts";
import { createMatching, matchInventory } from "./index.ts";
import { readInventoryFile } from "./inventory-file/index.ts";

const folderWith = async (name: string, text: string) => {
  const folder = await mkdtemp(join(tmpdir(), "breakwater-test-"));
  await writeFile(join(folder, name), text);
  return folder;
};
const statesOf = async (folder: string, os: string, inventory: string) => {
  const { packages } = expectOk(readInventoryFile(inventory, { os }));
  return matchInventory(packages, expectOk(await readIntelDirectory(folder))).map((m) =>
    [m.package, m.vulnerability, m.state, m.fixedVersion].join(" "),
  );
};
const dpkg = (...packages: [string, string, string?][]) =>
  packages
    .map(
      ([name, version, source]) =>
        `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\n${source ? `Source: ${source}\n` : ""}Version: ${version}\n`,
    )
    .join("\n");
const rpm = (name: string, epoch: string, version: string, release: string, arch: string) =>
  [name, epoch, version, release, arch, `${name}-${version}-${release}.src.rpm`, "(none)", "Red Hat, Inc."].join("\t");

describe("OVAL's definitions of what is installed", () => {
  it("are about the package of that name, not about the source of that name, and of Ubuntu Pro's fixes say so", async () => {
    const folder = await folderWith("oval.xml", ubuntuOval());
    const installed = dpkg(["libtool1", "1.2-3", "tool"], ["tool-other", "1.0-1", "helper"], ["helper", "9-1", "else"], ["paid", "1.0-1"]);
    expect(await statesOf(folder, "ubuntu:22.04", installed)).toEqual([
      "helper CVE-2026-1004 no-fix ",
      "libtool1 CVE-2026-1004 open 1.2-3ubuntu0.1",
      "paid CVE-2026-1004 no-fix ",
    ]);
    expect(await statesOf(folder, "ubuntu:20.04", installed)).toEqual([]);
  });

  it("are about the architectures that they name", async () => {
    const folder = await folderWith("oval.xml", redHat());
    const lines = [
      rpm("tool", "1", "2.4", "5.el8", "x86_64"),
      rpm("tool", "1", "2.4", "5.el8", "s390x"),
      rpm("tool-libs", "(none)", "2.4", "6.el8", "s390x"),
      rpm("new", "(none)", "1", "1.el8", "x86_64"),
    ];
    expect(await statesOf(folder, "rhel:8.10", lines.join("\n"))).toEqual([
      "new CVE-2026-1002 unknown ",
      "tool CVE-2026-1001 not-affected 1:2.4-6.el8",
      "tool CVE-2026-1001 open 1:2.4-6.el8",
      "tool-libs CVE-2026-1001 fixed 2.4-6.el8",
    ]);
  });

  it("keep what they are about in the store", async () => {
    const store = await openTestStore();
    const clock = testClock();
    const source = join(await folderWith("oval.xml", ubuntuOval()), "oval.xml");
    const feeds: FeedConfig[] = [{ id: "oval", kind: "oval", source }];
    for (const { result } of await createIntel({ store, clock, log: createLogger("test", "silent"), feeds }).refresh()) expectOk(result);
    await addEndpoint(store, "ep_u", { osId: "ubuntu", osVersion: "22.04" });
    const packages = [
      wirePackage("libtool1", "1.2-3", { sourceName: "tool", vendor: "" }),
      wirePackage("tool-other", "1.0-1", { sourceName: "helper", vendor: "" }),
    ];
    expectOk(await createInventory({ store, clock }).takeSnapshot("ep_u", wireInventory({ packages }), "1"));
    await createMatching({ store, clock }).refreshFindings("all");
    const found = (await store.db.select().from(schema.finding)).map((f) => [f.packageName, f.vulnerabilityId, f.state, f.fixedVersion]);
    expect(found).toEqual([["libtool1", "CVE-2026-1004", "open", "1.2-3ubuntu0.1"]]);
    await store.close();
  });
});

describe("Ubuntu's tracker", () => {
  it("makes findings of what is affected, and none of what nobody has looked at", async () => {
    const cve = apiCve("CVE-2026-1001", {
      tool: [["jammy", "needed"]],
      other: [["jammy", "needs-triage"]],
      third: [
        ["jammy", "ignored", "end of standard support"],
        ["jammy", "released", "2-1ubuntu0.1~esm1", "esm-apps"],
      ],
      fourth: [["jammy", "not-affected"]],
    });
    const folder = await folderWith("cve.json", JSON.stringify(cve));
    const installed = dpkg(
      ["libtool1", "1.2-3", "tool"],
      ["other", "1-1"],
      ["third", "2-1"],
      ["third-pro", "2-1ubuntu0.1~esm1", "third"],
      ["third-old", "2-1~esm1", "third"],
      ["fourth", "1-1"],
    );
    expect(await statesOf(folder, "ubuntu:22.04", installed)).toEqual([
      "fourth CVE-2026-1001 not-affected ",
      "libtool1 CVE-2026-1001 no-fix ",
      "other CVE-2026-1001 unknown ",
      "third CVE-2026-1001 no-fix ",
      "third-old CVE-2026-1001 open 2-1ubuntu0.1~esm1",
      "third-pro CVE-2026-1001 fixed 2-1ubuntu0.1~esm1",
    ]);
  });
});
