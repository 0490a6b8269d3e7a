import { isUtf8 } from "node:buffer";

/** Deeper than any feed nests. */
export const MAX_NESTING = 200;
/** What is shorter cannot nest deep enough to harm. */
const HARMLESS = 64 * 1024;

/** @throws Error when it is no JSON, no UTF-8, or nested deeper than 200 */
export function parseJson(given: Buffer | string): unknown {
  if (typeof given !== "string" && !isUtf8(given)) throw new Error("it is not valid UTF-8");
  const text = typeof given === "string" ? given : given.toString("utf8");
  if (text.length > HARMLESS && nesting(text) > MAX_NESTING) throw new Error(`nested deeper than ${MAX_NESTING}`);
  return JSON.parse(text.startsWith("\ufeff") ? text.slice(1) : text);
}

/** How deep brackets nest, strings passed over; stops counting above what is too deep. */
function nesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inText = false;
  for (let i = 0; i < text.length && deepest <= MAX_NESTING; i++) {
    const code = text.charCodeAt(i);
    if (inText) {
      if (code === 0x5c) i++;
      else if (code === 0x22) inText = false;
    } else if (code === 0x22) inText = true;
    else if (code === 0x7b || code === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x7d || code === 0x5d) depth--;
  }
  return deepest;
}
