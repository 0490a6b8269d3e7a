import { fail, ok, type Problem, type Result } from "@breakwater/shared/core";
import { type Document, isNode, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";

/** The largest fleet file, which every door to it asks: 200,000 endpoints with what is usually said of one fit as JSON without spaces. */
export const MAX_FLEET_FILE_BYTES = 16 * 1024 * 1024;
/** YAML is read some hundred times slower than JSON (4 s for the first MB): more would hold up everybody else. */
const MAX_YAML_BYTES = 1024 * 1024;
const MIB = 1024 * 1024;
const MAX_TOLD = 20;

/** Says where in the file something stands: "line 12", or the place in the data where lines were not counted. */
export type PlaceOf = (path: readonly PropertyKey[]) => string;

export const fleetFileProblem = (where: string, message: string): Problem => ({
  code: "fleet-file-invalid",
  message: `${where}: ${message}`,
  next: "Correct it there; nothing was changed.",
});

/** Reads a file's text by a schema. Each error names its line, where the text is small enough to count them. */
export function readFleetText<T>(text: string, schema: z.ZodType<T>): Result<{ file: T; placeOf: PlaceOf }> {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_FLEET_FILE_BYTES)
    return fail(
      tooLarge(bytes, MAX_FLEET_FILE_BYTES, "a fleet file", "Send it in parts: endpoints that a file does not name stay as they are."),
    );
  const json = jsonOf(text);
  if (json === undefined && bytes > MAX_YAML_BYTES)
    return fail(
      tooLarge(bytes, MAX_YAML_BYTES, "a fleet file in YAML", "Write it as JSON, which is read up to 16 MiB, or send it in parts."),
    );
  const yaml = bytes <= MAX_YAML_BYTES ? lazily(() => parseYaml(text)) : undefined;
  if (json === undefined) {
    const { document, lines } = (yaml ?? lazily(() => parseYaml(text)))();
    const [syntax] = document.errors;
    if (syntax) return fail(fleetFileProblem(`line ${lines.linePos(syntax.pos[0]).line}`, syntax.message));
  }
  const placeOf: PlaceOf = (path) => (yaml ? `line ${lineIn(yaml(), path)}` : path.join(".") || "the file");
  const parsed = schema.safeParse(json === undefined ? yaml?.().document.toJS({ maxAliasCount: 100 }) : json);
  if (parsed.success) return ok({ file: parsed.data, placeOf });
  const problems = parsed.error.issues.slice(0, MAX_TOLD).map((i) => `${placeOf(i.path)}: ${i.path.join(".")}: ${i.message}`);
  return fail({ code: "fleet-file-invalid", message: problems.join("\n"), next: "Correct these places; nothing was changed." });
}

const tooLarge = (bytes: number, limit: number, what: string, next: string): Problem => ({
  code: "fleet-file-too-large",
  message: `The file has ${(bytes / MIB).toFixed(1)} MiB, and ${what} may have ${limit / MIB} MiB. Nothing was changed.`,
  next,
});

/** undefined: it is no JSON, and is read as YAML, of which JSON is a part, so that an error has its line. */
function jsonOf(text: string): unknown {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface Yaml {
  readonly document: Document;
  readonly lines: LineCounter;
}

function parseYaml(text: string): Yaml {
  const lines = new LineCounter();
  return { document: parseDocument(text, { lineCounter: lines, prettyErrors: false }), lines };
}

function lazily<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** The line of the deepest part of the path that the file has. */
function lineIn({ document, lines }: Yaml, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}
