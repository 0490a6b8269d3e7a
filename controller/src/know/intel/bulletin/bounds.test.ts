import { expectOk } from "@breakwater/shared/core";
import { describe, expect, it } from "vitest";
import { readBulletin } from "./index.ts";

/** Pieces of which hostile texts are made: each once led, or could lead, into work that grows faster than the text. */
const PIECES: Readonly<Record<string, string>> = {
  "one run of letters": "a",
  "dots and digits": "1.",
  "parts of versions": "1.0-a",
  "less-than signs": "<",
  "open tags": "<a href=",
  "nested elements": "<ul><li>",
  "open comments": "<!--",
  "open brackets": "[(",
  "nested headings": "# a\n",
  "lists of versions": "1.1, ",
  "lines of releases": "1.x and ",
  "bounds of wildcards": "through 1.x before ",
  "upper bounds": "foo before 1.1 and ",
  "keys before versions": "Foo: 1.2, ",
  "names in capitals": "Foo in ",
  "dated releases": "## [1.2.3] - 2024-01-02\n",
  "items with commits": "- fix(a): b (0123456789abcdef)\n",
  "rows of a table": "| foo | < 1.1 | 1.1 |\n",
  "columns of spaces": "foo   < 1.1   fixed version 1.1\n",
  "columns of tabs": "foo\t< 1.1\t1.1\n",
  "arrows between versions": "1.1 -> ",
  "open intervals": "[1.1, ",
  "fields of a form": "Foo: 1.1\n",
  "lists under a colon": "fixed in: 1.1\n",
  "asides in a list": "1.1 (now) and ",
  "strange words": "xqz1 of zqx2 ",
  "conditions without end": "if it is when it is only affected when ",
  "control characters": "\u0000\u001b[31m",
};
const ROUNDS = 60;
const PIECES_OF_A_TEXT = 300;
/** Such a text has some 5,000 characters; it takes some 30 ms, and far more only where work grows faster than the text. */
const MOST_MS = 2_000;
const CHARACTERS = 6_000;
const TIMES = 4;
/** Linear work takes 4 times as long, quadratic work 16 times and all but the shortest of it far more than the least that is measured. */
const MOST = 14;
/** A measurement shorter than this says more of the machine than of the text. */
const LEAST_MS = 6;

/** Time of the processor, which what else runs on the machine does not lengthen. */
const shortest = (text: string): number =>
  Math.min(
    ...[0, 1, 2, 3].map(() => {
      const started = process.cpuUsage();
      expectOk(readBulletin(text));
      return process.cpuUsage(started).user / 1000;
    }),
  );

describe("the work of reading", () => {
  for (const [name, piece] of Object.entries(PIECES))
    it(`grows with the text and no faster: ${name}`, () => {
      shortest(piece.repeat(CHARACTERS / 20));
      const once = piece.repeat(Math.ceil(CHARACTERS / piece.length));
      expect(shortest(once.repeat(TIMES)) / Math.max(LEAST_MS, shortest(once))).toBeLessThan(MOST);
    });

  it("reads any mixture of such pieces in a time that its length bounds, with every place inside the text", () => {
    let seed = 20_261;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    const pieces = [
      ...Object.values(PIECES),
      "before 1.2 ",
      "fixed in v2.0-rc1, ",
      "CVE-2024-10001 ",
      "`foo::Bar` ",
      "\n\n",
      "| Product | Fixed |\n|--|--|\n",
    ];
    for (let round = 0; round < ROUNDS; round++) {
      const text = Array.from({ length: PIECES_OF_A_TEXT }, () => pieces[random(pieces.length)] ?? "").join("");
      const started = process.cpuUsage();
      const { affected } = expectOk(readBulletin(text));
      expect(process.cpuUsage(started).user / 1000).toBeLessThan(MOST_MS);
      for (const { span, package: name, ranges } of affected) {
        expect(span.start >= 0 && span.start < span.end && span.end <= text.length).toBe(true);
        expect(name).not.toBe("");
        for (const r of ranges) expect(r.fixed === undefined || r.lastAffected === undefined).toBe(true);
      }
    }
  });

  it("claims nothing from noise, and says nothing of the web's own markup", () => {
    for (const text of ["\u0000".repeat(5_000), "\ufffd\ufffd".repeat(5_000), "<div>".repeat(5_000), "[[[[".repeat(5_000)]) {
      const { affected, ids, severity, isBulletin } = expectOk(readBulletin(text));
      expect({ affected, ids, severity, isBulletin }).toEqual({ affected: [], ids: [], severity: null, isBulletin: false });
    }
  });

  it("reads what is stated between control characters, bytes that were no UTF-8, and markup that is never closed", () => {
    const text =
      "<div><div><p>\u0000bandage\u200b before \ufffd 2.4.1</b> lets attackers\u001b[0m crash it (CVE-2024-10001).<table><tr><td>Fixed in 2.4.1";
    const { ids, affected } = expectOk(readBulletin(text));
    expect(ids).toEqual(["CVE-2024-10001"]);
    expect(affected.map((a) => [a.package, a.fixedVersion])).toEqual([["bandage", "2.4.1"]]);
  });
});
