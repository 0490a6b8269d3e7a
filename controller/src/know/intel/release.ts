/**
 * Names of operating systems' releases, one spelling each: "debian:12", "ubuntu:22.04", "alpine:3.18", "sles:15.6". Feeds,
 * inventories and package URLs spell them in many ways; an advisory applies only where both come out the same.
 */

/** Other names of the ids that os-release(5) uses. Members of the SUSE Linux Enterprise family share their packages. */
const SAME_SYSTEM: Readonly<Record<string, string>> = {
  alma: "almalinux",
  "rocky-linux": "rocky",
  rockylinux: "rocky",
  redhat: "rhel",
  "red-hat": "rhel",
  suse: "sles",
  sled: "sles",
  sles_sap: "sles",
  "sles-sap": "sles",
  sle_hpc: "sles",
  "sle-hpc": "sles",
  opensuse: "opensuse-leap",
  "opensuse.leap": "opensuse-leap",
  "opensuse.tumbleweed": "opensuse-tumbleweed",
  amazon: "amzn",
  oracle: "ol",
  oraclelinux: "ol",
  openeuler: "openeuler",
  mariner: "azurelinux",
};

/** How many parts of a version name a release; the others count points within it. */
const RELEASE_PARTS: Readonly<Record<string, number>> = {
  debian: 1,
  raspbian: 1,
  almalinux: 1,
  rocky: 1,
  rhel: 1,
  centos: 1,
  ol: 1,
  fedora: 1,
  amzn: 1,
  mageia: 1,
  ubuntu: 2,
  alpine: 2,
  sles: 2,
  "opensuse-leap": 2,
  azurelinux: 2,
  photon: 2,
  openeuler: 2,
};
/** Systems that have no releases. */
const ROLLING = new Set(["wolfi", "chainguard", "opensuse-tumbleweed", "arch"]);

/** Code names are what repositories and some package URLs call a release. @see https://www.debian.org/releases/ */
const CODE_NAMES: Readonly<Record<string, string>> = {
  ...{ jessie: "debian:8", stretch: "debian:9", buster: "debian:10", bullseye: "debian:11", bookworm: "debian:12", trixie: "debian:13" },
  ...{ forky: "debian:14", trusty: "ubuntu:14.04", xenial: "ubuntu:16.04", bionic: "ubuntu:18.04", focal: "ubuntu:20.04" },
  ...{ jammy: "ubuntu:22.04", noble: "ubuntu:24.04", plucky: "ubuntu:25.04", questing: "ubuntu:25.10" },
  ...{ resolute: "ubuntu:26.04", oracular: "ubuntu:24.10", mantic: "ubuntu:23.10", lunar: "ubuntu:23.04", kinetic: "ubuntu:22.10" },
  ...{
    impish: "ubuntu:21.10",
    hirsute: "ubuntu:21.04",
    groovy: "ubuntu:20.10",
    eoan: "ubuntu:19.10",
    disco: "ubuntu:19.04",
    cosmic: "ubuntu:18.10",
  },
  ...{
    artful: "ubuntu:17.10",
    zesty: "ubuntu:17.04",
    yakkety: "ubuntu:16.10",
    wily: "ubuntu:15.10",
    vivid: "ubuntu:15.04",
    utopic: "ubuntu:14.10",
  },
  ...{ precise: "ubuntu:12.04" },
};

/** The id of an operating system in its one spelling. */
export function systemId(name: string): string {
  const id = name.trim().toLowerCase().replaceAll(" ", "-");
  return SAME_SYSTEM[id] ?? id;
}

/** The release that an id and a version name; "" when they name none. */
export function releaseOf(name: string, version: string): string {
  const id = systemId(name);
  if (!/^[a-z][a-z0-9._-]*$/.test(id)) return "";
  if (ROLLING.has(id)) return `${id}:`;
  const text = version
    .trim()
    .toLowerCase()
    .replace(/^v(?=\d)/, "");
  if (id === "alpine" && (text === "edge" || text.includes("_alpha"))) return "alpine:edge";
  const byName = CODE_NAMES[text];
  if (byName?.startsWith(`${id}:`)) return byName;
  const servicePack = /^(\d+)[ -]?sp(\d+)/.exec(text);
  if (id === "sles" && servicePack) return `sles:${servicePack[1]}.${servicePack[2]}`;
  const numbers = /^\d+(?:\.\d+)*/.exec(text)?.[0].split(".");
  if (!numbers) return "";
  // Before Debian 7 the second number named the release: 3.0 and 3.1 are two.
  const parts = id === "debian" && Number(numbers[0]) < 4 ? 2 : (RELEASE_PARTS[id] ?? 2);
  const kept = numbers.slice(0, parts);
  if (id === "azurelinux" || id === "sles") while (kept.length < parts) kept.push("0");
  return `${id}:${kept.join(".")}`;
}

/** The release that "debian:12", "debian-12.5", "ubuntu:22.04", "bookworm" or "alpine-3.18.4" names; "" when it names none. */
export function readRelease(text: string): string {
  const plain = text.trim().toLowerCase();
  const byName = CODE_NAMES[plain];
  if (byName) return byName;
  const colon = plain.indexOf(":");
  if (colon > 0) return releaseOf(plain.slice(0, colon), plain.slice(colon + 1));
  const match = /^(.*?)-(v?\d[\w.]*|edge|[a-z]+)$/.exec(plain);
  if (match?.[1] && match[2]) return releaseOf(match[1], match[2]) || releaseOf(plain, "");
  return releaseOf(plain, "");
}
