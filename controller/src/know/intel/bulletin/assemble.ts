import type { Claim } from "./claims.ts";
import type { Affected, BulletinRange, Evidence } from "./model.ts";
import { isPackageLike, type Name, nameWithin, sameName, wordsOf } from "./names.ts";
import { WEAK } from "./single-version.ts";
import type { Subject } from "./subject.ts";
import { isWildcard, lowerBound, orderOf, sameLine, sameVersion, startsWithLine } from "./versions.ts";

/** Claims about one package. */
interface Group {
  readonly name: Name;
  /** How sure it is that the claims are about this name. */
  readonly nameConfidence: number;
  readonly claims: Claim[];
}

/** Brings claims together by package, pairs ranges with the versions that repair them, and says each thing once. */
export function assemble(claims: readonly Claim[], subject: Subject | undefined, ecosystemOf: (name: string) => string | null): Affected[] {
  const affected: Affected[] = [];
  for (const group of groups(claims, subject)) {
    for (const draft of drafts(group.claims)) {
      const { introduced, upper, fix } = draft;
      const range = rangeOf(draft);
      const rangeEvidence = upper ? { confidence: upper.confidence, span: { start: upper.start, end: upper.end } } : null;
      const fixedBy = fix ?? (upper && !upper.inclusive ? upper : undefined);
      const fixEvidence: Evidence | null = fixedBy
        ? { confidence: fixedBy.confidence, span: { start: fixedBy.start, end: fixedBy.end } }
        : null;
      const whole = rangeEvidence ?? fixEvidence ?? { confidence: 0.5, span: { start: group.name.start, end: group.name.end } };
      affected.push({
        ecosystem: upper?.ecosystem ?? fix?.ecosystem ?? ecosystemOf(group.name.text),
        package: group.name.text,
        release: upper?.release ?? fix?.release ?? null,
        ranges: range ? [range] : [],
        fixedVersion: fixedBy?.version ?? null,
        confidence: round(group.nameConfidence * Math.min(whole.confidence, fixEvidence?.confidence ?? 1, introduced?.confidence ?? 1)),
        span: whole.span,
        evidence: {
          package: { confidence: round(group.nameConfidence), span: { start: group.name.start, end: group.name.end } },
          range: rangeEvidence,
          fixedVersion: fixEvidence,
        },
      });
    }
  }
  return affected;
}

const round = (x: number): number => Math.round(x * 100) / 100;

const CERTAIN = 0.8;
/** A version that prose names beside what the text is about: of a part of it, or of something that it was seen with. */
function aside(claim: Claim, claims: readonly Claim[], subject: Subject | undefined): boolean {
  if (!claims.some((c) => c.kind === "fix" || c.kind === "range")) return false;
  const { name } = claim;
  return (
    name === undefined ||
    !(
      claims.some((c) => c.kind === "fix" && c.name && nameWithin(c.name.text, name.text)) ||
      (subject && nameWithin(subject.name.text, name.text))
    )
  );
}

/** "Foo < 118, Foo ESR < 115.3": two names in one sentence are of two things. */
const differs = (a: Claim, b: Claim): boolean =>
  a.sentence !== undefined &&
  a.sentence === b.sentence &&
  a.kind === "range" &&
  b.kind === "range" &&
  !sameName(a.name?.text ?? "", b.name?.text ?? "");

function groups(claims: readonly Claim[], subject: Subject | undefined): readonly Group[] {
  const found: Group[] = [];
  const join = (claim: Claim, name: Name, confidence: number, merge: boolean) => {
    const of = found.find(
      (g) =>
        sameName(g.name.text, name.text) ||
        (merge && nameWithin(g.name.text, name.text) && !g.claims.some((c) => c.own || differs(c, claim))),
    );
    if (of) {
      of.claims.push(claim);
      if (isPackageLike(name.text) ? !isPackageLike(of.name.text) : !isPackageLike(of.name.text) && name.text.length > of.name.text.length)
        Object.assign(of, { name });
      return;
    }
    found.push({ name, nameConfidence: confidence, claims: [claim] });
  };
  const certain = claims.filter((c) => c.kind !== "exact" || c.confidence >= CERTAIN || !aside(c, claims, subject));
  for (const claim of certain) if (claim.name) join(claim, claim.name, 0.95, !claim.own);
  const main = subject ? found.find((g) => nameWithin(g.name.text, subject.name.text)) : undefined;
  for (const claim of certain) {
    if (claim.name) continue;
    const ranged = found.filter((g) => g.claims.some((c) => c.kind === "range"));
    const to = main ?? (ranged.length === 1 ? ranged[0] : undefined);
    if (to) to.claims.push(claim);
    else if (ranged.length > 1 && claim.kind === "fix") for (const g of ranged) g.claims.push(claim);
    else if (subject) join(claim, subject.name, Math.max(0.3, subject.confidence), true);
  }
  const kept = withoutOthers(withRelatedFixes(found), subject);
  const [only] = kept;
  // "actionview XSS: ... in Action View in Rails before 4.2": the title knows the package better than the sentence does.
  if (only && kept.length === 1 && subject?.titled && !nameWithin(only.name.text, subject.name.text) && !only.claims.some((c) => c.own))
    return [{ ...only, name: subject.name, nameConfidence: subject.confidence }];
  return kept;
}

