import { generateKeyPairSync, sign } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { rawPublicKey } from "@breakwater/shared/command";
import { days, expectOk, hours, instant } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import { and, asc, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventsAfter, type Store, schema } from "../../store/index.ts";
import { openTestStore } from "../../store/testing.ts";
import { type Know, startKnow } from "../index.ts";
import type { FeedConfig } from "../intel/index.ts";
import type { Suppression } from "../suppression/index.ts";
import { addEndpoint, CURL_FIXED, curlFeeds, curlPackages, testClock, wireInventory } from "../testing.ts";

const OLD = "7.88.1-10";
const CVE = "CVE-2026-1002";
let store: Store;
let know: Know;
let feeds: FeedConfig[];
const clock = testClock();
const { finding } = schema;

const states = async (endpointId: string, vulnerabilityId = CVE) =>
  (
    await store.db
      .select()
      .from(finding)
      .where(and(eq(finding.endpointId, endpointId), eq(finding.vulnerabilityId, vulnerabilityId)))
      .orderBy(asc(finding.packageName))
  ).map((f) => `${f.packageName} ${f.state}`);
const report = async (id: string, version: string) => {
  expectOk(await know.inventory.takeSnapshot(id, wireInventory({ packages: curlPackages(version) }), `${id}${version}${Math.random()}`));
  await know.settle();
};
const suppress = async (wish: Partial<Parameters<Know["suppressions"]["create"]>[0]> = {}): Promise<Suppression> => {
  const made = expectOk(
    await know.suppressions.create(
      {
        vulnerabilityId: CVE,
        target: { ecosystem: "deb", kind: "source", name: "curl" },
        scope: { kind: "fleet" },
        justification: "vulnerable_code_not_in_execute_path",
        reason: "only file:// is used here",
        expiresAt: instant(clock.now() + days(30)),
        ...wish,
      },
      "user:ada",
    ),
  );
  await know.settle();
  return made.suppression;
};
const end = async (id: string) => {
  expectOk(await know.suppressions.end(id, "looked at again", "user:ada"));
  await know.settle();
};
const lastEvent = async (type: string) => (await eventsAfter(store.db, 0, 10_000)).findLast((e) => e.type === type);

beforeAll(async () => {
  store = await openTestStore();
  feeds = await curlFeeds();
  for (const id of ["ep_a", "ep_b"])
    await addEndpoint(store, id, { tags: id === "ep_a" ? ["web"] : [], redundancyGroup: id === "ep_b" ? "db" : null });
  know = await startKnow({ store, clock, log: createLogger("test", "silent"), feeds, schedules: { feeds: null, atStart: false } });
  await know.intel.refresh();
  for (const id of ["ep_a", "ep_b"]) await report(id, OLD);
});
afterAll(async () => {
  await know.stop();
  await store.close();
});

