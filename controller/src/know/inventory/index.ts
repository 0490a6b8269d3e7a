import { type Clock, fail, formatInstant, type Instant, ok, type Result } from "@breakwater/shared/core";
import type { InventoryDelta__Output, WireInventory__Output } from "@breakwater/shared/wire";
import { eq } from "drizzle-orm";
import { type Db, recordEvents, type Store, schema } from "../../store/index.ts";
import { type Dropped, dropRemoved, dropUnseen, putComponents } from "./component-rows.ts";
import { createDescriptions } from "./descriptions.ts";
import { type EndpointFacts, factsOf, readFacts, unlistedEcosystems, updatesUnlisted } from "./facts.ts";
import { putPackages, putPendingUpdates, removeOtherPackages, removePackages } from "./package-rows.ts";
import { streamOfRepositories } from "./red-hat-stream.ts";
import { touchedNames } from "./touched.ts";

export { EndpointFacts, readFacts } from "./facts.ts";
export { CATALOGUE_COLUMNS, catalogueRow, INSTALLED } from "./installed.ts";

/** What came of an inventory message. `snapshot-needed`: the delta's base is not what we hold, so send everything. */
export type Intake = { readonly kind: "taken"; readonly changed: number; readonly removed: number } | { readonly kind: "snapshot-needed" };

/** "debian:12", the release that advisories speak of; of Red Hat's points with the stream that the repositories bring, "rhel:9.2-eus", where they tell. */
export function distributionKey(osId: string, versionId: string, facts?: Pick<EndpointFacts, "repositories"> | null): string {
  const stream = osId === "rhel" && /^\d+\.\d+$/.test(versionId) && facts ? streamOfRepositories(facts.repositories) : "";
  return `${osId}:${versionId}${stream && `-${stream}`}`;
}

export type Inventory = ReturnType<typeof createInventory>;

/** Turns what endpoints report into the package catalogue, what is installed where, and each endpoint's facts. */
export function createInventory({ store, clock }: { readonly store: Store; readonly clock: Clock }) {
  return {
    ...createDescriptions({ store, clock }),

    /** The digest of the inventory that we hold of an endpoint; "" when none. */
    async knownDigest(endpointId: string): Promise<string> {
      const [row] = await store.db
        .select({ digest: schema.endpoint.inventoryDigest })
        .from(schema.endpoint)
        .where(eq(schema.endpoint.id, endpointId));
      return row?.digest ?? "";
    },

    /** Replaces what we hold of an endpoint. Ecosystems whose collector failed keep what was known of them. */
    async takeSnapshot(endpointId: string, inventory: WireInventory__Output, digest: string): Promise<Result<Intake>> {
      const facts = factsOf(inventory);
      return store.db.transaction(async (tx) => {
        const endpoint = await lockEndpoint(tx, endpointId);
        if (!endpoint) return fail(unknownEndpoint(endpointId));
        const distribution = distributionKey(inventory.os?.id || endpoint.osId, inventory.os?.versionId || endpoint.osVersion, facts);
        const unlisted = unlistedEcosystems(facts);
        const put = await putPackages(tx, endpointId, distribution, inventory.packages);
        const removed = unlisted === "all" ? [] : await removeOtherPackages(tx, endpointId, distribution, inventory.packages, unlisted);
        const updates = updatesUnlisted(facts) ? [] : await putPendingUpdates(tx, endpointId, distribution, inventory.pendingUpdates);
        const components = facts.componentScan ? await putComponents(tx, endpointId, inventory.components) : [];
        const dropped = facts.componentScan
          ? await dropUnseen(tx, endpointId, inventory.components, facts.componentScan, clock.now())
          : NONE_DROPPED;
        await putFacts(tx, endpointId, digest, clock.now(), facts, inventory.os);
        return ok(await told(tx, endpoint, { kind: "snapshot", facts, put, removed, updates, components, dropped }));
      });
    },

    /** Applies a change to what we hold. A package in `added` replaces every version of the same name and architecture. */
    async takeDelta(endpointId: string, delta: InventoryDelta__Output): Promise<Result<Intake>> {
      const facts = delta.facts ? factsOf(delta.facts) : undefined;
      return store.db.transaction(async (tx) => {
        const endpoint = await lockEndpoint(tx, endpointId);
        if (!endpoint) return fail(unknownEndpoint(endpointId));
        if (endpoint.inventoryDigest === "" || endpoint.inventoryDigest !== delta.baseDigest)
          return ok<Intake>({ kind: "snapshot-needed" });
        const os = delta.facts?.os ?? null;
        const known = readFacts(endpoint.facts);
        const distribution = distributionKey(os?.id || endpoint.osId, os?.versionId || endpoint.osVersion, facts ?? known);
        // Another stream brings other builds: every package is another one then.
        if (endpoint.osId === "rhel" && distribution !== distributionKey(endpoint.osId, endpoint.osVersion, known))
          return ok<Intake>({ kind: "snapshot-needed" });
        const removed = await removePackages(tx, endpointId, [...delta.removed, ...delta.added]);
        const put = await putPackages(tx, endpointId, distribution, delta.added);
        const updates =
          delta.facts && facts && !updatesUnlisted(facts)
            ? await putPendingUpdates(tx, endpointId, distribution, delta.facts.pendingUpdates)
            : [];
        const scan = facts?.componentScan;
        const components = scan ? await putComponents(tx, endpointId, delta.componentsAdded) : [];
        const dropped = scan ? await dropRemoved(tx, endpointId, delta.componentsRemoved, scan, clock.now()) : NONE_DROPPED;
        await putFacts(tx, endpointId, delta.digest, clock.now(), facts, os);
        return ok(await told(tx, endpoint, { kind: "delta", facts, put, removed, updates, components, dropped }));
      });
    },
  };

  /** Says what changed, and which packages it concerns, in the transaction of the change. */
  async function told(tx: Db, endpoint: LockedEndpoint, change: Change): Promise<Intake> {
    const { kind, facts, put, removed, updates, components, dropped } = change;
    const packages = await touchedNames(tx, readFacts(endpoint.facts), facts, {
      packageIds: [...put, ...removed, ...components, ...dropped.gone, ...dropped.unseen],
      updateIds: updates,
    });
    const counts = { changed: put.length + components.length, removed: removed.length + dropped.gone.length };
    const subject = `endpoint:${endpoint.id}`;
    await recordEvents(tx, [{ at: clock.now(), type: "inventory.changed", actor: subject, subject, data: { kind, ...counts, packages } }]);
    return { kind: "taken", ...counts };
  }
}

