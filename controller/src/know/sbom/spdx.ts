import { formatInstant } from "@breakwater/shared/core";
import { elements, members } from "./json-pieces.ts";
import { type SbomContent, type SbomEndpoint, type SbomPackage, UNKNOWN_LICENCE } from "./model.ts";

/** SPDX 2.3 in JSON: packages once, endpoints as packages that contain them. @see https://spdx.github.io/spdx-spec/v2.3/ */
export async function* writeSpdx(content: SbomContent): AsyncGenerator<string> {
  const { subject, uuid, at, toolVersion } = content.head;
  const head = {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name: subject,
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
  for await (const { id, packageRefs } of content.endpoints()) {
    if (!ids.has(id)) continue;
    const lines = [
      relationship("SPDXRef-DOCUMENT", "DESCRIBES", spdxId(id)),
      ...packageRefs.map((ref) => relationship(spdxId(id), "CONTAINS", spdxId(ref))),
    ];
    yield `${some ? "," : ""}\n${lines.join(",\n")}`;
    some = true;
  }
  yield "\n]}\n";
}

/** Letters, digits, dots and dashes are all that an id may have. */
const spdxId = (ref: string): string => `SPDXRef-${ref.replace(/[^A-Za-z0-9.-]/g, "-")}`;

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
  name: p.name,
  versionInfo: p.version,
  supplier: p.vendor === "" ? "NOASSERTION" : `Organization: ${p.vendor}`,
  ...unknown,
  sourceInfo: `built from the source package ${p.sourceName} ${p.sourceVersion}`,
  ...(p.purl === null ? {} : { externalRefs: [{ referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator: p.purl }] }),
});

const spdxEndpoint = (e: SbomEndpoint) => ({
  SPDXID: spdxId(e.id),
  name: e.hostname,
  versionInfo: `${e.os.id} ${e.os.version}`,
  supplier: "NOASSERTION",
  ...unknown,
  primaryPackagePurpose: "DEVICE",
  comment:
    e.inventoryAt === null
      ? "Its inventory was never taken: what is installed is unknown."
      : `${e.os.name}, as of ${e.inventoryAt}.${e.complete ? "" : " Some of it could not be looked at: the list may be incomplete."}`,
});