describe("a suppression", () => {
  it("sets findings aside with who, why and until when, in its scope only, and is told", async () => {
    const made = await suppress({ scope: { kind: "tag", id: "web" }, target: { ecosystem: "deb", kind: "package", name: "curl" } });
    expect(await states("ep_a")).toEqual(["curl suppressed", "libcurl4 open"]);
    expect(await states("ep_b")).toEqual(["curl open", "libcurl4 open"]);
    expect(made).toMatchObject({ createdBy: "user:ada", versions: [OLD], exploitation: [], ended: null });
    const [row] = await store.db.select().from(finding).where(eq(finding.state, "suppressed"));
    expect(row?.assessment).toMatchObject({ suppression: { id: made.id, by: "user:ada", reason: "only file:// is used here" } });
    expect(row?.closedAt).toBeNull();
    expect(row?.setAsideAt).not.toBeNull();
    expect(await lastEvent("suppression.created")).toMatchObject({ actor: "user:ada", data: { vulnerability: CVE, findings: 1 } });
    expect(await lastEvent("finding.set-aside")).toMatchObject({
      subject: "endpoint:ep_a",
      data: { suppressed: 1, vulnerabilities: [CVE] },
    });
    await end(made.id);
    expect(await states("ep_a")).toEqual(["curl open", "libcurl4 open"]);
    expect(await lastEvent("finding.returned")).toMatchObject({ data: { because: ["looked at again"] } });
    const group = await suppress({ scope: { kind: "group", id: "db" } });
    expect([await states("ep_a"), await states("ep_b")]).toEqual([
      ["curl open", "libcurl4 open"],
      ["curl suppressed", "libcurl4 suppressed"],
    ]);
    await end(group.id);
  });

  it("comes back by itself when its time is over", async () => {
    await suppress({ expiresAt: instant(clock.now() + hours(2)) });
    expect(await states("ep_b")).toEqual(["curl suppressed", "libcurl4 suppressed"]);
    clock.pass(hours(1));
    await know.settle();
    expect(await states("ep_b")).toEqual(["curl suppressed", "libcurl4 suppressed"]);
    clock.pass(hours(1));
    await know.settle();
    expect(await states("ep_b")).toEqual(["curl open", "libcurl4 open"]);
    expect(await lastEvent("suppression.ended")).toMatchObject({ actor: "intel", data: { because: "it expired" } });
    expect(await lastEvent("finding.returned")).toMatchObject({ data: { because: ["it expired"] } });
  });

  it("covers no version that nobody looked at, and is closed by the fix like any other finding", async () => {
    const made = await suppress();
    await report("ep_a", "7.88.1-10+deb12u1");
    expect(await states("ep_a")).toEqual(["curl open", "libcurl4 open"]);
    expect(await lastEvent("finding.returned")).toMatchObject({
      subject: "endpoint:ep_a",
      data: { because: [expect.stringContaining("7.88.1-10+deb12u1 is installed now")] },
    });
    expect(await states("ep_b")).toEqual(["curl suppressed", "libcurl4 suppressed"]);
    await report("ep_b", CURL_FIXED);
    expect(await states("ep_b")).toEqual(["curl fixed", "libcurl4 fixed"]);
    await end(made.id);
    for (const id of ["ep_a", "ep_b"]) await report(id, OLD);
  });

  it("ends at once, for good, when the vulnerability is newly known to be exploited", async () => {
    const made = await suppress();
    const kev = feeds.find((f) => f.id === "kev");
    const before = "cveID,vulnerabilityName,dateAdded\nCVE-2026-1001,A flaw in curl,2026-02-01\n";
    await writeFile(kev?.source ?? "", `${before}${CVE},Another,2026-03-01\n`);
    await know.intel.refresh();
    await know.settle();
    expect(await states("ep_a")).toEqual(["curl open", "libcurl4 open"]);
    expect((await know.suppressions.find(made.id))?.ended?.because).toBe(`${CVE} was listed as exploited (KEV) since it was decided`);
    await writeFile(kev?.source ?? "", before);
    await know.intel.refresh();
    await know.settle();
    expect(await states("ep_a")).toEqual(["curl open", "libcurl4 open"]);
    // What was known when it was decided does not end it.
    const other = await suppress({ vulnerabilityId: "CVE-2026-1001" });
    expect(other.exploitation).toEqual(["kev"]);
    expect(await states("ep_a", "CVE-2026-1001")).toEqual(["curl suppressed", "libcurl4 suppressed"]);
    await end(other.id);
  });

  it("is refused where it has no end, is about nothing, or stands already", async () => {
    const wish = {
      vulnerabilityId: CVE,
      target: { ecosystem: "deb", kind: "package", name: "curl" },
      scope: { kind: "fleet" },
      justification: "risk_accepted",
      reason: "small",
      expiresAt: instant(clock.now() + days(7)),
    } as const;
    const codes = async (...changes: object[]) => {
      const said = [];
      for (const change of changes) {
        const made = await know.suppressions.create({ ...wish, ...change }, "user:ada");
        said.push(made.ok ? "ok" : made.problem.code);
      }
      return said;
    };
    expect(
      await codes(
        { expiresAt: clock.now() },
        { expiresAt: instant(clock.now() + days(400)) },
        { target: { ecosystem: "deb", kind: "package", name: "tzdata" } },
        { target: { ecosystem: "pypi", kind: "package", name: "curl" } },
        {},
        {},
      ),
    ).toEqual(["bad-expiry", "bad-expiry", "suppression-concerns-nothing", "suppression-concerns-nothing", "ok", "suppression-exists"]);
    const [held] = await know.suppressions.list(false);
    await end(held?.id ?? "");
    expect(await know.suppressions.end(held?.id ?? "", "again", "user:ada")).toMatchObject({ problem: { code: "suppression-ended" } });
  });
});

