import { placesOf } from "../osv/ecosystem.ts";
import { readRelease } from "../release.ts";

/** Where a definition applies. */
export interface System {
  readonly distribution: string;
  /** "" or the paid channel in which its fixes are to be had. */
  readonly channel: string;
}

/** How publishers write their systems' names, with the id that os-release(5) uses. */
const PRODUCTS: readonly (readonly [RegExp, string])[] = [
  [/\bRed Hat Enterprise Linux(?: (?:Server|Workstation|Client|ComputeNode))*(?: version)? (\d+)/i, "rhel"],
  [/\bAlmaLinux(?: OS)? (\d+)/i, "almalinux"],
  [/\bRocky Linux (\d+)/i, "rocky"],
  [/\bOracle Linux (\d+)/i, "ol"],
  [/\bCentOS(?: Linux| Stream)? (\d+)/i, "centos"],
  [/\bAmazon Linux (\d+)/i, "amzn"],
  [/\bUbuntu (\d+\.\d+)/i, "ubuntu"],
  [/\bDebian(?: GNU\/Linux)? (\d+)/i, "debian"],
  [/\b(?:Azure Linux|CBL-Mariner) (\d+(?:\.\d+)?)/i, "azurelinux"],
  [/\bPhoton(?: OS)? (\d+(?:\.\d+)?)/i, "photon"],
  [/\bopenEuler (\d+\.\d+)/i, "openeuler"],
];

/** The releases that a name means: "SUSE Linux Enterprise Server 15 SP5-LTSS", "Check that Ubuntu 22.04 LTS (jammy) is installed"; none for other products. */
export function systemsOf(text: string): readonly System[] {
  const suse = /\b(openSUSE|SUSE)\s+((?:Leap|Tumbleweed|Linux Enterprise)\b.*?)(?:\s+is installed\b.*)?$/.exec(text);
  if (suse) return placesOf(`${suse[1]}:${suse[2]}`).map(({ distribution, channel }) => ({ distribution, channel }));
  for (const [pattern, id] of PRODUCTS) {
    const version = pattern.exec(text)?.[1];
    const distribution = version && readRelease(`${id}:${version}`);
    if (distribution) return [{ distribution, channel: "" }];
  }
  return [];
}

/** The release that a build is marked for, where a document says its system's name alone. */
export function systemOfBuild(version: string): readonly System[] {
  const mark = /\.(?:azl|cm)(\d+)$/.exec(version)?.[1];
  return mark ? [{ distribution: readRelease(`azurelinux:${mark}.0`), channel: "" }] : [];
}
