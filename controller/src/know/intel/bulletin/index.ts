import { assemble } from "./assemble.ts";
import { readClaims } from "./claims.ts";
import { ecosystemHints } from "./ecosystem.ts";
import { readAdvisories, readIds } from "./identifiers.ts";
import { bulletinLikeness } from "./likeness.ts";
import { mask } from "./mask.ts";
import type { Bulletin, Span } from "./model.ts";
import { outline } from "./outline.ts";
import { readPackageLists } from "./package-lists.ts";
import { giveToProducts } from "./products.ts";
import { readSeverity } from "./severity.ts";
import { subjectOf } from "./subject.ts";
import { readTables } from "./tables.ts";
import { tokenize } from "./tokens.ts";

export type { Affected, Bulletin, BulletinRange, Evidence, Note, Span, Statement } from "./model.ts";

const overlaps = (claim: Span, others: readonly Span[]): boolean => others.some((o) => o.start < claim.end && claim.start < o.end);

export function readBulletin(text: string): Bulletin {
  const masked = mask(text);
  const read = outline(tokenize(masked));
  const ids = readIds(text);
  const listed = [...readTables(read), ...readPackageLists(masked)];
  // A table or list that names packages and their repaired versions says all; prose beside it speaks of other software.
  const found = listed.some((c) => c.kind === "fix" && c.name)
    ? listed
    : [...listed, ...readClaims(read).filter((c) => !overlaps(c, listed))];
  const likeness = bulletinLikeness(read, ids.length, found.filter((c) => c.kind === "range" && c.version !== undefined).length);
  const isBulletin = likeness >= 0.5;
  const claims = isBulletin ? giveToProducts(found, read) : [];
  const subject = subjectOf(
    read,
    claims.flatMap((c) => (c.name && c.kind !== "exact" ? [c.name] : [])),
  );
  const severity = isBulletin ? readSeverity(read) : undefined;
  const affected = assemble(claims, subject, ecosystemHints(masked));
  return {
    ids: ids.map((i) => i.id),
    affected,
    prerequisites: [],
    knownIssues: [],
    severity: severity?.severity ?? null,
    confidence: Math.round(Math.min(likeness, ...affected.map((a) => a.confidence)) * 100) / 100,
    isBulletin,
    advisories: readAdvisories(text),
    notes: [],
    evidence: { ids, severity: severity?.evidence ?? null, prerequisites: [], knownIssues: [] },
  };
}
