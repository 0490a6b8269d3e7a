import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { createLogger } from "@breakwater/shared/log";
import { asc } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { eventsAfter, type Store, schema } from "../../store/index.ts";
import { openTestStore } from "../../store/testing.ts";
import { testClock } from "../testing.ts";
import { createIntel, readIntelDirectory } from "./index.ts";
import { lanes } from "./lanes.ts";
import { readOsvRecord } from "./osv/index.ts";
import { storedZip } from "./zip.testing.ts";

const kevEntry = (cveID: string, changes = {}) => ({
  cveID,
  vulnerabilityName: "A flaw in a thing",
  dateAdded: "2026-02-01",
  dueDate: "2026-02-22",
  knownRansomwareCampaignUse: "Known",
  cwes: ["CWE-79"],
  ...changes,
});
const kevJson = (...entries: unknown[]) => JSON.stringify({ catalogVersion: "1", count: entries.length, vulnerabilities: entries });
const epssCsv = (...lines: string[]) => epssOf("v2026.01.01", ...lines);
const epssOf = (model: string, ...lines: string[]) =>
  gzipSync(`#model_version:${model},score_date:2026-03-01T00:00:00+0000\ncve,epss,percentile\n${lines.map((l) => `${l}\n`).join("")}`);
const osvRecord = (id: string, changes = {}) => ({
  id,
  modified: "2026-02-01T00:00:00Z",
  upstream: ["CVE-2026-1001"],
  affected: [
    {
      package: { ecosystem: "Debian:12", name: "curl" },
      ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed: "8.0-1" }] }],
    },
  ],
  ...changes,
});

describe("OSV records", () => {
  it("gather CVE ids from aliases, upstream and the record's own id", () => {
    const record = osvRecord("DEBIAN-CVE-2026-1003", { aliases: ["CVE-2026-1002", "GHSA-xxxx"] });
    expect(readOsvRecord(record).advisory.vulnerabilities).toEqual(["CVE-2026-1001", "CVE-2026-1002", "CVE-2026-1003"]);
    expect(readOsvRecord(osvRecord("DSA-1-1", { upstream: [], related: ["CVE-2026-1009"] })).advisory.vulnerabilities).toEqual([
      "CVE-2026-1009",
    ]);
    expect(readOsvRecord(osvRecord("ALBA-2026:1", { upstream: [] })).advisory.vulnerabilities).toEqual([]);
    // A library's record without a CVE is a vulnerability all the same; what is only related to it is another.
    expect(readOsvRecord(osvRecord("GHSA-1", { upstream: [], related: ["CVE-2026-1009"] })).advisory.vulnerabilities).toEqual(["GHSA-1"]);
  });

  it("leave out what is of no known release, and refuse versions that are none", () => {
    const affected = [
      { package: { ecosystem: "Debian", name: "curl" } },
      { package: {} },
      { package: { ecosystem: "Elsewhere:1", name: "x" } },
    ];
    expect(readOsvRecord(osvRecord("DSA-1-1", { affected })).advisory.affected).toEqual([]);
    const bad = [{ package: { ecosystem: "Debian:12", name: "curl" }, ranges: [{ type: "ECOSYSTEM", events: [{ fixed: "no version" }] }] }];
    const rejected: string[] = [];
    expect(readOsvRecord(osvRecord("DSA-1-1", { affected: bad }), (r) => void rejected.push(r)).advisory.affected).toEqual([]);
    expect(rejected).toEqual([expect.stringContaining("no deb version")]);
  });
});

