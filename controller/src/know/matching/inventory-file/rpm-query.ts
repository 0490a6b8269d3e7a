import type { MatchPackage } from "../source.ts";
import type { LeftOut } from "./reading.ts";

/** Keys that rpm lists among the packages. */
const NO_PACKAGE = /^gpg-pubkey$/;

/**
 * Reads `rpm -qa --queryformat` output: name, epoch, version, release, arch and source rpm, tab separated, a line a package; a
 * seventh field is the module's label (%{MODULARITYLABEL}), an eighth the vendor.
 */
export function* readRpmQuery(text: string, distribution: string): Generator<MatchPackage | LeftOut> {
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === "") continue;
    const [name = "", epoch, version, release, architecture = "", sourceRpm = "", label = "", vendor = ""] = line
      .split("\t")
      .map((f) => f.trim());
    if (NO_PACKAGE.test(name)) continue;
    if (epoch === undefined || !version || !release) {
      yield { record: line.slice(0, 100), reason: "the line is no name, epoch, version, release, separated by tabs" };
      continue;
    }
    if (!/^(\d*|\(none\))$/.test(epoch)) {
      yield { record: line.slice(0, 100), reason: "the epoch is no number" };
      continue;
    }
    const evr = `${epoch === "(none)" || epoch === "" ? "" : `${epoch}:`}${version}-${release}`;
    yield {
      ecosystem: "rpm",
      name,
      version: evr,
      architecture,
      ...sourceRpmOf(sourceRpm, name, evr),
      vendor: vendor === "(none)" ? "" : vendor,
      distribution,
      ...moduleLabel(label),
    };
  }
}

/** "bash-5.1.8-6.el9.src.rpm" is bash and 5.1.8-6.el9; without one the package is its own source. */
export function sourceRpmOf(file: string, name: string, evr: string): Pick<MatchPackage, "sourceName" | "sourceVersion"> {
  const match = /^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$/.exec(file);
  return { sourceName: match?.[1] ?? name, sourceVersion: match?.[2] ?? evr };
}

/** "nodejs:16:8060020220523160029:ad008a3a" */
export function moduleLabel(label: string): Pick<MatchPackage, "module"> {
  const match = /^([^:\s]+):([^:\s]+)(?::|$)/.exec(label);
  return match?.[1] && match[2] ? { module: { name: match[1], stream: match[2] } } : {};
}
