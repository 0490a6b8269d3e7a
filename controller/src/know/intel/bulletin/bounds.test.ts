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
  "conditions without end": "if it is when it is only affected when ",
  "control characters": "\u0000\u001b[31m",
};
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
