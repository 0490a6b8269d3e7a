import { type Clock, type Instant, instant } from "@breakwater/shared/core";
import type { Logger } from "@breakwater/shared/log";
import type { RefreshOutcome } from "../inventory/index.ts";
import { listsFetchedAt, type ManagerId } from "../packages/index.ts";
import type { Policy } from "../policy/index.ts";
import type { ExecutorLink } from "../session/index.ts";
import { agoMs } from "./clock-watch.ts";

/** Debian publishes security updates at any hour; every machine asking each hour would be a burden on mirrors. */
const MAX_AGE_MS = 6 * 3_600_000;
/** After an attempt, whatever became of it. */
const RETRY_MS = 3_600_000;

export interface ListRefresh {
  /**
   * Has the executor fetch the package lists when they are old and the owner allows it. @returns whether it did.
   * @param manager What this machine is patched with: its lists are meant. Without one there are none to fetch.
   */
  whenDue(policy: Policy, manager: ManagerId | undefined): Promise<boolean>;
  outcome(): RefreshOutcome;
}

export function createListRefresh(options: { executor: ExecutorLink; clock: Clock; log: Logger }): ListRefresh {
  let triedAt: Instant = instant(0);
  let outcome: RefreshOutcome = new Map();
  return {
    async whenDue(policy, manager) {
      const now = options.clock.now();
      if (!policy.refreshPackageLists || manager === undefined || agoMs(triedAt, now) < RETRY_MS) return false;
      if (agoMs(await listsFetchedAt(manager), now) < MAX_AGE_MS) return false;
      triedAt = now;
      const answer = await options.executor.request("refresh", {});
      if (!answer.ok) {
        options.log.warn(answer.problem, "package lists not refreshed");
        return false;
      }
      outcome = new Map(
        answer.value.repositories.map((r) => [`${r.uri.replace(/\/$/, "")} ${r.suite}`, { state: r.state, detail: r.detail }]),
      );
      return true;
    },
    outcome: () => outcome,
  };
}
