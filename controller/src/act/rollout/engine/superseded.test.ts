import { addMs, formatInstant } from "@breakwater/shared/core";
import { eq } from "drizzle-orm";
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

const updateIdOf = async (endpointId: string) => {
  const [row] = await store.db.select().from(schema.pendingUpdate).where(eq(schema.pendingUpdate.endpointId, endpointId));
  return row?.updateId ?? 0;
};

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
    expect([...(await readSuperseded(store.db, plan, ids, START))]).toEqual([
      [worse, "CVE-2026-2 became known after the plan was made: openssl 3.0.3 closes it, and the plan installs 3.0.2."],
    ]);
  });

  it("is superseded when it turns out to be bad itself: vulnerable where the installed one is not, harmful elsewhere, or withdrawn", async () => {
    const [vulnerable, slight, harmed, withdrawn, gone] = [
      "ep_i_vulnerable",
      "ep_i_slight",
      "ep_i_harmed",
      "ep_i_withdrawn",
      "ep_i_fine",
    ] as const;
    const plan = planOf([{ endpointIds: [vulnerable, slight, withdrawn, gone] }], { planId: "pl_itself" });
    await seedPlan(store, plan);
    await seedPlan(store, planOf([{ endpointIds: [harmed] }], { planId: "pl_same_version" }));
    const [installed] = await store.db
      .insert(schema.packageCatalogue)
      .values({
        ecosystem: "deb",
        name: "openssl",
        version: "3.0.1",
        architecture: "amd64",
        sourceName: "openssl",
        sourceVersion: "3.0.1",
        distribution: "debian:12",
      })
      .returning();
    const ids = [vulnerable, slight, withdrawn, gone];
    await store.db
      .insert(schema.endpointPackage)
      .values(ids.map((endpointId) => ({ endpointId, packageId: installed?.id ?? 0, status: "installed" })));
    for (const id of [vulnerable, slight, gone]) await offer(store, id, "3.0.2");
    expect([...(await readSuperseded(store.db, plan, ids, START))]).toEqual([
      [withdrawn, "openssl 3.0.2 is not offered any more, and nothing in its place: it may have been withdrawn."],
    ]);

    await store.db.insert(schema.advisory).values({ id: "DSA-9", feedId: "debian", vulnerabilities: ["CVE-2026-9"] });
    const range = { feedId: "debian", advisoryId: "DSA-9", distribution: "debian:12", ecosystem: "deb", package: "openssl" };
    await store.db.insert(schema.advisoryRange).values({ ...range, ordinal: 0, introduced: "3.0.2", fixed: "3.0.4" });
    // What the plan closes on this one weighs more than what the planned version brings.
    await know({ endpointId: slight, vulnerabilityId: "CVE-2026-1", risk: 100, minute: -60, updateId: await updateIdOf(slight) });
    const itself =
      "openssl 3.0.2, which the plan installs, is itself affected by CVE-2026-9, and the installed 3.0.1 is not; 3.0.4 closes it.";
    expect(new Map([...(await readSuperseded(store.db, plan, [vulnerable, slight], START))])).toEqual(new Map([[vulnerable, itself]]));
    await store.db.update(schema.advisory).set({ withdrawn: true });
    expect([...(await readSuperseded(store.db, plan, [vulnerable], START))]).toEqual([]);

    const harmful = (overrides: unknown[], at = START + MINUTE) => ({ waves: [{ verdict: { verdict: "harmful", at }, overrides }] });
    const row = { id: "dp_other", planId: "pl_same_version", planRevision: 1, title: "The other", state: "rolled-back", sequence: 1 };
    await store.db.insert(schema.deployment).values({ ...row, createdAt: formatInstant(START), snapshot: harmful([]) });
    const did = 'openssl 3.0.2 was part of what the judge found harmful in the deployment "The other".';
    expect([...(await readSuperseded(store.db, plan, [gone], START))]).toEqual([[gone, did]]);
    for (const overruled of [harmful([{ kind: "harmful" }]), harmful([], START - MINUTE)]) {
      await store.db.update(schema.deployment).set({ snapshot: overruled });
      expect([...(await readSuperseded(store.db, plan, [gone], START))]).toEqual([]);
    }
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
    expect([...(await readSuperseded(store.db, plan, ["ep_s_both"], START))]).toEqual([
      ["ep_s_both", "openssl 3.0.3 is out, and the plan installs 3.0.2."],
    ]);
  });
});
