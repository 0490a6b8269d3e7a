import { fail, ok, type Result } from "@breakwater/shared/core";
import { addressNames } from "./addresses.ts";
import { assemble } from "./assemble.ts";
import { changelogForm } from "./changelog.ts";
import { isPlatform } from "./claim-names.ts";
import { type Claim, isDoubtful, readClaims } from "./claims.ts";
import { ecosystemHints } from "./ecosystem.ts";
import { readAdvisories, readIds } from "./identifiers.ts";
import { lastResort } from "./last-resort.ts";
import { bulletinLikeness } from "./likeness.ts";
import { mailText } from "./mail.ts";
import { mask } from "./mask.ts";
import type { Bulletin, Span } from "./model.ts";
import { nameWithin, sameName } from "./names.ts";
import { type Outline, outline } from "./outline.ts";
import { readPackageLists } from "./package-lists.ts";
import { giveToProducts } from "./products.ts";
import { likelyRepairs } from "./roles/index.ts";
import { readSeverity } from "./severity.ts";
import { readStatements } from "./statements.ts";
import { packageField, type Subject, subjectOf } from "./subject.ts";
import { type BesideVersion, type Candidate, candidatesOf } from "./subject-candidates.ts";
import { readTables } from "./tables.ts";
import { tokenize } from "./tokens.ts";
import { withoutUnseen } from "./unseen.ts";

export type { Affected, Bulletin, Span } from "./model.ts";

/** The longest bulletins, a year's kernel update among them, have some 200,000 characters. */
export const MAX_BULLETIN_CHARACTERS = 2_000_000;
/** Bringing claims together takes each with each; a list of all packages of a release has some hundreds. */
const MAX_CLAIMS = 1_000;
/** "Fixed in 1.2", as opposed to what a section's title makes of a version. */
const SAID_PLAINLY = 0.9;
/** From here on a text is taken for a bulletin, and its versions for claims. */
const LIKE_A_BULLETIN = 0.5;

/**
 * Reads a bulletin's free text: what is affected, what repairs it, under which conditions, and how bad it is, each with the
 * place that it was read from (of a mail in an encoding: in its decoded text). Nothing is claimed from a text that is no bulletin. What is read is a proposal.
 * @returns bulletin-too-large for a text longer than MAX_BULLETIN_CHARACTERS
 */
export function readBulletin(given: string): Result<Bulletin> {
  if (given.length > MAX_BULLETIN_CHARACTERS) return fail(tooLarge(`${given.length} characters`));
  const text = withoutUnseen(mailText(given));
  const { masked, read, ids, cut, likeness, isBulletin, claims } = claimsOf(text);
  const subject = subjectOf(read, packageField(text), besideVersions(claims), addressNames(text)) ?? lastResort(read);
  const severity = isBulletin ? readSeverity(read) : undefined;
  const sure = claims.map((c) => (subject ? named(c, subject, read.sentences[0]?.start) : c));
  const affected = assemble(sure, subject, ecosystemHints(masked));
  const { prerequisites, knownIssues, notes } = readStatements(text, read);
  const stated = isBulletin ? { prerequisites, knownIssues } : { prerequisites: [], knownIssues: [] };
  return ok({
    ids: ids.map((i) => i.id),
    affected,
    prerequisites: stated.prerequisites.map((s) => s.text),
    knownIssues: stated.knownIssues.map((s) => s.text),
    severity: severity?.severity ?? null,
    confidence: Math.round(Math.min(likeness, ...affected.map((a) => a.confidence)) * 100) / 100,
    isBulletin,
    cut,
    advisories: readAdvisories(text),
    notes,
    evidence: { ids, severity: severity?.evidence ?? null, ...stated },
  });
}

/** What a text states, before it is known what it is about. */
function claimsOf(text: string) {
  const masked = mask(text);
  const read = outline(tokenize(masked));
  const ids = readIds(text);
  const listed = [...readTables(read), ...readPackageLists(masked)];
  // A table or list that names packages and their repaired versions says all; prose beside it speaks of other software.
  const all = listed.some((c) => c.kind === "fix" && c.name)
    ? listed
    : [...listed, ...readClaims(read).filter((c) => !overlaps(c, listed))];
  const cut = all.length > MAX_CLAIMS;
  const found = cut ? all.slice(0, MAX_CLAIMS) : all;
  const bounded = found.filter((c) => c.kind === "range" && c.version !== undefined && !(c.name && isPlatform(c.name)));
  const likeness = bulletinLikeness(read, {
    cveIds: ids.length,
    boundedRanges: bounded.length,
    boundedInProse: bounded.filter((c) => c.listed === false && !DATE.test(c.version ?? "")).length,
    repaired: found.some((c) => c.kind === "fix" && c.confidence >= SAID_PLAINLY),
    changelog: changelogForm(masked),
  });
  const isBulletin = likeness >= LIKE_A_BULLETIN;
  // Where no wording that is known says what repairs it, or up to what it is affected, the words around a version may.
  const silent = !found.some((c) => c.kind === "fix" || (c.kind === "range" && c.version !== undefined));
  const claims = isBulletin
    ? giveToProducts(silent ? [...found, ...likelyRepairs(read).filter((c) => !overlaps(c, found))] : found, read)
    : [];
  return { masked, read, ids, cut, likeness, isBulletin, claims };
}

const besideVersions = (claims: readonly Claim[]): BesideVersion[] =>
  claims.flatMap((c) => (c.name && !isDoubtful(c) ? [{ name: c.name, exact: c.kind === "exact" }] : []));

/** The names that a text may be about, with the outline that they stand in: what the choice among them is fitted to. */
export function namesIn(text: string): { readonly read: Outline; readonly candidates: readonly Candidate[] } {
  const { read, claims } = claimsOf(text);
  return { read, candidates: candidatesOf(read, besideVersions(claims), addressNames(text)) };
}

/** "Apply before 2024.12.31" bounds no version, as far as that alone tells. */
const DATE = /^(?:19|20)\d\d\.(?:0?[1-9]|1[0-2])\.(?:0?[1-9]|[12]\d|3[01])$/;
const OF_A_RELEASE = /^(?:debian|ubuntu)\b/i;

/** A claim with the name that it bears in view of the whole text. */
function named(claim: Claim, subject: Subject, titleAt: number | undefined): Claim {
  const { name } = claim;
  if (!name || nameWithin(name.text, subject.name.text)) return claim;
  // "For Debian 11 bullseye, these problems have been fixed in ...": the release, of the package that the mail names.
  if (subject.stated && (isPlatform(name) || OF_A_RELEASE.test(name.text))) return { ...claim, name: undefined };
  // "Active Record in Ruby on Rails before 4.2" under a title that speaks of activerecord.
  if (
    name.part &&
    (subject.titled || /^\p{Lu}/u.test(name.part.text)) &&
    claim.sentence !== titleAt &&
    sameName(name.part.text, subject.name.text)
  )
    return { ...claim, name: name.part };
  return isDoubtful(claim) ? { ...claim, name: undefined } : claim;
}

const overlaps = (claim: Span, others: readonly Span[]): boolean => others.some((o) => o.start < claim.end && claim.start < o.end);

export const tooLarge = (size: string) => ({
  code: "bulletin-too-large",
  message: `The text has ${size}; a bulletin may have ${MAX_BULLETIN_CHARACTERS.toLocaleString("en")} characters.`,
  next: "Give each bulletin on its own.",
});
