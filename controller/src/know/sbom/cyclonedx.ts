import { formatInstant } from "@breakwater/shared/core";
import { elements, members } from "./json-pieces.ts";
import { type SbomContent, type SbomEndpoint, type SbomPackage, UNKNOWN_LICENCE } from "./model.ts";

/** CycloneDX 1.6 in JSON: packages once, endpoints as devices that depend on them. @see https://cyclonedx.org/docs/1.6/json/ */
export async function* writeCycloneDx(content: SbomContent): AsyncGenerator<string> {
  const { subject, uuid, at, toolVersion } = content.head;
  const head = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${uuid}`,
    version: 1,
    metadata: {
      timestamp: formatInstant(at),
      lifecycles: [{ phase: "operations" }],
      tools: { components: [{ type: "application", name: "breakwater", version: toolVersion }] },
      component: { type: "platform", "bom-ref": "subject", name: subject },
    },
  };
  yield `{${members(head)},"components":[`;
  let some = false;
  for await (const piece of elements(content.packages(), component)) {
    some = true;
    yield piece;
  }
  // What endpoints depend on is told behind their list: kept are their ids alone.
  const incomplete = new Set<string>();
  const ids = new Set<string>();
  for await (const endpoint of content.endpoints()) {
    ids.add(endpoint.id);
    if (!endpoint.complete || endpoint.inventoryAt === null) incomplete.add(endpoint.id);
    yield `${some ? "," : ""}\n${JSON.stringify(device(endpoint))}`;
    some = true;
  }
  yield `\n],"dependencies":[\n${JSON.stringify({ ref: "subject", dependsOn: [...ids] })}`;
  for await (const endpoint of content.endpoints())
    if (ids.has(endpoint.id)) yield `,\n${JSON.stringify({ ref: endpoint.id, dependsOn: endpoint.packageRefs })}`;
  const whole = [...ids].filter((id) => !incomplete.has(id));
  const compositions = [
    ...(whole.length > 0 ? [{ aggregate: "complete", dependencies: whole }] : []),
    ...(incomplete.size > 0 ? [{ aggregate: "unknown", dependencies: [...incomplete] }] : []),
  ];
  yield `\n],${members({ compositions })}}\n`;
}

/** The longest that the schema takes. */
const MAX_VERSION = 1_024;

/** A version that is unknown is left out; one that the schema does not take is told as a property: cut short it would be another. */
const versionOf = (version: string) => (version === "" || version.length > MAX_VERSION ? {} : { version });
const longVersion = (version: string) => (version.length > MAX_VERSION ? [{ name: "breakwater:version", value: version }] : []);

const component = (p: SbomPackage) => ({
  type: "library",
  "bom-ref": p.ref,
  ...(p.vendor === "" ? {} : { supplier: { name: p.vendor } }),
  name: p.name,
  ...versionOf(p.version),
  licenses: [{ license: { name: UNKNOWN_LICENCE } }],
  ...(p.purl === null ? {} : { purl: p.purl }),
  properties: [
    ...longVersion(p.version),
    { name: "breakwater:source:name", value: p.sourceName },
    { name: "breakwater:source:version", value: p.sourceVersion },
  ],
});

const device = (e: SbomEndpoint) => ({
  type: "device",
  "bom-ref": e.id,
  name: e.hostname || e.id,
  components: [{ type: "operating-system", name: e.os.id, ...versionOf(e.os.version), description: e.os.name }],
  properties: [
    ...longVersion(e.os.version),
    { name: "breakwater:inventory", value: e.inventoryAt ?? "never taken: what is installed is unknown" },
  ],
});
