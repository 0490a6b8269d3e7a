import { apk } from "./apk.ts";
import { composer } from "./composer.ts";
import { deb } from "./deb.ts";
import { dotted } from "./dotted.ts";
import { gem } from "./gem.ts";
import { go } from "./go.ts";
import { maven } from "./maven.ts";
import { nuget } from "./nuget.ts";
import { pypi } from "./pypi.ts";
import { rpm } from "./rpm.ts";
import type { Ecosystem, Order, VersionScheme } from "./scheme.ts";
import { semver } from "./semver.ts";

export * from "./scheme.ts";

/** Every scheme we know, by ecosystem. A new ecosystem is one file and one line here. */
export const versionSchemes: Readonly<Record<Ecosystem, VersionScheme>> = {
  deb,
  rpm,
  apk,
  semver,
  maven,
  pypi,
  gem,
  go,
  nuget,
  composer,
  dotted,
};

/** The ecosystems that share another one's order. */
const SAME_ORDER: Readonly<Record<string, Ecosystem>> = {
  npm: "semver",
  "crates.io": "semver",
  cargo: "semver",
  hex: "semver",
  pub: "semver",
  swift: "semver",
  packagist: "composer",
  hackage: "dotted",
  cran: "dotted",
  homebrew: "dotted",
  bitnami: "dotted",
  julia: "dotted",
  opam: "deb",
};

export function versionScheme(ecosystem: string): VersionScheme | undefined {
  const id = SAME_ORDER[ecosystem] ?? ecosystem;
  return Object.hasOwn(versionSchemes, id) ? versionSchemes[id as Ecosystem] : undefined;
}

/** What stands between two versions; "?" in an unknown ecosystem or where one of them is no version there. */
export function compareVersions(ecosystem: string, a: string, b: string): Order {
  const order = versionScheme(ecosystem)?.compare(a, b);
  return order === undefined ? "?" : order < 0 ? "<" : order > 0 ? ">" : "=";
}

/** Whether a version lies in a range of its ecosystem's syntax; "?" where that cannot be told. */
export function inRange(ecosystem: string, version: string, range: string): boolean | "?" {
  return versionScheme(ecosystem)?.inRange(version, range) ?? "?";
}
