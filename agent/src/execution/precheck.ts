import { type EndpointAction, isNew, type PackageChange } from "@breakwater/shared/command";
import { fail, ok, type Result } from "@breakwater/shared/core";
import {
  type InstalledPackage,
  type ManagerFailure,
  type PackageManager,
  packageKey,
  type Simulation,
} from "../packages/package-manager.ts";
import { mixedWithOwn } from "./own-packages.ts";

const differs = (message: string) => fail<ManagerFailure>({ failureClass: "simulation-differs", message, output: "" });

/** What is left of the plan on this machine, and whether the solver would do exactly that and nothing else. */
export async function judgeBeforehand(
  manager: PackageManager,
  action: EndpointAction,
  installed: readonly InstalledPackage[],
): Promise<Result<PackageChange[], ManagerFailure>> {
  const foreign = action.packages.find((p) => p.manager !== manager.id);
  if (foreign) return differs(`The plan changes ${foreign.name} with ${foreign.manager}; this machine is patched with ${manager.id}.`);
  const mixed = mixedWithOwn(action.packages);
  if (mixed) return differs(mixed);
  const byKey = new Map(installed.map((p) => [packageKey(p), p]));
  const changes: PackageChange[] = [];
  for (const change of action.packages) {
    const p = byKey.get(packageKey(change));
    if (isNew(change)) {
      if (!manager.newPackages)
        return differs(`The plan would install ${change.name}, and ${manager.id} is driven to install nothing new.`);
      // What is there already is not brought by this change, and so never taken away with it.
      if (p?.version === change.to && p.status === "installed") continue;
      if (p) return differs(`${change.name} is installed (${p.version}); the plan brings ${change.to} as new.`);
      changes.push(change);
      continue;
    }
    if (!p) return differs(`${change.name} is not installed; the plan changes it from ${change.from}.`);
    if (p.version === change.to) continue;
    const upgrade = (await manager.compareVersions(change.from, change.to)) < 0;
    if (upgrade && (await manager.compareVersions(p.version, change.to)) > 0) continue;
    if (p.version !== change.from) return differs(`${change.name} is at ${p.version}; the plan was made for ${change.from}.`);
    if (p.held) return fail({ failureClass: "held", message: `${change.name} is on hold by the machine's administrator.`, output: "" });
    changes.push(change);
  }
  if (changes.length === 0) return ok([]);
  if (changes.every(isNew)) return differs(`Nothing that the plan still has to change brings ${changes[0]?.name}.`);
  const [pinned] = await manager.pinnedAway(changes);
  if (pinned) {
    const message = `${pinned.name} is pinned by the machine's administrator: ${manager.id} would take ${pinned.candidate}.`;
    return fail({ failureClass: "held", message, output: "" });
  }
  const simulated = await manager.simulate(changes);
  if (!simulated.ok) return simulated;
  return compareWithPlan(changes, simulated.value, manager.id);
}

/** Pure: the solver's steps against the plan's. */
export function compareWithPlan(
  changes: readonly PackageChange[],
  simulation: Simulation,
  tool = "apt",
): Result<PackageChange[], ManagerFailure> {
  const [gone] = simulation.removes;
  if (gone)
    return fail({
      failureClass: "removal-needed",
      message: `The change would remove ${simulation.removes.map((r) => r.name).join(", ")}.`,
      output: "",
    });
  const planned = new Map(changes.map((c) => [packageKey(c), c]));
  for (const step of simulation.installs) {
    const change = planned.get(packageKey(step));
    if (!change) return differs(`The change would also bring ${step.name} ${step.to}, which is not in the plan.`);
    if (change.to !== step.to) return differs(`${tool} would install ${step.name} ${step.to}; the plan says ${change.to}.`);
    planned.delete(packageKey(step));
  }
  const [missing] = planned.values();
  if (missing) return differs(`${tool} would not change ${missing.name}.`);
  return ok([...changes]);
}
