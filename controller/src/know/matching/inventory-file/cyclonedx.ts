import { PackageURL } from "packageurl-js";
import { z } from "zod";
import type { MatchPackage } from "../source.ts";

interface Component {
  readonly purl?: string | undefined;
  readonly components?: readonly Component[] | undefined;
}
const Component: z.ZodType<Component> = z.lazy(() => z.object({ purl: z.string().optional(), components: z.array(Component).optional() }));

export const CycloneDx = z.object({ bomFormat: z.literal("CycloneDX"), components: z.array(Component).default([]) });

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
};
/** Components may be nested; deeper than this no tool nests them. */
const MAX_DEPTH = 32;

/** Packages of a CycloneDX document, by purl. `distribution` is used where a system package does not name its own. */
export function readCycloneDx(bom: z.infer<typeof CycloneDx>, distribution: string): MatchPackage[] {
  return flatten(bom.components, 0).flatMap((component) => (component.purl ? packageOf(component.purl, distribution) : []));
}

const flatten = (components: readonly Component[], depth: number): Component[] =>
  depth > MAX_DEPTH ? [] : components.flatMap((c) => [c, ...flatten(c.components ?? [], depth + 1)]);

function packageOf(text: string, distribution: string): MatchPackage[] {
  let purl: PackageURL;
  try {
    purl = PackageURL.fromString(text);
  } catch {
    return [];
  }
  const ecosystem = ECOSYSTEMS[purl.type];
  if (!ecosystem || !purl.version) return [];
  const qualifiers: Readonly<Record<string, string | undefined>> = { ...purl.qualifiers };
  const name =
    ecosystem === "maven"
      ? `${purl.namespace}:${purl.name}`
      : ecosystem === "npm" && purl.namespace
        ? `${purl.namespace}/${purl.name}`
        : purl.name;
  const version = qualifiers.epoch && !purl.version.includes(":") ? `${qualifiers.epoch}:${purl.version}` : purl.version;
  const [sourceName, sourceVersion] = (qualifiers.upstream ?? "").split("@");
  return [
    {
      ecosystem,
      name,
      version,
      architecture: qualifiers.arch ?? "",
      sourceName: sourceName || name,
      sourceVersion: sourceVersion || version,
      vendor: "",
      distribution: distributionOf(qualifiers.distro) ?? distribution,
    },
  ];
}

/** "debian-12" or "debian-12.5" is "debian:12"; "ubuntu-22.04" keeps its two parts. Code names are not guessed. */
function distributionOf(distro: string | undefined): string | undefined {
  const match = /^([a-z]+)-(\d+(?:\.\d+)*)$/.exec(distro ?? "");
  if (!match?.[1] || !match[2]) return undefined;
  const [major = "", minor] = match[2].split(".");
  const parts = match[1] === "ubuntu" || match[1] === "alpine" ? 2 : 1;
  return `${match[1]}:${parts === 2 && minor ? `${major}.${minor}` : major}`;
}
