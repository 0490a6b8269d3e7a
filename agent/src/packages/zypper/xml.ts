/** What zypper writes with --xmlout: "<", ">", "&" and both quotes are escaped wherever they are no markup, so tags are told by sight. */
export interface Element {
  readonly attributes: Readonly<Record<string, string>>;
  /** What stands inside, as it is written. */
  readonly inside: string;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", apos: "'", quot: '"' };
export const decoded = (text: string): string => text.replace(/&(lt|gt|amp|apos|quot);/g, (whole, name) => ENTITIES[name] ?? whole);

/** Every element of a name that does not hold another one of that name. */
export function elements(xml: string, name: string): Element[] {
  const pattern = new RegExp(`<${name}((?:\\s+[\\w-]+=(?:"[^"]*"|'[^']*'))*)\\s*(?:/>|>([\\s\\S]*?)</${name}>)`, "g");
  return [...xml.matchAll(pattern)].map(([, attributes = "", inside = ""]) => ({
    attributes: Object.fromEntries(
      [...attributes.matchAll(/([\w-]+)=(?:"([^"]*)"|'([^']*)')/g)].map(([, key = "", a, b]) => [key, decoded(a ?? b ?? "")]),
    ),
    inside,
  }));
}

export const textOf = (xml: string, name: string): string => decoded(elements(xml, name)[0]?.inside ?? "").trim();

/** What zypper would have told a person: messages and problems, a line each as it is there, without its progress and its choices. */
export const plainText = (output: string): string =>
  output.startsWith("<?xml")
    ? decoded(output.replace(/<(?:progress|option)\b[^>]*>/g, "").replace(/<[^>]*>/g, ""))
        .split("\n")
        .filter((line) => line.trim() !== "")
        .join("\n")
    : output;
