import type { MatchPackage } from "../source.ts";

/**
 * Reads dpkg's status file: stanzas separated by empty lines, fields that may go on in indented lines. Only packages whose
 * files are on the machine count: "config-files" and "not-installed" are left out.
 */
export function readDpkgStatus(text: string, distribution: string): MatchPackage[] {
  const packages: MatchPackage[] = [];
  for (const stanza of text.split(/\n(?:[ \t]*\n)+/)) {
    const fields = fieldsOf(stanza);
    const name = fields.get("package");
    const version = fields.get("version");
    const state = (fields.get("status") ?? "").split(/\s+/)[2] ?? "";
    if (!name || !version || state === "config-files" || state === "not-installed") continue;
    const source = /^(\S+)(?:\s+\(([^)]+)\))?$/.exec(fields.get("source") ?? "");
    packages.push({
      ecosystem: "deb",
      name,
      version,
      architecture: fields.get("architecture") ?? "",
      sourceName: source?.[1] ?? name,
      sourceVersion: source?.[2] ?? version,
      vendor: fields.get("origin") ?? "",
      distribution,
    });
  }
  return packages;
}

function fieldsOf(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of stanza.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0 && line[0] !== " " && line[0] !== "\t") fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return fields;
}
