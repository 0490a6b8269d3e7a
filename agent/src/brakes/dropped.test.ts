import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readDropped } from "./dropped.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "dropped-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));
const place = (name: string): string => {
  mkdirSync(join(root, name));
  return join(root, name);
};

describe("what was laid down where another user may write", () => {
  it("is read in the order of names, and so much of a file as an order can have", async () => {
    const [own, other] = [place("own"), place("other")];
    writeFileSync(join(own, "b"), "second");
    writeFileSync(join(own, "a"), "first");
    writeFileSync(join(other, "c"), "x".repeat(100_000));
    const texts = await readDropped([own, join(root, "missing"), other]);
    expect(texts.map((t) => t.slice(0, 6))).toEqual(["first", "second", "xxxxxx"]);
    expect(texts[2]?.length).toBeLessThan(10_000);
  });

  it("is not followed, neither a file nor the directory itself", async () => {
    const [secret, own] = [place("secret"), place("own")];
    writeFileSync(join(secret, "shadow"), "root's alone");
    symlinkSync(join(secret, "shadow"), join(own, "a"));
    symlinkSync(secret, join(root, "halt.d"));
    expect(await readDropped([own, join(root, "halt.d")])).toEqual([]);
  });

  it("is never opened when it is no plain file: to open a device may already set it going", async () => {
    const own = place("own");
    execFileSync("mkfifo", [join(own, "pipe")]);
    // Its other end is opened only by somebody who opens this one.
    const ear = join(root, "ear.sh");
    writeFileSync(ear, `#!/bin/sh\ntimeout 5 sh -c ': > ${join(own, "pipe")}' && touch ${join(root, "opened")}\n`);
    chmodSync(ear, 0o755);
    const child = spawn(ear, { stdio: "ignore" });
    const ended = new Promise((done) => child.once("exit", done));
    for (let i = 0; i < 40; i++) {
      expect(await readDropped([own])).toEqual([]);
      await new Promise((done) => setTimeout(done, 25));
    }
    expect(existsSync(join(root, "opened"))).toBe(false);
    child.kill("SIGKILL");
    await ended;
  });
});
