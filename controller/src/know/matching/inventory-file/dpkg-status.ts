import type { MatchPackage } from "../source.ts";
import type { LeftOut } from "./reading.ts";

/**
 * Reads dpkg's status file: stanzas separated by empty lines, fields that may go on in indented lines. Only packages whose
 * files are on the machine count: "config-files" and "not-installed" are passed over.
 */
export function* readDpkgStatus(text: string, distribution: string): Generator<MatchPackage | LeftOut> {
  for (const stanza of text.split(/\r?\n(?:[ \t]*\r?\n)+/)) {
    if (stanza.trim() === "") continue;
    const fields = fieldsOf(stanza);
    const name = fields.get("package") ?? "";
    const version = fields.get("version") ?? "";
    const state = (fields.get("status") ?? "").split(/\s+/)[2] ?? "";
    if (state === "config-files" || state === "not-installed") continue;
    if (name === "") {
      yield { record: stanza.slice(0, 100), reason: "the stanza names no package" };
      continue;
    }
    const source = /^(\S+)(?:\s+\(([^)]+)\))?$/.exec(fields.get("source") ?? "");
    yield {
      ecosystem: "deb",
      name,
      version,
      architecture: fields.get("architecture") ?? "",
      sourceName: source?.[1] ?? name,
      sourceVersion: source?.[2] ?? version,
      vendor: fields.get("origin") ?? "",
      distribution,
    };
  }
}

function fieldsOf(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of stanza.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon > 0 && line[0] !== " " && line[0] !== "\t") fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return fields;
}
