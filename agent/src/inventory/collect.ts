import { release } from "node:os";
import { type Clock, formatInstant, type Problem, type Result } from "@breakwater/shared/core";
import type { EndpointIdentity, WireInventory } from "@breakwater/shared/wire";
import { describeExposure, type InspectMachine, machineAddresses, packageOwners } from "../exposure/index.ts";
import { decideRpmTool, type ManagerId } from "../packages/index.ts";
import { coreReasons } from "../packages/rpm/core-updates.ts";
import { runTool as runPackageTool } from "../packages/run.ts";
import { zypperRebootReasons } from "../packages/zypper/reboot.ts";
import { withBroughtPackages } from "./brought-packages.ts";
import { describeComponents, loadResult } from "./components/index.ts";
import type { ContainerRuntime } from "./containers/index.ts";
import { packageDatabases, type SystemPackage } from "./databases/index.ts";
import { describeKernel, rebootState, runningKernelBuild } from "./kernel.ts";
import { lostVersions } from "./lost-versions.ts";
import { ownInterfaces, readNeighbours } from "./network.ts";
import { pendingUpdates } from "./pending-updates.ts";
import { type RefreshOutcome, repositories } from "./repositories.ts";
import { rpmPendingUpdates } from "./rpm-pending-updates.ts";
import { RPM_PLACES, rpmRepositories } from "./rpm-repositories.ts";
import { readServices } from "./services.ts";

export interface CollectOptions {
  readonly os: EndpointIdentity["os"];
  readonly clock: Clock;
  /** What the machine is patched with; undefined where that cannot be driven. */
  readonly manager: ManagerId | undefined;
  /** Raw facts about processes: from our own view of /proc, or from the executor's. */
  readonly inspect: InspectMachine;
  /** What container runtimes hold: asked by ourselves, or by the executor. */
  containers(): Promise<ContainerRuntime[]>;
  /** Where the last look through the files left what it found. */
  readonly stateDir: string;
  /** Why there was no later look, where one was due and failed. */
  readonly scanProblem?: Problem | undefined;
  /** Whether the machine's owner lets us tell of neighbours. */
  readonly neighbours: boolean;
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

  const databases = packageDatabases();
  const packages: SystemPackage[] = [];
  for (const database of databases) packages.push(...((await take(database.id, () => database.packages())) ?? []));
  if (packages.length === 0)
    note("packages", {
      code: "no-packages",
      message: `No package manager names a package (${databases.map((d) => d.id).join(", ") || "none found"}).`,
    });
  const debs = packages.filter((p) => p.ecosystem === "deb");
  const rpms = packages.filter((p) => p.ecosystem === "rpm");
  const offered = debs.length > 0 ? await take("pending-updates", () => pendingUpdates(debs, options.os?.architecture ?? "")) : undefined;
  // Where that cannot be told the updates stand all the same: apt is asked again before anything is changed.
  const told = offered && (await take("updates-in-part", () => withBroughtPackages(offered)));
  for (const problem of told?.problems ?? []) note("updates-in-part", problem);
  const ofApt = told?.updates ?? offered;
  const ofRpm = rpms.length > 0 ? await take("pending-updates", () => rpmPendingUpdates(options.manager)) : undefined;
  // Of its own name: what is wrong with "pending-updates" itself has the controller keep to the list that it has.
  for (const problem of ofRpm?.problems ?? []) note("updates-in-part", problem);
  const updates = ofApt || ofRpm ? [...(ofApt ?? []), ...(ofRpm?.updates ?? [])] : undefined;
  if (debs.length + rpms.length === 0)
    note("pending-updates", {
      code: "not-asked",
      message: databases.some((d) => d.id === "dpkg" || d.id === "rpm")
        ? "Without the list of packages nothing can be said of their updates."
        : "Only apt, dnf and zypper are asked for updates: what other package managers offer is unknown, and plans cannot patch with them.",
    });
  const outcome = options.refreshOutcome();
  const aptLists = debs.length > 0 ? await take("repositories", () => repositories(options.clock.now(), outcome)) : undefined;
  const places = RPM_PLACES[decideRpmTool(options.manager) ?? "dnf"];
  const rpmLists = rpms.length > 0 ? await take("repositories", () => rpmRepositories(outcome, places)) : undefined;
  const lost = await take("way-back", () => lostVersions(ofApt ?? []));
  const units = await take("services", () => readServices());
  const owners = packageOwners();
  let inspection: ReturnType<InspectMachine> | undefined;
  const inspectOnce: InspectMachine = () => (inspection ??= options.inspect());
  const exposure = await take("exposure", () => describeExposure(inspectOnce, owners, units ?? []));
  for (const problem of exposure?.problems ?? []) note("exposure", problem);
  const found = await take("components", async () => {
    const result = await loadResult(options.stateDir);
    const seen = await inspectOnce();
    return ok(result && (await describeComponents(result, seen.ok ? seen.value : undefined, owners, machineAddresses())));
  });
  if (options.scanProblem) note("components", options.scanProblem);
  const runtimes = await take("containers", async () => ok(await options.containers()));
  const unitPackages = await owners.of((units ?? []).map((u) => u.executable).filter((e) => e !== ""));
  const kernel = describeKernel(packages, release(), await runningKernelBuild());
  const fallback = async () => {
    const seen = await inspectOnce();
    return (seen.ok ? seen.value.kernelFallback : undefined) ?? "";
  };
  const zypper = options.manager === "zypper";
  const core =
    rpms.length > 0
      ? await take("reboot", async () => ok([...(await coreReasons(runPackageTool)), ...(zypper ? zypperRebootReasons() : [])]))
      : [];
  const reboot = await take("reboot", async () =>
    ok({ ...(await rebootState(kernel, undefined, core)), kernelFallback: await fallback() }),
  );
  const machine = await take("hardware", async () => ok(await (await import("./hardware.ts")).hardware()));
  const seen = await inspectOnce().catch(() => undefined);
  const interfaces = ownInterfaces();
  const neighbourhood = options.neighbours ? await take("neighbours", () => readNeighbours(interfaces)) : undefined;

  return {
    os: options.os ?? null,
    packages,
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
    repositories: [...(aptLists ?? []), ...(rpmLists ?? [])],
    hardware: machine ? { ...machine, ...(seen?.ok ? seen.value.smbios : {}) } : null,
    network: { interfaces, neighbourhood: neighbourhood ?? null },
    components: found?.components ?? [],
    componentScan: found?.componentScan ?? null,
    containerRuntimes: runtimes ?? [],
    lostVersions: [...(lost ?? []), ...(ofRpm?.lost ?? [])],
    problems,
    collectedAt: formatInstant(options.clock.now()),
  };
}
