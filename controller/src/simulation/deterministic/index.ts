/**
 * The deterministic simulator behind `breakwater simulate`: the real rollout core, planner and judge in virtual time, with
 * faults of controllers, agents, database and network drawn from one seed, and a checker that knows nothing of the core.
 *
 * A reader begins with `run.ts` (one run), then `controller.ts`, `endpoint.ts`, `store.ts` and `links.ts` (who takes part), `adversity.ts` (what else befalls them),
 * `recorder.ts` and `check.ts` (what is told of it, and held against it), `scenario.ts` (worlds made up for the tests).
 */
export { NO_FAULTS, readFaults } from "./faults.ts";
export { readFleet } from "./fleet-file.ts";
export { POLICIES, type PolicyName } from "./policies.ts";
export { simulate } from "./simulate.ts";