/**
 * "Upgrade bar to 6.0.1", "1.2 brings libbar 1.1.33": software that prose names in sentences of its own, while all that is said
 * of what the text is about stands elsewhere, is what that depends on.
 */
function withoutOthers(found: readonly Group[], subject: Subject | undefined): readonly Group[] {
  if (!subject) return found;
  const main = found.find((g) => nameWithin(g.name.text, subject.name.text));
  if (!main?.claims.some((c) => c.kind === "fix" || (c.kind === "range" && !c.inclusive))) return found;
  const said = new Set(main.claims.map((c) => c.sentence));
  return found.filter(
    (g) =>
      g === main ||
      g.claims.some((c) => c.own || c.listed || c.kind !== "fix" || c.sentence === undefined || said.has(c.sentence)) ||
      akin(g.name.text, main.name.text) ||
      subject.titleWords.has(wordsOf(g.name.text)[0] ?? ""),
  );
}

/** "IGSS DC 15.1 repairs it" after "IGSS Data Collector 15.0 and prior": a repair alone under a kindred name belongs to the range. */
function withRelatedFixes(found: readonly Group[]): Group[] {
  const kept: Group[] = [];
  for (const group of found) {
    if (repeatsOwn(group, found) || repeatsFormal(group, found)) continue;
    const ranged = found.filter((g) => g !== group && g.claims.some((c) => c.kind === "range") && akin(g.name.text, group.name.text));
    if (ranged.length > 0 && group.claims.every((c) => c.kind !== "range" && !c.own))
      for (const g of ranged) g.claims.push(...group.claims);
    else kept.push(group);
  }
  return kept;
}
/** Prose that says again, under a looser name, what a line made for it has said. */
const repeatsOwn = (group: Group, found: readonly Group[]): boolean =>
  group.claims.every((c) => !c.own && c.kind !== "introduced") &&
  found.some(
    (g) =>
      g !== group &&
      wordsOf(g.name.text).some((w) =>
        wordsOf(group.name.text).some((v) => Math.min(v.length, w.length) >= 4 && (v.startsWith(w) || w.startsWith(v))),
      ) &&
      group.claims.every((c) => g.claims.some((o) => o.own && sameVersion(o.version ?? "", c.version ?? ""))),
  );
/** A title that says of a shorter name what a sentence made for it says of the whole one. */
const repeatsFormal = (group: Group, found: readonly Group[]): boolean =>
  group.claims.every((c) => !c.own && !c.formal && c.kind === "range") &&
  found.some(
    (g) => g !== group && group.claims.every((c) => g.claims.some((o) => o.formal && sameVersion(o.version ?? "", c.version ?? ""))),
  );
function akin(a: string, b: string): boolean {
  const [x, y] = [wordsOf(a)[0] ?? "", wordsOf(b)[0] ?? ""];
  return x === y || (Math.min(x.length, y.length) >= 5 && (x.startsWith(y) || y.startsWith(x)));
}

interface Draft {
  /** The claim that gives the upper bound; undefined where only a repaired version is known. */
  readonly upper?: Claim;
  readonly introduced?: Claim;
  readonly fix?: Claim;
  /** Whether the upper bound is the one version that is named: nothing is said of those before it. */
  readonly alone?: boolean;
}

function drafts(claims: readonly Claim[]): Draft[] {
  const bounded = distinct(
    claims.filter((c) => c.kind === "range" && c.version !== undefined && !(isWildcard(c.version) && /^[x*]/i.test(c.version))),
  );
  const told = claims.filter((c) => c.kind === "fix");
  const plain = told.some((c) => c.confidence > WEAK) || claims.some((c) => c.kind === "range");
  const repairs = distinct(plain ? told.filter((c) => c.confidence > WEAK) : told);
  // "Version 14" beside "14.0.2" names the line, not the version.
  const fixes = repairs.filter(
    (f) =>
      !isWildcard(f.version ?? "") &&
      (!/^v?\d+$/i.test(f.version ?? "") || !repairs.some((o) => o !== f && startsWithLine(o.version ?? "", f.version ?? ""))),
  );
  const ranges = upToRepair(bounded, fixes);
  const introduced = distinct(claims.filter((c) => c.kind === "introduced"));
  const exact = distinct(claims.filter((c) => c.kind === "exact"));
  const used = new Set<Claim>();
  const made: Draft[] = [];
  const uppers =
    ranges.length > 0
      ? ranges.map((r) => (r.inclusive && fixes.some((f) => isRepairAt(f, r)) ? { ...r, inclusive: false } : r))
      : (closed(exact, fixes) ?? exact.filter((e) => !fixes.some((f) => sameVersion(f.version ?? "", e.version ?? ""))));
  for (const upper of uppers) {
    const fix = repairOf(upper, fixes, used, uppers.length === 1);
    if (fix) used.add(fix);
    const lower = !upper.introduced && uppers.length === 1 && introduced.length === 1 ? introduced[0] : undefined;
    made.push({
      upper,
      alone: upper.kind === "exact" && exact.length === 1,
      ...(fix ? { fix } : {}),
      ...(lower && orderOf(lower.version ?? "", upper.version ?? "") < (upper.inclusive ? 1 : 0) ? { introduced: lower } : {}),
    });
  }
  for (const fix of fixes) {
    if (used.has(fix) || uppers.some((u) => !u.inclusive && sameVersion(u.version ?? "", fix.version ?? ""))) continue;
    // Beside ranges, only a repair of an older line of releases adds anything; a later version is advice.
    if (
      ranges.length > 0 &&
      !(fix.own && !ranges.some((r) => r.own)) &&
      !ranges.every((r) => orderOf(fix.version ?? "", r.version ?? "") < 0 && !sameLine(fix.version ?? "", r.version ?? "", 2))
    )
      continue;
    const lower = uppers.length === 0 && introduced.length === 1 && isLowest(fix, fixes, introduced[0]) ? introduced[0] : undefined;
    made.push({ fix, ...(lower ? { introduced: lower } : {}) });
  }
  return made;
}

