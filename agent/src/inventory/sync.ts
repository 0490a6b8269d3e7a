import type { WireInventory } from "@breakwater/shared/wire";
import { fitsOneMessage, inventoryDelta, type KnownInventory, snapshotChunks } from "./delta.ts";
import { inventoryDigest } from "./digest.ts";

type Upward = { inventorySnapshot: ReturnType<typeof snapshotChunks>[number] } | { inventoryDelta: ReturnType<typeof inventoryDelta> };

export interface InventorySyncOptions {
  send(key: string, body: Upward, onAcknowledged: () => void): boolean;
  discard(matches: (key: string) => boolean): void;
  /** Keeps what the controller has acknowledged over restarts; undefined: it knows nothing. */
  saveBase(base: KnownInventory | undefined): Promise<void>;
  readonly base: KnownInventory | undefined;
}

/** Decides what of the inventory the controller has to be told: nothing, a delta, or all of it. */
export interface InventorySync {
  /** Digest for Hello: what the controller acknowledged last. */
  digest(): string;
  /** A fresh look at the machine. */
  collected(inventory: WireInventory): void;
  /** The controller lacks what the digest stands for. */
  snapshotWanted(): void;
  readonly current: KnownInventory | undefined;
}

const PREFIX = "inventory:";

export function createInventorySync(options: InventorySyncOptions): InventorySync {
  let base = options.base;
  let current: KnownInventory | undefined;
  /** Digest of what is on its way. */
  let sending: string | undefined;

  const acknowledged = (known: KnownInventory): void => {
    if (sending !== known.digest) return;
    base = known;
    sending = undefined;
    void options.saveBase(base);
    push();
  };
  const push = (): void => {
    if (!current || sending === current.digest || (sending === undefined && base?.digest === current.digest)) return;
    // What was on its way and is not acknowledged yet is overtaken: the newest is said against what is surely known.
    options.discard((key) => key.startsWith(PREFIX));
    const known = current;
    sending = known.digest;
    if (base?.digest === known.digest) {
      sending = undefined;
      return;
    }
    const delta = base && inventoryDelta(base, known);
    if (delta && fitsOneMessage(delta)) {
      options.send(`${PREFIX}${known.digest}:delta`, { inventoryDelta: delta }, () => acknowledged(known));
      return;
    }
    for (const chunk of snapshotChunks(known))
      options.send(`${PREFIX}${known.digest}:${chunk.index}`, { inventorySnapshot: chunk }, () => chunk.last && acknowledged(known));
  };

  return {
    digest: () => base?.digest ?? "",
    collected(inventory) {
      current = { digest: inventoryDigest(inventory), inventory };
      push();
    },
    snapshotWanted() {
      base = undefined;
      sending = undefined;
      void options.saveBase(undefined);
      options.discard((key) => key.startsWith(PREFIX));
      push();
    },
    get current() {
      return current;
    },
  };
}
