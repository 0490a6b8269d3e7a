import { versionSchemes } from "@breakwater/shared/version";

/** Without what stands before the digits: "v2.0" and "2.0" are one version. */
const bare = (version: string): string => version.replace(/^(?:version|ver|v|r)?[.\s_-]*(?=\d)/i, "");

/** Order of two versions of an unknown ecosystem: Maven's order takes any text and agrees with the others on plain versions. */
export function orderOf(a: string, b: string): number {
  const padded = paddedOrder(bare(a).split("."), bare(b).split("."));
  if (padded !== 0) return padded;
  return versionSchemes.maven.compare(bare(a).replaceAll(" ", "-"), bare(b).replaceAll(" ", "-")) ?? 0;
}
/** "9.02" is before "9.1": where vendors pad with zeros, a part is a decimal fraction. */
function paddedOrder(a: readonly string[], b: readonly string[]): number {
  for (const [i, part] of a.entries()) {
    const other = b[i];
    if (other === undefined || !/^\d+$/.test(part) || !/^\d+$/.test(other)) return 0;
    if (/^0\d/.test(part) !== /^0\d/.test(other)) return part < other ? -1 : 1;
    if (Number(part) !== Number(other)) return 0;
  }
  return 0;
}
export const sameVersion = (a: string, b: string): boolean => bare(a).toLowerCase() === bare(b).toLowerCase() || orderOf(a, b) === 0;

/** Whether two versions belong to one line of releases, by their first `parts` numbers. */
export const sameLine = (a: string, b: string, parts: number): boolean => line(a, parts) === line(b, parts);
const line = (version: string, parts: number): string =>
  bare(version)
    .split(/[.:+~_-]/)
    .slice(0, parts)
    .join(".");

/** "1.2.x" as the lower bound that it stands for: "1.2". */
export const lowerBound = (version: string): string => version.replace(/(?:\.[x*])+$/i, "");
/** "1.2.x" names a line of releases, not a version. */
export const isWildcard = (version: string): boolean => /(?:^|\.)[x*](?:$|\.)/i.test(version);
export const startsWithLine = (version: string, of: string): boolean => {
  const [v, l] = [bare(version).split("."), bare(of).split(".")];
  return l.every((part, i) => part === v[i]);
};
