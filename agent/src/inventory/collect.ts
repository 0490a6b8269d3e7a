import { readFile, stat } from "node:fs/promises";
import { release } from "node:os";
import { type Clock, formatInstant, type Problem, type Result } from "@breakwater/shared/core";
import type { EndpointIdentity, WireInventory } from "@breakwater/shared/wire";
import { describeExposure, type InspectMachine, packageOwners } from "../exposure/index.ts";
import { type DebPackage, parseDpkgStatus } from "./dpkg-status.ts";
import { describeKernel, rebootState } from "./kernel.ts";
import { pendingUpdates } from "./pending-updates.ts";
import { type RefreshOutcome, repositories } from "./repositories.ts";
import { readServices } from "./services.ts";

export const DPKG_STATUS = "/var/lib/dpkg/status";

export interface CollectOptions {
  readonly os: EndpointIdentity["os"];
  readonly clock: Clock;
  /** Raw facts about processes: from our own view of /proc, or from the executor's. */
  readonly inspect: InspectMachine;
  /** What the last refresh of the package lists said. */
  refreshOutcome(): RefreshOutcome;
}

/**
 * Looks at everything once, one collector after the other so that it is never felt. What a collector cannot see is a
 * problem with its name, never an empty list that reads as "none".
 */
export async function collectInventory(options: CollectOptions): Promise<WireInventory> {
  const problems: { collector: string; code: string; message: string }[] = [];
  const note = (collector: string, problem: Problem) => problems.push({ collector, code: problem.code, message: problem.message });
  const take = async <T>(collector: string, work: () => Promise<Result<T>>): Promise<T | undefined> => {
    try {
      const result = await work();
      if (result.ok) return result.value;
      note(collector, result.problem);
    } catch (error) {
      note(collector, { code: "collector-failed", message: (error as Error).message });
    }
    return undefined;
  };
  const ok = <T>(value: T) => ({ ok: true as const, value });

  const packages = (await take("packages", async () => ok(parseDpkgStatus(await readFile(DPKG_STATUS, "utf8"))))) ?? [];
  if (packages.length === 0) note("packages", { code: "no-packages", message: `${DPKG_STATUS} names no package.` });
  const updates =
    packages.length > 0 ? await take("pending-updates", () => pendingUpdates(packages, options.os?.architecture ?? "")) : undefined;
  const repositoryList = await take("repositories", () => repositories(options.clock.now(), options.refreshOutcome()));
  const units = await take("services", () => readServices());
  const owners = packageOwners();
  const exposure = await take("exposure", () => describeExposure(options.inspect, owners, units ?? []));
  for (const problem of exposure?.problems ?? []) note("exposure", problem);
  const unitPackages = await owners.of((units ?? []).map((u) => u.executable).filter((e) => e !== ""));
  const kernel = describeKernel(packages, release());
  const reboot = await take("reboot", async () => ok(await rebootState(kernel)));
  const machine = await take("hardware", async () => ok(await (await import("./hardware.ts")).hardware()));

  return {
    os: options.os ?? null,
    packages: packages as DebPackage[],
    pendingUpdates: updates ?? [],
    services: (units ?? []).map((u) => ({
      unit: u.unit,
      activeState: u.activeState,
      subState: u.subState,
      mainPid: u.mainPid,
      restarts: u.restarts,
      package: unitPackages.get(u.executable) ?? "",
    })),
    listeners: exposure?.listeners ?? [],
    loadedPackages: exposure?.loadedPackages ?? [],
    kernel,
    reboot: reboot ?? null,
    repositories: repositoryList ?? [],
    hardware: machine ?? null,
    problems,
    collectedAt: formatInstant(options.clock.now()),
  };
}

/** Changes when dpkg has changed anything. 0 when there is no dpkg. */
export const dpkgChangedAt = async (): Promise<number> => (await stat(DPKG_STATUS).catch(() => undefined))?.mtimeMs ?? 0;
