import { expectOk } from "@breakwater/shared/core";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Store } from "../../store/index.ts";
import { openTestStore } from "../../store/testing.ts";
import { createInventory } from "../inventory/index.ts";
import { readInventoryFile, writePurl } from "../matching/index.ts";
import { addEndpoint, testClock, wireComponent, wireInventory, wirePackage, wireScan } from "../testing.ts";
import { createSboms, SBOM_FORMATS } from "./index.ts";

let store: Store;
const clock = testClock();
let sboms: ReturnType<typeof createSboms>;
const textOf = async (pieces: AsyncGenerator<string>) => {
  let text = "";
  for await (const piece of pieces) text += piece;
  return text;
};

beforeAll(async () => {
  store = await openTestStore();
  sboms = createSboms({ store, clock, version: "0.1.0" });
  const inventory = createInventory({ store, clock });
  for (const id of ["ep_a", "ep_b", "ep_c", "ep_never"]) await addEndpoint(store, id);
  const packages = [
    wirePackage("curl", "7.88.1-10"),
    wirePackage("libcurl4", "7.88.1-10", { sourceName: "curl", sourceVersion: "7.88.1-10", vendor: "" }),
    wirePackage("vim", "2:9.0.1378-2", { status: "config-files" }),
  ];
  const components = [
    wireComponent("maven", "org.apache.logging.log4j:log4j-core", "2.14.1", "/opt/app.jar"),
    wireComponent("npm", "@babel/core", "7.0.0", "/srv/node_modules/@babel/core/package.json"),
    wireComponent("pypi", "requests", "2.28.1", "/usr/lib/python3/dist-packages/requests", { owner: "python3-requests" }),
  ];
  expectOk(await inventory.takeSnapshot("ep_a", wireInventory({ packages, components, componentScan: wireScan() }), "1"));
  const problems = [{ collector: "npm", code: "x", message: "could not look" }];
  expectOk(await inventory.takeSnapshot("ep_b", wireInventory({ packages: packages.slice(0, 1), problems }), "1"));
  expectOk(
    await inventory.takeSnapshot(
      "ep_c",
      wireInventory({ packages: packages.slice(0, 1), componentScan: wireScan(["/home", "unreadable"]) }),
      "1",
    ),
  );
});
afterAll(() => store.close());

