import { compareVersions } from "@breakwater/shared/version";
import { groupBy } from "../rows.ts";
import type { AffectedRange } from "./records.ts";

/**
 * What is stored of a record's ranges: of a list of versions, a row a version, those that no stretch of the record holds. Most records list
 * all that their stretches hold already; some list others beside them, and these are affected too.
 */
export function storedRanges(affected: readonly AffectedRange[]): AffectedRange[] {
  const stretches = groupBy(
    affected.filter((r) => !r.versions),
    (r) => r.package,
  );
  return affected.flatMap((range) => {
    if (!range.versions) return [range];
    const beside = stretches.get(range.package) ?? [];
    return range.versions
      .filter((version) => beside.every((stretch) => liesOutside(stretch, version)))
      .map((version) => ({ ...range, introduced: version, lastAffected: version }));
  });
}

/** Surely outside: what cannot be compared is left to the stretch, of which a match says the same. */
function liesOutside({ ecosystem, introduced, fixed, lastAffected }: AffectedRange, version: string): boolean {
  if (fixed !== null) {
    const until = compareVersions(ecosystem, version, fixed);
    if (until === "?") return false;
    if (until !== "<") return true;
  } else if (lastAffected !== null) {
    const until = compareVersions(ecosystem, version, lastAffected);
    if (until === "?") return false;
    if (until === ">") return true;
  }
  return introduced !== "0" && compareVersions(ecosystem, version, introduced) === "<";
}
