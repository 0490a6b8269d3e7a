import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectOk } from "@breakwater/shared/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readIntelDirectory } from "./index.ts";
import { jsonParts } from "./json-values.ts";
import { storedZip } from "./zip.testing.ts";

const directoryOf = async (files: Readonly<Record<string, string | Uint8Array>>) => {
  const folder = await mkdtemp(join(tmpdir(), "breakwater-test-"));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
};
const read = async (files: Readonly<Record<string, string | Uint8Array>>) => expectOk(await readIntelDirectory(await directoryOf(files)));
const osv = (id: string) =>
  JSON.stringify({
    id,
    modified: "2026-01-01T00:00:00Z",
    upstream: ["CVE-2026-1001"],
    affected: [
      {
        package: { ecosystem: "Debian:12", name: "curl" },
        ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed: "8-1" }] }],
      },
    ],
  });

describe("feeds of a directory", () => {
  it("reads Alpine's database: fixed versions by source package, 0 for never affected", async () => {
    const secdb = {
      distroversion: "v3.18",
      reponame: "main",
      packages: [
        { pkg: { name: "openssl", secfixes: { "3.1.4-r0": ["CVE-2026-1001"], "0": ["CVE-2026-1002"], "no version": ["CVE-2026-1003"] } } },
        { pkg: { secfixes: {} } },
      ],
    };
    const { advisories, rejects } = await read({ "main.json": JSON.stringify(secdb) });
    expect(advisories.flatMap((a) => a.affected.map((r) => [a.vulnerabilities[0], r.distribution, r.package, r.fixed]))).toEqual([
      ["CVE-2026-1002", "alpine:3.18", "openssl", "0"],
      ["CVE-2026-1001", "alpine:3.18", "openssl", "3.1.4-r0"],
    ]);
    expect(rejects).toHaveLength(2);
  });

  it("reads Debian's tracker: open, resolved, and never affected, release by release", async () => {
    const issue = {
      description: "a flaw",
      releases: {
        bookworm: { status: "open", urgency: "not yet assigned", nodsa: "Minor issue", nodsa_reason: "ignored" },
        trixie: { status: "resolved", fixed_version: "8.0-1", urgency: "not yet assigned" },
        sid: { status: "resolved", fixed_version: "8.0-1" },
      },
    };
    const { advisories, rejects } = await read({ "tracker.json": JSON.stringify({ curl: { "CVE-2026-1001": issue, nonsense: issue } }) });
    expect(advisories.flatMap((a) => a.affected.map((r) => [r.distribution, r.fixed, r.urgency]))).toEqual([
      ["debian:12", null, "ignored"],
      ["debian:13", "8.0-1", ""],
    ]);
    expect(rejects.map((r) => r.record)).toEqual(["curl nonsense"]);
  });

  it("reads lists of exploits, the earliest date of each CVE", async () => {
    const { signals, rejects } = await read({
      "exploitdb.csv":
        "cve,edb_id,date_published,platform\nCVE-2026-1001,2,2026-03-01,linux\nCVE-2026-1001,1,2026-02-01,linux\n,3,2026-01-01,x\n",
      "nuclei.csv": "cve,template_added,severity\nCVE-2026-1002,,high\n",
    });
    expect(signals.map((s) => [s.vulnerabilityId, s.kind, s.at?.slice(0, 10) ?? null, s.data.list])).toEqual([
      ["CVE-2026-1001", "exploit", "2026-02-01", "exploitdb"],
      ["CVE-2026-1002", "exploit", null, "nuclei"],
    ]);
    expect(rejects).toHaveLength(1);
  });

  it("reads CVE records: rejected, vector, SSVC and CISA's catalogue", async () => {
    const record = (cveId: string, state: string, adp: object = {}) => ({
      dataType: "CVE_RECORD",
      cveMetadata: { cveId, state, datePublished: "2026-01-01T00:00:00Z" },
      containers: { cna: { descriptions: [{ lang: "en", value: "a flaw" }] }, adp: [adp] },
    });
    const metrics = [
      { cvssV3_1: { vectorString: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" } },
      {
        other: {
          type: "ssvc",
          content: { timestamp: "2026-02-01T00:00:00Z", options: [{ Exploitation: "active" }, { Automatable: "yes" }] },
        },
      },
      { other: { type: "kev", content: { dateAdded: "2026-02-02" } } },
    ];
    const { vulnerabilities, signals } = await read({
      "cves.zip": storedZip({
        "a.json": JSON.stringify(record("CVE-2026-1001", "PUBLISHED", { metrics })),
        "b.json": JSON.stringify(record("CVE-2026-1002", "REJECTED")),
      }),
    });
    expect(vulnerabilities.map((v) => [v.id, v.withdrawn, v.cvssVector !== ""])).toEqual([
      ["CVE-2026-1001", false, true],
      ["CVE-2026-1002", true, false],
    ]);
    expect(signals.map((s) => s.kind)).toEqual(["ssvc", "kev"]);
  });
});

describe("hostile files", () => {
  it("cost nothing but themselves: every other record is there, and each of them is named or passed over", async () => {
    const junk = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((t) => Buffer.from(t)),
      fc.string().map((t) => Buffer.from(`{"id":"x","affected":${t}`)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(junk, { minLength: 1, maxLength: 6 }), async (pieces) => {
        const files = Object.fromEntries(pieces.map((piece, i) => [`junk${i}.json`, piece]));
        const set = await read({ ...files, "good.json": osv("DSA-1-1") });
        expect(set.advisories.filter((a) => a.id === "DSA-1-1")).toHaveLength(1);
      }),
      { numRuns: 40 },
    );
  });

  it("in an archive are set aside, whatever their bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(fc.string(), fc.json()), { maxLength: 8 }), async (texts) => {
        const entries = Object.fromEntries(texts.map((text, i) => [`e${i}.json`, text]));
        const set = await read({ "all.zip": storedZip({ ...entries, "good.json": osv("DSA-1-1") }) });
        expect(set.advisories.filter((a) => a.id === "DSA-1-1")).toHaveLength(1);
      }),
      { numRuns: 40 },
    );
  });

  it("cut anywhere are refused, or had nothing after the cut", async () => {
    const whole = storedZip({ "a.json": osv("DSA-1-1"), "b.json": osv("DSA-2-1") });
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), async (length) => {
        const set = await read({ "cut.zip": whole.subarray(0, length), "good.json": osv("DSA-3-1") });
        expect(set.advisories.map((a) => a.id)).toEqual(["DSA-3-1"]);
        expect(set.refused).toHaveLength(1);
      }),
      { numRuns: 40 },
    );
  });
});

describe("objects of a large JSON text", () => {
  const parts = async (text: string) => {
    const found: unknown[] = [];
    for await (const { text: part } of jsonParts(join(await directoryOf({ "x.json": text }), "x.json"), 10_000))
      found.push(JSON.parse(part ?? "null"));
    return found;
  };
  const object = fc.dictionary(fc.string(), fc.jsonValue());

  it("are those that a parser finds, in a list, under a key, or as members", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(object), fc.nat(3), async (values, indent) => {
        expect(await parts(JSON.stringify(values, null, indent))).toEqual(JSON.parse(JSON.stringify(values)));
        expect(await parts(JSON.stringify({ count: 1, list: values }, null, indent))).toEqual(JSON.parse(JSON.stringify(values)));
      }),
      { numRuns: 50 },
    );
  });

  it("are not taken from a text that is cut, nested too deep, or none", async () => {
    for (const text of ['[{"a":1},{"b"', '{"a":{"b":1}', "", `[${"[".repeat(300)}`]) await expect(parts(text)).rejects.toThrow();
  });
});
