import { PackageURL } from "packageurl-js";
import { readRelease, systemId } from "../../intel/index.ts";
import type { MatchPackage } from "../source.ts";
import type { LeftOut } from "./reading.ts";
import { moduleLabel, sourceRpmOf } from "./rpm-query.ts";

/** purl types and the package format they stand for. @see https://github.com/package-url/purl-spec */
const ECOSYSTEMS: Readonly<Record<string, string>> = {
  deb: "deb",
  rpm: "rpm",
  apk: "apk",
  npm: "npm",
  pypi: "pypi",
  maven: "maven",
  gem: "gem",
  nuget: "nuget",
  cargo: "cargo",
  golang: "go",
  composer: "packagist",
  hex: "hex",
  pub: "pub",
  hackage: "hackage",
  cran: "cran",
  julia: "julia",
  swift: "swift",
  bitnami: "bitnami",
  brew: "homebrew",
  opam: "opam",
};
const OF_SYSTEM = new Set(["deb", "rpm", "apk"]);
/** What purls of source packages give for their architecture: Debian's "source", rpm's "src". */
const SOURCE_ARCH = /^(source|src|nosrc)$/;
/** A package URL of more than this is no package's. */
const MAX_LENGTH = 4_096;

/** What a document says of a component beside its package URL. */
export interface PurlContext {
  /** "debian:12": of the document, or as the reader was told. */
  readonly distribution: string;
  /** What the tool that wrote the document knows of the source package. */
  readonly source?: { readonly name?: string | undefined; readonly version?: string | undefined; readonly rpm?: string | undefined };
  readonly moduleLabel?: string | undefined;
}

/** What a package URL says by itself. */
export interface PurlParts {
  readonly ecosystem: string;
  readonly name: string;
  /** null: of every version. */
  readonly version: string | null;
  /** "" where it names none. */
  readonly architecture: string;
  /** It names a source package, not an installed one. */
  readonly isSource: boolean;
  /** The operating system by its namespace, "" where it names none; of packages of a system only. */
  readonly system: string;
  /** "debian:12", "" where it names no release. */
  readonly distribution: string;
  readonly namespace: string;
  readonly qualifiers: Readonly<Record<string, string | undefined>>;
}

/** Reads a package URL. @returns the reason why it cannot be used */
export function readPurl(text: string): PurlParts | LeftOut {
  const record = text.slice(0, 200);
  if (text.length > MAX_LENGTH) return { record: record.slice(0, 100), reason: `the package URL has more than ${MAX_LENGTH} characters` };
  let purl: PackageURL;
  try {
    purl = PackageURL.fromString(text);
  } catch (cause) {
    return { record, reason: `no package URL: ${cause instanceof Error ? cause.message : String(cause)}` };
  }
  const ecosystem = ECOSYSTEMS[purl.type];
  if (!ecosystem) return { record, reason: `packages of type ${purl.type} are not matched` };
  const qualifiers: Readonly<Record<string, string | undefined>> = { ...purl.qualifiers };
  const namespace = purl.namespace ?? "";
  const system = OF_SYSTEM.has(ecosystem);
  const arch = qualifiers.arch ?? "";
  const isSource = system && SOURCE_ARCH.test(arch);
  return {
    ecosystem,
    name: nameOf(ecosystem, namespace, ecosystem === "npm" ? writtenName(text, purl.name) : purl.name),
    version: purl.version ? withEpoch(purl.version, qualifiers.epoch) : null,
    architecture: isSource ? "" : arch,
    isSource,
    system: system && namespace !== "" ? systemId(namespace) : "",
    distribution: system ? distributionOf(namespace, qualifiers.distro) : "",
    namespace,
    qualifiers,
  };
}

/** The package that a package URL names. */
export function packageOfPurl(text: string, context: PurlContext): MatchPackage | LeftOut {
  const parts = readPurl(text);
  if ("reason" in parts) return parts;
  const { ecosystem, name, version, qualifiers, namespace } = parts;
  if (version === null) return { record: text.slice(0, 200), reason: "the package URL names no version" };
  const system = OF_SYSTEM.has(ecosystem);
  const distribution = system ? parts.distribution || context.distribution : "";
  return {
    ecosystem,
    name,
    version,
    architecture: qualifiers.arch ?? "",
    ...sourceOf(ecosystem, name, version, qualifiers, context),
    vendor: system ? vendorOf(namespace, distribution) : "",
    distribution,
    ...moduleLabel(qualifiers.rpmmod ?? context.moduleLabel ?? ""),
  };
}

/** Namespaces of systems whose id is not the one that package URLs use. @see https://github.com/package-url/purl-spec/blob/main/types-doc/rpm-definition.md */
const NAMESPACES: Readonly<Record<string, string>> = {
  rhel: "redhat",
  sles: "suse",
  "opensuse-leap": "opensuse",
  "opensuse-tumbleweed": "opensuse",
  amzn: "amazon",
  ol: "oracle",
};

/**
 * The package URL of an installed package, with release, architecture and source; null for a format that has no type of package URL,
 * and for a package that its type cannot name: a jar of which nothing tells the group. `packageOfPurl` reads the same package out of it.
 */
