import { generateKeyPairSync } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gunzipSync, gzipSync } from "node:zlib";
import { expectOk } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Store, schema } from "../../../store/index.ts";
import { openTestStore } from "../../../store/testing.ts";
import { startKnow } from "../../index.ts";
import { addEndpoint, curlFeeds, curlPackages, testClock, wireInventory } from "../../testing.ts";
import { createIntel, resignBundle } from "../index.ts";

const log = createLogger("test", "silent");
const clock = testClock();
let folder: string;
let there: Store;
let here: Store;
let bundle: Buffer;
let key: string;

const intelOf = (store: Store, pinned: readonly string[] = []) =>
  createIntel({ store, clock, log, feeds: [], bundles: { keyPath: join(folder, "key.pem"), pinned } });
const take = (bytes: Buffer, pinned = [key]) => intelOf(here, pinned).bundles.import(Readable.from([bytes]));
const refusal = async (bytes: Buffer, pinned?: string[]) => {
  const result = await take(bytes, pinned);
  return result.ok ? "taken" : result.problem.message;
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "breakwater-test-"));
  there = await openTestStore();
  here = await openTestStore();
  const intel = createIntel({
    store: there,
    clock,
    log,
    feeds: await curlFeeds(),
    bundles: { keyPath: join(folder, "key.pem"), pinned: [] },
  });
  await intel.refresh();
  key = intel.bundles.publicKey() ?? "";
  bundle = await buffer(intel.bundles.export() ?? Readable.from([]));
});
afterAll(async () => {
  await there.close();
  await here.close();
});

const repack = (change: (lines: string[]) => readonly string[]) =>
  gzipSync(`${change(gunzipSync(bundle).toString("utf8").trimEnd().split("\n")).join("\n")}\n`);
const heldAdvisories = () => here.db.$count(schema.advisory);