describe("a VEX statement", () => {
  const PURL = `pkg:deb/debian/curl@${OLD}?arch=amd64&distro=debian-12`;
  let n = 0;
  const openvex = (
    author: string,
    status: string,
    timestamp: string,
    more: object = {},
    purl = PURL,
    id = `https://example.org/vex/${++n}`,
  ) =>
    JSON.stringify({
      ...{ "@context": "https://openvex.dev/ns/v0.2.0", "@id": id, author, timestamp, version: 1 },
      statements: [
        {
          ...{ vulnerability: { name: CVE }, products: [{ "@id": purl }], status },
          ...(status === "not_affected" ? { justification: "vulnerable_code_not_present" } : {}),
          ...(status === "affected" ? { action_statement: "update" } : {}),
          ...more,
        },
      ],
    });
  const take = async (text: string, signature: Uint8Array | null = null) => {
    const taken = expectOk(await know.vex.importDocument(text, signature, "user:ada"));
    await know.settle();
    return taken;
  };

  it("counts for nothing until its author is believed, and then is the proof of the state", async () => {
    const taken = await take(openvex("Debian", "not_affected", "2026-02-10T00:00:00Z"));
    expect(taken).toMatchObject({ rank: null, notBelieved: expect.stringContaining("Debian"), unmatched: [] });
    expect(await states("ep_a")).toEqual(["curl open", "libcurl4 open"]);
    expectOk(
      await know.vex.setTrust(
        [
          { author: "Debian", rank: 1 },
          { author: "ACME", rank: 2 },
        ],
        "user:root",
      ),
    );
    await know.settle();
    expect(await states("ep_a")).toEqual(["curl not-affected", "libcurl4 open"]);
    const [row] = await store.db.select().from(finding).where(eq(finding.state, "not-affected"));
    expect(row?.proofs).toContainEqual(expect.objectContaining({ kind: "statement", feed: "Debian", record: "https://example.org/vex/1" }));
  });

  it("yields to the newest of the most trusted, and what was overruled is shown", async () => {
    await take(openvex("ACME", "affected", "2026-03-01T00:00:00Z"));
    expect(await states("ep_a")).toEqual(["curl not-affected", "libcurl4 open"]);
    await take(openvex("Debian", "fixed", "2026-02-20T00:00:00Z"));
    expect(await states("ep_a")).toEqual(["curl fixed", "libcurl4 open"]);
    const newest = await take(openvex("Debian", "under_investigation", "2026-03-02T00:00:00Z"));
    expect(await states("ep_a")).toEqual(["curl open", "libcurl4 open"]);
    const [row] = await store.db
      .select()
      .from(finding)
      .where(and(eq(finding.endpointId, "ep_a"), eq(finding.packageName, "curl"), eq(finding.vulnerabilityId, CVE)));
    expect(row?.assessment).toMatchObject({
      statement: { status: "under_investigation", author: "Debian" },
      overruled: [{ status: "fixed", author: "Debian" }, { status: "not_affected" }, { status: "affected", author: "ACME" }],
    });
    expectOk(await know.vex.remove(newest.id, "withdrawn", "user:ada"));
    await know.settle();
    expect(await states("ep_a")).toEqual(["curl fixed", "libcurl4 open"]);
    await report("ep_a", CURL_FIXED);
    expect(await states("ep_a")).toEqual(["curl fixed", "libcurl4 fixed"]);
    expect(
      (
        await store.db
          .select()
          .from(finding)
          .where(and(eq(finding.endpointId, "ep_a"), eq(finding.packageName, "curl"), eq(finding.vulnerabilityId, CVE)))
      )[0],
    ).toMatchObject({ assessment: null, closedBy: expect.stringContaining(CURL_FIXED) });
    await report("ep_a", OLD);
  });

  it("that matches nothing is said, with the reason", async () => {
    const text = (purl: string, name = CVE) => openvex("ACME", "fixed", "2026-03-02T01:00:00Z", { vulnerability: { name } }, purl);
    const reasons = [];
    for (const [purl, cve] of [
      ["pkg:deb/debian/nginx@1.2"],
      ["pkg:deb/ubuntu/curl@7.88.1-10"],
      [PURL, "CVE-2020-1"],
      ["pkg:deb/debian/curl?arch=source&distro=debian-12"],
    ] as const)
      reasons.push((await take(text(purl, cve))).unmatched[0]?.reason ?? "matched");
    expect(reasons).toEqual([
      "no endpoint has this product installed",
      "no endpoint has this product installed",
      "it is installed, and no finding says that CVE-2020-1 is in it",
      "matched",
    ]);
    expect(await states("ep_b")).toEqual(["curl fixed", "libcurl4 fixed"]);
  });

  it("of an author with a key counts only when signed by it", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    expectOk(await know.vex.setTrust([{ author: "Vendor", rank: 1, publicKey: rawPublicKey(publicKey).toString("base64") }], "user:root"));
    await know.settle();
    expect(await states("ep_a")).toEqual(["curl open", "libcurl4 open"]);
    const text = openvex("Vendor", "not_affected", "2026-03-02T02:00:00Z");
    expect(await take(text)).toMatchObject({ rank: null, notBelieved: expect.stringContaining("signature") });
    const wrong = await know.vex.importDocument(text, sign(null, Buffer.from(`${text} `), privateKey), "user:ada");
    expect(wrong).toMatchObject({ problem: { code: "bad-vex-signature" } });
    expect(await take(text, sign(null, Buffer.from(text), privateKey))).toMatchObject({ rank: 1, known: false });
    expect(await states("ep_a")).toEqual(["curl not-affected", "libcurl4 open"]);
    expect(await take(text, sign(null, Buffer.from(text), privateKey))).toMatchObject({ known: true });
  });

  it("of a later version replaces the earlier one, never the other way round", async () => {
    expectOk(await know.vex.setTrust([{ author: "ACME", rank: 1 }], "user:root"));
    const id = "https://example.org/acme";
    const first = await take(openvex("ACME", "not_affected", "2026-03-02T03:00:00Z", {}, PURL, id));
    const second = await take(openvex("ACME", "affected", "2026-03-02T04:00:00Z", {}, PURL, id));
    expect(second.replaces).toBe(first.id);
    expect(await know.vex.importDocument(openvex("ACME", "fixed", "2026-03-02T03:30:00Z", {}, PURL, id), null, "user:ada")).toMatchObject({
      problem: { code: "vex-older" },
    });
    expect((await know.vex.documents()).filter((d) => d.documentId === id)).toHaveLength(1);
  });
});

