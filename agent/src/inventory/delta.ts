import { canonicalJson } from "@breakwater/shared/command";
import {
  COMPONENTS_PER_CHUNK,
  type InventoryDelta,
  type InventorySnapshotChunk,
  PACKAGES_PER_CHUNK,
  type WireInventory,
} from "@breakwater/shared/wire";
import { componentKey, componentText, factsOf, packageKey } from "./digest.ts";

/** An inventory and what it is called. */
export interface KnownInventory {
  readonly digest: string;
  readonly inventory: WireInventory;
}

/** What leads from one inventory to the other. A package whose version or status changed is among the added. */
export function inventoryDelta(base: KnownInventory, next: KnownInventory): InventoryDelta {
  const before = byKey(base.inventory.packages);
  const now = byKey(next.inventory.packages);
  // Several versions of one name are told of together: those that are told take the place of all that were known.
  const added = (next.inventory.packages ?? []).filter((p) => before.get(packageKey(p)) !== now.get(packageKey(p)));
  const removed = (base.inventory.packages ?? [])
    .filter((p) => !now.has(packageKey(p)))
    .map(({ ecosystem = "", name = "", architecture = "" }) => ({ ecosystem, name, architecture }));
  return { baseDigest: base.digest, digest: next.digest, added, removed, facts: factsOf(next.inventory), ...componentDelta(base, next) };
}

/** Everything that is known under one name, as one text. */
function byKey(packages: WireInventory["packages"]): ReadonlyMap<string, string> {
  const texts = new Map<string, string[]>();
  for (const p of packages ?? []) {
    const key = packageKey(p);
    const known = texts.get(key);
    if (known) known.push(canonicalJson(p));
    else texts.set(key, [canonicalJson(p)]);
  }
  return new Map([...texts].map(([key, all]) => [key, all.sort().join("\n")]));
}

function componentDelta(base: KnownInventory, next: KnownInventory): Pick<InventoryDelta, "componentsAdded" | "componentsRemoved"> {
  const before = new Map((base.inventory.components ?? []).map((c) => [componentKey(c), componentText(c)]));
  const now = new Set<string>();
  const componentsAdded = (next.inventory.components ?? []).filter((c) => {
    const key = componentKey(c);
    now.add(key);
    return before.get(key) !== componentText(c);
  });
  const componentsRemoved = (base.inventory.components ?? [])
    .filter((c) => !now.has(componentKey(c)))
    .map(({ ecosystem = "", name = "", version = "", path = "" }) => ({ ecosystem, name, version, path }));
  return { componentsAdded, componentsRemoved };
}

/** Whether a delta fits into one message; else all of it is said, in chunks. */
export const fitsOneMessage = (delta: InventoryDelta): boolean =>
  (delta.componentsAdded?.length ?? 0) + (delta.componentsRemoved?.length ?? 0) <= COMPONENTS_PER_CHUNK &&
  (delta.added?.length ?? 0) + (delta.removed?.length ?? 0) <= 2 * PACKAGES_PER_CHUNK;

/** The whole inventory in messages below the limit; the facts travel with the last one. */
export function snapshotChunks({ digest, inventory }: KnownInventory): InventorySnapshotChunk[] {
  const { packages = [], components = [] } = inventory;
  const count = Math.max(1, Math.ceil(packages.length / PACKAGES_PER_CHUNK), Math.ceil(components.length / COMPONENTS_PER_CHUNK));
  return Array.from({ length: count }, (_, index) => {
    const last = index === count - 1;
    const part = {
      packages: packages.slice(index * PACKAGES_PER_CHUNK, (index + 1) * PACKAGES_PER_CHUNK),
      components: components.slice(index * COMPONENTS_PER_CHUNK, (index + 1) * COMPONENTS_PER_CHUNK),
    };
    return { digest, index, last, part: last ? { ...factsOf(inventory), ...part } : part };
  });
}