export function writePurl(pkg: Omit<MatchPackage, "vendor">): string | null {
  const type = TYPES.get(pkg.ecosystem);
  if (type === undefined) return null;
  if (!OF_SYSTEM.has(pkg.ecosystem)) {
    const [namespace, name] = splitName(pkg.ecosystem, pkg.name);
    return written(type, namespace, name, pkg.version);
  }
  const [system = "", release = ""] = pkg.distribution.split(":");
  const epoch = pkg.ecosystem === "rpm" ? /^(\d+):/.exec(pkg.version)?.[1] : undefined;
  const qualifiers = {
    ...(pkg.architecture === "" ? {} : { arch: pkg.architecture }),
    ...(pkg.distribution === "" ? {} : { distro: release === "" ? system : `${system}-${release}` }),
    ...(epoch === undefined ? {} : { epoch }),
    ...upstreamOf(pkg),
  };
  const version = epoch === undefined ? pkg.version : pkg.version.slice(epoch.length + 1);
  return written(type, NAMESPACES[system] ?? (system || undefined), pkg.name, version, qualifiers);
}

/** As text; null where the type's own rules refuse it, so that one such package takes no document with it. */
function written(
  type: string,
  namespace: string | undefined,
  name: string,
  version: string,
  qualifiers?: Record<string, string>,
): string | null {
  try {
    return new PackageURL(type, namespace, name, version, qualifiers, undefined).toString();
  } catch {
    return null;
  }
}

/** As Syft writes it: the source, with its version where that is another one; of rpm packages the source rpm. */
function upstreamOf({ ecosystem, name, version, sourceName, sourceVersion }: Omit<MatchPackage, "vendor">): { upstream?: string } {
  if (sourceName === name && sourceVersion === version) return {};
  if (ecosystem === "rpm") return { upstream: `${sourceName}-${sourceVersion.replace(/^\d+:/, "")}.src.rpm` };
  return { upstream: sourceVersion === version ? sourceName : `${sourceName}@${sourceVersion}` };
}

const TYPES = new Map(Object.entries(ECOSYSTEMS).map(([type, ecosystem]) => [ecosystem, type]));

function splitName(ecosystem: string, name: string): [string | undefined, string] {
  const at = ecosystem === "maven" ? name.indexOf(":") : name.lastIndexOf("/");
  return at > 0 ? [name.slice(0, at), name.slice(at + 1)] : [undefined, name];
}

function nameOf(ecosystem: string, namespace: string, name: string): string {
  switch (ecosystem) {
    case "maven":
      return `${namespace}:${name}`;
    case "npm":
    case "go":
    case "packagist":
    case "swift":
    case "hex":
      return namespace ? `${namespace}/${name}` : name;
    default:
      return name;
  }
}

/** The library writes npm names in lower case, which makes another package of some old ones: JSONStream and jsonstream are two. */
function writtenName(text: string, name: string): string {
  const path = (text.split(/[?#]/, 1)[0] ?? "").replace(/@[^@/]*$/, "");
  const written = decodeURIComponent(path.slice(path.lastIndexOf("/") + 1));
  return written.toLowerCase() === name.toLowerCase() ? written : name;
}

const withEpoch = (version: string, epoch: string | undefined) =>
  epoch && /^\d+$/.test(epoch) && epoch !== "0" && !/^\d+:/.test(version) ? `${epoch}:${version}` : version;

function sourceOf(
  ecosystem: string,
  name: string,
  version: string,
  qualifiers: Readonly<Record<string, string | undefined>>,
  { source }: PurlContext,
): Pick<MatchPackage, "sourceName" | "sourceVersion"> {
  const upstream = qualifiers.upstream ?? "";
  const file = upstream.endsWith(".src.rpm") ? upstream : (source?.rpm ?? "");
  if (ecosystem === "rpm" && file.endsWith(".src.rpm")) return sourceRpmOf(file, name, version);
  const at = upstream.indexOf("@", 1);
  const sourceName = (at > 0 ? upstream.slice(0, at) : upstream) || source?.name || name;
  const given = (at > 0 ? upstream.slice(at + 1) : "") || source?.version || "";
  // A source of the same version, written without the epoch that the package has, has that epoch.
  const sourceVersion = given === "" || given === version.replace(/^\d+:/, "") ? version : given;
  return { sourceName, sourceVersion };
}

/** A package URL may name its release in full ("debian-12.5"), by code name, or by version alone ("3.18.4" of pkg:apk/alpine). */
function distributionOf(namespace: string, distro: string | undefined): string {
  if (!distro) return "";
  return readRelease(distro) || (/^\d/.test(distro) ? readRelease(`${systemId(namespace)}:${distro}`) : "");
}

/** The namespace of a system's package is who built it. */
function vendorOf(namespace: string, distribution: string): string {
  const [system = ""] = distribution.split(":");
  return namespace === "" || systemId(namespace) === system || system.startsWith(systemId(namespace)) ? "" : namespace;
}
