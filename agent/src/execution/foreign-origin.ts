import type { PackageChange } from "@breakwater/shared/command";
import type { PackageManager } from "../packages/package-manager.ts";
import type { Trust } from "./trust.ts";

/**
 * Why the machine's owner does not let these changes come from where they come from; undefined when they may. A version whose
 * origin nobody tells has none: only an owner who allows any origin lets it in.
 */
export async function foreignOrigin(manager: PackageManager, trust: Trust, changes: readonly PackageChange[]): Promise<string | undefined> {
  const told = await manager.origins(changes);
  const untold = changes.filter((c) => !told.some((t) => t.name === c.name));
  const allowed = await trust.mayComeFrom([...told, ...untold.map(({ name }) => ({ name, origin: "", label: "", suite: "" }))]);
  return allowed.ok ? undefined : allowed.problem.message;
}