describe("a bundle of intelligence", () => {
  it("that was changed is refused, whatever was changed", async () => {
    expect(await refusal(repack((lines) => lines.map((l) => l.replace("deb12u8", "deb12u1"))))).toContain("changed after it was signed");
    expect(await refusal(repack(([header, , ...rest]) => [header ?? "", ...rest]))).toContain("changed after it was signed");
    const signature = JSON.stringify({ signature: Buffer.alloc(64).toString("base64"), publicKey: key });
    expect(await refusal(repack((lines) => [...lines.slice(0, -1), signature]))).toContain("changed after it was signed");
    expect(await heldAdvisories()).toBe(0);
  });

  it("that was cut is refused, wherever it was cut", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(bundle.length - 1), async (length) => {
        expect(await refusal(bundle.subarray(0, length))).toMatch(/cut short|no bundle/);
      }),
      { numRuns: 25 },
    );
    expect(await refusal(repack((lines) => lines.slice(0, -1)))).toContain("its signature is missing");
    expect(await heldAdvisories()).toBe(0);
  });

  it("of which a byte differs is refused or means the same", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(bundle.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
        const bytes = Buffer.from(bundle);
        bytes[at] = ((bytes[at] ?? 0) + by) % 256;
        let same = false;
        try {
          same = gunzipSync(bytes).equals(gunzipSync(bundle));
        } catch {}
        if (!same) expect(await refusal(bytes)).not.toBe("taken");
      }),
      { numRuns: 25 },
    );
    expect(await heldAdvisories()).toBe(0);
  });

  it("is refused where nobody, or somebody else, is trusted, and where it is no bundle", async () => {
    expect(await refusal(bundle, [])).toContain("No key is pinned");
    const stranger = generateKeyPairSync("ed25519").publicKey.export({ format: "pem", type: "spki" }).toString();
    expect(await refusal(bundle, [stranger])).toContain("which is not pinned here");
    expect(await refusal(gzipSync('{"some":"thing"}\n'))).toContain("no bundle");
    expect(await refusal(gzipSync(Buffer.from([0xff, 0xfe, 0x0a])))).toContain("no bundle");
    expect(await refusal(Buffer.alloc(0))).toMatch(/cut short|no bundle/);
  });

  it("carries what is known to a site that reaches no feed, with its age, and findings come of it", async () => {
    const know = await startKnow({
      ...{ store: here, clock, log, feeds: [], schedules: { feeds: null, atStart: false } },
      bundles: { pinned: [key] },
    });
    await addEndpoint(here, "e1");
    expectOk(await know.inventory.takeSnapshot("e1", wireInventory({ packages: curlPackages("7.88.1-10") }), "1"));
    const taken = expectOk(await know.intel.bundles.import(Readable.from([bundle])));
    expect(taken.feeds.map((f) => [f.id, f.taken, f.records])).toEqual([
      ["kev", true, 1],
      ["osv-debian", true, 2],
    ]);
    await know.settle();
    const findings = await here.db.query.finding.findMany({ orderBy: (f, { asc }) => [asc(f.packageName), asc(f.vulnerabilityId)] });
    expect(findings.map((f) => [f.packageName, f.vulnerabilityId, f.state])).toContainEqual(["curl", "CVE-2026-1001", "open"]);
    // CISA's catalogue came along.
    expect(JSON.stringify(findings[0]?.factors)).toContain("CISA's catalogue");
    clock.pass(3_600_000);
    expect(await know.intel.status()).toEqual([
      expect.objectContaining({ id: "kev", ageMs: 3_600_000, source: expect.stringMatching(/^bundle:2026/), problem: "" }),
      expect.objectContaining({ id: "osv-debian", records: 2 }),
    ]);
    await know.stop();
  });

  it("is refused once it is no newer than what is held, and taken when a feed is", async () => {
    expect(await refusal(bundle)).toContain("nothing that is newer than what is known here");
    const intel = createIntel({
      store: there,
      clock,
      log,
      feeds: await curlFeeds(),
      bundles: { keyPath: join(folder, "key.pem"), pinned: [] },
    });
    await intel.refresh("kev");
    const next = await buffer(intel.bundles.export() ?? Readable.from([]));
    const result = expectOk(await take(next));
    expect(result.feeds.map((f) => [f.id, f.taken])).toEqual([
      ["kev", true],
      ["osv-debian", false],
    ]);
    // The elder one is a way back to an old state.
    expect(await refusal(bundle)).toContain("nothing that is newer");
  });

  it("that breaks off can be taken again, and lacks nothing then", async () => {
    const fresh = await openTestStore();
    let left = 2;
    const failing = new Proxy(fresh.db, {
      get(target, name) {
        if (name === "transaction" && left-- <= 0) return () => Promise.reject(new Error("connection refused"));
        const value = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const broken = intelOf({ ...fresh, db: failing }, [key]).bundles;
    await expect(broken.import(Readable.from([bundle]))).rejects.toThrow("connection refused");
    expectOk(await intelOf(fresh, [key]).bundles.import(Readable.from([bundle])));
    const known = async (store: Store) => {
      const rows = await store.db.query.vulnerability.findMany({ orderBy: (v, { asc }) => [asc(v.id)] });
      return rows.map(({ id, summary, cvssVector, withdrawn }) => ({ id, summary, cvssVector, withdrawn }));
    };
    expect(await known(fresh)).toEqual(await known(there));
    expect(await fresh.db.$count(schema.advisory)).toBe(await there.db.$count(schema.advisory));
    await fresh.close();
  });

  it("can be signed by another key, which is the one to be pinned", async () => {
    const pem = generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" }).toString();
    const [from, to] = [join(folder, "own.bundle"), join(folder, "other.bundle")];
    await writeFile(from, bundle);
    const other = await resignBundle(from, to, pem);
    expect(await refusal(await readFile(to))).toContain("not pinned here");
    expect((await intelOf(there, [other]).bundles.import(createReadStream(to))).ok).toBe(false);
    const fresh = await openTestStore();
    expect((await intelOf(fresh, [other]).bundles.import(createReadStream(to))).ok).toBe(true);
    await fresh.close();
  });
});
