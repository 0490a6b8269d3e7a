import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { instant } from "@breakwater/shared/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { boundedLines, boundedText, chunksOf } from "./bounded-input.ts";
import type { Io } from "./io.ts";
import { main } from "./main.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "breakwater-bulletin-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function io(input: string) {
  const told = { out: "", err: "" };
  const own: Io = {
    out: (text) => {
      told.out += text;
    },
    err: (text) => {
      told.err += text;
    },
    readInput: () => input,
    ask: async () => undefined,
    env: {},
    clock: { now: () => instant(Date.parse("2026-03-02T08:00:00Z")) },
    fetch,
    configFile: join(folder, "config.json"),
  };
  return { own, told };
}
async function run(argv: readonly string[], input = "") {
  const { own, told } = io(input);
  const code = await main(argv, own);
  return { code, ...told };
}
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const TEXT =
  "Important: bandage security update\n\nbandage 2.0 through 2.4.0 (CVE-2024-10001) lets attackers crash it. Fixed in bandage 2.4.1.\n";

describe("bulletin parse", () => {
  it("prints one JSON value with the fields that others rely on", async () => {
    for (const argv of [
      ["bulletin", "parse", file("b.txt", TEXT), "--json"],
      ["bulletin", "parse", "-", "--json"],
    ]) {
      const { code, out } = await run(argv, TEXT);
      expect(code).toBe(0);
      expect(JSON.parse(out)).toMatchObject({
        ids: ["CVE-2024-10001"],
        affected: [{ ecosystem: null, package: "bandage", ranges: [{ introduced: "2.0", lastAffected: "2.4.0" }], fixedVersion: "2.4.1" }],
        prerequisites: [],
        knownIssues: [],
        severity: "high",
        confidence: expect.any(Number),
      });
    }
  });

  it("says to people what was read, what was not, and that it is a proposal", async () => {
    const { out } = await run(["bulletin", "parse", "-"], TEXT);
    expect(out).toContain("from 2.0 up to 2.4.0");
    expect(out).toContain("2.4.1");
    expect(out).toContain("No known issue was found.");
    expect(out).toContain("a proposal until a person or a structured source confirms it");
    const nothing = await run(["bulletin", "parse", "-"], "## 1.2.0\n\n- Added spoons\n");
    expect(nothing.out).toContain("does not read like a security bulletin");
  });

  it("lets no control character of the text reach the terminal", async () => {
    const { out } = await run(["bulletin", "parse", "-"], `${TEXT}\nIt is only exploitable if \u001b[31mlookup\u001b[0m is used.\n`);
    expect(out).toContain("lookup");
    expect(out).not.toContain("\u001b[31mlookup");
  });

  it("reads bytes that are no UTF-8", async () => {
    const bytes = Buffer.concat([Buffer.from([0xff, 0xfe, 0x00]), Buffer.from(TEXT), Buffer.from([0xc3])]);
    const { code, out } = await run(["bulletin", "parse", file("bytes.txt", bytes), "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ ids: ["CVE-2024-10001"] });
  });

  it("refuses a text that is too long, and a file that is not there", async () => {
    expect(await run(["bulletin", "parse", file("long.txt", "a".repeat(6_000_001)), "--json"])).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringContaining("2,000,000 characters"),
    });
    expect(await run(["bulletin", "parse", join(folder, "none.txt")])).toMatchObject({
      code: 1,
      err: expect.stringContaining("cannot be read"),
    });
    expect((await run(["bulletin", "parse"])).code).toBe(2);
  });
});

describe("bulletin parse --batch", () => {
  it("prints one object a line, in order, and says why where a line cannot be read", async () => {
    const lines = [
      JSON.stringify({ id: "a", text: TEXT }),
      "nope",
      '{"id":"c"}',
      "",
      '{"id":5,"text":"hello"}',
      JSON.stringify({ id: "long", text: "x".repeat(2_000_001) }),
    ];
    const { code, out } = await run(["bulletin", "parse", "--batch"], `${lines.join("\n")}\n`);
    expect(code).toBe(0);
    const objects = out
      .trimEnd()
      .split("\n")
      .map((l) => JSON.parse(l) as { id: unknown; ids: string[]; affected: unknown[]; problem?: string });
    expect(objects.map((o) => o.id)).toEqual(["a", null, "c", null, 5, "long"]);
    expect(objects[0]).toMatchObject({ ids: ["CVE-2024-10001"], severity: "high" });
    expect(objects.map((o) => o.problem)).toEqual([
      undefined,
      "The line is no JSON.",
      expect.stringContaining('"text"'),
      "The line is no JSON.",
      undefined,
      expect.stringContaining("2,000,000"),
    ]);
    for (const o of objects.slice(1)) expect(o.affected).toEqual([]);
  });
});

describe("bounded input", () => {
  const pieces = async function* (...texts: string[]) {
    for (const text of texts) yield new TextEncoder().encode(text);
  };
  const all = async <T>(values: AsyncIterable<T>) => {
    const found: T[] = [];
    for await (const value of values) found.push(value);
    return found;
  };
  it("cuts lines over the borders of pieces, and counts an unended last one", async () => {
    expect(await all(boundedLines(pieces("a", "b\n\nc", "d\n", "é"), 10))).toEqual(["ab", "", "cd", "é"]);
  });
  it("passes over a line that is too long and reads the next one", async () => {
    expect(await all(boundedLines(pieces("abc", "def", "g\nok\n"), 5))).toEqual([undefined, "ok"]);
  });
  it("stops at the limit of a text", async () => {
    expect(await boundedText(pieces("abc", "def"), 5)).toBeUndefined();
    expect(await boundedText(pieces("abc", "de"), 5)).toBe("abcde");
  });
  it("reads a file piece by piece", async () => {
    const path = file("large.txt", "x".repeat(200_000));
    expect((await all(chunksOf(io("").own, path))).reduce((sum, c) => sum + c.length, 0)).toBe(200_000);
  });
});
