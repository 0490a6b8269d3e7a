import { isNew, type PackageChange } from "@breakwater/shared/command";
import { type KeptFile, type PackageFile, type PackageManager, packageKey } from "../packages/package-manager.ts";

export interface WayBack {
  readonly files: KeptFile[];
  readonly reversible: boolean;
  /** Why there is no way back, or what is not quite as it was; empty when all is well. */
  readonly why: string;
}

/**
 * Lays the bytes of the installed versions into a directory and has the package manager compute, before anything is
 * touched, whether going back to them would do that, take away what the change brings, and nothing else.
 * @param caches Directories that may hold them already.
 * @param scratch File that the computation may write.
 */
export async function keepWayBack(
  manager: PackageManager,
  changes: readonly PackageChange[],
  fetched: readonly PackageFile[],
  place: { readonly directory: string; readonly caches: readonly string[]; readonly scratch: string },
): Promise<WayBack> {
  const keys = new Set(changes.map(packageKey));
  const installed = (await manager.installed()).filter((p) => keys.has(packageKey(p)));
  const files = [...(await manager.keep(installed, place.directory, place.caches))];
  const none = (why: string): WayBack => ({ files, reversible: false, why });
  const lost = installed.find((p) => !files.some((f) => packageKey(f) === packageKey(p)));
  if (lost) return none(`The installed ${lost.name} ${lost.version} is in no cache and no repository, and cannot be packed again.`);
  const brought = changes.filter(isNew);
  const simulated = await manager.simulateRestore(files, fetched, place.scratch, brought);
  if (!simulated.ok) return none(`${manager.id} finds no way back: ${simulated.problem.message}`);
  const { installs, removes } = simulated.value;
  const leaving = new Set(brought.map((b) => b.name));
  const others = removes.filter((r) => !leaving.has(r.name));
  if (others.length > 0) return none(`Going back would remove ${others.map((r) => r.name).join(", ")}.`);
  const remaining = brought.find((b) => !removes.some((r) => r.name === b.name));
  if (remaining) return none(`Going back would leave ${remaining.name}, which the change brings.`);
  const stray = installs.find((i) => !keys.has(packageKey(i)));
  if (stray) return none(`Going back would also change ${stray.name}.`);
  const repacked = files.filter((f) => f.source === "repack").map((f) => f.name);
  return { files, reversible: true, why: repacked.length > 0 ? `Packed again from the disk: ${repacked.join(", ")}.` : "" };
}
