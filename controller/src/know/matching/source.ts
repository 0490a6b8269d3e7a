import { canonicalName, canonicalVersion, type ModuleStream, POINT_STREAMS, readRelease, redHatPointOf } from "../intel/index.ts";

/** An installed package as matching sees it. */
export interface MatchPackage {
  readonly ecosystem: string;
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Source package and its version; the package's own where the format has no sources. */
  readonly sourceName: string;
  readonly sourceVersion: string;
  /** Who built it, "" when the package does not say. */
  readonly vendor: string;
  /** "debian:12" */
  readonly distribution: string;
  /** The rpm module that it came from, where the inventory says so. */
  readonly module?: ModuleStream;
}

/** What advisories would call a package, and which of its versions they would compare. */
export interface AdvisedName {
  readonly distribution: string;
  readonly ecosystem: string;
  readonly package: string;
  readonly version: string;
  /** The file name of a source rpm carries no epoch: only what follows it can be compared. */
  readonly withoutEpoch?: boolean;
  /** The installed package's own name where advisories otherwise speak of sources: one built from another source may be called like a source. */
  readonly binary?: boolean;
}

/** Formats that belong to an operating system's release. */
const OF_SYSTEM = new Set(["deb", "rpm", "apk"]);
/**
 * rpm systems whose advisories name source packages; the others name what is installed. SUSE names both; Red Hat names what is installed where
 * there is a fix, and the source where there is none; Azure Linux names sources, by OVAL's word for what is installed.
 */
const NAMES_SOURCES = /^rocky:/;
const NAMES_BOTH = /^(rhel|sles|opensuse-leap|opensuse-tumbleweed|azurelinux):/;

/**
 * The signed kernel is built from a source package of its own: linux-signed-amd64 4.19.249+2 is linux 4.19.249-2, as its
 * field Built-Using says; Ubuntu's linux-signed-aws is linux-aws of the same version. Advisories name linux.
 */
const SIGNED_KERNEL = /^linux-signed(?:-[a-z0-9.-]+)?$/;

/** What advisories in general would call it. */
export const advisedName = (pkg: MatchPackage): AdvisedName => advisedNames(pkg)[0];

/** Every name under which advisories of its system speak of a package, the usual one first. */
export function advisedNames(pkg: MatchPackage): [AdvisedName, ...AdvisedName[]] {
  const { ecosystem } = pkg;
  if (!OF_SYSTEM.has(ecosystem))
    return [
      { distribution: "", ecosystem, package: canonicalName(ecosystem, pkg.name), version: canonicalVersion(ecosystem, pkg.version) },
    ];
  const distribution = releaseOfPackage(pkg.distribution);
  const installed = { distribution, ecosystem, package: pkg.name, version: pkg.version };
  if (ecosystem === "deb")
    return [
      { distribution, ecosystem, ...sourceOf(pkg, distribution) },
      { ...installed, binary: true },
    ];
  if (ecosystem !== "rpm") return [{ distribution, ecosystem, ...sourceOf(pkg, distribution) }];
  const source = { distribution, ecosystem, package: pkg.sourceName, ...sourceEvr(pkg) };
  if (NAMES_SOURCES.test(distribution)) return [source];
  const names: [AdvisedName, ...AdvisedName[]] =
    NAMES_BOTH.test(distribution) && pkg.sourceName !== pkg.name ? [installed, source] : [installed];
  const streams = streamsAsked(pkg.distribution);
  return streams.length === 0 ? names : [...names, ...streams.flatMap((s) => names.map((n): AdvisedName => ({ ...n, distribution: s })))];
}

/** The streams of Red Hat's longer support that an endpoint gets, or may get where nobody knows: "rhel:9.2-eus". */
function streamsAsked(distribution: string): string[] {
  const at = redHatPointOf(distribution);
  if (!at || at.stream === "main") return [];
  return (at.stream ? [at.stream] : POINT_STREAMS).map((s) => `rhel:${s === "els" ? at.point.split(".", 1)[0] : at.point}-${s}`);
}

function sourceOf(pkg: MatchPackage, distribution: string): Pick<AdvisedName, "package" | "version"> {
  if (pkg.ecosystem !== "deb" || !SIGNED_KERNEL.test(pkg.sourceName)) return { package: pkg.sourceName, version: pkg.sourceVersion };
  if (distribution.startsWith("ubuntu:")) return { package: pkg.sourceName.replace("linux-signed", "linux"), version: pkg.sourceVersion };
  return { package: "linux", version: pkg.sourceVersion.replace("+", "-") };
}

const withoutEpoch = (evr: string) => evr.replace(/^\d+:/, "");

/** A source has the epoch of a package of its version; where the versions differ, nobody knows it. */
function sourceEvr(pkg: MatchPackage): Pick<AdvisedName, "version" | "withoutEpoch"> {
  if (pkg.sourceVersion.includes(":")) return { version: pkg.sourceVersion };
  return pkg.sourceVersion === withoutEpoch(pkg.version) ? { version: pkg.version } : { version: pkg.sourceVersion, withoutEpoch: true };
}

/** Releases repeat over a whole inventory. */
const releases = new Map<string, string>();
const MAX_REMEMBERED = 1_000;
function releaseOfPackage(distribution: string): string {
  const known = releases.get(distribution);
  if (known !== undefined) return known;
  const release = readRelease(distribution) || distribution;
  if (releases.size >= MAX_REMEMBERED) releases.clear();
  releases.set(distribution, release);
  return release;
}
