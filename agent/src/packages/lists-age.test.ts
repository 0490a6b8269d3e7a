import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { listsFetchedAt } from "./lists-age.ts";

const cache = mkdtempSync(join(tmpdir(), "breakwater-lists-"));
const at = (folder: string) => ({ dnf: folder, zypper: join(cache, "none") });
afterAll(() => rmSync(cache, { recursive: true }));

it("the lists of dnf are as old as what it fetched last, and were never fetched where nothing is", async () => {
  expect(await listsFetchedAt("dnf", at(join(cache, "none")))).toBe(0);
  writeFileSync(join(cache, "tempfiles.json"), "{}");
  expect(await listsFetchedAt("dnf", at(cache))).toBe(0);
  for (const [id, seconds] of [
    ["base-0123456789abcdef", 2_000],
    ["dead-fedcba9876543210", 1_000],
  ] as const) {
    mkdirSync(join(cache, id, "repodata"), { recursive: true });
    writeFileSync(join(cache, id, "repodata/primary.xml.gz"), "");
    utimesSync(join(cache, id, "repodata/primary.xml.gz"), seconds, seconds);
  }
  expect(await listsFetchedAt("dnf", at(cache))).toBe(2_000_000);
});
