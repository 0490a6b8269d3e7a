export { NO_FAULTS, readFaults } from "./faults.ts";
export { readFleet } from "./fleet-file.ts";
export { POLICIES, type PolicyName } from "./policies.ts";
export { type SeedResult, type Simulation, simulate } from "./simulate.ts";
