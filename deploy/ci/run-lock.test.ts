import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { takeLock } from "./run-lock.ts";

describe("the lock of the machine's hosts", () => {
  const folder = mkdtempSync(join(tmpdir(), "breakwater-lock-"));
  const path = join(folder, "hosts.lock");
  beforeEach(() => rmSync(path, { force: true }));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("lets nobody else in, names the holder, and gives up after its time", async () => {
    const free = await takeLock(path, 0);
    const told: string[] = [];
    await expect(takeLock(path, 20, (text) => void told.push(text))).rejects.toThrow(`process ${process.pid} in ${process.cwd()}`);
    expect(told).toEqual([expect.stringContaining("waiting up to")]);
    free();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("goes to who waits once it is free", async () => {
    const free = await takeLock(path, 0);
    const second = takeLock(path, 30_000, () => free());
    (await second)();
    expect(existsSync(path)).toBe(false);
  });

  it("is taken from a holder that died, and from one whose number another process has by now", async () => {
    const child = spawn("true");
    await once(child, "exit");
    writeFileSync(path, JSON.stringify({ pid: child.pid, startedAt: "1", directory: "/" }));
    (await takeLock(path, 0))();
    writeFileSync(path, JSON.stringify({ pid: process.pid, startedAt: "1", directory: "/" }));
    const free = await takeLock(path, 0);
    expect(JSON.parse(readFileSync(path, "utf8")).startedAt).not.toBe("1");
    free();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is not freed by who lost it", async () => {
    const free = await takeLock(path, 0);
    writeFileSync(path, JSON.stringify({ pid: 1, startedAt: "0", directory: "/" }));
    free();
    expect(existsSync(path)).toBe(true);
  });
});
