import { expectOk, instant } from "@breakwater/shared/core";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
// @ts-expect-error The library brings no types.
import * as mandatory from "@secvisogram/csaf-validator-lib/mandatoryTests.js";
// @ts-expect-error The library brings no types.
import { csaf_2_0 } from "@secvisogram/csaf-validator-lib/schemaTests.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { JUSTIFICATIONS } from "../suppression/index.ts";
import { readVex } from "./read.ts";
import { VEX_FORMATS, VEX_STATUSES, vulnerabilityNames } from "./statement.ts";
import { type OwnStatement, writeVex } from "./write.ts";

const at = instant(Date.parse("2026-03-02T08:00:00Z"));
const by = { author: "ACME operations", namespace: "https://acme.example", at, toolVersion: "0.1.0" };

const text = fc.string({ minLength: 1, maxLength: 40 }).filter((s) => s.trim() !== "");
const statement: fc.Arbitrary<OwnStatement> = fc
  .record({
    status: fc.constantFrom(...VEX_STATUSES),
    justification: fc.option(fc.constantFrom(...JUSTIFICATIONS)),
    note: fc.option(text, { nil: "" }),
    timestamp: fc.integer({ min: at - 10 ** 9, max: at }).map(instant),
    endpointId: fc.option(fc.constantFrom("ep_a", "ep_b")),
  })
  .map((s) => ({ ...s, vulnerabilityId: "", purl: "", justification: s.status === "not_affected" ? s.justification : null }));
/** No two about the same vulnerability in the same product: that would be a contradiction of our own. */
const statements = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), statement), {
    minLength: 1,
    maxLength: 12,
    selector: ([v, p, s]) => `${v} ${p} ${s.endpointId}`,
  })
  .map((all) =>
    all.map(
      ([v, p, s]): OwnStatement => ({
        ...s,
        vulnerabilityId: v === 4 ? "GHSA-aaaa-bbbb-cccc" : `CVE-2026-100${v}`,
        purl: `pkg:deb/debian/p${p}@1%3A1.${p}-1%2Bdeb12u1?arch=amd64&distro=debian-12`,
      }),
    ),
  );

const essence = (s: Pick<OwnStatement, "vulnerabilityId" | "purl" | "endpointId" | "status" | "justification" | "timestamp">) =>
  `${s.vulnerabilityId} ${s.purl} ${s.endpointId} ${s.status} ${s.justification}`;