/** What SPDX 2.3 asks of the parts that are written. @see https://spdx.github.io/spdx-spec/v2.3/ */
const ONE_LINE = /^[^\n\r]*$/;
const spdxId = z.string().regex(/^SPDXRef-[A-Za-z0-9.-]+$/);
const spdx = z.strictObject({
  ...{
    spdxVersion: z.literal("SPDX-2.3"),
    dataLicense: z.literal("CC0-1.0"),
    SPDXID: z.literal("SPDXRef-DOCUMENT"),
    name: z.string().min(1),
  },
  documentNamespace: z.string().regex(/^[a-z]+:[^#]+$/),
  creationInfo: z.strictObject({
    created: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    creators: z.array(z.string().regex(/^(Tool|Person|Organization): /)).min(1),
  }),
  packages: z.array(
    z.strictObject({
      ...{
        SPDXID: spdxId,
        name: z.string().min(1).regex(ONE_LINE),
        versionInfo: z.string().regex(ONE_LINE).optional(),
        supplier: z.string().regex(/^(NOASSERTION|Organization: \S.*)$/),
      },
      ...{ downloadLocation: z.literal("NOASSERTION"), filesAnalyzed: z.literal(false), licenseConcluded: z.literal("NOASSERTION") },
      ...{
        licenseDeclared: z.literal("NOASSERTION"),
        copyrightText: z.literal("NOASSERTION"),
        sourceInfo: z.string().optional(),
        comment: z.string().optional(),
      },
      primaryPackagePurpose: z.literal("DEVICE").optional(),
      externalRefs: z
        .array(
          z.strictObject({
            referenceCategory: z.literal("PACKAGE-MANAGER"),
            referenceType: z.literal("purl"),
            referenceLocator: z.string().startsWith("pkg:"),
          }),
        )
        .optional(),
    }),
  ),
  relationships: z.array(
    z.strictObject({
      spdxElementId: spdxId,
      relationshipType: z.enum(["DESCRIBES", "CONTAINS"]),
      relatedSpdxElement: z.union([spdxId, z.enum(["NONE", "NOASSERTION"])]),
    }),
  ),
});

describe("a bill of materials", () => {
  it("of one endpoint is valid CycloneDX 1.6, and matching reads the same packages out of it", async () => {
    const text = await textOf(expectOk(await sboms.ofEndpoint("ep_a", "cyclonedx")));
    expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text)).toBeNull();
    const { packages, leftOut } = expectOk(readInventoryFile(text, {}));
    expect(leftOut).toEqual([]);
    expect(packages).toEqual([
      expect.objectContaining({
        ecosystem: "deb",
        name: "curl",
        version: "7.88.1-10",
        architecture: "amd64",
        sourceName: "curl",
        distribution: "debian:12",
      }),
      expect.objectContaining({ name: "libcurl4", sourceName: "curl", sourceVersion: "7.88.1-10" }),
      expect.objectContaining({ ecosystem: "maven", name: "org.apache.logging.log4j:log4j-core", version: "2.14.1" }),
      expect.objectContaining({ ecosystem: "npm", name: "@babel/core", version: "7.0.0" }),
    ]);
    const bom = JSON.parse(text) as { serialNumber: string; metadata: object; components: { licenses?: unknown }[] };
    expect(bom.serialNumber).toMatch(/^urn:uuid:/);
    expect(bom.metadata).toMatchObject({ timestamp: "2026-03-02T08:00:00.000Z", tools: { components: [{ name: "breakwater" }] } });
    expect(bom.components[0]?.licenses).toEqual([{ license: { name: "NOASSERTION" } }]);
  });

  it("of the fleet lists each package once, and says of which endpoints it does not know all", async () => {
    const text = await textOf(sboms.ofFleet("cyclonedx"));
    expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text)).toBeNull();
    const bom = JSON.parse(text) as {
      components: { type: string; name: string }[];
      dependencies: { ref: string; dependsOn: string[] }[];
      compositions: unknown;
    };
    expect(bom.components.map((c) => `${c.type} ${c.name}`)).toEqual([
      "library curl",
      "library libcurl4",
      "library org.apache.logging.log4j:log4j-core",
      "library @babel/core",
      "device ep_a",
      "device ep_b",
      "device ep_c",
      "device ep_never",
    ]);
    expect(bom.dependencies.map((d) => `${d.ref} ${d.dependsOn.length}`)).toEqual([
      "subject 4",
      "ep_a 4",
      "ep_b 1",
      "ep_c 1",
      "ep_never 0",
    ]);
    expect(bom.compositions).toEqual([
      { aggregate: "complete", dependencies: ["ep_a"] },
      { aggregate: "unknown", dependencies: ["ep_b", "ep_c", "ep_never"] },
    ]);
  });

  it("keeps to SPDX 2.3, licences unknown, every relationship between things that are there", async () => {
    for (const text of [await textOf(sboms.ofFleet("spdx")), await textOf(expectOk(await sboms.ofEndpoint("ep_b", "spdx")))]) {
      const doc = spdx.parse(JSON.parse(text));
      const ids = new Set([doc.SPDXID, ...doc.packages.map((p) => p.SPDXID)]);
      expect(ids.size).toBe(doc.packages.length + 1);
      for (const r of doc.relationships)
        expect([ids.has(r.spdxElementId), ids.has(r.relatedSpdxElement) || r.relatedSpdxElement === "NOASSERTION"]).toEqual([true, true]);
      expect(doc.relationships.filter((r) => r.relationshipType === "DESCRIBES").length).toBeGreaterThan(0);
    }
  });

  it("in SPDX says of which endpoints more may be installed, and of a fleet of none that it describes nothing", async () => {
    const open = (text: string) => spdx.parse(JSON.parse(text)).relationships.filter((r) => !r.relatedSpdxElement.startsWith("SPDXRef-"));
    expect(
      open(await textOf(sboms.ofFleet("spdx"))).map((r) => `${r.spdxElementId} ${r.relationshipType} ${r.relatedSpdxElement}`),
    ).toEqual(["SPDXRef-ep-b CONTAINS NOASSERTION", "SPDXRef-ep-c CONTAINS NOASSERTION", "SPDXRef-ep-never CONTAINS NOASSERTION"]);
    const none = await openTestStore();
    const text = await textOf(createSboms({ store: none, clock, version: "0.1.0" }).ofFleet("spdx"));
    expect(open(text)).toEqual([{ spdxElementId: "SPDXRef-DOCUMENT", relationshipType: "DESCRIBES", relatedSpdxElement: "NONE" }]);
    await none.close();
  });

  it("keeps to both schemas whatever packages and hosts are called, and lists a jar of no known group without a package URL", async () => {
    const odd = await openTestStore();
    const long = `1.${"0".repeat(2_000)}`;
    await addEndpoint(odd, "ep_odd", { hostname: " two\nlines ", osVersion: "", osName: "Odd\r\nLinux" });
    const taken = await createInventory({ store: odd, clock }).takeSnapshot(
      "ep_odd",
      wireInventory({
        packages: [
          wirePackage("curl", "1", { vendor: "Some\nvendor <https://example.org>", sourceName: "a\nb", sourceVersion: "2\n3" }),
          wirePackage("long", long, { vendor: " " }),
        ],
        components: [
          wireComponent("maven", "commons-lang", "2.6", "/opt/commons-lang-2.6.jar"),
          wireComponent("npm", "left-pad", "", "/srv/x"),
        ],
        componentScan: wireScan(),
      }),
      "1",
    );
    expectOk(taken);
    const all = createSboms({ store: odd, clock, version: "0.1.0" });
    const text = await textOf(all.ofFleet("cyclonedx"));
    expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text)).toBeNull();
    type Component = { name: string; version?: string; purl?: string; properties: { name: string; value: string }[] };
    const { components } = JSON.parse(text) as { components: Component[] };
    const of = (name: string) => components.find((c) => c.name === name);
    expect(of("commons-lang")).toMatchObject({ version: "2.6" });
    expect(of("commons-lang")).not.toHaveProperty("purl");
    expect(of("left-pad")).not.toHaveProperty("version");
    // Too long for the schema: told whole beside it, never cut.
    expect(of("long")).not.toHaveProperty("version");
    expect(of("long")?.properties).toContainEqual({ name: "breakwater:version", value: long });
    const doc = spdx.parse(JSON.parse(await textOf(all.ofFleet("spdx"))));
    expect(doc.packages.map((p) => `${p.name} | ${p.supplier}`)).toEqual([
      "curl | Organization: Some vendor <https://example.org>",
      "long | NOASSERTION",
      "commons-lang | NOASSERTION",
      "left-pad | NOASSERTION",
      "two lines | NOASSERTION",
    ]);
    await odd.close();
  });

  it("is refused where nothing is known, which is not nothing installed", async () => {
    for (const format of SBOM_FORMATS)
      expect(await sboms.ofEndpoint("ep_never", format)).toMatchObject({ problem: { code: "inventory-missing" } });
    expect(await sboms.ofEndpoint("ep_nowhere", "spdx")).toMatchObject({ problem: { code: "endpoint-unknown" } });
  });
});