describe("feeds", () => {
  let store: Store;
  let folder: string;
  let server: Server;
  let answer: { status: number; body: string | Buffer; etag?: string; length?: number } = { status: 404, body: "" };
  let asked: (string | undefined)[] = [];
  const clock = testClock();

  beforeAll(async () => {
    store = await openTestStore();
    folder = await mkdtemp(join(tmpdir(), "breakwater-test-"));
    server = createServer((request, response) => {
      asked.push(request.headers["if-none-match"]);
      if (answer.etag && request.headers["if-none-match"] === answer.etag) return response.writeHead(304).end();
      const headers: Record<string, string | number> = answer.etag ? { etag: answer.etag } : {};
      if (answer.length) headers["content-length"] = answer.length;
      response.writeHead(answer.status, headers);
      response.write(answer.body, () => (answer.length ? response.destroy() : response.end()));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  });
  afterEach(() => {
    asked = [];
  });
  afterAll(async () => {
    await new Promise((done) => server.close(done));
    await store.close();
  });

  const intelOf = (kind: "osv" | "kev" | "epss", id: string, source: string) =>
    createIntel({ store, clock, log: createLogger("test", "silent"), feeds: [{ id, kind, source }], transport: { sleep: async () => {} } });
  const rejects = () => store.db.select().from(schema.feedReject).orderBy(asc(schema.feedReject.record));

  it("set malformed records aside, count them, and use the rest", async () => {
    const path = join(folder, "all.zip");
    await writeFile(
      path,
      storedZip({
        "DSA-1-1.json": JSON.stringify(osvRecord("DSA-1-1")),
        "DSA-2-1.json": '{"id": 7}',
        "DSA-3-1.json": "not JSON",
        "readme.txt": "no record",
      }),
    );
    const [done] = await intelOf("osv", "osv", path).refresh();
    expect(done?.result).toEqual({ ok: true, value: { changed: true, records: 1, rejects: 2 } });
    expect((await rejects()).map((r) => [r.feedId, r.record])).toEqual([
      ["osv", "DSA-2-1.json"],
      ["osv", "DSA-3-1.json"],
    ]);
    const ranges = await store.db.select().from(schema.advisoryRange);
    expect(ranges).toEqual([
      expect.objectContaining({ distribution: "debian:12", package: "curl", fixed: "8.0-1", advisoryId: "DSA-1-1" }),
    ]);
    expect((await eventsAfter(store.db, 0, 10)).map((e) => [e.type, e.subject])).toEqual([["intel.changed", "feed:osv"]]);
  });

  it("keep what they said when the archive is cut, and grow older", async () => {
    const path = join(folder, "all.zip");
    const whole = storedZip({ "DSA-9-1.json": JSON.stringify(osvRecord("DSA-9-1")) });
    await writeFile(path, whole.subarray(0, whole.length - 10));
    clock.pass(3_600_000);
    const intel = intelOf("osv", "osv", path);
    const [done] = await intel.refresh();
    expect(done?.result.ok === false && done.result.problem.message).toContain("not a whole zip archive");
    expect(await intel.status()).toEqual([
      expect.objectContaining({ ageMs: 3_600_000, records: 1, problem: expect.stringContaining("zip") }),
    ]);
    expect((await store.db.select().from(schema.advisory)).map((a) => a.id)).toEqual(["DSA-1-1"]);
  });

  it("are asked for only when they changed", async () => {
    const intel = intelOf("kev", "kev", `http://127.0.0.1:${(server.address() as AddressInfo).port}/kev.json`);
    answer = { status: 200, body: kevJson(kevEntry("CVE-2026-1001"), kevEntry("CVE-2026-1002"), kevEntry("nonsense")), etag: '"1"' };
    expect((await intel.refresh())[0]?.result).toEqual({ ok: true, value: { changed: true, records: 2, rejects: 1 } });
    expect((await intel.refresh())[0]?.result).toEqual({ ok: true, value: { changed: false, records: 2, rejects: 1 } });
    expect(asked).toEqual([undefined, '"1"']);
  });

  it.each<[string, typeof answer, string]>([
    ["the server fails", { status: 503, body: "" }, "503"],
    ["the answer is cut", { status: 200, body: kevJson(kevEntry("CVE-2026-1001")), length: 100_000 }, ""],
    [
      "the catalogue lost entries",
      { status: 200, body: JSON.stringify({ catalogVersion: "1", count: 3, vulnerabilities: [kevEntry("CVE-2026-1001")] }) },
      "says 3",
    ],
    ["nothing is left", { status: 200, body: kevJson() }, "no record"],
    ["most is gone", { status: 200, body: kevJson() }, ""],
    ["it is another thing", { status: 200, body: "<html>Sign in</html>" }, "neither"],
  ])("stay as they were when %s", async (_, bad, reason) => {
    answer = bad;
    const intel = intelOf("kev", "kev", `http://127.0.0.1:${(server.address() as AddressInfo).port}/kev.json`);
    const [done] = await intel.refresh();
    expect(done?.result.ok).toBe(false);
    expect((await intel.status())[0]?.problem).toContain(reason);
    const signals = await store.db.select().from(schema.signal).orderBy(asc(schema.signal.vulnerabilityId));
    expect(signals.map((s) => [s.vulnerabilityId, s.kind])).toEqual([
      ["CVE-2026-1001", "kev"],
      ["CVE-2026-1002", "kev"],
    ]);
  });

  it("replace scores: new ones come, changed ones change, vanished ones go", async () => {
    const path = join(folder, "epss.csv.gz");
    const intel = intelOf("epss", "epss", path);
    await writeFile(path, epssCsv("CVE-2026-1001,0.5,0.9", "CVE-2026-1002,0.1,0.2", "CVE-2026-1003,7,0.2"));
    expect((await intel.refresh())[0]?.result).toEqual({ ok: true, value: { changed: true, records: 2, rejects: 1 } });
    await writeFile(path, epssCsv("CVE-2026-1001,0.6,0.9", "CVE-2026-1004,0.3,0.4"));
    await intel.refresh();
    const scores = (await store.db.select().from(schema.signal).orderBy(asc(schema.signal.vulnerabilityId))).filter(
      (s) => s.kind === "epss",
    );
    expect(scores.map((s) => [s.vulnerabilityId, s.value])).toEqual([
      ["CVE-2026-1001", 0.6],
      ["CVE-2026-1004", 0.3],
    ]);
    expect((await intel.status())[0]).toMatchObject({ modelVersion: "v2026.01.01", modelChange: "" });
    await writeFile(path, epssCsv("CVE-2026-1001,0.7,0.9").subarray(0, 60));
    expect((await intel.refresh())[0]?.result.ok).toBe(false);
  });
});

describe("a change of EPSS's model", () => {
  it("is told apart from news, recorded, and said of the feed from then on", async () => {
    const store = await openTestStore();
    const path = join(await mkdtemp(join(tmpdir(), "breakwater-test-")), "epss.csv.gz");
    const feeds = [{ id: "epss", kind: "epss" as const, source: path }];
    const intel = createIntel({ store, clock: testClock(), log: createLogger("test", "silent"), feeds });
    // The first has the same rank under both models, the second rose among all.
    await writeFile(path, epssOf("v2025.03.14", "CVE-2026-1001,0.0805,0.92", "CVE-2026-1002,0.01,0.7"));
    await intel.refresh();
    await writeFile(path, epssOf("v2026.06.15", "CVE-2026-1001,0.05217,0.92", "CVE-2026-1002,0.9,0.99"));
    await intel.refresh();
    await writeFile(path, epssOf("v2026.06.15", "CVE-2026-1001,0.06,0.92", "CVE-2026-1002,0.9,0.99"));
    await intel.refresh();
    const changes = (await eventsAfter(store.db, 0, 10)).map((e) => e.data.modelChange);
    expect(changes).toEqual([
      undefined,
      expect.objectContaining({ from: "v2025.03.14", to: "v2026.06.15", by: "2026-03-01", compared: 2, movedThemselves: 1 }),
      undefined,
    ]);
    expect((await intel.status())[0]?.modelChange).toContain("from v2025.03.14 to v2026.06.15 by 2026-03-01");
    await store.close();
  });
});

describe("feeds of slow publishers", () => {
  it("hold up nobody else: two are read at a time, and one that is asked for twice is read once", async () => {
    const store = await openTestStore();
    const answers = new Map<string, () => void>();
    const asked: string[] = [];
    const server = createServer((request, response) => {
      const name = (request.url ?? "").slice(1);
      asked.push(name);
      const answer = () => response.end(JSON.stringify([osvRecord(`DSA-${name}-1`)]));
      if (name === "slow") answers.set(name, answer);
      else answer();
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    const feeds = ["slow", "a", "b", "c"].map((id) => ({ id, kind: "osv" as const, source: `http://127.0.0.1:${port}/${id}` }));
    const intel = createIntel({ store, clock: testClock(), log: createLogger("test", "silent"), feeds });
    const all = intel.refresh();
    // The three others are done while the first one's publisher has said nothing yet.
    await vi.waitFor(
      async () => expect((await intel.status()).filter((f) => f.lastSuccessAt !== null).map((f) => f.id)).toEqual(["a", "b", "c"]),
      { timeout: 120_000, interval: 20 },
    );
    const again = intel.refresh("slow");
    answers.get("slow")?.();
    expect((await all).map((r) => [r.feedId, r.result.ok])).toEqual(feeds.map((f) => [f.id, true]));
    expect(await again).toEqual([(await all)[0]]);
    expect(asked.filter((name) => name === "slow")).toHaveLength(1);
    await new Promise((done) => server.close(done));
    await store.close();
  });
});

describe("lanes", () => {
  it("run so many at a time, in order, and go on after a failure", async () => {
    const run = lanes(2);
    const order: string[] = [];
    const ends: (() => void)[] = [];
    const work = (name: string) =>
      run(async () => {
        order.push(name);
        await new Promise<void>((end) => ends.push(end));
        if (name === "b") throw new Error("b failed");
      });
    const all = Promise.allSettled(["a", "b", "c", "d"].map(work));
    await vi.waitFor(() => expect(order).toEqual(["a", "b"]));
    ends[1]?.();
    await vi.waitFor(() => expect(order).toEqual(["a", "b", "c"]));
    ends[0]?.();
    await vi.waitFor(() => expect(order).toEqual(["a", "b", "c", "d"]));
    for (const end of ends) end();
    expect((await all).map((r) => r.status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
  });
});

describe("a directory of feed files", () => {
  it("is read whatever the files are called, without those that are cut, which are named", async () => {
    const folder = await mkdtemp(join(tmpdir(), "breakwater-test-"));
    await mkdir(join(folder, "Debian"));
    await writeFile(join(folder, "Debian", "all.zip"), storedZip({ "a.json": JSON.stringify(osvRecord("DSA-1-1")) }));
    await writeFile(join(folder, "kev.csv"), "cveID,vulnerabilityName,dateAdded,cwes\nCVE-2026-1001,A flaw,2026-02-01,CWE-79\n");
    await writeFile(join(folder, "epss_scores-2026-03-01.csv.gz"), epssCsv("CVE-2026-1001,0.5,0.9"));
    await writeFile(join(folder, "package.json"), '{"name": "something else"}');
    const read = await readIntelDirectory(folder);
    expect(read.ok && read.value.files.map((f) => [f.kinds, f.records])).toEqual([
      [["osv"], 1],
      [["epss"], 1],
      [["kev"], 1],
    ]);
    await writeFile(join(folder, "cut.json"), '{"id": "DSA-2');
    await writeFile(join(folder, "cut.zip"), storedZip({ "a.json": "{}" }).subarray(0, 40));
    const partly = await readIntelDirectory(folder);
    expect(partly.ok && partly.value.files).toHaveLength(3);
    expect(partly.ok && partly.value.refused.map((r) => r.record)).toEqual([join(folder, "cut.json"), join(folder, "cut.zip")]);
    const alone = await mkdtemp(join(tmpdir(), "breakwater-test-"));
    await writeFile(join(alone, "cut.json"), '{"id": "DSA-2');
    const refused = await readIntelDirectory(alone);
    expect(refused.ok === false && refused.problem.code).toBe("intel-unreadable");
    // Nothing but a record that was set aside is no answer either.
    await writeFile(join(alone, "cut.json"), JSON.stringify([{ ...osvRecord("DSA-2-1"), affected: 7 }]));
    const nothing = await readIntelDirectory(alone);
    expect(nothing.ok === false && nothing.problem.code).toBe("intel-unreadable");
  });

  it("says in words that a directory is not there", async () => {
    const result = await readIntelDirectory("/nowhere/feeds");
    expect(result.ok === false && result.problem).toMatchObject({
      message: "/nowhere/feeds cannot be read: there is no such file or directory (ENOENT)",
      next: expect.stringContaining("Give a directory of feed files"),
    });
  });
});
