import { mkdtemp, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectOk } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import { asc } from "drizzle-orm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { schema } from "../../../store/index.ts";
import { openTestStore } from "../../../store/testing.ts";
import { testClock } from "../../testing.ts";
import { createIntel, readIntelDirectory } from "../index.ts";
import { vexDocument } from "./sample.testing.ts";

const read = async (document: unknown) => {
  const folder = await mkdtemp(join(tmpdir(), "breakwater-test-"));
  await writeFile(join(folder, "vex.json"), JSON.stringify(document));
  return expectOk(await readIntelDirectory(folder));
};

describe("CSAF documents", () => {
  it("say what is fixed, affected, not affected and looked into, release by release and stream by stream", async () => {
    const { advisories, vulnerabilities, rejects } = await read(vexDocument());
    const said = advisories.flatMap((a) => a.affected.map((r) => [a.id, r.distribution, r.package, r.fixed, r.urgency].join(" ")));
    expect(said).toEqual([
      "CVE-2026-1001 rhel:9 openssl-libs 1:3.0.7-27.el9 ",
      "CVE-2026-1001 rhel:9.2-eus openssl-libs 1:3.0.7-18.el9_2 ",
      "CVE-2026-1001 rhel:8 compat-openssl10  will-not-fix",
      "CVE-2026-1001 rhel:8 openssl 0 vulnerable-code-not-present",
      "CVE-2026-1001 rhel:8 shim  under-investigation",
      "CVE-2026-1001/nodejs:16 rhel:8 nodejs 1:16.19.1-1.module+el8.7.0+18373+704f5cef ",
      "CVE-2026-1001/nodejs:18 rhel:8 nodejs  ",
    ]);
    expect(advisories.map((a) => a.module?.stream)).toEqual([undefined, "16", "18"]);
    expect(vulnerabilities).toEqual([
      expect.objectContaining({
        id: "CVE-2026-1001",
        cwe: ["CWE-125"],
        cvssVector: expect.stringContaining("AV:N"),
        published: "2026-01-09T00:00:00.000Z",
      }),
    ]);
    expect(rejects).toEqual([]);
  });

  it("of drafts and of other versions are set aside", async () => {
    const draft = await read(vexDocument({ tracking: { status: "draft" } }));
    expect([draft.advisories, draft.rejects.map((r) => r.reason)]).toEqual([[], ["the document is a draft"]]);
    const { document, ...rest } = vexDocument();
    const folder = await mkdtemp(join(tmpdir(), "breakwater-test-"));
    await writeFile(join(folder, "vex.json"), JSON.stringify({ document: { ...document, csaf_version: "3.0" }, ...rest }));
    const refused = await readIntelDirectory(folder);
    expect(refused.ok === false && refused.problem.message).toContain("only CSAF 2");
  });

  it("with relationships that lead nowhere, or in circles, name no package and end", async () => {
    const id = fc.constantFrom("a", "b", "c", "BaseOS-9", "openssl");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(id, id, id), { maxLength: 8 }), async (edges) => {
        const document = vexDocument({ status: { fixed: ["a", "b", "c"] } });
        const relationships = edges.map(([full, component, of]) => ({
          category: "default_component_of",
          full_product_name: { name: full, product_id: full },
          product_reference: component,
          relates_to_product_reference: of,
        }));
        const { advisories } = await read({ ...document, product_tree: { ...document.product_tree, relationships } });
        expect(advisories.flatMap((a) => a.affected.filter((r) => r.fixed !== null))).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });
});

describe("a publisher's folder of documents", () => {
  it("is read by its list of changes: only what is new, and what was taken back goes", async () => {
    const files = new Map<string, string>();
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? "");
      const body = files.get(request.url ?? "");
      response.writeHead(body === undefined ? 404 : 200).end(body);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const source = `http://127.0.0.1:${(server.address() as AddressInfo).port}/vex/`;
    const store = await openTestStore();
    const intel = createIntel({
      ...{ store, clock: testClock(), log: createLogger("test", "silent"), transport: { sleep: async () => {} } },
      feeds: [{ id: "redhat", kind: "csaf", source }],
    });
    const advisories = async () => (await store.db.select().from(schema.advisory).orderBy(asc(schema.advisory.id))).map((a) => a.id);
    const row = (id: string, day: string) => `"2026/${id.toLowerCase()}.json","2026-02-${day}T00:00:00+00:00"`;
    files.set("/vex/2026/cve-2026-1001.json", JSON.stringify(vexDocument()));
    files.set("/vex/2026/cve-2026-1002.json", JSON.stringify(vexDocument({ id: "CVE-2026-1002" })));
    files.set(
      "/vex/changes.csv",
      [row("CVE-2026-1002", "02"), row("CVE-2026-1001", "01"), '"../../etc/passwd.json","2026-02-01T00:00:00Z"'].join("\n"),
    );
    expect((await intel.refresh())[0]?.result).toMatchObject({ ok: true, value: { changed: true, records: 6 } });
    expect(await advisories()).toHaveLength(6);

    // One document says less than before, one is gone.
    files.set(
      "/vex/2026/cve-2026-1001.json",
      JSON.stringify(vexDocument({ status: { known_affected: ["red_hat_enterprise_linux_8:openssl"] } })),
    );
    files.set("/vex/changes.csv", [row("CVE-2026-1001", "05"), row("CVE-2026-1002", "02")].join("\n"));
    files.set("/vex/deletions.csv", row("CVE-2026-1002", "06"));
    asked.length = 0;
    expect((await intel.refresh())[0]?.result).toMatchObject({ ok: true, value: { changed: true, records: 1 } });
    expect(asked).toEqual(["/vex/changes.csv", "/vex/deletions.csv", "/vex/2026/cve-2026-1001.json"]);
    expect(await advisories()).toEqual(["CVE-2026-1001"]);
    expect((await store.db.select().from(schema.advisoryRange)).map((r) => [r.package, r.fixed])).toEqual([["openssl", null]]);

    // A document that cannot be had fails the reading; what was known stays.
    files.set("/vex/changes.csv", row("CVE-2026-1003", "08"));
    expect((await intel.refresh())[0]?.result.ok).toBe(false);
    expect(await intel.status()).toEqual([expect.objectContaining({ records: 1, problem: expect.stringContaining("404") })]);
    await store.close();
    await new Promise((done) => server.close(done));
  });
});
