/**
 * What simulated endpoints have installed: packages of Debian 12 as they were, with security updates that Debian really
 * published, and one in-house service whose update the demo makes harmful.
 */
export interface SimulatedPackage {
  readonly name: string;
  readonly source: string;
  readonly version: string;
  readonly vendor: string;
  readonly sizeBytes: number;
}

/** An update of a source package, as an endpoint's own repositories offer and describe it. */
export interface SimulatedUpdate {
  readonly source: string;
  readonly to: string;
  readonly origin: string;
  readonly label: string;
  readonly suite: string;
  readonly security: boolean;
  readonly cves: readonly string[];
  readonly urgency: string;
  readonly changelog: string;
}

export type Role = "web" | "db" | "cache" | "build";
export const ROLES: readonly Role[] = ["web", "db", "cache", "build"];

/** The in-house service of the demo: fictional, and named so that nobody looks for it in Debian. */
export const SHOP = { name: "shop-edge", from: "2.8.4-1", to: "2.9.0-1", vendor: "Example Shop" } as const;

const deb = (name: string, version: string, source = name, sizeBytes = 400_000): SimulatedPackage => ({
  name,
  source,
  version,
  vendor: "Debian",
  sizeBytes,
});

const BASE: readonly SimulatedPackage[] = [
  deb("adduser", "3.134"),
  deb("apt", "2.6.1"),
  deb("base-files", "12.4+deb12u7"),
  deb("bash", "5.2.15-2+b7", "bash", 1_500_000),
  deb("ca-certificates", "20230311"),
  deb("coreutils", "9.1-1", "coreutils", 2_900_000),
  deb("cron", "3.0pl1-162"),
  deb("dpkg", "1.21.22", "dpkg", 1_500_000),
  deb("e2fsprogs", "1.47.0-2"),
  deb("gzip", "1.12-1"),
  deb("iproute2", "6.1.0-3"),
  deb("libc6", "2.36-9+deb12u8", "glibc", 2_700_000),
  deb("libc-bin", "2.36-9+deb12u8", "glibc", 600_000),
  deb("libssl3", "3.0.14-1~deb12u1", "openssl", 2_000_000),
  deb("libsystemd0", "252.30-1~deb12u2", "systemd", 330_000),
  deb("libpam0g", "1.5.2-6+deb12u1", "pam"),
  deb("libzstd1", "1.5.4+dfsg2-5", "libzstd"),
  deb("login", "1:4.13+dfsg1-1+b1", "shadow"),
  deb("mount", "2.38.1-5+deb12u1", "util-linux"),
  deb("openssh-server", "1:9.2p1-2+deb12u3", "openssh", 450_000),
  deb("openssl", "3.0.14-1~deb12u1", "openssl", 1_400_000),
  deb("perl-base", "5.36.0-7+deb12u1", "perl", 1_600_000),
  deb("procps", "2:4.0.2-3"),
  deb("rsync", "3.2.7-1", "rsync", 410_000),
  deb("sed", "4.9-1"),
  deb("sudo", "1.9.13p3-1+deb12u1"),
  deb("systemd", "252.30-1~deb12u2", "systemd", 3_000_000),
  deb("tar", "1.34+dfsg-1.2+deb12u1"),
  deb("tzdata", "2024a-0+deb12u1"),
  deb("util-linux", "2.38.1-5+deb12u1", "util-linux", 1_200_000),
  deb("zlib1g", "1:1.2.13.dfsg-1", "zlib"),
];

const OF_ROLE: Readonly<Record<Role, readonly SimulatedPackage[]>> = {
  web: [{ name: SHOP.name, source: SHOP.name, version: SHOP.from, vendor: SHOP.vendor, sizeBytes: 6_200_000 }],
  db: [
    deb("postgresql-15", "15.8-0+deb12u1", "postgresql-15", 16_600_000),
    deb("postgresql-client-15", "15.8-0+deb12u1", "postgresql-15", 1_700_000),
    deb("libpq5", "15.8-0+deb12u1", "postgresql-15", 190_000),
  ],
  cache: [deb("memcached", "1.6.18-1"), deb("libevent-2.1-7", "2.1.12-stable-8", "libevent")],
  build: [
    deb("git", "1:2.39.2-1.1", "git", 7_200_000),
    deb("git-man", "1:2.39.2-1.1", "git", 2_000_000),
    deb("gcc-12", "12.2.0-14", "gcc-12", 19_000_000),
    deb("make", "4.3-4.1"),
    deb("python3.11", "3.11.2-6+deb12u2", "python3.11", 570_000),
    deb("libpython3.11-stdlib", "3.11.2-6+deb12u2", "python3.11", 1_800_000),
  ],
};

const security = (source: string, to: string, cves: string[], urgency: string, changelog: string): SimulatedUpdate => ({
  source,
  to,
  origin: "Debian",
  label: "Debian-Security",
  suite: "bookworm-security",
  security: true,
  cves,
  urgency,
  changelog,
});

/** Debian's advisories DSA-5764-1, DSA-5843-2, DSA-5769-1, DSA-5812-2 and DSA-5759-1, in our words. */
export const UPDATES: readonly SimulatedUpdate[] = [
  security("openssl", "3.0.14-1~deb12u2", ["CVE-2024-6119"], "high", "Security: possible denial of service in the check of X.509 names."),
  security(
    "rsync",
    "3.2.7-1+deb12u2",
    ["CVE-2024-12084", "CVE-2024-12085", "CVE-2024-12086", "CVE-2024-12087", "CVE-2024-12088", "CVE-2024-12747"],
    "high",
    "Security: heap overflow in the daemon's checksum handling and five further flaws.",
  ),
  security(
    "git",
    "1:2.39.5-0+deb12u1",
    ["CVE-2023-25652", "CVE-2023-25815", "CVE-2023-29007", "CVE-2024-32002", "CVE-2024-32004"],
    "medium",
    "Security: code execution while cloning, and further flaws.",
  ),
  security(
    "postgresql-15",
    "15.10-0+deb12u1",
    ["CVE-2024-10976", "CVE-2024-10977", "CVE-2024-10978", "CVE-2024-10979"],
    "medium",
    "New upstream release with security fixes; corrects a regression of 15.9.",
  ),
  security(
    "python3.11",
    "3.11.2-6+deb12u3",
    ["CVE-2024-0397", "CVE-2024-4032", "CVE-2024-8088"],
    "medium",
    "Security: denial of service in zipfile, and two further flaws.",
  ),
  {
    source: SHOP.name,
    to: SHOP.to,
    origin: SHOP.vendor,
    label: "shop",
    suite: "stable",
    security: true,
    cves: ["CVE-2024-6119"],
    urgency: "high",
    changelog: "Linked against OpenSSL 3.0.14 with the fix for CVE-2024-6119. New router (fictional package of the demo).",
  },
];

export const packagesOf = (role: Role): readonly SimulatedPackage[] => [...BASE, ...OF_ROLE[role]];
export const updateOf = (source: string): SimulatedUpdate | undefined => UPDATES.find((u) => u.source === source);
