import { addMs, formatInstant } from "@breakwater/shared/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Store, schema } from "../../../store/index.ts";
import { openTestStore } from "../../../store/testing.ts";
import { MINUTE, planOf, START } from "../core/testing.ts";
import { readSuperseded } from "./superseded.ts";
import { offer, seedPlan } from "./testing.ts";

let store: Store;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

interface Known {
  readonly endpointId: string;
  readonly vulnerabilityId: string;
  readonly risk: number;
  /** Minutes after the plan was made; negative before it. */
  readonly minute: number;
  readonly updateId?: number;
  readonly fixedVersion?: string | null;
}
const know = (finding: Known) =>
  store.db.insert(schema.finding).values({
    endpointId: finding.endpointId,
    packageId: 1,
    vulnerabilityId: finding.vulnerabilityId,
    packageName: "openssl",
    sourceName: "openssl",
    installedVersion: "3.0.1",
    fixedVersion: finding.fixedVersion === undefined ? "3.0.3" : finding.fixedVersion,
    state: "open",
    updateId: finding.updateId,
    risk: finding.risk,
    openedAt: formatInstant(addMs(START, finding.minute * MINUTE)),
  });

describe("an approved version", () => {
  it("is superseded by what became known since, which it does not close, where that is as bad as what it closes", async () => {
    const ids = ["worse", "slighter", "older", "closed", "no-fix", "quiet"].map((name) => `ep_s_${name}`);
    const [worse, slighter, older, closed, noFix] = ids as [string, string, string, string, string];
    const plan = planOf([{ endpointIds: ids }], { planId: "pl_superseded" });
    await seedPlan(store, plan);
    for (const id of ids) {
      const updateId = await offer(store, id, "3.0.2");
      await know({ endpointId: id, vulnerabilityId: "CVE-2026-1", risk: 50, minute: -60, fixedVersion: "3.0.2", updateId });
      if (id === closed)
        await know({ endpointId: id, vulnerabilityId: "CVE-2026-2", risk: 90, minute: 1, fixedVersion: "3.0.2", updateId });
    }
    await know({ endpointId: worse, vulnerabilityId: "CVE-2026-2", risk: 50, minute: 1 });
    await know({ endpointId: slighter, vulnerabilityId: "CVE-2026-2", risk: 49, minute: 1 });
    await know({ endpointId: older, vulnerabilityId: "CVE-2026-2", risk: 90, minute: -1 });
    await know({ endpointId: noFix, vulnerabilityId: "CVE-2026-2", risk: 90, minute: 1, fixedVersion: null });
    expect([...(await readSuperseded(store.db, plan, ids))]).toEqual([
      [worse, "CVE-2026-2 became known after the plan was made: openssl 3.0.3 closes it, and the plan installs 3.0.2."],
    ]);
  });

  it("is superseded first of all by what the repository offers instead, since nothing else can be installed", async () => {
    const plan = planOf([{ endpointIds: ["ep_s_both"] }], { planId: "pl_superseded_twice" });
    await seedPlan(store, plan);
    await know({
      endpointId: "ep_s_both",
      vulnerabilityId: "CVE-2026-2",
      risk: 90,
      minute: 1,
      updateId: await offer(store, "ep_s_both", "3.0.3"),
    });
    expect([...(await readSuperseded(store.db, plan, ["ep_s_both"]))]).toEqual([
      ["ep_s_both", "openssl 3.0.3 is out, and the plan installs 3.0.2."],
    ]);
  });
});
