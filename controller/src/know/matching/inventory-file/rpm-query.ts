import type { MatchPackage } from "../source.ts";

/** Reads `rpm -qa --queryformat` output: name, epoch, version, release, arch and source rpm, tab separated, a line a package. */
export function readRpmQuery(text: string, distribution: string): MatchPackage[] {
  return text.split("\n").flatMap((line) => {
    const [name, epoch, version, release, architecture = "", sourceRpm = ""] = line.split("\t");
    if (!name || epoch === undefined || !version || !release) return [];
    const evr = `${epoch === "(none)" || epoch === "" ? "0" : epoch}:${version}-${release}`;
    const source = /^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$/.exec(sourceRpm.trim());
    return [
      {
        ecosystem: "rpm",
        name,
        version: evr,
        architecture,
        sourceName: source?.[1] ?? name,
        sourceVersion: source?.[2] ?? evr,
        vendor: "",
        distribution,
      },
    ];
  });
}
