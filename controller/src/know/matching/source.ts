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
}

/** What advisories would call a package, and which of its versions they would compare. */
export interface AdvisedName {
  readonly distribution: string;
  readonly ecosystem: string;
  readonly package: string;
  readonly version: string;
}

/** Formats whose advisories name the source package. Others name what is installed. */
const BY_SOURCE = new Set(["deb", "apk"]);
/** Formats that belong to an operating system's release. */
const OF_SYSTEM = new Set(["deb", "rpm", "apk"]);

/**
 * The signed kernel is built from a source package of its own: linux-signed-amd64 4.19.249+2 is linux 4.19.249-2, as its
 * field Built-Using says. Advisories name linux.
 */
const SIGNED_KERNEL = /^linux-signed-[a-z0-9]+$/;

export function advisedName(pkg: MatchPackage): AdvisedName {
  const distribution = OF_SYSTEM.has(pkg.ecosystem) ? pkg.distribution : "";
  if (!BY_SOURCE.has(pkg.ecosystem))
    return { distribution, ecosystem: pkg.ecosystem, package: normalName(pkg.ecosystem, pkg.name), version: pkg.version };
  if (pkg.ecosystem === "deb" && SIGNED_KERNEL.test(pkg.sourceName))
    return { distribution, ecosystem: "deb", package: "linux", version: pkg.sourceVersion.replace("+", "-") };
  return { distribution, ecosystem: pkg.ecosystem, package: pkg.sourceName, version: pkg.sourceVersion };
}

/** PyPI treats runs of "-", "_" and "." and the case of letters as equal (PEP 503). */
export const normalName = (ecosystem: string, name: string): string =>
  ecosystem === "pypi" ? name.toLowerCase().replace(/[-_.]+/g, "-") : name;
