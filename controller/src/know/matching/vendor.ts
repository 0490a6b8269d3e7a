import { systemId } from "../intel/index.ts";
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

/** The same for releases of rpm packages. */
const FOREIGN_RELEASES: readonly (readonly [RegExp, string])[] = [
  [/\.ngx$/, "nginx.org"],
  [/\.remi(\.|$)/, "Remi's repository"],
  [/PGDG/, "the PostgreSQL project"],
  [/\.elrepo$/, "ELRepo"],
  [/\.percona\./i, "Percona"],
  [/\.ius$/, "IUS"],
];

/** Names by which a distribution's own packages are known. Ubuntu carries Debian's packages unchanged. */
const OWN: Readonly<Record<string, RegExp>> = {
  debian: /debian/i,
  ubuntu: /ubuntu|canonical|debian/i,
  almalinux: /alma/i,
  rocky: /rocky/i,
  rhel: /red ?hat/i,
  sles: /suse/i,
  "opensuse-leap": /suse/i,
  "opensuse-tumbleweed": /suse/i,
  alpine: /alpine/i,
};

/**
 * Who built a package that only looks like the distribution's own: same name, other code and other version numbers, so the
 * distribution's advisories say nothing about it. Undefined for the distribution's own.
 */
export function foreignVendor(pkg: MatchPackage): string | undefined {
  const [system = ""] = pkg.distribution.split(":");
  const own = OWN[systemId(system)];
  if (!own || !/^(deb|rpm|apk)$/.test(pkg.ecosystem)) return undefined;
  // A domain is only that of the maintainer's address, and distributions have maintainers everywhere.
  if (pkg.vendor && !pkg.vendor.includes(".") && !own.test(pkg.vendor)) return pkg.vendor;
  if (pkg.ecosystem === "rpm") return FOREIGN_RELEASES.find(([mark]) => mark.test(pkg.version))?.[1];
  if (system === "debian" && /ubuntu/.test(pkg.version)) return "Ubuntu";
  return FOREIGN_VERSIONS.find(([mark]) => mark.test(pkg.version))?.[1];
}
