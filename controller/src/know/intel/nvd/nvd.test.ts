import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { createLogger } from "@breakwater/shared/log";
import { asc, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Store, schema } from "../../../store/index.ts";
import { openTestStore } from "../../../store/testing.ts";
import { testClock } from "../../testing.ts";
import { createIntel, type FeedConfig } from "../index.ts";

const item = (id: string, changes: object = {}) => ({
  cve: {
    id,
    published: "2026-01-05T10:15:00.123",
    vulnStatus: "Analyzed",
    descriptions: [
      { lang: "es", value: "Un fallo" },
      { lang: "en", value: "A flaw" },
    ],
    metrics: {
      cvssMetricV31: [
        { type: "Secondary", cvssData: { vectorString: "CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N" } },
        { type: "Primary", cvssData: { vectorString: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" } },
      ],
    },
    weaknesses: [{ description: [{ lang: "en", value: "CWE-787" }] }, { description: [{ lang: "en", value: "NVD-CWE-noinfo" }] }],
    // Names of products are passed over: they would match another system's package.
    configurations: [{ nodes: [{ cpeMatch: [{ vulnerable: true, criteria: "cpe:2.3:a:haxx:curl:*:*:*:*:*:*:*:*" }] }] }],
    ...changes,
  },
});
const page = (items: unknown[], startIndex = 0, totalResults = items.length, timestamp = "2026-03-02T07:00:00.000") => ({
  resultsPerPage: items.length,
  startIndex,
  totalResults,
  format: "NVD_CVE",
  version: "2.0",
  timestamp,
  vulnerabilities: items,
});

let store: Store;
let server: Server;
let origin: string;
let answer: (url: URL) => string | Buffer | undefined;
const asked: URL[] = [];
const clock = testClock();
beforeAll(async () => {
  store = await openTestStore();
  server = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://x");
    asked.push(url);
    const body = answer(url);
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await store.close();
  await new Promise((done) => server.close(done));
});
const intelOf = (feed: Partial<FeedConfig> & { source: string }) =>
  createIntel({
    ...{ store, clock, log: createLogger("test", "silent"), transport: { sleep: async () => {} } },
    feeds: [{ id: "nvd", kind: "nvd", ...feed }],
  });
const known = async (id: string) => (await store.db.select().from(schema.vulnerability).where(eq(schema.vulnerability.id, id)))[0];

describe("NVD's API", () => {
  it("is read page by page, then for what was modified since; what was rejected can come back", async () => {
    answer = (url) =>
      JSON.stringify(
        url.searchParams.get("startIndex") === "0"
          ? page([item("CVE-2026-1001"), item("CVE-2026-1002", { vulnStatus: "Rejected", metrics: {} })], 0, 3)
          : page([item("CVE-2026-1003", { cisaExploitAdd: "2026-02-01" })], 2, 3),
      );
    const intel = intelOf({ source: `${origin}/rest/json/cves/2.0` });
    expect((await intel.refresh())[0]?.result).toEqual({ ok: true, value: { changed: true, records: 3, rejects: 0 } });
    expect(await known("CVE-2026-1001")).toMatchObject({
      summary: "A flaw",
      cwe: ["CWE-787"],
      withdrawn: false,
      cvssVector: expect.stringContaining("AV:N"),
    });
    expect(Date.parse((await known("CVE-2026-1001"))?.published ?? "")).toBe(Date.parse("2026-01-05T10:15:00.123Z"));
    expect(await known("CVE-2026-1002")).toMatchObject({ withdrawn: true });
    expect((await store.db.select().from(schema.signal)).map((s) => [s.vulnerabilityId, s.kind])).toEqual([["CVE-2026-1003", "kev"]]);
    expect(await store.db.select().from(schema.advisory)).toEqual([]);

    asked.length = 0;
    answer = () => JSON.stringify(page([item("CVE-2026-1002")]));
    expect((await intel.refresh())[0]?.result).toMatchObject({ ok: true, value: { changed: true } });
    expect(asked.map((u) => u.searchParams.get("lastModStartDate"))).toEqual(["2026-03-02T06:00:00.000Z"]);
    expect(await known("CVE-2026-1002")).toMatchObject({ withdrawn: false });
    expect(await known("CVE-2026-1001")).toBeDefined();
  });

  it("does not take a page that lost entries, or one of another schema", async () => {
    const intel = intelOf({ id: "cut", source: `${origin}/rest/json/cves/2.0` });
    for (const [body, reason] of [
      [{ ...page([item("CVE-2026-1009")], 0, 2), resultsPerPage: 2 }, "says 2 entries and carries 1"],
      [{ ...page([item("CVE-2026-1009")]), version: "3.0" }, "version 3.0"],
      [{ message: "rate limited" }, "no page of the API"],
      [page([item("CVE-2026-1009")], 0, 1, "2031-01-01T00:00:00.000"), "which is to come"],
    ] as const) {
      answer = () => JSON.stringify(body);
      expect((await intel.refresh())[0]?.result.ok).toBe(false);
      expect((await intel.status())[0]?.problem).toContain(reason);
      expect(await known("CVE-2026-1009")).toBeUndefined();
    }
  });

  it("outweighs a vendor's word, and yields to the record of the CVE itself", async () => {
    const { db } = store;
    const vector = "CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N";
    await db.insert(schema.vulnerability).values({ id: "CVE-2026-1010", cvssVector: vector, weight: 3 });
    await db.insert(schema.vulnerability).values({ id: "CVE-2026-1011", cvssVector: vector, weight: 1 });
    answer = () => JSON.stringify(page([item("CVE-2026-1010"), item("CVE-2026-1011")]));
    await intelOf({ id: "weighed", source: `${origin}/rest/json/cves/2.0` }).refresh();
    expect(await known("CVE-2026-1010")).toMatchObject({ cvssVector: vector, summary: "A flaw" });
    expect(await known("CVE-2026-1011")).toMatchObject({ cvssVector: expect.stringContaining("AV:N"), weight: 2 });
  });
});

describe("NVD's file of a year", () => {
  it("is held against the checksum beside it, which is of what it unpacks to", async () => {
    const text = JSON.stringify(page([item("CVE-2025-2001"), { cve: { id: "nonsense" } }]));
    let sum = createHash("sha256").update(text).digest("hex").toUpperCase();
    answer = (url) =>
      url.pathname.endsWith(".meta") ? `lastModifiedDate:2026-03-01T00:00:00-05:00\r\nsize:9\r\nsha256:${sum}\r\n` : gzipSync(text);
    const intel = intelOf({ id: "nvd-2025", source: `${origin}/feeds/json/cve/2.0/nvdcve-2.0-2025.json.gz` });
    expect((await intel.refresh())[0]?.result).toEqual({ ok: true, value: { changed: true, records: 1, rejects: 1 } });
    const rejects = await store.db
      .select()
      .from(schema.feedReject)
      .where(eq(schema.feedReject.feedId, "nvd-2025"))
      .orderBy(asc(schema.feedReject.id));
    expect(rejects.map((r) => r.record)).toEqual(["nonsense"]);
    sum = "0".repeat(64);
    expect((await intel.refresh())[0]?.result.ok).toBe(false);
    expect((await intel.status())[0]).toMatchObject({ records: 1, problem: expect.stringContaining("its publisher says 0000") });
  });
});
