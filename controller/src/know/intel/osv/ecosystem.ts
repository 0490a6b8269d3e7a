/** OSV's ecosystems of whole operating systems, with the id that os-release(5) uses and the package format. */
const SYSTEMS: Readonly<Record<string, { readonly id: string; readonly ecosystem: string }>> = {
  Debian: { id: "debian", ecosystem: "deb" },
  Ubuntu: { id: "ubuntu", ecosystem: "deb" },
  Alpine: { id: "alpine", ecosystem: "apk" },
  AlmaLinux: { id: "almalinux", ecosystem: "rpm" },
  "Rocky Linux": { id: "rocky", ecosystem: "rpm" },
};

/** Ecosystems whose packages belong to no release of an operating system. */
const LANGUAGES: Readonly<Record<string, string>> = {
  npm: "npm",
  "crates.io": "cargo",
  PyPI: "pypi",
  Maven: "maven",
  RubyGems: "gem",
  NuGet: "nuget",
};

/**
 * Where an OSV ecosystem applies: "Debian:12" is "debian:12" and deb packages; npm is any system. Undefined for ecosystems
 * that we cannot match (an operating system without its release says nothing about one).
 * @see https://ossf.github.io/osv-schema/#defined-ecosystems
 */
export function placeOf(osvEcosystem: string): { readonly distribution: string; readonly ecosystem: string } | undefined {
  const [name = "", release = ""] = osvEcosystem.split(":");
  const language = LANGUAGES[name];
  if (language) return { distribution: "", ecosystem: language };
  const system = SYSTEMS[name];
  if (!system || !release) return undefined;
  return { distribution: `${system.id}:${release.replace(/^v(?=\d)/, "")}`, ecosystem: system.ecosystem };
}
