import { expectOk } from "@breakwater/shared/core";
import { MAX_BULLETIN_CHARACTERS, readBulletin } from "./index.ts";

/** Time over size for hostile texts: `npm run bench -- bulletin`. Twice the text must take about twice the time. */
const SHAPES: Readonly<Record<string, string>> = {
  "one long word": "a",
  digits: "1",
  "dots and digits": "1.",
  hyphens: "1-1-",
  "version parts": "1.0-a",
  "less-than signs": "<",
  "open comments": "<!--",
  "open tags": "<a href=",
  "open brackets": "[",
  "closed brackets": "a)",
  "versions in brackets": "1.2(3)",
  "open links": "[a](",
  backticks: "`",
  entities: "&lt;",
  colons: "a::",
  "version lists": "1.1, ",
  "nested headings": "# a\n",
  "upper bounds": "foo before 1.1 and ",
  "different packages": "",
  "a table": "| foo | < 1.1 | 1.1 |\n",
  "package files": "- a-1-1-1-1-1-1-1-1-1-1-1-1.el8.rpm\n",
  "sentences of conditions": "If the option is not explicitly set it is vulnerable when when when enabled. ",
  "line ends": "\n",
  fences: "```\n",
  addresses: "https://github.com/a/b ",
  "quotes of owners": "foo's ",
  "lines of releases": "1.x and ",
  "bounds of wildcards": "through 1.x before ",
  "lists of later ones": "1.2+, ",
  "dated releases": "## [1.2.3] - 2024-01-02\n",
  "items with commits": "- fix(a): b (0123456789abcdef)\n",
  "keys before versions": "Foo: 1.2, ",
  "names in capitals": "Foo in ",
  "paths of modules": "A::B::",
  ellipses: "1.2...",
  "one long line of items": "- ",
  "nested elements": "<ul><li>",
};
const SIZES = [MAX_BULLETIN_CHARACTERS / 8, MAX_BULLETIN_CHARACTERS / 4, MAX_BULLETIN_CHARACTERS / 2, MAX_BULLETIN_CHARACTERS];

process.stdout.write(`${"shape".padEnd(26)}${SIZES.map((s) => `${s / 1000}k`.padStart(9)).join("")}   last over first (8 where linear)\n`);
for (const [name, piece] of Object.entries(SHAPES)) {
  const times = SIZES.map((size) => {
    const text = piece === "" ? packages(size) : piece.repeat(Math.ceil(size / piece.length)).slice(0, size);
    const started = performance.now();
    expectOk(readBulletin(text));
    return performance.now() - started;
  });
  process.stdout.write(
    `${name.padEnd(26)}${times.map((t) => `${t.toFixed(0)} ms`.padStart(9)).join("")}   ${((times[3] ?? 0) / (times[0] ?? 1)).toFixed(1)}\n`,
  );
}

function packages(size: number): string {
  const parts: string[] = [];
  for (let length = 0, i = 0; length < size; i++) {
    const part = `An attacker can crash package${i} before 1.${i}.\n`;
    parts.push(part);
    length += part.length;
  }
  return parts.join("").slice(0, size);
}
