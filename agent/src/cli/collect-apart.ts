import { fail, ok, type Problem, type Result, systemClock } from "@breakwater/shared/core";
import type { EndpointIdentity, WireInventory } from "@breakwater/shared/wire";
import type { RefreshOutcome } from "../inventory/index.ts";
import type { ManagerId } from "../packages/index.ts";
import { startApart, tellApart } from "./start-apart.ts";
import { readUpgrade, upgradeProblem } from "./upgrade-result.ts";

/** apt alone may take two minutes on a slow machine whose caches are cold. */
const TIMEOUT_MS = 600_000;
const MAX_BYTES = 64 * 1024 * 1024;

export interface CollectRequest {
  readonly os: EndpointIdentity["os"];
  readonly executorSocket: string;
  readonly stateDir: string;
  /** The owner's policy, read by who asks. */
  readonly neighbours: boolean;
  /** What the machine is patched with. */
  readonly manager?: ManagerId | undefined;
  readonly scanProblem?: Problem | undefined;
  readonly refreshOutcome: readonly (readonly [string, { readonly state: string; readonly detail: string }])[];
}

/**
 * Looks at the machine in a process of its own that ends afterwards: a look leaves 100 MB of garbage behind once an hour,
 * which would otherwise stay with the agent for good (measured: 178 MB against 70).
 */
export async function collectApart(
  request: Omit<CollectRequest, "refreshOutcome">,
  outcome: RefreshOutcome,
): Promise<Result<WireInventory>> {
  const input = JSON.stringify({ ...request, refreshOutcome: [...outcome] } satisfies CollectRequest);
  const looked = await startApart("collect", { input, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES }).ended;
  try {
    if (looked.failure === undefined) return ok(JSON.parse(looked.stdout.toString("utf8")) as WireInventory);
    return fail<Problem>({ code: "collector-failed", message: tellApart("collect", looked) });
  } catch (error) {
    return fail<Problem>({ code: "collector-failed", message: `What was collected cannot be read: ${(error as Error).message}` });
  }
}

/** The other side: reads the request from stdin, prints the inventory. */
export async function collectHere(input: string): Promise<string> {
  const request = JSON.parse(input) as CollectRequest;
  // Loaded here only: what they bring is what the agent itself should not carry.
  const [{ collectInventory, readContainerRuntimes }, { inspectMachine }, { createExecutorLink }] = await Promise.all([
    import("../inventory/index.ts"),
    import("../exposure/index.ts"),
    import("../session/index.ts"),
  ]);
  const executor = createExecutorLink({ socketPath: request.executorSocket, onEvent: () => {}, onClosed: () => {} });
  const inventory = await collectInventory({
    os: request.os ?? null,
    clock: systemClock,
    inspect: inspectMachine(async () => {
      const answer = await executor.request("inspect", {});
      return answer.ok ? answer.value : undefined;
    }),
    containers: async () => {
      const answer = process.getuid?.() === 0 ? undefined : await executor.request("containers", {});
      return answer?.ok ? answer.value : readContainerRuntimes();
    },
    stateDir: request.stateDir,
    scanProblem: request.scanProblem,
    neighbours: request.neighbours,
    manager: request.manager,
    refreshOutcome: () => new Map(request.refreshOutcome),
  });
  executor.close();
  const upgrade = upgradeProblem(await readUpgrade());
  if (upgrade) inventory.problems = [...(inventory.problems ?? []), { collector: "agent", code: upgrade.code, message: upgrade.message }];
  return JSON.stringify(inventory);
}
