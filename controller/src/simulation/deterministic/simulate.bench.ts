import { expectOk } from "@breakwater/shared/core";
import { NO_FAULTS, readFaults } from "./faults.ts";
import { type Fleet, readFleet } from "./fleet-file.ts";
import { planOf } from "./policies.ts";
import { runSeed } from "./run.ts";

/** Endpoint-days of virtual time that one core simulates in a second of its own time (not of the clock, which others on the machine share): `npm run bench -- simulate`. Aim: 1,000. */
const DAY = 86_400_000;
const ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"] as const;

function fleetOf(size: number, harmful: boolean): Fleet {
  const endpoints = Array.from({ length: size }, (_, i) => ({
    id: `e${i}`,
    timezone: ZONES[i % ZONES.length],
    site: `s${i % 3}`,
    tags: [i % 2 ? "web" : "db"],
    criticality: 1 + (i % 5),
    window: { days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from: "22:00", to: "04:00" },
  }));
  const truth = { failureRate: 0.005, harmful: harmful ? { share: 0.3, onsetMinutes: 60 } : null, applyMinutes: 6 };
  const file = {
    start: "2026-03-27T12:00:00Z",
    endpoints,
    maxConcurrent: Math.max(5, size / 20),
    errorBudget: Math.ceil(size / 20),
    truth,
  };
  return expectOk(readFleet(JSON.stringify(file)));
}

const troubles = expectOk(
  readFaults(
    JSON.stringify({
      controllerCrashPerHour: 0.5,
      agentCrashPerExecution: 0.2,
      database: { failPerStatement: 0.005 },
      network: { drop: 0.02, duplicate: 0.02, delayMs: 500, partitionPerHour: 0.02 },
      clockSkewMs: 5_000,
    }),
  ),
);

process.stdout.write("endpoints  patch    faults  seeds  endpoint-days     s  endpoint-days/s\n");
for (const size of [50, 200, 1_000])
  for (const [harmful, faults] of [
    [false, NO_FAULTS],
    [false, troubles],
    [true, troubles],
  ] as const) {
    const fleet = fleetOf(size, harmful);
    const plan = expectOk(planOf(fleet, "adaptive"));
    const seeds = size > 500 ? 3 : 8;
    let endpointDays = 0;
    runSeed(fleet, plan, { seed: 0, faults });
    const started = process.cpuUsage();
    for (let seed = 1; seed <= seeds; seed += 1) {
      const run = runSeed(fleet, plan, { seed, faults });
      endpointDays += (size * ((run.finishedAt ?? fleet.start) - fleet.start)) / DAY;
    }
    const used = process.cpuUsage(started);
    const seconds = (used.user + used.system) / 1e6;
    const cells = [String(size).padStart(9), (harmful ? "harmful" : "good").padEnd(7), (faults === NO_FAULTS ? "none" : "many").padEnd(6)];
    process.stdout.write(
      `${cells.join("  ")}  ${String(seeds).padStart(5)}  ${endpointDays.toFixed(0).padStart(13)}  ${seconds.toFixed(1).padStart(4)}  ${(endpointDays / seconds).toFixed(0).padStart(15)}\n`,
    );
  }
