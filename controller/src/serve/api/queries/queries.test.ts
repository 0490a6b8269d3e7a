import { expectOk } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startKnow } from "../../../know/index.ts";
import { addEndpoint, CURL_FIXED, curlFeeds, curlPackages, curlUpdates, testClock, wireInventory } from "../../../know/testing.ts";
import type { Store } from "../../../store/index.ts";
import { openTestStore } from "../../../store/testing.ts";
import { findingQuery, queueQuery } from "../schemas/index.ts";
import { fleetCounts } from "./counts.ts";
import { listFindings } from "./findings.ts";
import { listQueue } from "./queue.ts";
import { riskHistory } from "./risk-history.ts";
import { readVulnerability } from "./vulnerability.ts";

let store: Store;
const clock = testClock();
const find = (query: Record<string, unknown> = {}) => listFindings(store.db, findingQuery.parse(query));

/** Two endpoints with the same old curl and tzdata; the world reaches one of them. Of a third nothing is known. */
beforeAll(async () => {
  store = await openTestStore();
  const log = createLogger("test", "silent");
  const know = await startKnow({ store, clock, log, feeds: await curlFeeds(), schedules: { feeds: null, atStart: false } });
  await know.intel.refresh();
  for (const id of ["ep_a", "ep_b"]) {
    await addEndpoint(store, id, { declaredExposure: id === "ep_a" ? "public" : "private" });
    const inventory = wireInventory({ packages: curlPackages("7.88.1-10"), pendingUpdates: curlUpdates() });
    expectOk(await know.inventory.takeSnapshot(id, inventory, "1"));
  }
  await addEndpoint(store, "ep_new");
  await know.settle();
  await know.stop();
});
afterAll(() => store.close());

describe("what the API reads", () => {
  it("pages through findings by risk without losing or repeating one", async () => {
    const seen: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await find({ limit: 3, cursor });
      seen.push(...page.rows.map((f) => f.id));
      cursor = page.next ?? undefined;
    } while (cursor);
    const all = await find();
    expect(seen).toEqual(all.rows.map((f) => f.id));
    expect(all).toMatchObject({ total: 10, next: null });
    expect(all.rows[0]).toMatchObject({ endpointId: "ep_a", vulnerabilityId: "CVE-2026-1001", kev: true, state: "open" });
    expect((await find({ endpoint: "ep_b", package: "curl", vulnerability: "CVE-2026-1002" })).total).toBe(2);
  });

  it("queues patches, not CVEs: what each would remove, where, and why", async () => {
    const { rows, total } = await listQueue(store.db, queueQuery.parse({}));
    expect(total).toBe(1);
    expect(rows[0]).toMatchObject({
      sourceName: "curl",
      toVersion: CURL_FIXED,
      security: true,
      endpoints: 2,
      heldEndpoints: 2,
      phasedPercent: 100,
      // Two vulnerabilities on two endpoints, however many of the source's packages have them.
      findings: 4,
      kev: true,
      vulnerabilities: [
        { id: "CVE-2026-1001", kev: true },
        { id: "CVE-2026-1002", kev: false },
      ],
    });
    for (const [exposure, patches] of [
      ["public", 1],
      ["private", 1],
      ["loopback", 0],
    ])
      expect((await listQueue(store.db, queueQuery.parse({ exposure }))).total).toBe(patches);
    expect(rows[0]?.updateIds).toHaveLength(2);
    expect(rows[0]?.factors.map((f) => f.name)).toContain("known exploited");
    const ofLibrary = (await find({ package: "curl" })).rows.filter((f) => f.packageName === "curl");
    expect(rows[0]?.riskRemoved).toBeCloseTo(
      ofLibrary.reduce((sum, f) => sum + f.risk, 0),
      9,
    );
  });

  it("tells everything about one vulnerability, and has none where nothing is known", async () => {
    expect(await readVulnerability(store.db, "CVE-2026-1001")).toMatchObject({
      known: true,
      summary: "A flaw in curl",
      signals: [{ kind: "kev", source: "kev", at: "2026-02-01T00:00:00.000Z" }],
      advisories: [{ id: "DSA-1-1" }],
      findings: { open: 4, endpoints: 2 },
    });
    await expect(readVulnerability(store.db, "CVE-1999-99999")).rejects.toMatchObject({ problem: { code: "not-found" } });
  });

  it("sums up the fleet, and counts endpoints that it knows nothing of", async () => {
    const counts = await fleetCounts(store.db, clock.now());
    expect(counts).toMatchObject({ endpoints: 3, withoutInventory: 1, withOpenFindings: 2, openFindings: 10, knownExploited: 4 });
    const history = await riskHistory(store.db, clock.now());
    // Nothing was known before today.
    expect(history).toHaveLength(1);
    expect(history.at(-1)?.risk).toBeCloseTo(counts.risk, 6);
  });
});
