import { randomBytes } from "node:crypto";
import { mkdtemp, open, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateRawSync, gzipSync } from "node:zlib";
import { expectOk } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openTestStore } from "../../store/testing.ts";
import { testClock } from "../testing.ts";
import { createIntel, readIntelDirectory } from "./index.ts";

const ZSTD = Buffer.from(
  "KLUv/SThXQUAYssjGVB3DiPm3EwnhMTv9Bl5bOfm6MwHHFVlgyEANEIjNELj6xxATF2U46nkTRqXM5yz/vryyLEojZIUx+17C3PXVXa5y/EX50m3b+xmlw+qzS6OGuvchZ0m9UX7rq4l3e3ik6WmqHsJvVJa58EUf+yx21zuNu/yjqV0qXRWOoWABo0pPGnY5eusk1CM20/44hMJCBBo+zEO640T1AAQSTgWhUBRCqOrQjfHZrvVdA==",
  "base64",
);
const XZ = Buffer.from(
  "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4ADgALBdAC2ewEaTWs408jCFxpYskAafs4RfAt5wgLwaVYbIsI4I5E4nA6trkZCHgMPSvfUJ7avizpn2UJzEBt1FD0AFoXmMLh9+e73fYcdT2zPZyOo0VjWzxgLfnuaPbTMlZjaMyd1GD4k9WeNfaxrYlvVpW96Ys2kZjR2j+jc9wP54zvzJHn9w3e6NbnvNvzp5hWaj+bKZMDisSs8RKWgyeWo0x+h15IAimGxZlfXXYSHLMnwAAHWoAk5CfhyyAAHMAeEBAADIbx73scRn+wIAAAAABFla",
  "base64",
);
const TAR_ZSTD = Buffer.from(
  "KLUv/WQAJ3UHAPIMKhlA2wHv3iqPQ5G45pL2SaKxh06uNUVRgJEBF2sdC4rqcc6+hm6kuUdvjzrVHjj0TFIlRc1TrvvU3ZhND1oPTVRzMY8eOIGXMXuZFvU+15PUtLOL6y6DWi6dvbamOS57gDn+x8JDNX4tLmZt7rNEreV/wi8gxBPa47yNFD1wLGCBkRxffPOcvZskzf9r5n2i94GbYMMoioPAB75IUfxfw0D+juT5DZo2AxsgcKbEsgMeBXORUqJLvQNjeePQAf1wAa56AFS40QiForq2FC4uomDADIZEKQOHxAAHGH5AT8sEYC9QIeCgBBhORQ6GGnyS",
  "base64",
);

const freshFolder = () => mkdtemp(join(tmpdir(), "breakwater-test-"));
const reading = async (name: string, content: Uint8Array | string) => {
  const folder = await freshFolder();
  await writeFile(join(folder, name), content);
  return readIntelDirectory(folder);
};
const refusal = async (name: string, content: Uint8Array | string) => {
  const result = await reading(name, content);
  return result.ok
    ? `${result.value.advisories.length} advisories, ${result.value.rejects.map((r) => r.reason).join()}`
    : result.problem.message;
};

describe("packed feeds", () => {
  it.each([
    ["zstd", "a.json.zst", ZSTD],
    ["xz", "a.json.xz", XZ],
    ["a zstd tar archive", "a.tar.zst", TAR_ZSTD],
  ])("as %s are read, and refused when cut anywhere", async (_, name, bytes) => {
    expect(expectOk(await reading(name, bytes)).advisories.map((a) => a.id)).toEqual(["DSA-1-1"]);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 8, max: bytes.length - 14 }), async (length) => {
        expect(await refusal(name, bytes.subarray(0, length))).toContain("Nothing in");
      }),
      { numRuns: 15 },
    );
  });

  it("of zstd that ask for much memory are refused before it is given", async () => {
    const greedy = Buffer.from(ZSTD);
    greedy[4] = 0x00;
    greedy[5] = 0xf8;
    expect(await refusal("a.json.zst", greedy)).toContain("bytes of memory");
  });

  it("that unpack to one long line, or to a list without end, cost no memory to speak of", async () => {
    const folder = await freshFolder();
    const file = await open(join(folder, "bomb.json.gz"), "w");
    const before = process.memoryUsage().rss;
    // 200 MB of one text, in a member of its own each, packed no better than feeds are.
    const member = gzipSync(Buffer.alloc(10_000_000, randomBytes(1_500).toString("base64")));
    await file.write(gzipSync('[{"id":"'));
    for (let i = 0; i < 20; i++) await file.write(member);
    await file.close();
    const result = await readIntelDirectory(folder);
    expect(result.ok === false && result.problem.message).toContain("cut short");
    expect((process.memoryUsage().rss - before) / 1024 ** 2).toBeLessThan(250);
  });
});

describe("zip archives", () => {
  /** One deflated entry whose directory says what it likes. */
  const zipOf = (content: Buffer, said: number) => {
    const packed = deflateRawSync(content);
    const name = Buffer.from("a.json");
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(said, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from([0x50, 0x4b, 3, 4]), common, name, packed]);
    const central = Buffer.concat([Buffer.from([0x50, 0x4b, 1, 2, 20, 0]), common, Buffer.alloc(14), name]);
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(1, 8);
    end.writeUInt16LE(1, 10);
    end.writeUInt32LE(central.length, 12);
    end.writeUInt32LE(local.length, 16);
    return Buffer.concat([local, central, end]);
  };

  it.each([
    ["openly", 40_000_000],
    ["under a false size", 1_000],
  ])("that unpack to very much, %s, are not unpacked", async (_, said) => {
    expect(await refusal("all.zip", zipOf(Buffer.alloc(40_000_000), said))).toMatch(
      /^Nothing in \S+ can be read: .*(larger than|Cannot create a Buffer|size)/,
    );
  });
});

describe("documents", () => {
  it.each([
    ["nested without end", "[".repeat(1_000_000), "nested deeper"],
    [
      "of no UTF-8",
      Buffer.concat([Buffer.from('[{"id":"DSA-1-1","affected":[],"summary":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}]')]),
      "not valid UTF-8",
    ],
    ["of an other schema", '[{"id":7,"affected":"none"}]', "not an OSV record"],
  ])("%s are refused or set aside", async (_, content, reason) => {
    expect(await refusal("a.json", content)).toContain(reason);
  });

  it("of a day to come are refused, and yesterday's stay", async () => {
    const store = await openTestStore();
    const path = join(await freshFolder(), "kev.json");
    const catalogue = (dateReleased: string) =>
      JSON.stringify({
        catalogVersion: "1",
        dateReleased,
        count: 1,
        vulnerabilities: [{ cveID: "CVE-2026-1001", vulnerabilityName: "x", dateAdded: "2026-02-01" }],
      });
    const clock = testClock();
    const intel = createIntel({ store, clock, log: createLogger("test", "silent"), feeds: [{ id: "kev", kind: "kev", source: path }] });
    await writeFile(path, catalogue("2026-03-01T00:00:00Z"));
    expect((await intel.refresh())[0]?.result.ok).toBe(true);
    clock.pass(1_000);
    await writeFile(path, catalogue("2031-03-01T00:00:00Z"));
    expect((await intel.refresh())[0]?.result.ok).toBe(false);
    expect((await intel.status())[0]).toMatchObject({
      records: 1,
      ageMs: 1_000,
      dated: Date.parse("2026-03-01T00:00:00Z"),
      problem: expect.stringContaining("2031-03-01, which is to come"),
    });
    expect((await readFile(path, "utf8")).length).toBeGreaterThan(0);
    await store.close();
  });
});