/** "Before 1.2.0 it leaks; upgrade to 1.2.1": nothing between is said to be safe, so that the one repair ends the one range. */
function upToRepair(ranges: readonly Claim[], fixes: readonly Claim[]): readonly Claim[] {
  const [range, fix] = [ranges[0], fixes[0]];
  if (!range || !fix || ranges.length > 1 || fixes.length > 1 || range.inclusive || fix.confidence < CERTAIN) return ranges;
  const [upper, repair] = [range.version ?? "", fix.version ?? ""];
  return orderOf(repair, upper) > 0 && sameLine(repair, upper, 2) ? [{ ...range, version: repair }] : ranges;
}

/** "1.0 to 1.4 are affected; upgrade to 1.4": what is said plainly to be the repair is not the last that is affected. */
const isRepairAt = (fix: Claim, range: Claim): boolean =>
  fix.confidence > WEAK && (fix.version ?? "").toLowerCase() === range.version?.toLowerCase();

/** Of several repaired versions the lowest one above it closes what a version began. */
const isLowest = (fix: Claim, fixes: readonly Claim[], from: Claim | undefined): boolean =>
  fixes.every((f) => orderOf(f.version ?? "", from?.version ?? "") < 0 || orderOf(fix.version ?? "", f.version ?? "") <= 0);

/** "0.4.0 and 0.4.1 are affected; fixed in 0.4.2": one range from the first of them on. */
function closed(exact: readonly Claim[], fixes: readonly Claim[]): Claim[] | undefined {
  const [fix] = fixes;
  const sorted = [...exact].sort((a, b) => orderOf(a.version ?? "", b.version ?? ""));
  const [lowest, highest] = [sorted[0], sorted[sorted.length - 1]];
  if (!fix || fixes.length > 1 || !lowest || !highest || orderOf(highest.version ?? "", fix.version ?? "") >= 0) return undefined;
  return [lowest];
}

/** The repaired version that belongs to a range: of its own line of releases if there is one, else the next one above. */
function repairOf(range: Claim, fixes: readonly Claim[], used: ReadonlySet<Claim>, only: boolean): Claim | undefined {
  const upper = range.version ?? "";
  if (!range.inclusive) return fixes.find((f) => sameVersion(f.version ?? "", upper));
  const above = fixes
    .filter((f) => !used.has(f) && orderOf(f.version ?? "", upper) > 0)
    .sort((a, b) => orderOf(a.version ?? "", b.version ?? ""));
  for (const parts of [3, 2, 1]) {
    const near = above.find((f) => sameLine(f.version ?? "", upper, parts));
    if (near) return near;
  }
  return only || above.length === 1 ? above[0] : undefined;
}

/** One claim per version: the one that says most. */
function distinct(claims: readonly Claim[]): Claim[] {
  const kept: Claim[] = [];
  for (const claim of claims) {
    const at = kept.findIndex((k) => sameVersion(k.version ?? "", claim.version ?? "") && k.release === claim.release);
    const other = kept[at];
    if (!other) kept.push(claim);
    else if ((claim.introduced && !other.introduced) || (claim.kind === "range" && other.inclusive && !claim.inclusive)) kept[at] = claim;
  }
  return kept;
}

function rangeOf({ upper, introduced, fix, alone }: Draft): BulletinRange | undefined {
  const lower = upper?.introduced ?? introduced?.version ?? (upper?.kind === "exact" && !alone ? upper.version : undefined);
  const low = { introduced: lower === undefined ? "0" : lowerBound(lower), introducedStated: lower !== undefined };
  if (fix && !upper?.version) return { ...low, fixed: fix.version ?? "" };
  if (!upper?.version) return undefined;
  if (upper.kind === "exact" && fix) return { ...low, fixed: fix.version ?? "" };
  return upper.inclusive ? { ...low, lastAffected: upper.version } : { ...low, fixed: upper.version };
}
