/**
 * One spelling of a package's name and version within its ecosystem, for feeds and inventories alike.
 * @see https://packaging.python.org/en/latest/specifications/name-normalization/ (PEP 503)
 * @see https://github.com/package-url/purl-spec/blob/main/PURL-TYPES.rst
 */
export function canonicalName(ecosystem: string, name: string): string {
  switch (ecosystem) {
    case "pypi":
      return name.toLowerCase().replace(/[-_.]+/g, "-");
    // crates.io takes no two names that differ in these only.
    case "cargo":
      return name.toLowerCase().replaceAll("_", "-");
    // Package URLs write Go modules in lower case; NuGet and Packagist do not tell cases apart.
    case "go":
    case "nuget":
    case "packagist":
    case "hex":
    case "pub":
    case "swift":
    case "bitnami":
      return name.toLowerCase();
    default:
      return name;
  }
}

/** The platform of a pre-built gem follows its version: "1.13.0-x86_64-linux". It has no weight in the order. */
const GEM_PLATFORM =
  /-(?:java|jruby|ruby|(?:x86|x64|x86_64|i[3-6]86|amd64|aarch64|arm64|arm|armv\w+|universal|powerpc|ppc64le|s390x)-.+|mswin.*|mingw.*)$/;

export function canonicalVersion(ecosystem: string, version: string): string {
  switch (ecosystem) {
    // The index writes "1.2.3", go.mod "v1.2.3", the tool chain "go1.22.3". "0" stays OSV's word for the beginning.
    case "go": {
      const bare = version.trim().replace(/^(?:go|v)(?=\d)/, "");
      return bare === "0" ? bare : `v${bare.replace(/^(\d+\.\d+)(rc|beta)(\d+)$/, "$1.0-$2.$3")}`;
    }
    case "gem":
      return version.trim().replace(GEM_PLATFORM, "");
    // "1.90" is what advisories call 1.90.0.
    case "npm":
    case "cargo":
    case "hex":
    case "pub":
    case "swift": {
      const bare = version.trim().replace(/^[=v]+(?=\d)/, "");
      return /^\d+\.\d+$/.test(bare) ? `${bare}.0` : bare;
    }
    default:
      return version.trim();
  }
}

/** Other words for a package format. */
const SAME_ECOSYSTEM: Readonly<Record<string, string>> = {
  dpkg: "deb",
  debian: "deb",
  "crates.io": "cargo",
  crates: "cargo",
  rubygems: "gem",
  golang: "go",
  composer: "packagist",
  python: "pypi",
  pip: "pypi",
  jar: "maven",
  java: "maven",
  alpine: "apk",
};

/** The format of a package in its one spelling: "PyPI" is "pypi", "crates.io" is "cargo". */
export function canonicalEcosystem(ecosystem: string): string {
  const id = ecosystem.trim().toLowerCase();
  return SAME_ECOSYSTEM[id] ?? id;
}
