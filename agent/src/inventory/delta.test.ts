import { COMPONENTS_PER_CHUNK, type WireComponent, type WireInventory } from "@breakwater/shared/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inventoryDelta, snapshotChunks } from "./delta.ts";
import { componentKey, componentText, inventoryDigest, packageKey } from "./digest.ts";
import { createInventorySync } from "./sync.ts";

const known = (inventory: WireInventory) => ({ digest: inventoryDigest(inventory), inventory });
const kernel = (version: string) => ({ ecosystem: "rpm", name: "kernel-core", architecture: "x86_64", version });
const component = fc.record({
  ecosystem: fc.constant("npm"),
  name: fc.constantFrom("a", "b"),
  version: fc.constantFrom("1", "2"),
  path: fc.constantFrom("/x", "/y"),
  owner: fc.constantFrom("", "deb"),
  reach: fc.constantFrom("", "public"),
});
const inventory = fc.record({
  packages: fc.uniqueArray(fc.constantFrom("1", "2", "3").map(kernel), { selector: (p) => p.version }),
  components: fc.uniqueArray(component, { selector: componentKey, maxLength: 6 }),
});

/** What the controller does with a delta: all versions of an added or removed name go, then the added ones come. */
function applied(base: WireInventory, delta: ReturnType<typeof inventoryDelta>): WireInventory {
  const gone = new Set([...(delta.added ?? []), ...(delta.removed ?? [])].map(packageKey));
  const goneComponents = new Set([...(delta.componentsAdded ?? []), ...(delta.componentsRemoved ?? [])].map(componentKey));
  return {
    packages: [...(base.packages ?? []).filter((p) => !gone.has(packageKey(p))), ...(delta.added ?? [])],
    components: [...(base.components ?? []).filter((c) => !goneComponents.has(componentKey(c))), ...(delta.componentsAdded ?? [])],
  };
}

describe("a delta", () => {
  it("leads from any inventory to any other, also with several versions of one name", () => {
    fc.assert(
      fc.property(inventory, inventory, (from, to) => {
        expect(inventoryDigest(applied(from, inventoryDelta(known(from), known(to))))).toBe(inventoryDigest(to));
      }),
    );
  });

  it("does not speak of a component of which only the process's number changed", () => {
    const used = (pid: number): WireComponent => ({
      ecosystem: "npm",
      name: "a",
      version: "1",
      path: "/x",
      uses: [{ pid, process: "node", how: "script" }],
    });
    expect(componentText(used(1))).toBe(componentText(used(2)));
    expect(inventoryDigest({ components: [used(1)] })).toBe(inventoryDigest({ components: [used(2)] }));
    expect(inventoryDigest({ components: [used(1)] })).not.toBe(inventoryDigest({ components: [] }));
  });

  it("that would not fit into one message is said as a snapshot in chunks, which hold every component once", () => {
    const many = Array.from({ length: 2 * COMPONENTS_PER_CHUNK + 1 }, (_, i) => ({
      ecosystem: "npm",
      name: `p${i}`,
      version: "1",
      path: `/${i}`,
    }));
    const sent: string[] = [];
    const base = known({ packages: [], components: [] });
    const sync = createInventorySync({ base, discard: () => {}, saveBase: async () => {}, send: (key) => sent.push(key) > 0 });
    sync.collected({ packages: [], components: many });
    expect(sent.map((key) => key.split(":").at(-1))).toEqual(["0", "1", "2"]);
    const chunks = snapshotChunks(known({ packages: [], components: many }));
    expect(chunks.flatMap((c) => c.part?.components ?? [])).toEqual(many);
    expect(chunks.every((c) => (c.part?.components?.length ?? 0) <= COMPONENTS_PER_CHUNK)).toBe(true);
    sync.collected({ packages: [], components: many.slice(0, 3) });
    expect(sent.at(-1)).toMatch(/:delta$/);
  });
});

describe("the digest", () => {
  it("holds what a look did not look at, and its day, but neither its minute nor its counts", () => {
    const scan = {
      startedAt: "2026-03-02T08:00:00Z",
      endedAt: "2026-03-02T08:01:00Z",
      roots: ["/"],
      files: 1,
      notLooked: [],
      notLookedTotal: 0,
    };
    const digest = (change: object) => inventoryDigest({ componentScan: { ...scan, ...change } });
    expect(digest({ endedAt: "2026-03-02T20:00:00Z", files: 99 })).toBe(digest({}));
    expect(digest({ endedAt: "2026-03-03T08:00:00Z" })).not.toBe(digest({}));
    expect(digest({ notLooked: [{ path: "/srv", code: "limit", reason: "x" }] })).not.toBe(digest({}));
    expect(inventoryDigest({})).not.toBe(digest({}));
  });
});
