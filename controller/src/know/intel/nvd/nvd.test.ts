import { createHash } from "node:crypto";
import { mkdtemp, readdir, truncate } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
/** "broken off": the connection is cut in the middle of the answer. */
let answer: (url: URL) => string | Buffer | undefined;
const asked: URL[] = [];
const clock = testClock();
beforeAll(async () => {
  store = await openTestStore();
  server = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://x");
    asked.push(url);
    const body = answer(url);
    if (body === "broken off") {
      response.writeHead(200, { "content-length": "1000" });
      response.write("{", () => response.destroy());
      return;
    }
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await store.close();
  await new Promise((done) => server.close(done));
});
const intelOf = ({ directory, stop, ...feed }: Partial<FeedConfig> & { source: string; directory?: string; stop?: AbortSignal }) =>
  createIntel({
    ...{ store, clock, log: createLogger("test", "silent"), transport: { sleep: async () => {} } },
    ...(directory === undefined ? {} : { directory }),
    ...(stop === undefined ? {} : { stop }),
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

  describe("in many pages", () => {
    const ENTRIES = 10;
    /** Pages of two, but for a page at which the connection breaks off. */
    const pages = (brokenAt: number | null, timestamp?: string) => (url: URL) => {
      const from = Number(url.searchParams.get("startIndex"));
      if (from === brokenAt) return "broken off" as const;
      const items = [from, from + 1].map((n) => item(`CVE-2026-${3_000 + n}`));
      return JSON.stringify(page(items, from, ENTRIES, timestamp));
    };
    const indexes = () => asked.map((u) => Number(u.searchParams.get("startIndex")));
    const folder = () => mkdtemp(join(tmpdir(), "breakwater-nvd-"));

    it("goes on after an interruption at the page that it had come to, also in another process, and tells how far it is", async () => {
      const directory = await folder();
      const feed = { id: "long", source: `${origin}/rest/json/cves/2.0`, directory };
      asked.length = 0;
      answer = pages(6);
      const first = intelOf(feed);
      expect((await first.refresh())[0]?.result.ok).toBe(false);
      expect(indexes()).toEqual([0, 2, 4, 6, 6, 6, 6, 6]);
      expect((await first.status())[0]).toMatchObject({ progress: { done: 6, total: ENTRIES }, lastSuccessAt: null });
      expect(await known("CVE-2026-3001")).toBeUndefined();

      asked.length = 0;
      clock.pass(3_600_000);
      const second = intelOf(feed);
      answer = pages(null, "2026-03-02T08:30:00.000");
      expect((await second.refresh())[0]?.result).toEqual({ ok: true, value: { changed: true, records: ENTRIES, rejects: 0 } });
      expect(indexes()).toEqual([6, 8]);
      for (let n = 0; n < ENTRIES; n++) expect(await known(`CVE-2026-${3_000 + n}`)).toBeDefined();
      expect((await second.status())[0]).toMatchObject({ progress: null, problem: "" });
      expect((await readdir(join(directory, "long"))).filter((name) => /page|partial/.test(name))).toEqual([]);

      // What changed since the first page, not since the one at which it went on.
      asked.length = 0;
      answer = () => JSON.stringify(page([]));
      await second.refresh();
      expect(asked.map((u) => u.searchParams.get("lastModStartDate"))).toEqual(["2026-03-02T06:00:00.000Z"]);
    });

    it("goes on after the controller was stopped in the middle", async () => {
      const directory = await folder();
      const feed = { id: "stopped", source: `${origin}/rest/json/cves/2.0`, directory };
      const stopping = new AbortController();
      const whole = pages(null);
      answer = (url) => {
        if (url.searchParams.get("startIndex") === "4") stopping.abort();
        return whole(url);
      };
      expect((await intelOf({ ...feed, stop: stopping.signal }).refresh())[0]?.result.ok).toBe(false);
      asked.length = 0;
      answer = whole;
      expect((await intelOf(feed).refresh())[0]?.result).toMatchObject({ ok: true, value: { records: ENTRIES } });
      expect(indexes()).toEqual([4, 6, 8]);
    });

    it("goes on with the same stretch of changes, however late", async () => {
      const directory = await folder();
      const feed = { id: "changes", source: `${origin}/rest/json/cves/2.0`, directory };
      answer = () => JSON.stringify(page([item("CVE-2026-3100")]));
      await intelOf(feed).refresh();
      asked.length = 0;
      answer = pages(4);
      await intelOf(feed).refresh();
      const [before] = asked.map((u) => u.searchParams.get("lastModEndDate"));
      asked.length = 0;
      clock.pass(7_200_000);
      answer = pages(null);
      expect((await intelOf(feed).refresh())[0]?.result).toMatchObject({ ok: true });
      expect(indexes()).toEqual([4, 6, 8]);
      expect(new Set(asked.map((u) => u.searchParams.get("lastModEndDate")))).toEqual(new Set([before]));
    });

    it("begins anew where a page is no longer whole, where it is of another address, or is days old", async () => {
      const directory = await folder();
      const begun = async (id: string, changes: object, between: () => Promise<unknown>) => {
        const feed = { id, source: `${origin}/rest/json/cves/2.0`, directory };
        answer = pages(6);
        await intelOf(feed).refresh();
        await between();
        asked.length = 0;
        answer = pages(8);
        await intelOf({ ...feed, ...changes }).refresh();
        return indexes()[0];
      };
      expect(await begun("cut-page", {}, () => truncate(join(directory, "cut-page", "page-1.json"), 10))).toBe(0);
      expect(await begun("moved", { source: `${origin}/other/rest/json/cves/2.0` }, async () => {})).toBe(0);
      expect(await begun("old", {}, async () => clock.pass(4 * 86_400_000))).toBe(0);
      expect(await begun("sound", {}, async () => {})).toBe(6);
    });
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
