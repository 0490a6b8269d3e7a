import { redHatReleaseOf } from "../red-hat-stream.ts";
import { releaseOf } from "../release.ts";

/** Where an OSV ecosystem applies. */
export interface Place {
  /** "debian:12"; "" for packages that belong to no operating system's release. */
  readonly distribution: string;
  readonly ecosystem: string;
  /** "" or the paid channel in which its fixes are to be had: "esm" (Ubuntu Pro), "ltss" (SUSE). */
  readonly channel: string;
}

/** OSV's ecosystems of whole operating systems, with the id that os-release(5) uses and the package format. */
const SYSTEMS: Readonly<Record<string, { readonly id: string; readonly ecosystem: string }>> = {
  Debian: { id: "debian", ecosystem: "deb" },
  Ubuntu: { id: "ubuntu", ecosystem: "deb" },
  Alpine: { id: "alpine", ecosystem: "apk" },
  Wolfi: { id: "wolfi", ecosystem: "apk" },
  Chainguard: { id: "chainguard", ecosystem: "apk" },
  AlmaLinux: { id: "almalinux", ecosystem: "rpm" },
  "Rocky Linux": { id: "rocky", ecosystem: "rpm" },
  "Red Hat": { id: "rhel", ecosystem: "rpm" },
  SUSE: { id: "sles", ecosystem: "rpm" },
  openSUSE: { id: "opensuse-leap", ecosystem: "rpm" },
  Mageia: { id: "mageia", ecosystem: "rpm" },
  "Photon OS": { id: "photon", ecosystem: "rpm" },
  "Azure Linux": { id: "azurelinux", ecosystem: "rpm" },
  openEuler: { id: "openeuler", ecosystem: "rpm" },
};

/** Ecosystems whose packages belong to no release of an operating system. */
const LANGUAGES: Readonly<Record<string, string>> = {
  npm: "npm",
  "crates.io": "cargo",
  PyPI: "pypi",
  Maven: "maven",
  RubyGems: "gem",
  NuGet: "nuget",
  Go: "go",
  Packagist: "packagist",
  Hex: "hex",
  Pub: "pub",
  Hackage: "hackage",
  CRAN: "cran",
  Julia: "julia",
  SwiftURL: "swift",
  Bitnami: "bitnami",
  Homebrew: "homebrew",
  opam: "opam",
};

/** Products of SUSE's own that carry parts of a SUSE Linux Enterprise release. */
const SUSE_PRODUCT =
  /^Linux Enterprise (?:Server|Desktop|High Performance Computing|Module|Workstation Extension|High Availability Extension|Software Development Kit|Live Patching|Real Time).*? (\d+)(?: SP(\d))?(-[A-Z]+)?$/;
const MAX_SERVICE_PACK = 9;

/**
 * Where an OSV ecosystem applies: "Debian:12" is "debian:12" and deb packages; npm is any system. Empty for ecosystems that
 * we cannot match (an operating system without its release says nothing about one).
 * @see https://ossf.github.io/osv-schema/#defined-ecosystems
 */
export function placesOf(osvEcosystem: string): Place[] {
  const colon = osvEcosystem.indexOf(":");
  const name = colon < 0 ? osvEcosystem : osvEcosystem.slice(0, colon);
  const release = colon < 0 ? "" : osvEcosystem.slice(colon + 1);
  const language = LANGUAGES[name];
  if (language) return [{ distribution: "", ecosystem: language, channel: "" }];
  const system = SYSTEMS[name];
  if (!system) return [];
  return releasesOf(name, system.id, release).map((r) => ({ ...r, ecosystem: system.ecosystem }));
}

function releasesOf(name: string, id: string, release: string): Pick<Place, "distribution" | "channel">[] {
  switch (name) {
    case "Ubuntu": {
      // "22.04:LTS", "Pro:18.04:LTS"; "Pro:FIPS:20.04:LTS" is another build of the same name.
      const match = /^(Pro:)?(\d+\.\d+)(?::LTS)?$/.exec(release);
      return match?.[2] ? [{ distribution: `ubuntu:${match[2]}`, channel: match[1] ? "esm" : "" }] : [];
    }
    case "SUSE": {
      const match = SUSE_PRODUCT.exec(release);
      if (!match?.[1]) return [];
      const channel = /LTSS|ESPOS/.test(release) ? "ltss" : "";
      // A module of no service pack is part of all of them.
      const packs = match[2] ? [match[2]] : Array.from({ length: MAX_SERVICE_PACK + 1 }, (_, sp) => String(sp));
      return packs.map((sp) => ({ distribution: `sles:${match[1]}.${sp}`, channel }));
    }
    case "openSUSE": {
      if (release === "Tumbleweed") return [{ distribution: "opensuse-tumbleweed:", channel: "" }];
      const match = /^Leap (\d+\.\d+)$/.exec(release);
      return match?.[1] ? [{ distribution: `opensuse-leap:${match[1]}`, channel: "" }] : [];
    }
    case "Red Hat": {
      const distribution = redHatReleaseOf(`cpe:/o:redhat:${release}`);
      return distribution ? [{ distribution, channel: "" }] : [];
    }
    default: {
      const distribution = releaseOf(id, release);
      return distribution ? [{ distribution, channel: "" }] : [];
    }
  }
}
