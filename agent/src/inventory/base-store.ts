import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import type { WireInventory } from "@breakwater/shared/wire";
import type { KnownInventory } from "./delta.ts";
import { inventoryDigest } from "./digest.ts";

const pathIn = (stateDir: string): string => join(stateDir, "inventory.json.gz");

/** What the controller acknowledged last, from before this start. A damaged file means: nothing, so a snapshot is sent. */
export async function loadBase(stateDir: string): Promise<KnownInventory | undefined> {
  try {
    const inventory = JSON.parse(gunzipSync(await readFile(pathIn(stateDir))).toString("utf8")) as WireInventory;
    return { digest: inventoryDigest(inventory), inventory };
  } catch {
    return undefined;
  }
}

/** A cache, so neither synced nor atomic: its digest tells a torn one from a whole one. */
export async function saveBase(stateDir: string, base: KnownInventory | undefined): Promise<void> {
  if (base) await writeFile(pathIn(stateDir), gzipSync(JSON.stringify(base.inventory)), { mode: 0o600 });
  else await rm(pathIn(stateDir), { force: true });
}
