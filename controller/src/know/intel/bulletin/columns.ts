/**
 * Tables set with spaces alone, as mail and terminals show them: the gaps of at least two spaces between words become bars, so that
 * what follows reads them as it reads other tables. The text keeps its length.
 */
const HEAD = /\b(?:affected|vulnerable|impacted|fixed|patched|versions?)\b/i;
const GAP = /(?<=[^\s:,.;]) {2,}(?=\S)/g;
/** A wider table is a picture. */
const MAX_LINE = 400;

export function markColumns(text: string): string {
  if (!text.includes("   ")) return text;
  const lines = text.split("\n");
  for (let i = 0; i < lines.length - 1; i++) {
    const head = lines[i] ?? "";
    const cells = gaps(head);
    if (cells === 0 || !HEAD.test(head)) continue;
    let end = i + 1;
    while (gaps(lines[end] ?? "") === cells) end++;
    if (end === i + 1) continue;
    for (let row = i; row < end; row++) lines[row] = (lines[row] ?? "").replace(GAP, (gap) => ` |${" ".repeat(gap.length - 2)}`);
    i = end - 1;
  }
  return lines.join("\n");
}

/** Gaps of a line that may be a row; 0 for any other. */
function gaps(line: string): number {
  return line.length > MAX_LINE || line.includes("|") ? 0 : [...line.trimEnd().matchAll(GAP)].length;
}
