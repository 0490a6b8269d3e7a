import { canonicalJson } from "@breakwater/shared/command";
import { type InventoryDelta, type InventorySnapshotChunk, PACKAGES_PER_CHUNK, type WireInventory } from "@breakwater/shared/wire";
import { factsOf, packageKey } from "./digest.ts";

/** An inventory and what it is called. */
export interface KnownInventory {
  readonly digest: string;
  readonly inventory: WireInventory;
}

/** What leads from one inventory to the other. A package whose version or status changed is among the added. */
export function inventoryDelta(base: KnownInventory, next: KnownInventory): InventoryDelta {
  const before = new Map((base.inventory.packages ?? []).map((p) => [packageKey(p), canonicalJson(p)]));
  const now = new Set<string>();
  const added = (next.inventory.packages ?? []).filter((p) => {
    const key = packageKey(p);
    now.add(key);
    return before.get(key) !== canonicalJson(p);
  });
  const removed = (base.inventory.packages ?? [])
    .filter((p) => !now.has(packageKey(p)))
    .map(({ ecosystem = "", name = "", architecture = "" }) => ({ ecosystem, name, architecture }));
  return { baseDigest: base.digest, digest: next.digest, added, removed, facts: factsOf(next.inventory) };
}

/** The whole inventory in messages below the limit; the facts travel with the last one. */
export function snapshotChunks({ digest, inventory }: KnownInventory): InventorySnapshotChunk[] {
  const packages = inventory.packages ?? [];
  const count = Math.max(1, Math.ceil(packages.length / PACKAGES_PER_CHUNK));
  return Array.from({ length: count }, (_, index) => {
    const last = index === count - 1;
    const part = packages.slice(index * PACKAGES_PER_CHUNK, (index + 1) * PACKAGES_PER_CHUNK);
    return { digest, index, last, part: last ? { ...factsOf(inventory), packages: part } : { packages: part } };
  });
}
