import type { Token } from "./tokens.ts";
import { FIX_AFTER, FIX_AFTER_NEEDS_NOUN, FIX_BLOCK, FIX_NOUN, FIX_VERB, VERSION_WORD } from "./words.ts";

/** What the words around a version make of it. */

/** "Updated in 4.1" tells history; "update to 4.1" tells the repair. */
const NEEDS_TO = /^(?:upd|upg|mov|mig|switch|bump|install)/;
/** Words between a version and its verb that say nothing: "1.3, which has also been ... fixed". */
const BETWEEN_VERSION_AND_VERB =
  /^(?:,|\)|:|the|has|have|been|is|was|were|are|which|that|also|now|and|this|to|already|as|of|for|later|newer|above|versions?|both|only|correctly|properly|all|finally)$/;
const UNIT =
  /^(?:watts?|seconds?|sec|minutes?|hours?|days?|weeks?|months?|years?|[kmgt]i?b|bytes?|bits?|percent|%|times|characters|users|million|billion|[mg]hz|meters?|points?)$/;
/** One offers a version, but also "information about a flaw in" one. */
const OFFERS = /^(?:provid|produc|deliver)/;
const OTHER_SOFTWARE = /^(?:requires?|require|depends|needs?|supports?|cvss|score)$/;
export const AFFECTED_WORD =
  /^(?:vulnerab|affect|impact|allow|expos|discover|attack|exploit|injection|overflow|traversal|bypass|suffer|susceptible|prone|flaw|leak|lack)/;

/** How sure the words around make it that the version is a repaired one; 0: they do not. */
export function fixCue(near: readonly Token[], after: readonly Token[]): number {
  if (isBase(near) || isBlocked(near)) return 0;
  for (let i = near.length - 1, distance = 0; i >= 0; i--, distance++) {
    const token = near[i] as Token;
    if (!token.code && FIX_VERB.has(token.lower) && !(NEEDS_TO.test(token.lower) && near[i + 1]?.lower === "in")) {
      if (!OFFERS.test(token.lower) || distance <= 4) return distance <= 4 ? 0.95 : 0.85;
    }
    if (
      /^(?:;|vulnerable|affects)$/.test(token.lower) ||
      (token.lower === "affected" && /^(?:is|are|was|were)$/.test(near[i - 1]?.lower ?? ""))
    )
      break;
  }
  const rest = after.filter((t) => !BETWEEN_VERSION_AND_VERB.test(t.lower));
  for (const [i, token] of rest.slice(0, 5).entries()) {
    if (/^(?:vulnerable|affected|allows|allow|not)$/.test(token.lower)) return 0;
    if (!FIX_AFTER.has(token.lower)) continue;
    if (!FIX_AFTER_NEEDS_NOUN.has(token.lower)) return i <= 1 ? 0.9 : 0.7;
    if (rest.slice(i + 1, i + 8).some((t) => FIX_NOUN.has(t.lower))) return 0.9;
  }
  return 0;
}

export const isBlocked = (near: readonly Token[]): boolean => near.slice(-6).some((t) => FIX_BLOCK.has(t.lower));

/** "The hotfix for version 3.0": what the repair is put upon. */
function isBase(near: readonly Token[]): boolean {
  let i = near.length - 1;
  while (i >= 0 && VERSION_WORD.has(near[i]?.lower ?? "")) i--;
  return near[i]?.lower === "for" && FIX_NOUN.has(near[i - 1]?.lower ?? "");
}

/** "1.2 is not affected". */
export const saysUnaffected = (after: readonly Token[]): boolean =>
  /^(?:(?:is|are|was|were|and|versions?|releases?|later) )*(?:not (?:affected|vulnerable|impacted)|unaffected|never)/.test(
    after
      .slice(0, 5)
      .map((t) => t.lower)
      .join(" "),
  );

/** "Not affected: < 4.0". */
export const isUnaffectedKey = (near: readonly Token[]): boolean =>
  /(?:^| )(?:not (?:affected|vulnerable|impacted)|unaffected|non-vulnerable)(?: versions?)? ?:?$/.test(
    near
      .slice(-4)
      .map((t) => t.lower)
      .join(" "),
  );

/** "requires Python 3.8", "tested on 10.0", "a score of 9.8", "0.5 watts": no version of what the text is about. */
export const isAside = (near: readonly Token[], next: Token | undefined): boolean =>
  near.slice(-3).some((t) => t.lower === "tested") ||
  near.slice(-2).some((t) => OTHER_SOFTWARE.test(t.lower)) ||
  UNIT.test(next?.lower ?? "");
