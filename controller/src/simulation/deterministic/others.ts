import type { Instant } from "@breakwater/shared/core";
import type { Execution, ForeignChange } from "../../act/rollout/core/index.ts";
import type { Chance } from "./chance.ts";
import type { Timeline } from "./timeline.ts";
import type { TraceLine } from "./trace.ts";

const MINUTE = 60_000;
const HOUR = 3_600_000;
const SHARE = 0.4;
const WATCHED = 0.7;
const HARMFUL = 0.5;

/** What other deployments do to the same endpoints. */
export interface Others {
  readonly changes: ReadonlyMap<string, readonly ForeignChange[]>;
  /** Whether their patch slows an endpoint down at a moment. */
  slow(endpointId: string, at: number): boolean;
}

export const NO_OTHERS: Others = { changes: new Map(), slow: () => false };

/**
 * Other deployments change some of the endpoints at some time, and watch most of what they changed; half of them do harm until
 * they take it back. They keep the rule that is asked of ours: none begins where ours is at work or still watches.
 * @param ours what ours does on an endpoint, and how long it watches after its patch
 */
export function otherDeployments(
  timeline: Timeline,
  chance: Chance,
  endpointIds: Iterable<string>,
  ours: (endpointId: string) => { readonly execution: Execution | undefined; readonly bakeMs: number; readonly inFlight: boolean },
  tell: (line: TraceLine) => void,
  wake: () => void,
): Others {
  const changes = new Map<string, ForeignChange[]>();
  const harm: { endpointId: string; from: number; to: number }[] = [];

  function begin(endpointId: string): void {
    const name = `others/${endpointId}`;
    const now = timeline.now();
    const { execution, bakeMs, inFlight } = ours(endpointId);
    if (inFlight || now < (execution?.patchedAt ?? Number.NEGATIVE_INFINITY) + bakeMs) return;
    const going: ForeignChange = { deploymentId: "dp_other", from: now };
    changes.set(endpointId, [going]);
    tell({ at: now, kind: "elsewhere", endpoint: endpointId });
    wake();
    timeline.after(chance.between(`${name}/for`, MINUTE, 25 * MINUTE), () => {
      const to = timeline.now();
      const watchedUntil = (to + chance.between(`${name}/watched`, 10 * MINUTE, 4 * HOUR)) as Instant;
      const watched = chance.roll(`${name}/watched?`) < WATCHED;
      changes.set(endpointId, [{ ...going, to, ...(watched ? { watchedUntil } : {}) }]);
      if (chance.roll(`${name}/harmful?`) < HARMFUL) harm.push({ endpointId, from: to, to: watchedUntil });
      tell({ at: to, kind: "elsewhere-ended", endpoint: endpointId, more: watched ? { until: String(watchedUntil) } : {} });
      wake();
    });
  }

  for (const id of endpointIds)
    if (chance.strikes(`others/${id}`, SHARE)) timeline.after(chance.exponential(`others/${id}/at`, 4 * HOUR), () => begin(id));
  return {
    changes,
    slow: (endpointId, at) => harm.some((h) => h.endpointId === endpointId && at >= h.from && at < h.to),
  };
}
