import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectOk } from "@breakwater/shared/core";
import { describe, expect, it } from "vitest";
import { FEED_KINDS, readIntelDirectory } from "./index.ts";
import { ONE_OF_EACH } from "./one-of-each.testing.ts";

const MAPPING = "vulnerability: flaw\ndate: seen\n";

async function folderOf(kinds: readonly (keyof typeof ONE_OF_EACH)[]) {
  const folder = await mkdtemp(join(tmpdir(), "breakwater-test-"));
  for (const kind of kinds) await writeFile(join(folder, ONE_OF_EACH[kind][0]), ONE_OF_EACH[kind][1]);
  if (kinds.includes("signals")) await writeFile(join(folder, "m.csv.mapping.yaml"), MAPPING);
  return folder;
}

describe("a directory of feed files", () => {
  it.each(FEED_KINDS)("knows %s by what it holds", async (kind) => {
    const { files, rejects, refused, ...set } = expectOk(await readIntelDirectory(await folderOf([kind])));
    expect(files.map((f) => f.kinds)).toEqual([[kind]]);
    expect([rejects.filter((r) => !r.record.startsWith("RHSA")), refused]).toEqual([[], []]);
    expect(set.advisories.length + set.signals.length + set.vulnerabilities.length).toBeGreaterThan(0);
  });

  it("holds all of them at once", async () => {
    const { files, refused } = expectOk(await readIntelDirectory(await folderOf(FEED_KINDS)));
    expect(files.flatMap((f) => f.kinds).sort()).toEqual([...FEED_KINDS].sort());
    expect(refused).toEqual([]);
  });

  it.each([
    ["of no mapping", "columns: 3", "is no mapping"],
    ["of no YAML", "{[", "cannot be read"],
    ["of other columns", "vulnerability: nothing", "no row names a CVE"],
  ])("refuses a table with a file %s beside it, by name", async (_, mapping, reason) => {
    const folder = await folderOf(["osv", "signals"]);
    await writeFile(join(folder, "m.csv.mapping.yaml"), mapping);
    const { refused, advisories } = expectOk(await readIntelDirectory(folder));
    expect(refused).toEqual([{ record: join(folder, "m.csv"), reason: expect.stringContaining(reason) }]);
    expect(advisories.map((a) => a.id)).toEqual(["DSA-1-1"]);
  });

  it("passes a table over that has no mapping", async () => {
    const folder = await mkdtemp(join(tmpdir(), "breakwater-test-"));
    await writeFile(join(folder, "m.csv"), ONE_OF_EACH.signals[1]);
    expect(expectOk(await readIntelDirectory(folder)).files).toEqual([]);
  });
});
