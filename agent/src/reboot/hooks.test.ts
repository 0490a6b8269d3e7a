import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findHooks, type Ownership, unsound } from "./hooks.ts";

const file = (change: Partial<Ownership> = {}): Ownership => ({ uid: 0, mode: 0o100755, kind: "file", ...change });

describe("a hook", () => {
  it("is root's own, a plain file, executable, and nobody else's to write", () => {
    expect(unsound("/h", file(), "file")).toBeUndefined();
    expect(unsound("/h", file({ uid: 1000 }), "file")).toContain("belongs to user 1000");
    expect(unsound("/h", file({ mode: 0o100775 }), "file")).toContain("can be written by others");
    expect(unsound("/h", file({ mode: 0o100757 }), "file")).toContain("can be written by others");
    expect(unsound("/h", file({ mode: 0o100644 }), "file")).toContain("not executable");
    expect(unsound("/h", file({ kind: "other" }), "file")).toContain("not a plain file");
    expect(unsound("/h", file({ kind: "directory", mode: 0o40755 }), "directory")).toBeUndefined();
    expect(unsound("/h", file({ kind: "directory", mode: 0o41777 }), "directory")).toContain("can be written by others");
  });
});

describe("the hooks of a phase", () => {
  let dir = "";
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "hooks-"));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it("are none where the owner laid down none", async () => {
    expect(await findHooks(dir, "drain")).toEqual({ ok: true, value: [] });
  });

  it("are refused as a whole when a directory on the way to them is not root's alone, as below the one for temporary files", async () => {
    await mkdir(join(dir, "hooks", "drain.d"), { recursive: true });
    await writeFile(join(dir, "hooks", "drain.d", "10-web"), "#!/bin/sh\n");
    await chmod(join(dir, "hooks", "drain.d", "10-web"), 0o755);
    const found = await findHooks(dir, "drain");
    expect(found).toMatchObject({ ok: false, problem: { code: "hook-unsound" } });
    expect((await findHooks(dir, "undrain")).ok).toBe(true);
  });
});
