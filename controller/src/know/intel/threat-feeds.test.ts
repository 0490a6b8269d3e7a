import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "@breakwater/shared/log";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Store, schema } from "../../store/index.ts";
import { openTestStore } from "../../store/testing.ts";
import { testClock } from "../testing.ts";
import { createIntel, type FeedConfig } from "./index.ts";

let store: Store;
let folder: string;
beforeAll(async () => {
  store = await openTestStore();
  folder = await mkdtemp(join(tmpdir(), "breakwater-test-"));
});
afterAll(() => store.close());

const intelOf = (feed: FeedConfig) =>
  createIntel({ store, clock: testClock(), log: createLogger("test", "silent"), feeds: [feed], transport: { sleep: async () => {} } });
const said = async (feed: string) =>
  (await store.db.select().from(schema.signal).where(eq(schema.signal.source, feed)))
    .sort((a, b) => (a.vulnerabilityId < b.vulnerabilityId ? -1 : 1))
    .map((s) => [s.vulnerabilityId, s.kind, s.value, s.at?.slice(0, 10), (s.data as { names: string[] }).names.join("; ")]);

const stix = (type: string, n: number, more: object) => ({
  type,
  spec_version: "2.1",
  id: `${type}--00000000-0000-4000-8000-${String(n).padStart(12, "0")}`,
  created: "2026-02-01T00:00:00.000Z",
  modified: "2026-02-02T00:00:00.000Z",
  ...more,
});
const vulnerability = stix("vulnerability", 1, {
  name: "CVE-2026-1001",
  external_references: [{ source_name: "cve", external_id: "CVE-2026-1001" }],
});
const malware = stix("malware", 2, { name: "Locker", is_family: true });
const exploits = stix("relationship", 3, { relationship_type: "exploits", source_ref: malware.id, target_ref: vulnerability.id });

