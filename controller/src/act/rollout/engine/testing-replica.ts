import { instant } from "@breakwater/shared/core";
import { openPostgres } from "../../../store/index.ts";
import { START } from "../core/testing.ts";
import { createRollout } from "./engine.ts";
import { quiet, testJudge } from "./testing.ts";

/**
 * A controller's rollout engine as a process of its own, to be killed and stopped: `testing-replica.ts NAME URL BEGUN LEASE_MS`.
 * Its clock shows the tests' beginning at BEGUN (epoch milliseconds), so that all replicas agree.
 */
const [name = "", url = "", begun = "", leaseMs = ""] = process.argv.slice(2);
const store = await openPostgres(url, { maxConnections: 3 });
const rollout = createRollout({
  store,
  clock: { now: () => instant(START + Date.now() - Number(begun)) },
  log: quiet,
  health: testJudge(),
  instanceId: name,
  judgeEveryMs: 50,
  pollMs: 50,
  leaseMs: Number(leaseMs),
});
await rollout.start();
process.stdout.write("ready\n");
