import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { foundIn, readSlice, sizeOf } from "./output.ts";
import { STREAMED_BYTES, watchTransaction } from "./transaction.ts";

const directory = mkdtempSync(join(tmpdir(), "breakwater-test-output-"));
const log = join(directory, "output.log");
afterEach(() => rmSync(log, { force: true }));
const MEBIBYTE = 1024 * 1024;

describe("what a package manager printed", () => {
  it("is searched whole, also across the borders of what is held in memory", () => {
    const mark = "warning: %post(late-1-1.noarch) scriptlet failed, exit status 1\n";
    writeFileSync(log, `${"x".repeat(79)}\n`.repeat(Math.floor((MEBIBYTE - mark.length / 2) / 80)));
    appendFileSync(log, `${mark}${"y".repeat(79)}\n`.repeat(3));
    appendFileSync(log, "z".repeat(3 * MEBIBYTE));
    const find = (text: string) => [...text.matchAll(/%post\(late-1-1\.noarch\) scriptlet failed, exit status 1/g)].map((m) => m[0]);
    expect(foundIn(log, 0, find)).toEqual(["%post(late-1-1.noarch) scriptlet failed, exit status 1"]);
    expect(foundIn(log, 2 * MEBIBYTE, find)).toEqual([]);
  });
  it("is read in parts, and is nothing where there is no file", () => {
    writeFileSync(log, "0123456789");
    expect(readSlice(log, 4, 7).toString()).toBe("456");
    expect(readSlice(log, 8, 99).toString()).toBe("89");
    expect([sizeOf(`${log}.none`), readSlice(`${log}.none`, 0, 0).length, foundIn(`${log}.none`, 0, () => ["found"])]).toEqual([0, 0, []]);
  });
  it("is streamed up to a bound, whatever a script prints", async () => {
    writeFileSync(log, Buffer.alloc(3 * STREAMED_BYTES, "a"));
    const exitNote = join(directory, "exit-1");
    writeFileSync(exitNote, "exited 0\n");
    const offsets: number[] = [];
    let streamed = 0;
    const exit = await watchTransaction({
      ...{ run: () => Promise.reject(new Error("not asked")), unit: "u.service", log, exitNote, from: 0, stallMs: 60_000 },
      now: () => 0,
      output: (offset, bytes) => {
        offsets.push(offset);
        streamed += bytes.length;
      },
      stalled: () => {},
    });
    expect(exit).toBe("exited 0");
    expect(streamed).toBe(STREAMED_BYTES);
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
    expect(offsets[0]).toBe(0);
  });
});
