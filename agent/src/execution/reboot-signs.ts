import { ECOSYSTEM_OF } from "@breakwater/shared/command";
import { describeKernel, rebootState } from "../inventory/kernel.ts";
import { askNeedRestart, rebootReasons } from "../reboot/index.ts";
import type { Surroundings } from "./perform.ts";
import { waitingUnits } from "./restart-stale.ts";

/** The kernel that runs, the newest that is installed, and the package of the running one: "" in a container. */
export async function kernels(w: Surroundings): Promise<{ running: string; newestInstalled: string; package: string }> {
  const ecosystem = ECOSYSTEM_OF[w.manager.id];
  const packages = (await w.manager.everyVersion()).map((p) => ({ ...p, ecosystem }) as const);
  return { running: "", newestInstalled: "", package: "", ...describeKernel(packages, w.machine.kernel()) };
}

/** Why the machine should be rebooted now, whoever changed it; empty when nothing asks for it. */
export async function whyReboot(w: Surroundings): Promise<string[]> {
  const { reasons = [] } = await rebootState(await kernels(w), undefined, await w.manager.rebootReasons());
  return rebootReasons({ reasons, needRestart: await askNeedRestart(w.run), waitingUnits: await waitingUnits() });
}