describe("a document of ours", () => {
  it.each(VEX_FORMATS)("read back as %s says the same of the same", (format) => {
    fc.assert(
      fc.property(statements, (given) => {
        const read = expectOk(readVex(JSON.stringify(writeVex(format, given, by))));
        expect(read.leftOut).toEqual([]);
        expect(read.author).toBe(by.author);
        expect(read.statements.map(essence).sort()).toEqual(given.map(essence).sort());
        if (format !== "csaf") expect(read.statements.map((s) => s.timestamp).sort()).toEqual(given.map((s) => s.timestamp).sort());
        for (const s of given.filter((g) => g.note !== ""))
          expect(read.statements.find((r) => essence(r) === essence(s))?.note).toContain(s.note);
      }),
      { numRuns: 60 },
    );
  });

  it("is valid CycloneDX 1.6 by its schema", async () => {
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    for (const given of fc.sample(statements, { numRuns: 10, seed: 7 }))
      expect(await validator.validate(JSON.stringify(writeVex("cyclonedx", given, by)))).toBeNull();
    // A check that cannot fail is none.
    expect(
      await validator.validate(
        JSON.stringify({
          ...(writeVex("cyclonedx", fc.sample(statements, { numRuns: 1, seed: 7 })[0] ?? [], by) as object),
          version: "one",
        }),
      ),
    ).not.toBeNull();
  });

  it("is valid CSAF 2.0 by its schema and its mandatory tests", async () => {
    const tests = [csaf_2_0, ...Object.values(mandatory)] as ((document: unknown) => { isValid?: boolean; errors?: unknown[] })[];
    const errors = async (doc: unknown) => {
      const said: unknown[] = [];
      for (const test of tests) {
        const result = await test(doc);
        if (result.isValid === false || (result.errors ?? []).length > 0) said.push(...(result.errors ?? []));
      }
      return said;
    };
    for (const given of fc.sample(statements, { numRuns: 10, seed: 7 })) expect(await errors(writeVex("csaf", given, by))).toEqual([]);
    expect(
      await errors({ ...(writeVex("csaf", fc.sample(statements, { numRuns: 1, seed: 7 })[0] ?? [], by) as object), product_tree: {} }),
    ).not.toEqual([]);
  });

  it("is valid OpenVEX by the rules of its specification", () => {
    const iri = z.string().regex(/^[a-z][a-z0-9+.-]*:\S+$/i);
    const component = z.strictObject({ "@id": iri, identifiers: z.strictObject({ purl: z.string().startsWith("pkg:") }) });
    const moment = z.iso.datetime();
    const rules = z.strictObject({
      ...{ "@context": z.literal("https://openvex.dev/ns/v0.2.0"), "@id": iri, author: z.string().min(1), timestamp: moment },
      ...{ version: z.number().int().min(1), tooling: z.string() },
      statements: z
        .array(
          z
            .strictObject({
              ...{ vulnerability: z.strictObject({ name: z.string() }), timestamp: moment, status: z.enum(VEX_STATUSES) },
              products: z.array(component.extend({ subcomponents: z.array(component).optional() })).min(1),
              ...{ justification: z.enum(JUSTIFICATIONS).optional(), impact_statement: z.string().min(1).optional() },
              ...{ action_statement: z.string().min(1).optional(), status_notes: z.string().optional() },
            })
            // One of the two, and not both.
            .refine((s) => s.status !== "not_affected" || (s.justification === undefined) !== (s.impact_statement === undefined))
            .refine((s) => s.status !== "affected" || s.action_statement !== undefined),
        )
        .min(1),
    });
    for (const given of fc.sample(statements, { numRuns: 20, seed: 7 }))
      expect(rules.safeParse(writeVex("openvex", given, by)).error).toBeUndefined();
  });
});

