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
const TELLS = /^(?:releas|provid|publish|deliver|produc)/;
/** One offers a version, but also "information about a flaw in" one. */
const OFFERS = /^(?:provid|produc|deliver)/;
const OTHER_SOFTWARE = /^(?:requires?|require|depends|needs?|supports?|cvss|score)$/;
const PLACE = /^(?:§|sections?|sec|chapter|appendix|figure|fig|table|step|page|lines?|rfc|clause|paragraph|annex|item)$/;
export const AFFECTED_WORD =
  /^(?:vulnerab|affect|impact|allow|expos|discover|attack|exploit|xss|csrf|ssrf|xxe|rce|crash|injection|overflow|traversal|bypass|suffer|susceptible|prone|flaw|leak|lack)/;

/** How sure the words around make it that the version is a repaired one; 0: they do not. */
export function fixCue(near: readonly Token[], after: readonly Token[]): number {
  if (isBase(near) || isBlocked(near)) return 0;
  let ofFlaw = false;
  for (let i = near.length - 1, distance = 0; i >= 0; i--, distance++) {
    const token = near[i] as Token;
    // "Releasing an advisory about a vulnerability in 5.0" releases no version.
    ofFlaw ||= /^(?:vulnerabilit(?:y|ies)|flaws?|weakness(?:es)?)$/.test(token.lower) && near[i + 1]?.lower === "in";
    if (ofFlaw && TELLS.test(token.lower)) continue;
    if (!token.code && FIX_VERB.has(token.lower) && !isNegated(near, i) && !(NEEDS_TO.test(token.lower) && near[i + 1]?.lower === "in")) {
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
    // "2.4.0, fixed in 2.4.1" speaks of the next version, "has a partial patch" of no repair.
    if (/^(?:in|with|by|from|since)$/.test(rest[i + 1]?.lower ?? "") && rest[i + 2] === undefined) return 0;
    if (rest.slice(0, 6).some((t) => /^(?:partial|partially|incomplete|incompletely|still|no|not)$/.test(t.lower))) return 0;
    if (!FIX_AFTER_NEEDS_NOUN.has(token.lower)) return i <= 1 ? 0.9 : 0.7;
    if (rest.slice(i + 1, i + 8).some((t) => FIX_NOUN.has(t.lower))) return 0.9;
  }
  // "2.0.6 has just been released", "the 6.1 and 5.2.2 releases are available".
  const told = after.slice(0, 7).findIndex((t) => /^(?:released|available|issued|published)$/.test(t.lower));
  if (told > 0 && after.slice(0, told).every((t) => IS_OUT.test(t.lower)) && !after.some((t) => /^(?:vulnerable|affected)$/.test(t.lower)))
    return 0.75;
  return 0;
}
const IS_OUT = /^(?:has|have|just|been|is|are|was|were|now|releases?|versions?|,|and)$/;

/** "No fixes are provided for 2.2", "will not be fixed in 1.x". */
const isNegated = (near: readonly Token[], at: number): boolean =>
  near.slice(Math.max(0, at - 3), at).some((t) => /^(?:no|not|never|without|won't|cannot|partially|incompletely)$/.test(t.lower));

export const isBlocked = (near: readonly Token[]): boolean => near.slice(-6).some((t) => FIX_BLOCK.has(t.lower));

/** "The hotfix for version 3.0": what the repair is put upon. */
function isBase(near: readonly Token[]): boolean {
  let i = near.length - 1;
  while (i >= 0 && VERSION_WORD.has(near[i]?.lower ?? "")) i--;
  return near[i]?.lower === "for" && FIX_NOUN.has(near[i - 1]?.lower ?? "");
}

/** "The method was removed in 1.4", "is no longer possible in 1.4", "does not exist in 1.4": what the repaired version has not. */
export const isGoneIn = (near: readonly Token[]): boolean =>
  GONE.test(lastWords(near, 9)) || isDenied(near) || DONE.test(lastWords(near, 9));
/** "Apply the changes implemented in 3.0.5", "the check was added in 1.2". */
const DONE =
  /(?:^| )(?:changes?|checks?|validation|verification|sanitization|escaping|bounds|limits?|protection|guards?|option)(?: [a-z]+){0,3} (?:implemented|applied|made|added|merged|introduced)(?: back)? (?:in|with|since|as of|from)(?: the)?(?: [\p{L}_-]+){0,2}$/u;
const GONE =
  /(?:^| )(?:(?:removed|replaced|rewritten|reworked|disabled|hardened|restricted|forbidden) (?:entirely |completely |again )?(?:in|with|as of|since|from)|no longer [a-z]+ (?:in|with|since|as of|from))(?: the| an?)?(?: versions?| releases?)?$/;

/** "We recommend using 1.4 or later". */
export const isAdvised = (near: readonly Token[]): boolean =>
  /(?:^| )(?:recommend|advis|encourag|urg|should|must|please)\w*(?: [a-z]+){0,3} (?:use|using|run|running|at least)(?: [a-z]+){0,3}$/.test(
    lastWords(near, 9),
  );

const lastWords = (near: readonly Token[], count: number): string =>
  near
    .slice(-count)
    .map((t) => t.lower)
    .join(" ");

/** "As of version 0.4.1, the method is marked unsafe", "in 0.4.1 it returns an error": what is so from a version on. */
export const tellsChange = (lead: readonly Token[], after: readonly Token[]): boolean =>
  /^(?:in|as of|with|since|starting with|starting from|from|beginning with)(?: the)?(?: versions?| releases?)?$/.test(
    lastWords(lead, lead.length),
  ) &&
  after.some((t) => CHANGES.test(t.lower)) &&
  !after.some((t) => AFFECTED_WORD.test(t.lower) && !/^(?:allow|vulnerab)/.test(t.lower));
const CHANGES =
  /^(?:changed|removed|marked|replaced|rewritten|disabled|checked|checks|validated|validates|verified|verifies|returns|panics|rejected|rejects|added|adds|restricted|hardened|restructured|reworked|redesigned|escaped|escapes|sanitized|sanitizes|bounded|limited|requires?)$/;

/** "As of 2.10.0 requests are signed; earlier releases can be tricked": what is older than this version is affected. */
export const tellsOfEarlier = (lead: readonly Token[], after: readonly Token[]): boolean =>
  /(?:^| )(?:as of|since|starting with|starting from|starting in|beginning with|from|with|in)(?: the)?(?: versions?| releases?)?$/.test(
    lastWords(lead, 5),
  ) &&
  /(?:^| )(?:earlier|older|previous|prior) (?:versions?|releases?) (?:[a-z]+ ){0,4}/.test(`${lastWords(after, after.length)} `) &&
  after.some((t) => AFFECTED_WORD.test(t.lower) || /^(?:can|could|may|might|did|do|are|were|trick\w*)$/.test(t.lower));

/** "Recursion is bounded since 0.5.9", "the method was made unsafe in 0.3.5": what was done to the software in a version. */
export const tellsDeed = (lead: readonly Token[]): boolean =>
  /(?:^| )(?:is|are|was|were|has been|have been|gets|got|becomes|became|now) (?:[a-z]+ ){0,6}(?:in|since|as of|from|with|starting with|part of|included in|shipped in|contained in)(?: the)?(?: versions?| releases?)?$/.test(
    lastWords(lead, 12),
  ) && !lead.some((t) => AFFECTED_WORD.test(t.lower) || NO_DEED.test(t.lower));
const NO_DEED =
  /^(?:introduced|added|tested|reproduced|confirmed|verified|found|present|observed|reported|exploitable|possible|not|deprecated|regression|unpatched|unfixed|used|also)$/;

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
  /(?:^| )(?:not (?:affected|vulnerable|impacted)|unaffected|non-vulnerable)(?: versions?)? ?(?::(?: [\w.@/-]+)?)?$/.test(
    near
      .slice(-5)
      .map((t) => t.lower)
      .join(" "),
  );

/** "... and does not exist before 8.2.1". */
export const isDenied = (near: readonly Token[]): boolean =>
  /(?:^| )(?:not|never|n't) (?:exist|present|affect|occur|apply|affected|vulnerable|impacted)(?: (?:in|to|any|versions?|releases?|for|by|this|issue))*$/.test(
    near
      .slice(-6)
      .map((t) => t.lower)
      .join(" "),
  );

/** "Requires Python 3.8", "tested on 10.0", "patch for the 6.1 series", "a score of 9.8", "0.5 watts": no version of what the text is about. */
export const isAside = (near: readonly Token[], next: Token | undefined): boolean =>
  near.slice(-3).some((t) => t.lower === "tested") ||
  (/^(?:series|branch)$/.test(next?.lower ?? "") && /(?:^| )(?:patch(?:es)?|changeset) for(?: the)?$/.test(lastWords(near, 3))) ||
  near.slice(-2).some((t) => OTHER_SOFTWARE.test(t.lower)) ||
  PLACE.test(near[near.length - 1]?.lower ?? "") ||
  UNIT.test(next?.lower ?? "");

/** "Foo 1.3 escapes ...", told of a version above the affected ones, tells what the repair does. */
export const doesSomethingGood = (verb: Token | undefined): boolean =>
  verb?.kind === "word" && /[a-z]s$/.test(verb.lower) && !AFFECTED_WORD.test(verb.lower) && !DOES_WRONG.test(verb.lower);
const DOES_WRONG = /^(?:is|was|has|does|its|lets|contains|includes|fails|mishandles|uses|permits|accepts|stores|versions|releases)$/;

/** "For the stable distribution (bookworm), ...": the release that a sentence speaks of. */
export function releaseIn(near: readonly Token[]): string | undefined {
  // "For Debian 11 bullseye, ...".
  const debian = near.findIndex(
    (t, i) => t.lower === "debian" && near[i + 1]?.kind === "number" && /^[a-z]{3,}$/.test(near[i + 2]?.text ?? ""),
  );
  if (debian >= 0) return near[debian + 2]?.text;
  const at = near.findIndex((t) => /^(?:distribution|suite|release)$/.test(t.lower));
  return at >= 0 && near[at + 1]?.text === "(" && near[at + 3]?.text === ")" ? near[at + 2]?.text : undefined;
}
