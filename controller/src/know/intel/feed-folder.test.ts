import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "@breakwater/shared/log";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Store } from "../../store/index.ts";
import { openTestStore } from "../../store/testing.ts";
import { startKnow } from "../index.ts";
import { curlFeeds, testClock } from "../testing.ts";
import type { FeedConfig } from "./index.ts";

let store: Store;
let feeds: FeedConfig[];
let folder = "";
const start = (feedDirectory?: string) =>
  startKnow({
    ...{ store, clock: testClock(), log: createLogger("test", "silent"), feeds, schedules: { feeds: null, atStart: false } },
    ...(feedDirectory === undefined ? {} : { feedDirectory }),
  });

beforeAll(async () => {
  store = await openTestStore();
  feeds = await curlFeeds();
  folder = mkdtempSync(join(tmpdir(), "breakwater-folders-"));
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

describe("the folder of downloads", () => {
  it("is removed at stop where it is a temporary one", async () => {
    const temporary = join(folder, "tmp");
    mkdirSync(temporary);
    vi.stubEnv("TMPDIR", temporary);
    try {
      const know = await start();
      await know.intel.refresh();
      expect(readdirSync(temporary)).toEqual([expect.stringMatching(/^breakwater-feeds-/)]);
      await know.stop();
      expect(readdirSync(temporary)).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it("that was named keeps at start what a reading goes on with, and nothing else", async () => {
    const named = join(folder, "feeds");
    const [id = ""] = feeds.map((f) => f.id);
    for (const part of ["bundle-AbC123", "a-feed-of-before", id]) mkdirSync(join(named, part), { recursive: true });
    for (const file of ["bundle-AbC123/bundle", "a-feed-of-before/document.part", `${id}/spool`, `${id}/document.part`])
      writeFileSync(join(named, file), "x");
    const know = await start(named);
    expect(readdirSync(named)).toEqual([id]);
    expect(readdirSync(join(named, id))).toEqual(["document.part"]);
    await know.stop();
    expect(existsSync(join(named, id, "document.part"))).toBe(true);
  });
});