describe("a document of others", () => {
  const refused = (text: string) => {
    const read = readVex(text);
    return read.ok ? "taken" : read.problem.message;
  };
  const openvex = {
    "@context": "https://openvex.dev/ns",
    "@id": "https://a.example/1",
    author: "A",
    timestamp: "2026-01-01T00:00:00Z",
    version: 1,
  };

  it("that is malformed is refused with the place and the reason", () => {
    expect(refused("{")).toMatch(/it is no JSON: .*position 1/);
    expect(refused("[]")).toMatch(/neither OpenVEX/);
    const product = [{ "@id": "pkg:deb/debian/curl@1" }];
    const one = (statement: object) =>
      refused(JSON.stringify({ ...openvex, statements: [{ vulnerability: { name: "CVE-2026-1" }, products: product, ...statement }] }));
    expect(one({ status: "unaffected" })).toMatch(/OpenVEX.*statements\[0\]\.status: /);
    expect(one({ status: "not_affected" })).toMatch(/statements\[0\]\.justification: a statement of not_affected needs/);
    expect(one({ status: "affected" })).toMatch(/statements\[0\]\.action_statement: /);
    expect(one({ status: "fixed", timestamp: "yesterday" })).toMatch(/statements\[0\]\.timestamp: /);
    expect(one({ status: "fixed", products: [{ "@id": "https://a.example/p" }] })).toMatch(
      /none of its statements can be used; statements\[0\]\.products\[0\]: the product has no package URL/,
    );
    expect(
      refused(
        JSON.stringify({
          bomFormat: "CycloneDX",
          specVersion: "1.6",
          serialNumber: "urn:uuid:1",
          metadata: { timestamp: "2026-01-01T00:00:00Z" },
          components: [{ "bom-ref": "a", purl: "pkg:npm/a@1" }],
          vulnerabilities: [{ id: "CVE-2026-1", analysis: { state: "resolved" }, affects: [{ ref: "a" }] }],
        }),
      ),
    ).toMatch(/no author/);
    expect(refused(JSON.stringify({ document: { category: "csaf_vex" } }))).toMatch(/CSAF.*document\.csaf_version: /);
  });

  it("in CSAF names products by branches and components of platforms, whose flags may name groups", () => {
    const csaf = {
      document: {
        category: "csaf_vex",
        csaf_version: "2.0",
        publisher: { category: "vendor", name: "Red Hat Product Security", namespace: "https://www.redhat.com" },
        tracking: { id: "CVE-2026-1001", version: "3", current_release_date: "2026-02-01T00:00:00+00:00" },
      },
      product_tree: {
        branches: [
          {
            category: "vendor",
            branches: [
              { category: "product_name", product: { product_id: "RHEL-9", name: "RHEL 9" } },
              {
                category: "product_version",
                product: { product_id: "curl", name: "curl", product_identification_helper: { purl: "pkg:rpm/redhat/curl?arch=src" } },
              },
            ],
          },
        ],
        relationships: [
          {
            category: "default_component_of",
            full_product_name: { product_id: "RHEL-9:curl", name: "curl in RHEL 9" },
            product_reference: "curl",
            relates_to_product_reference: "RHEL-9",
          },
        ],
        product_groups: [{ group_id: "g", product_ids: ["RHEL-9:curl"] }],
      },
      vulnerabilities: [
        {
          cve: "CVE-2026-1001",
          flags: [{ label: "vulnerable_code_not_present", group_ids: ["g"] }],
          product_status: { known_not_affected: ["RHEL-9:curl", "nowhere"], recommended: ["curl"] },
        },
      ],
    };
    const read = expectOk(readVex(JSON.stringify(csaf)));
    expect(read).toMatchObject({ author: "Red Hat Product Security", authorUri: "https://www.redhat.com", version: "3" });
    expect(read.statements).toEqual([
      expect.objectContaining({
        vulnerabilityId: "CVE-2026-1001",
        status: "not_affected",
        justification: "vulnerable_code_not_present",
        purl: "pkg:rpm/redhat/curl?arch=src",
      }),
    ]);
    expect(read.leftOut).toEqual([
      { place: "vulnerabilities[0].product_status.known_not_affected", reason: "no product is called nowhere" },
    ]);
  });

  it("in CycloneDX refers by BOM-Link and names versions; ranges are left out", () => {
    const bom = {
      ...{ bomFormat: "CycloneDX", specVersion: "1.5", serialNumber: "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79", version: 2 },
      metadata: { timestamp: "2026-02-01T00:00:00Z", supplier: { name: "A", url: ["https://a.example"] } },
      components: [{ type: "library", name: "log4j", "bom-ref": "l", purl: "pkg:maven/org.apache.logging.log4j/log4j-core@2.0" }],
      vulnerabilities: [
        {
          id: "GHSA-jfh8-c2jp-5v3q",
          references: [{ id: "CVE-2021-44228", source: { name: "NVD" } }],
          analysis: { state: "false_positive", justification: "requires_configuration", detail: "lookups are off" },
          affects: [
            {
              ref: "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/2#l",
              versions: [{ version: "2.14.1" }, { range: "vers:maven/<2.15", status: "affected" }],
            },
          ],
        },
      ],
    };
    const read = expectOk(readVex(JSON.stringify(bom)));
    expect(read.statements).toEqual([
      expect.objectContaining({
        vulnerabilityId: "CVE-2021-44228",
        status: "not_affected",
        justification: null,
        note: "lookups are off",
        purl: "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1",
      }),
    ]);
    expect(read.leftOut).toHaveLength(1);
  });

  it("names a vulnerability by its CVEs where it has any", () => {
    expect(vulnerabilityNames(["GHSA-a", "CVE-2026-1001", "CVE-2026-1001"])).toEqual(["CVE-2026-1001"]);
    expect(vulnerabilityNames(["GHSA-a", ""])).toEqual(["GHSA-a"]);
  });
});
