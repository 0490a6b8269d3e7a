import { formatInstant } from "@breakwater/shared/core";
import { printable } from "../printable.ts";
import { elements, members } from "./json-pieces.ts";
import { type SbomContent, type SbomEndpoint, type SbomPackage, UNKNOWN_LICENCE } from "./model.ts";

/** SPDX 2.3 in JSON: packages once, endpoints as packages that contain them. @see https://spdx.github.io/spdx-spec/v2.3/ */
export async function* writeSpdx(content: SbomContent): AsyncGenerator<string> {
  const { subject, uuid, at, toolVersion } = content.head;
  const head = {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name: line(subject) || "unnamed",
    documentNamespace: `urn:uuid:${uuid}`,
    // Seconds at most: the specification allows no fraction.
    creationInfo: { created: formatInstant(at).replace(/\.\d+Z$/, "Z"), creators: [`Tool: breakwater-${toolVersion}`] },
  };
  yield `{${members(head)},"packages":[`;
  let some = false;
  for await (const piece of elements(content.packages(), spdxPackage)) {
    some = true;
    yield piece;
  }
  const ids = new Set<string>();
  for await (const endpoint of content.endpoints()) {
    ids.add(endpoint.id);
    yield `${some ? "," : ""}\n${JSON.stringify(spdxEndpoint(endpoint))}`;
    some = true;
  }
  yield '\n],"relationships":[';
  some = false;
  for await (const { id, packageRefs, complete, inventoryAt } of content.endpoints()) {
    if (!ids.has(id)) continue;
    const lines = [
      relationship("SPDXRef-DOCUMENT", "DESCRIBES", spdxId(id)),
      ...packageRefs.map((ref) => relationship(spdxId(id), "CONTAINS", spdxId(ref))),
      // There may be more, and nobody says whether: clause 11.1 of the specification.
      ...(complete && inventoryAt !== null ? [] : [relationship(spdxId(id), "CONTAINS", "NOASSERTION")]),
    ];
    yield `${some ? "," : ""}\n${lines.join(",\n")}`;
    some = true;
  }
  // A document says what it describes, also where that is nothing or has gone while it was written.
  if (!some) yield `\n${relationship("SPDXRef-DOCUMENT", "DESCRIBES", ids.size === 0 ? "NONE" : "NOASSERTION")}`;
  yield "\n]}\n";
}

/** Letters, digits, dots and dashes are all that an id may have. */
const spdxId = (ref: string): string => `SPDXRef-${ref.replace(/[^A-Za-z0-9.-]/g, "-")}`;

/** Most fields are a single line of text. */
const line = (text: string): string => printable(text).trim();

const relationship = (spdxElementId: string, relationshipType: string, relatedSpdxElement: string): string =>
  JSON.stringify({ spdxElementId, relationshipType, relatedSpdxElement });

const unknown = {
  downloadLocation: "NOASSERTION",
  filesAnalyzed: false,
  licenseConcluded: UNKNOWN_LICENCE,
  licenseDeclared: UNKNOWN_LICENCE,
  copyrightText: "NOASSERTION",
};

const spdxPackage = (p: SbomPackage) => ({
  SPDXID: spdxId(p.ref),
  name: line(p.name),
  ...(p.version === "" ? {} : { versionInfo: line(p.version) }),
  supplier: line(p.vendor) === "" ? "NOASSERTION" : `Organization: ${line(p.vendor)}`,
  ...unknown,
  sourceInfo: line(`built from the source package ${p.sourceName} ${p.sourceVersion}`),
  ...(p.purl === null ? {} : { externalRefs: [{ referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator: p.purl }] }),
});

const spdxEndpoint = (e: SbomEndpoint) => ({
  SPDXID: spdxId(e.id),
  name: line(e.hostname) || e.id,
  versionInfo: line(`${e.os.id} ${e.os.version}`),
  supplier: "NOASSERTION",
  ...unknown,
  primaryPackagePurpose: "DEVICE",
  comment:
    e.inventoryAt === null
      ? "Its inventory was never taken: what is installed is unknown."
      : `${line(e.os.name)}, as of ${e.inventoryAt}.${e.complete ? "" : " Some of it could not be looked at: the list may be incomplete."}`,
});