describe("a package URL of ours", () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9.+-]{0,12}$/);
  const version = fc
    .tuple(
      fc.option(fc.integer({ min: 1, max: 9 })),
      fc.stringMatching(/^[0-9][0-9a-z.+~]{0,8}$/),
      fc.stringMatching(/^[0-9][0-9a-z.+~]{0,5}$/),
    )
    .map(([epoch, v, r]) => `${epoch ? `${epoch}:` : ""}${v}-${r}`);
  it("names the same package when matching reads it", () => {
    const system = fc.record({
      ecosystem: fc.constantFrom(
        ["deb", "debian:12"],
        ["deb", "ubuntu:22.04"],
        ["rpm", "rhel:9"],
        ["rpm", "almalinux:9"],
        ["rpm", "sles:15.6"],
        ["apk", "alpine:3.20"],
      ),
      ...{ name: word, version, sourceName: word, architecture: fc.constantFrom("amd64", "all") },
    });
    fc.assert(
      fc.property(system, ({ ecosystem: [ecosystem = "", distribution = ""], ...p }) => {
        const pkg = { ...p, ecosystem, distribution, sourceVersion: p.version };
        const bom = { bomFormat: "CycloneDX", components: [{ type: "library", name: p.name, purl: writePurl(pkg) }] };
        const { packages, leftOut } = expectOk(readInventoryFile(JSON.stringify(bom), {}));
        expect(leftOut).toEqual([]);
        // The file name of a source rpm has no epoch.
        const { sourceVersion, ...rest } = pkg;
        expect(packages[0]).toMatchObject(ecosystem === "rpm" && p.name !== p.sourceName ? rest : { ...rest, sourceVersion });
      }),
    );
  });

  it("keeps the namespaces of language packages, and is none for a format that has no type", () => {
    const of = (ecosystem: string, name: string) =>
      writePurl({ ...{ ecosystem, name, version: "1.0.0", architecture: "", sourceName: name, sourceVersion: "1.0.0", distribution: "" } });
    expect([
      of("npm", "@types/node"),
      of("maven", "org.slf4j:slf4j-api"),
      of("go", "golang.org/x/net"),
      of("pypi", "requests"),
      of("floppy", "x"),
      of("maven", "commons-lang"),
    ]).toEqual([
      "pkg:npm/%40types/node@1.0.0",
      "pkg:maven/org.slf4j/slf4j-api@1.0.0",
      "pkg:golang/golang.org/x/net@1.0.0",
      "pkg:pypi/requests@1.0.0",
      null,
      null,
    ]);
  });
});