/** What an inventory message changed: catalogue entries that came or changed, and that went; updates; components. */
interface Change {
  readonly kind: "snapshot" | "delta";
  readonly facts: EndpointFacts | undefined;
  readonly put: readonly number[];
  readonly removed: readonly number[];
  readonly updates: readonly number[];
  readonly components: readonly number[];
  readonly dropped: Dropped;
}
const NONE_DROPPED: Dropped = { gone: [], unseen: [] };

type LockedEndpoint = NonNullable<Awaited<ReturnType<typeof lockEndpoint>>>;

async function lockEndpoint(tx: Db, endpointId: string) {
  const [row] = await tx
    .select({
      id: schema.endpoint.id,
      osId: schema.endpoint.osId,
      osVersion: schema.endpoint.osVersion,
      facts: schema.endpoint.facts,
      inventoryDigest: schema.endpoint.inventoryDigest,
    })
    .from(schema.endpoint)
    .where(eq(schema.endpoint.id, endpointId))
    .for("update");
  return row;
}

async function putFacts(
  tx: Db,
  endpointId: string,
  digest: string,
  at: Instant,
  facts: EndpointFacts | undefined,
  os: WireInventory__Output["os"],
): Promise<void> {
  const changedOs = os?.id
    ? {
        osId: os.id,
        osVersion: os.versionId,
        osName: os.prettyName,
        osCodename: os.codename,
        architecture: os.architecture,
        kernelRelease: os.kernelRelease,
        virtualization: os.virtualization,
      }
    : {};
  await tx
    .update(schema.endpoint)
    .set({ inventoryDigest: digest, inventoryAt: formatInstant(at), ...(facts ? { facts } : {}), ...changedOs })
    .where(eq(schema.endpoint.id, endpointId));
}

const unknownEndpoint = (endpointId: string) => ({
  code: "endpoint-unknown",
  message: `No endpoint ${endpointId} is enrolled here.`,
  next: "Enrol it again with a join token.",
});
