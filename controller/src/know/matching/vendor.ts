import type { MatchPackage } from "./source.ts";

/** Marks that other vendors leave in the versions of packages that they build under the distribution's names. */
const FOREIGN_VERSIONS: readonly (readonly [RegExp, string])[] = [
  [/\.pgdg\d/, "the PostgreSQL project"],
  [/\+maria~/, "MariaDB"],
  [/nodesource/, "NodeSource"],
  [/deb\.sury\.org|\+0~\d{14}\./, "deb.sury.org"],
  [/~(debian|ubuntu)\.\d+(\.\d+)?~/, "Docker"],
  [/~(buster|bullseye|bookworm|trixie|focal|jammy|noble)$/, "the upstream project"],
  [/[+~.-](pve|pmx)\d/, "Proxmox"],
];

/** Names by which a distribution's own packages are known. Ubuntu carries Debian's packages unchanged. */
const OWN: Readonly<Record<string, RegExp>> = { debian: /debian/i, ubuntu: /ubuntu|canonical|debian/i };

/**
 * Who built a package that only looks like the distribution's own: same name, other code and other version numbers, so the
 * distribution's advisories say nothing about it. Undefined for the distribution's own.
 */
export function foreignVendor(pkg: MatchPackage): string | undefined {
  const [system = ""] = pkg.distribution.split(":");
  const own = pkg.ecosystem === "deb" ? OWN[system] : undefined;
  if (!own) return undefined;
  // A domain is only that of the maintainer's address, and distributions have maintainers everywhere.
  if (pkg.vendor && !pkg.vendor.includes(".") && !own.test(pkg.vendor)) return pkg.vendor;
  if (system === "debian" && /ubuntu/.test(pkg.version)) return "Ubuntu";
  return FOREIGN_VERSIONS.find(([mark]) => mark.test(pkg.version))?.[1];
}
