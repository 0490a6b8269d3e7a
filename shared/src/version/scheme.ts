/** The ecosystems whose version order we know. */
export const ECOSYSTEMS = ["deb", "rpm", "apk", "semver", "maven", "pypi", "gem", "go", "nuget", "composer", "dotted"] as const;
export type Ecosystem = (typeof ECOSYSTEMS)[number];

/** How one ecosystem orders its versions. Pure: one implementation a file, found through the registry. */
export interface VersionScheme {
  readonly id: Ecosystem;
  readonly displayName: string;
  /** The standard that the order follows. */
  readonly urls: readonly string[];
  /** @returns below 0 when `a` is older, 0 when neither is, above 0 when `a` is newer; undefined when either is no version there. */
  compare(a: string, b: string): number | undefined;
  /** Whether the version lies in the range, in the ecosystem's own range syntax; undefined when either cannot be read. */
  inRange(version: string, range: string): boolean | undefined;
}

/** What stands between two versions. "?" where one of them is no version in its ecosystem: unknown, never a guess. */
export type Order = "<" | "=" | ">" | "?";
