/**
 * Paragraphs of a Debian control file (deb822(5)), one at a time. Continuation lines are joined with "\n". Only the
 * wanted fields are kept, which keeps a status file of some thousand packages small in memory.
 */
export function* paragraphs(text: string, wanted: ReadonlySet<string>): Generator<Record<string, string>> {
  let fields: Record<string, string> = {};
  let current: string | undefined;
  let any = false;
  for (let start = 0; start <= text.length; ) {
    let end = text.indexOf("\n", start);
    if (end < 0) end = text.length;
    const line = text.slice(start, end);
    start = end + 1;
    if (line.trim() === "") {
      if (any) yield fields;
      fields = {};
      current = undefined;
      any = false;
    } else if (line.startsWith(" ") || line.startsWith("\t")) {
      if (current !== undefined) fields[current] += `\n${line.trim()}`;
    } else if (!line.startsWith("#")) {
      const colon = line.indexOf(":");
      const name = line.slice(0, colon);
      any = true;
      current = wanted.has(name) ? name : undefined;
      if (current !== undefined) fields[current] = line.slice(colon + 1).trim();
    }
  }
  if (any) yield fields;
}
