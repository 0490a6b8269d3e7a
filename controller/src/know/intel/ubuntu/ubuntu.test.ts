import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectOk } from "@breakwater/shared/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readIntelDirectory } from "../index.ts";
import { apiCve, notice, type Status, trackerCve } from "./sample.testing.ts";

const read = async (document: unknown) => {
  const folder = await mkdtemp(join(tmpdir(), "breakwater-test-"));
  await writeFile(join(folder, "ubuntu.json"), JSON.stringify(document));
  const set = expectOk(await readIntelDirectory(folder));
  expect(set.files.map((f) => f.kinds)).toEqual([["ubuntu"]]);
  return set;
};
const said = ({ advisories }: Awaited<ReturnType<typeof read>>) =>
  advisories.flatMap((a) =>
    a.affected.map((r) =>
      [r.distribution, r.package, r.fixed ?? "-", r.urgency, r.channel, r.binary ? "installed" : ""].filter((t) => t).join(" "),
    ),
  );
const states = async (...statuses: readonly Status[]) => said(await read(apiCve("CVE-2026-1001", { tool: statuses })));

describe("Ubuntu's tracker", () => {
  it.each<[string, readonly Status[], readonly string[]]>([
    ["released", [["jammy", "released", "1.2-3ubuntu0.1", "security"]], ["ubuntu:22.04 tool 1.2-3ubuntu0.1"]],
    ["needed", [["jammy", "needed"]], ["ubuntu:22.04 tool - needed"]],
    ["pending, with the version to come", [["jammy", "pending", "1.2-3ubuntu0.1"]], ["ubuntu:22.04 tool - pending"]],
    ["deferred, with the day", [["jammy", "deferred", "2026-01-31"]], ["ubuntu:22.04 tool - deferred"]],
    ["in progress", [["jammy", "in-progress"]], ["ubuntu:22.04 tool - in-progress"]],
    ["ignored, with a reason", [["jammy", "ignored", "see notes"]], ["ubuntu:22.04 tool - ignored: see notes"]],
    ["ignored after the end of support", [["mantic", "ignored", "end of life, was needed"]], ["ubuntu:23.10 tool - end-of-life"]],
    [
      "never looked at before the end of support",
      [["mantic", "ignored", "end of life, was needs-triage"]],
      ["ubuntu:23.10 tool - under-investigation"],
    ],
    ["not looked at", [["jammy", "needs-triage"]], ["ubuntu:22.04 tool - under-investigation"]],
    ["not affected", [["jammy", "not-affected", "code not present"]], ["ubuntu:22.04 tool 0 not-affected"]],
    ["not there", [["jammy", "DNE"]], []],
    [
      "of upstream, snaps, FIPS and releases to come",
      [
        ["upstream", "released", "2.0"],
        ["devel", "needed"],
        ["focal", "released", "1.2-1+Fips1", "fips"],
        ["focal", "needed", "", "realtime"],
      ],
      [],
    ],
  ])("%s", async (_, statuses, expected) => {
    expect(await states(...statuses)).toEqual(expected);
  });

  it.each<[string, readonly Status[], readonly string[]]>([
    [
      "a fix for everybody before one for Ubuntu Pro",
      [
        ["focal", "released", "1.2-3ubuntu0.2", "esm-infra"],
        ["focal", "released", "1.2-3ubuntu0.1", "security"],
      ],
      ["ubuntu:20.04 tool 1.2-3ubuntu0.1"],
    ],
    [
      "Ubuntu Pro's fix where there is none for everybody",
      [
        ["focal", "needed"],
        ["focal", "released", "1.2-3ubuntu0.1~esm1", "esm-apps"],
      ],
      ["ubuntu:20.04 tool 1.2-3ubuntu0.1~esm1 esm"],
    ],
    [
      "and after the end of standard support",
      [
        ["bionic", "ignored", "end of standard support"],
        ["bionic", "released", "1.2-3ubuntu0.1~esm1", "esm-infra"],
      ],
      ["ubuntu:18.04 tool 1.2-3ubuntu0.1~esm1 esm"],
    ],
    [
      "what is known for certain before what nobody looked at",
      [
        ["focal", "needs-triage"],
        ["focal", "not-affected", "", "esm-apps"],
      ],
      ["ubuntu:20.04 tool 0 not-affected"],
    ],
    [
      "what is said of Ubuntu Pro where a pocket has no such package",
      [
        ["focal", "DNE"],
        ["focal", "needed", "", "esm-apps"],
      ],
      ["ubuntu:20.04 tool - needed"],
    ],
  ])("says of several pockets %s", async (_, statuses, expected) => {
    expect(await states(...statuses)).toEqual(expected);
    expect(await states(...[...statuses].reverse())).toEqual(expected);
  });

  it("sets a fix without a readable version aside, and keeps the rest of the record", async () => {
    const set = await read(apiCve("CVE-2026-1001", { tool: [["jammy", "released", "see notes"]], other: [["jammy", "needed"]] }));
    expect(set.rejects).toEqual([{ record: "CVE-2026-1001", reason: 'tool in ubuntu:22.04: released, and "see notes" is no version' }]);
    expect(said(set)).toEqual(["ubuntu:22.04 other - needed"]);
  });

  it("is read by the page, by the record, by the file and by the list", async () => {
    const one = apiCve("CVE-2026-1001", { tool: [["jammy", "needed"]] });
    const file = trackerCve("CVE-2026-1001", {
      jammy: { tool: ["needed"] },
      "esm-apps/focal": { tool: ["released", "1.2~esm1"] },
      "trusty/esm": { tool: ["DNE"] },
      snap: { tool: ["released"] },
    });
    expect(said(await read({ cves: [one], limit: 20, offset: 0, total_results: 1 }))).toEqual(["ubuntu:22.04 tool - needed"]);
    expect(said(await read([one]))).toEqual(["ubuntu:22.04 tool - needed"]);
    expect(said(await read(file))).toEqual(["ubuntu:22.04 tool - needed", "ubuntu:20.04 tool 1.2~esm1 esm"]);
    const { vulnerabilities, advisories } = await read({ cves: [one, { id: 7 }, apiCve("CVE-2026-1002", {}, { status: "rejected" })] });
    expect(vulnerabilities.map((v) => [v.id, v.published, v.cvssVector.slice(0, 8), v.withdrawn])).toEqual([
      ["CVE-2026-1001", "2026-02-01T10:00:00.000Z", "CVSS:3.1", false],
      ["CVE-2026-1002", "2026-02-01T10:00:00.000Z", "CVSS:3.1", true],
    ]);
    expect(advisories.map((a) => [a.id, a.modified])).toEqual([["UBUNTU-CVE-2026-1001", "2026-02-03T10:00:00.123Z"]]);
  });

  it("never says fixed of a release in which nothing is released", async () => {
    const word = fc.constantFrom("needed", "needs-triage", "deferred", "pending", "ignored", "DNE", "in-progress", "nonsense");
    const pocket = fc.constantFrom("", "security", "esm-infra", "esm-apps");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(word, fc.string(), pocket), { minLength: 1, maxLength: 4 }), async (given) => {
        const range = await states(...given.map(([status, note, p]): Status => ["jammy", status, note, p]), ["focal", "released", "1-1"]);
        expect(range.filter((r) => r.startsWith("ubuntu:22.04")).every((r) => r.startsWith("ubuntu:22.04 tool -"))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

describe("Ubuntu's notices", () => {
  it("name sources where they have versions, else what is installed, and who gets them", async () => {
    const usn = notice("USN-7001-1", {
      jammy: [
        ["tool", "1.2-3ubuntu0.1", true],
        ["libtool1", "1.2-3ubuntu0.1", false, "security"],
      ],
      focal: [
        ["tool", "1.1-3ubuntu0.1~esm1", true],
        ["libtool1", "1.1-3ubuntu0.1~esm1", false, "esm-infra"],
      ],
      bionic: [["libtool1", "1.0-1ubuntu0.2", false]],
      unheard: [["tool", "9", true]],
    });
    const expected = [
      "ubuntu:22.04 tool 1.2-3ubuntu0.1",
      "ubuntu:20.04 tool 1.1-3ubuntu0.1~esm1 esm",
      "ubuntu:18.04 libtool1 1.0-1ubuntu0.2 installed",
    ];
    const set = await read({ notices: [usn, notice("LSN-0101-1", { jammy: [["linux", "5.15.0-1", true]] })], total_results: 2 });
    expect(said(set)).toEqual(expected);
    expect(set.rejects).toEqual([{ record: "LSN-0101-1", reason: "it is no notice about packages" }]);
    expect(set.advisories[0]).toMatchObject({ id: "USN-7001-1", vulnerabilities: ["CVE-2026-1001"] });
    expect(said(await read(usn))).toEqual(expected);
  });

  it("are read from the database of all of them", async () => {
    const database = {
      "7001-1": {
        id: "7001-1",
        title: "Tool vulnerability",
        timestamp: 1_770_285_600.5,
        cves: ["CVE-2026-1001", "https://launchpad.net/bugs/1"],
        releases: {
          jammy: {
            sources: { tool: { version: "1.2-3ubuntu0.1", description: "a tool" } },
            binaries: { libtool1: { version: "1.2-3ubuntu0.1" } },
            archs: {},
          },
          xenial: { sources: {}, binaries: {}, allbinaries: { libtool1: { version: "1.0-1ubuntu0.1~esm2", pocket: "esm-infra" } } },
        },
      },
      "7002-1": { id: "7002-1", releases: "none" },
    };
    const set = await read(database);
    expect(said(set)).toEqual(["ubuntu:22.04 tool 1.2-3ubuntu0.1", "ubuntu:16.04 libtool1 1.0-1ubuntu0.1~esm2 esm installed"]);
    expect(set.advisories[0]).toMatchObject({
      id: "USN-7001-1",
      published: "2026-02-05T10:00:00.500Z",
      vulnerabilities: ["CVE-2026-1001"],
    });
    expect(set.rejects.map((r) => r.record)).toEqual(["USN-7002-1"]);
  });
});