describe("STIX over TAXII", () => {
  it("is read page by page, then only what was added, which adds up", async () => {
    const report = stix("report", 4, {
      name: "A\u0007 campaign",
      published: "2026-02-20T00:00:00Z",
      object_refs: [vulnerability.id, "identity--x"],
    });
    const note = stix("note", 8, { external_references: [{ source_name: "cve", external_id: "CVE-2026-1003" }] });
    const taken = stix("report", 5, { name: "Taken back", revoked: true, object_refs: [vulnerability.id] });
    const asked: string[] = [];
    let pages: Record<string, object> = {
      "": { more: true, next: "two", objects: [exploits, report, taken] },
      // What is referred to may come later.
      two: {
        more: false,
        objects: [
          malware,
          vulnerability,
          stix("note", 6, { external_references: [{ source_name: "cve", external_id: "CVE-2026-1002" }] }),
          { type: 7 },
        ],
      },
    };
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? "", "http://x");
      asked.push(`${url.search} ${request.headers.accept}`);
      response.writeHead(200, {
        "content-type": "application/taxii+json;version=2.1",
        "x-taxii-date-added-last": "2026-02-21T00:00:00.000001Z",
      });
      response.end(JSON.stringify(pages[url.searchParams.get("next") ?? ""]));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const source = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api1/collections/c1/objects/`;
    const intel = intelOf({ id: "taxii", kind: "stix", source });
    expect((await intel.refresh())[0]?.result).toEqual({ ok: true, value: { changed: true, records: 2, rejects: 1 } });
    expect(asked).toEqual([" application/taxii+json;version=2.1", "?next=two application/taxii+json;version=2.1"]);
    expect(await said("taxii")).toEqual([
      ["CVE-2026-1001", "chatter", 2, "2026-02-20", "malware Locker; report A  campaign"],
      ["CVE-2026-1002", "chatter", 1, "2026-02-02", ""],
    ]);
    // The same report again, and a new one.
    const later = stix("report", 7, { name: "Another", published: "2026-02-25T00:00:00Z", object_refs: [vulnerability.id] });
    pages = { "": { objects: [vulnerability, report, later] } };
    asked.length = 0;
    expect((await intel.refresh())[0]?.result).toMatchObject({ ok: true, value: { changed: true, records: 2 } });
    expect(asked[0]).toContain("added_after=2026-02-21T00%3A00%3A00.000001Z");
    expect((await said("taxii"))[0]?.slice(0, 4)).toEqual(["CVE-2026-1001", "chatter", 3, "2026-02-25"]);
    pages = { "": {} };
    expect((await intel.refresh())[0]?.result).toMatchObject({ ok: true, value: { changed: false } });
    pages = { "": { more: true, objects: [] } };
    expect((await intel.refresh())[0]?.result.ok).toBe(false);
    expect((await intel.status())[0]).toMatchObject({ records: 2, problem: expect.stringContaining("does not say where it goes on") });
    // Round without end: what was known stays.
    pages = { "": { more: true, next: "a", objects: [] }, a: { more: true, next: "b" }, b: { more: true, next: "a", objects: [note] } };
    asked.length = 0;
    expect((await intel.refresh())[0]?.result.ok).toBe(false);
    expect(asked.length).toBeLessThan(5);
    expect((await intel.status())[0]).toMatchObject({ records: 2, problem: expect.stringContaining("goes round") });
    await new Promise((done) => server.close(done));
  });

  it("is read from a bundle's file, and refused where it is none", async () => {
    const path = join(folder, "bundle.json");
    await writeFile(path, JSON.stringify({ type: "bundle", id: "bundle--1", objects: [exploits, malware, vulnerability] }));
    await intelOf({ id: "file", kind: "stix", source: path }).refresh();
    expect(await said("file")).toEqual([["CVE-2026-1001", "chatter", 1, "2026-02-02", "malware Locker"]]);
    await writeFile(path, JSON.stringify({ type: "bundle", objects: [] }));
    const intel = intelOf({ id: "file", kind: "stix", source: path });
    expect((await intel.refresh())[0]?.result.ok).toBe(false);
    expect(await said("file")).toHaveLength(1);
  });
});

describe("a MISP feed", () => {
  it("is read by its manifest: new events, and those that changed; one that cannot be read is named", async () => {
    const place = join(folder, "misp");
    await mkdir(place);
    const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
    const event = (n: number, info: string, ...cves: string[]) =>
      writeFile(
        join(place, `${uuid(n)}.json`),
        JSON.stringify({
          Event: {
            uuid: uuid(n),
            info,
            date: `2026-02-0${n}`,
            Attribute: [{ type: "ip-dst", value: "192.0.2.1" }, ...cves.map((value) => ({ type: "vulnerability", value }))],
            Object: [{ name: "vulnerability", Attribute: [{ type: "vulnerability", value: "CVE-2026-1009", deleted: n !== 1 }] }],
          },
        }),
      );
    const manifest = (stamps: number[]) =>
      writeFile(
        join(place, "manifest.json"),
        JSON.stringify(Object.fromEntries(stamps.map((timestamp, i) => [uuid(i + 1), { timestamp: String(timestamp) }]))),
      );
    await event(1, "Wave one", "CVE-2026-1001");
    await writeFile(join(place, `${uuid(2)}.json`), "{ not JSON");
    await manifest([1_700_000_000, 1_700_000_001]);
    const intel = intelOf({ id: "misp", kind: "misp", source: place });
    expect((await intel.refresh())[0]?.result).toEqual({ ok: true, value: { changed: true, records: 2, rejects: 1 } });
    expect(await said("misp")).toEqual([
      ["CVE-2026-1001", "chatter", 1, "2026-02-01", "Wave one"],
      ["CVE-2026-1009", "chatter", 1, "2026-02-01", "Wave one"],
    ]);
    expect((await intel.refresh())[0]?.result).toMatchObject({ ok: true, value: { changed: false } });
    await event(2, "Wave two", "CVE-2026-1001");
    await manifest([1_700_000_000, 1_700_000_500]);
    await intel.refresh();
    expect((await said("misp"))[0]).toEqual(["CVE-2026-1001", "chatter", 2, "2026-02-02", "Wave two; Wave one"]);
    await writeFile(join(place, "manifest.json"), '{"../../etc/passwd": {"timestamp": 1900000000}}');
    await intel.refresh();
    expect((await intel.status())[0]?.problem).toContain("none of a MISP feed");
  });
});

describe("a table of reports", () => {
  it.each([
    [
      "CSV",
      '# ours\nseen,cves,title\n2026-02-01,"CVE-2026-1001, cve-2026-1002",First\n2026-02-03,CVE-2026-1001,Second\n2026-02-04,none,Third\n',
    ],
    [
      "JSON",
      JSON.stringify({
        data: [
          { seen: "2026-02-01", cves: ["CVE-2026-1001", "cve-2026-1002"], title: "First" },
          { seen: 1_770_076_800, cves: "CVE-2026-1001", title: "Second" },
          { seen: "2026-02-04", cves: "none", title: "Third" },
        ],
      }),
    ],
  ])("in %s is read by the feed's own mapping", async (format, text) => {
    const path = join(folder, `table.${format}`);
    await writeFile(path, text);
    const mapping = { vulnerability: "cves", date: "seen", name: "title", ...(format === "JSON" ? { rows: "data" } : {}) };
    const intel = intelOf({ id: `table-${format}`, kind: "signals", source: path, mapping });
    expect((await intel.refresh())[0]?.result).toEqual({ ok: true, value: { changed: true, records: 2, rejects: 1 } });
    expect(await said(`table-${format}`)).toEqual([
      ["CVE-2026-1001", "chatter", 2, "2026-02-03", "First; Second"],
      ["CVE-2026-1002", "chatter", 1, "2026-02-01", "First"],
    ]);
    const wrong = intelOf({ id: "wrong", kind: "signals", source: path, mapping: { ...mapping, vulnerability: "title" } });
    expect((await wrong.refresh())[0]?.result.ok).toBe(false);
    expect((await wrong.status())[0]?.problem).toContain("is the mapping right?");
  });
});
