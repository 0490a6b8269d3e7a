import { versionSchemes } from "@breakwater/shared/version";

/** Without what stands before the digits: "v2.0" and "2.0" are one version. */
const bare = (version: string): string => version.replace(/^(?:version|ver|v|r)?[.\s_-]*(?=\d)/i, "");

/** Order of two versions of an unknown ecosystem: Maven's order takes any text and agrees with the others on plain versions. */
export function orderOf(a: string, b: string): number {
  return versionSchemes.maven.compare(bare(a).replaceAll(" ", "-"), bare(b).replaceAll(" ", "-")) ?? 0;
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
