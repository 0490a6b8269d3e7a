/** JSON values, one a line; undefined where a line is no JSON. Empty lines at the end count for nothing. */
export const jsonLines = (text: string): unknown[] =>
  text
    .replace(/\s+$/, "")
    .split("\n")
    .filter((line, _, all) => all.length > 1 || line.trim() !== "")
    .map((line) => {
      try {
        return JSON.parse(line) as unknown;
      } catch {
        return undefined;
      }
    });