describe("what is exported", () => {
  it.each(["openvex", "csaf", "cyclonedx"] as const)("as %s and taken in elsewhere gives the same states", async (format) => {
    // Here: one vulnerability accepted on one endpoint, one argued away in the fleet, one fixed, the others open.
    expectOk(await know.vex.setTrust([], "user:root"));
    await know.settle();
    const made = [
      await suppress({
        vulnerabilityId: "CVE-2026-1003",
        target: { ecosystem: "deb", kind: "package", name: "tzdata" },
        scope: { kind: "endpoint", id: "ep_b" },
        justification: "inline_mitigations_already_exist",
      }),
      await suppress({ vulnerabilityId: "CVE-2026-1001", target: { ecosystem: "deb", kind: "package", name: "libcurl4" } }),
      await suppress({
        vulnerabilityId: CVE,
        target: { ecosystem: "deb", kind: "package", name: "libcurl4" },
        justification: "risk_accepted",
      }),
    ];
    const document = JSON.stringify(
      expectOk(await know.vex.exportDocument(format, {}, { author: "Us", namespace: "https://us.example", toolVersion: "0" })),
    );
    const expected = [];
    for (const row of await store.db
      .select()
      .from(finding)
      .orderBy(asc(finding.endpointId), asc(finding.packageName), asc(finding.vulnerabilityId)))
      expected.push({ key: `${row.endpointId} ${row.packageName} ${row.vulnerabilityId}`, state: stated(row) });
    expect(new Set(expected.map((e) => e.state))).toEqual(new Set(["affected", "not_affected"]));
    for (const s of made) await end(s.id);
    expectOk(await know.vex.setTrust([{ author: "Us", rank: 1 }], "user:root"));
    expect(expectOk(await know.vex.importDocument(document, null, "user:ada")).unmatched).toEqual([]);
    await know.settle();
    const after = await store.db
      .select()
      .from(finding)
      .orderBy(asc(finding.endpointId), asc(finding.packageName), asc(finding.vulnerabilityId));
    expect(after.map((row) => ({ key: `${row.endpointId} ${row.packageName} ${row.vulnerabilityId}`, state: stated(row) }))).toEqual(
      expected,
    );
  });
});

/** A finding in VEX's words. */
function stated(row: typeof finding.$inferSelect): string {
  if (row.state === "not-affected") return "not_affected";
  if (row.state === "suppressed") return JSON.stringify(row.assessment).includes("risk_accepted") ? "affected" : "not_affected";
  return row.state === "open" || row.state === "no-fix" ? "affected" : row.state;
}
