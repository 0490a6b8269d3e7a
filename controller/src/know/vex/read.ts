import { fail, ok, type Problem, type Result } from "@breakwater/shared/core";
import type { z } from "zod";
import { isUnfit, printable } from "../printable.ts";
import { Csaf, readCsaf } from "./read-csaf.ts";
import { CycloneDxVex, readCycloneDxVex } from "./read-cyclonedx.ts";
import { OpenVex, readOpenVex } from "./read-openvex.ts";
import { MAX_STATEMENTS, MAX_VEX_BYTES, type VexDocument } from "./statement.ts";

/** Places that a refusal names. */
const MAX_NAMED = 5;

/** Reads a VEX document, whatever of OpenVEX, CSAF and CycloneDX it is. A malformed one is refused as a whole, with place and reason. */
export function readVex(text: string): Result<VexDocument> {
  if (Buffer.byteLength(text) > MAX_VEX_BYTES) return fail(malformed(`it has more than ${MAX_VEX_BYTES} bytes`));
  let json: unknown;
  try {
    json = JSON.parse(text.startsWith("\ufeff") ? text.slice(1) : text);
  } catch (cause) {
    return fail(malformed(`it is no JSON: ${cause instanceof Error ? cause.message.slice(0, 200) : String(cause)}`));
  }
  const dispatched = dispatch(json);
  if (!dispatched.ok) return dispatched;
  const document = ok(withFitNames(dispatched.value));
  const { statements, leftOut, author } = document.value;
  if (author.trim() === "") return fail(malformed("it names no author, so that nobody can believe it"));
  if (statements.length + leftOut.length > MAX_STATEMENTS) return fail(malformed(`it has more than ${MAX_STATEMENTS} statements`));
  if (statements.length === 0)
    return fail(
      malformed(
        `none of its statements can be used; ${leftOut
          .slice(0, MAX_NAMED)
          .map((l) => `${l.place}: ${l.reason}`)
          .join("; ")}`,
      ),
    );
  return document;
}

/** What names something by control characters names nothing; what it says of itself otherwise is for people to read. */
function withFitNames(document: VexDocument): VexDocument {
  const fit = ({ vulnerabilityId, purl }: VexDocument["statements"][number]) => !isUnfit(`${vulnerabilityId}${purl}`);
  const unfit = document.statements.filter((s) => !fit(s));
  return {
    ...document,
    author: printable(document.author),
    statements: document.statements.filter(fit),
    leftOut: [
      ...document.leftOut.map(({ place, reason }) => ({ place: printable(place), reason: printable(reason) })),
      ...unfit.map(({ place, purl }) => ({
        place,
        reason: `the vulnerability or ${printable(purl.slice(0, 200))} has control characters or invisible ones`,
      })),
    ],
  };
}

function dispatch(json: unknown): Result<VexDocument> {
  const keys: Readonly<Record<string, unknown>> = typeof json === "object" && json !== null && !Array.isArray(json) ? { ...json } : {};
  if (typeof keys["@context"] === "string") return parsed("OpenVEX", OpenVex, json, readOpenVex);
  if (keys.bomFormat === "CycloneDX") return parsed("CycloneDX", CycloneDxVex, json, readCycloneDxVex);
  if ("document" in keys) return parsed("CSAF", Csaf, json, readCsaf);
  return fail(malformed("it is neither OpenVEX (@context) nor CSAF (document) nor CycloneDX (bomFormat)"));
}

function parsed<T extends z.ZodType>(
  name: string,
  shape: T,
  json: unknown,
  read: (value: z.output<T>) => VexDocument,
): Result<VexDocument> {
  const result = shape.safeParse(json);
  if (result.success) return ok(read(result.data));
  const places = result.error.issues.slice(0, MAX_NAMED).map((issue) => `${placeOf(issue.path)}: ${issue.message}`);
  const more = result.error.issues.length - places.length;
  return fail(malformed(`as ${name} it is wrong at ${places.join("; ")}${more > 0 ? `; and ${more} more` : ""}`));
}

const placeOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`),
    "",
  ) || "the document";

const malformed = (why: string): Problem => ({
  code: "bad-vex",
  message: `The VEX document cannot be used: ${printable(why)}.`,
  next: "Mend the named places, or ask its author; nothing of it was taken in.",
});
