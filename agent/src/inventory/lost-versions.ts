import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ok, type Result } from "@breakwater/shared/core";
import type { WireInventory, WirePendingUpdate } from "@breakwater/shared/wire";
import { EXECUTOR_STATE_DIR } from "../executor/protocol.ts";
import { archiveName, DPKG_REPACK } from "../packages/apt/environment.ts";
import { type Offer, parseOffers } from "../packages/apt/origins.ts";
import { runText } from "./run-tool.ts";

type LostVersion = NonNullable<WireInventory["lostVersions"]>[number];

/** apt's own cache, and what the executor brought and kept. */
const CACHE = "/var/cache/apt/archives";
const KEPT = join(EXECUTOR_STATE_DIR, "archives");

/**
 * Installed versions with an update pending whose bytes the executor will look for in vain: told beforehand, so that nobody
 * approves a way back that is not there. The same sources, in the same order, as when it keeps them.
 */
export async function lostVersions(updates: readonly WirePendingUpdate[]): Promise<Result<LostVersion[]>> {
  if (updates.length === 0 || existsSync(DPKG_REPACK)) return ok([]);
  const names = updates.map((u) => `${u.name}:${u.architecture}`);
  const policy = await runText("apt-cache", ["policy", ...names], { timeoutMs: 120_000 });
  if (!policy.ok) return policy;
  const kept = await readdir(KEPT).catch(() => [] as string[]);
  const caches = [CACHE, ...kept.flatMap((id) => [join(KEPT, id, "new"), join(KEPT, id, "old")])];
  return ok(lostAmong(updates, parseOffers(policy.value), (file) => caches.some((cache) => existsSync(join(cache, file)))));
}

/** Pure: the installed versions that no index offers and no cache holds. */
export function lostAmong(
  updates: readonly WirePendingUpdate[],
  offers: readonly Offer[],
  cached: (file: string) => boolean,
): LostVersion[] {
  return updates.flatMap(({ name = "", architecture = "", installedVersion: version = "" }) => {
    const offered = offers.some(
      (o) => (o.name === name || o.name === `${name}:${architecture}`) && o.version === version && o.indexes.length > 0,
    );
    return offered || cached(archiveName({ name, architecture, version })) ? [] : [{ name, architecture, version }];
  });
}
