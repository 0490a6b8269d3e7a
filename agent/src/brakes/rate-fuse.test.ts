import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { days, hours, minutes } from "@breakwater/shared/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createRateFuse, FUSE_FILE, FUSE_RESET_FILE } from "./rate-fuse.ts";

const LIMITS = { perHour: 2, perDay: 3 };
let [directory, bootId, upMs]: [string, string, number] = ["", "boot-1", minutes(5)];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fuse-"));
  [bootId, upMs] = ["boot-1", minutes(5)];
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const open = () => createRateFuse(directory, () => ({ bootId, upMs }));
const begin = (kind: "apply" | "rollback" = "apply") => {
  const fuse = open();
  const may = fuse.mayBegin(kind, LIMITS).ok;
  if (may) fuse.count(kind, "ex", "whenever");
  return may;
};
const passes = (ms: number) => {
  upMs += ms;
};

describe("the rate fuse", () => {
  it("opens an hour after the first of as many as it allows, also across executors", () => {
    expect([begin(), begin(), begin()]).toEqual([true, true, false]);
    passes(hours(1) - 1);
    expect(begin()).toBe(false);
    passes(1);
    expect(begin()).toBe(true);
  });

  it("holds the day's limit too, and tells how long", () => {
    begin();
    begin();
    passes(hours(2));
    expect([begin(), begin()]).toEqual([true, false]);
    expect(open().reading(LIMITS)).toMatchObject({ appliesHour: 1, appliesDay: 3, opensInMs: hours(22) });
    passes(hours(22));
    expect(begin()).toBe(true);
  });

  it("leaves the way back open when changes have blown it, and limits that too", () => {
    begin();
    begin();
    expect([begin(), begin("rollback"), begin("rollback"), begin("rollback")]).toEqual([false, true, true, false]);
  });

  it("goes by running time: a restart wins nothing, and what runs afterwards counts", () => {
    begin();
    begin();
    passes(minutes(30));
    open().look();
    [bootId, upMs] = ["boot-2", minutes(10)];
    expect(begin()).toBe(false);
    passes(minutes(20) - 1);
    expect(begin()).toBe(false);
    passes(1);
    expect(begin()).toBe(true);
  });

  it("takes an uptime that went back for a restart, and never for time that passed backwards", () => {
    begin();
    begin();
    upMs = 0;
    expect(begin()).toBe(false);
    passes(hours(1) + minutes(5));
    expect(begin()).toBe(true);
  });

  it("is reset by the file that only root can lay, once", () => {
    begin();
    begin();
    writeFileSync(join(directory, FUSE_RESET_FILE), "");
    expect(open().look()).toBe("reset");
    expect([begin(), begin(), begin()]).toEqual([true, true, false]);
    expect(open().look()).toBeUndefined();
  });

  it("stays shut when its count is damaged, until root resets it", () => {
    writeFileSync(join(directory, FUSE_FILE), "}");
    expect(open().mayBegin("apply", LIMITS)).toMatchObject({ ok: false, problem: { code: "rate-fuse" } });
    expect(open().problem).toMatch(/cannot be read/);
    passes(days(400));
    expect(begin()).toBe(false);
    writeFileSync(join(directory, FUSE_RESET_FILE), "");
    open().look();
    expect(begin()).toBe(true);
  });
});
