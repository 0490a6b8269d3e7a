import type { FailureClass } from "@breakwater/shared/command";
import { type Named, type NewPackages, type PackageFile, type PackageManager, packageKey } from "../packages/package-manager.ts";

export interface Leaving {
  /** What goes when the change goes back. */
  readonly leaving: readonly Named[];
  /** What the change brought and has to stay. */
  readonly stays?: { readonly packages: Named[]; readonly why: string };
  /** Going back would do more than that, so it is not done. */
  readonly problem?: { readonly problem: string; readonly failureClass: FailureClass };
}

/**
 * Which of the packages that a change brought are to go now. The kernel that runs stays, with what it needs, and so does what is gone
 * already. The package manager is asked right before: apt removes what depends on what it is told to remove, and somebody may have
 * installed such a thing since. Where it finds no way at all nothing is decided here, since then it changes nothing either.
 */
export async function leavingNow(manager: PackageManager, kept: readonly PackageFile[], brought: readonly Named[]): Promise<Leaving> {
  const { newPackages } = manager;
  if (brought.length === 0 || !newPackages) return { leaving: [] };
  const keys = new Set(brought.map(packageKey));
  const present = (await manager.installed())
    .filter((p) => keys.has(packageKey(p)))
    .map(({ name, architecture }) => ({ name, architecture }));
  const running = await newPackages.ofRunningKernel();
  const kernel = present.filter((p) => running.has(p.name));
  const free = present.filter((p) => !running.has(p.name));
  const more = await beyond(newPackages, kept, free);
  if (kernel.length === 0)
    return more.length === 0
      ? { leaving: free }
      : { leaving: [], problem: { problem: `it would also ${more.join(", ")}`, failureClass: "removal-needed" } };
  // What the kernel needs cannot go before it.
  const leaving = more.length === 0 ? free : [];
  const why = leaving.length === free.length ? "it is the kernel that runs now." : "it is the kernel that runs now, with what it needs.";
  return { leaving, stays: { packages: leaving.length === free.length ? kernel : present, why } };
}

/** What going back would do besides, a few words each. */
async function beyond(newPackages: NewPackages, kept: readonly PackageFile[], leaving: readonly Named[]): Promise<string[]> {
  if (leaving.length === 0) return [];
  const simulated = await newPackages.simulateRestore(kept, leaving);
  if (!simulated.ok) return [];
  const [back, gone] = [new Set(kept.map((k) => k.name)), new Set(leaving.map((p) => p.name))];
  return [
    ...simulated.value.removes.filter((r) => !gone.has(r.name)).map((r) => `remove ${r.name}`),
    ...simulated.value.installs.filter((i) => !back.has(i.name)).map((i) => `change ${i.name}`),
  ];
}
