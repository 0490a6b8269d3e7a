import { inOrder, type SystemPackage } from "./databases/database.ts";
import { paragraphs } from "./deb822.ts";

const FIELDS = new Set([
  "Package",
  "Status",
  "Version",
  "Architecture",
  "Source",
  "Section",
  "Installed-Size",
  "Essential",
  "Maintainer",
  "Origin",
]);

/** "name (version)" of the Source field; the binary's own name and version where it is absent (Debian policy 5.6.1). */
export function sourceOf(name: string, version: string, source: string | undefined): { name: string; version: string } {
  const match = /^(\S+)(?:\s+\(([^)]+)\))?$/.exec(source ?? "");
  return { name: match?.[1] ?? name, version: match?.[2] ?? version };
}

/**
 * Who built a package, as far as it says: its Origin, else the domain of its maintainer. Packages that were rebuilt
 * elsewhere often keep the maintainer, so this tells look-alikes apart only where they are honest.
 */
function vendorOf(origin: string | undefined, maintainer: string): string {
  if (origin) return origin;
  const domain = /@([^>\s]+)>?\s*$/.exec(maintainer)?.[1]?.toLowerCase() ?? "";
  if (/(^|\.)ubuntu\.com$/.test(domain)) return "Ubuntu";
  if (/(^|\.)debian\.(org|net)$/.test(domain)) return "Debian";
  return domain;
}

/**
 * Packages of /var/lib/dpkg/status in a fixed order. Those that are gone entirely ("not-installed") are left out; those
 * of which only configuration is left stay, with their status.
 */
export function parseDpkgStatus(text: string): SystemPackage[] {
  const packages: SystemPackage[] = [];
  for (const p of paragraphs(text, FIELDS)) {
    const { Package: name, Version: version, Architecture: architecture } = p;
    const [want = "", , status = ""] = (p.Status ?? "").split(" ");
    if (!name || !version || !architecture || status === "" || status === "not-installed") continue;
    const source = sourceOf(name, version, p.Source);
    packages.push({
      ecosystem: "deb",
      name,
      version,
      architecture,
      sourceName: source.name,
      sourceVersion: source.version,
      status,
      held: want === "hold",
      vendor: vendorOf(p.Origin, p.Maintainer ?? ""),
      section: p.Section ?? "",
      // dpkg counts kibibytes (Debian policy 5.6.20).
      installedSizeBytes: Number.parseInt(p["Installed-Size"] ?? "0", 10) * 1024 || 0,
      essential: p.Essential === "yes",
      module: "",
    });
  }
  return inOrder(packages);
}
