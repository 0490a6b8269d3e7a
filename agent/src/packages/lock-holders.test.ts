import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { lockHolderOf, lockPids } from "./lock-holders.ts";

describe("the holder of a lock", () => {
  it("is found by its inode, and only where it is a lock of fcntl", () => {
    const locks =
      "1: POSIX  ADVISORY  WRITE 812 00:2f:77 0 EOF\n2: FLOCK  ADVISORY  WRITE 34 00:2d:77 0 EOF\n3: POSIX  ADVISORY  WRITE 9 00:2f:78 0 EOF\n";
    expect(lockPids(locks, new Set(["77"]))).toEqual([812]);
  });

  it("is named with its pid while it holds, and nobody is after that", async () => {
    const dir = mkdtempSync(join(tmpdir(), "breakwater-lock-"));
    const file = join(dir, "lock");
    writeFileSync(file, "");
    expect(await lockHolderOf([file, join(dir, "none")])).toBeUndefined();
    const script =
      "import fcntl, sys; f = open(sys.argv[1], 'a'); fcntl.lockf(f, fcntl.LOCK_EX); print('held', flush=True); sys.stdin.read()";
    const holder = execa("python3", ["-c", script, file]);
    await new Promise((held) => holder.stdout.once("data", held));
    expect(await lockHolderOf([join(dir, "none"), file])).toMatch(new RegExp(`^python3\\S* \\(pid ${holder.pid}\\)$`));
    holder.stdin.end();
    await holder;
    expect(await lockHolderOf([file])).toBeUndefined();
    rmSync(dir, { recursive: true });
  });
});
