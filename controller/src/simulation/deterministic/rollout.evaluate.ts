import { expectOk, seededRandom } from "@breakwater/shared/core";
import { type ArmRecord, chooseArm, GROWTH_ARMS, type GrowthArm, learn, NO_RECORD, rewardOf } from "../../decide/growth/index.ts";
import { NO_FAULTS } from "./faults.ts";
import { type Fleet, readFleet } from "./fleet-file.ts";
import { type PolicyName, planOf, type SimulatedPlan } from "./policies.ts";
import { runSeed } from "./run.ts";

/**
 * Our waves against what is done today, on the same fleets and the same truths: `npm run evaluate -- rollout [TRAIN] [TEST]`.
 * The way to grow is learned on seeds 1..TRAIN; the table is of TEST seeds from 200,001 on, on which nothing was tuned.
 */
const SIZE = 80;
const FIRST_TEST_SEED = 200_001;
/** A harmed endpoint is worth this many endpoint-days of exposure. */
const HARM_COST = 100;
const DAY = 86_400_000;
const ZONES = ["Europe/Berlin", "Europe/London", "America/New_York", "America/Chicago"] as const;
const TRUTHS = {
  good: { failureRate: 0.01, harmful: null },
  bad: { failureRate: 0.01, harmful: { share: 0.6, onsetMinutes: 30 } },
  "rare failure": { failureRate: 0.005, harmful: { share: 0.005, onsetMinutes: 10 } },
  "slow onset": { failureRate: 0.01, harmful: { share: 0.5, onsetMinutes: 600 } },
  "one site only": { failureRate: 0.01, harmful: { share: 0.8, onsetMinutes: 30, sites: ["s3"] } },
} as const;

function fleetOf(truth: (typeof TRUTHS)[keyof typeof TRUTHS]): Fleet {
  const endpoints = Array.from({ length: SIZE }, (_, i) => ({
    id: `e${i}`,
    timezone: ZONES[i % 4],
    site: `s${i % 4}`,
    tags: [i % 8 < 4 ? "web" : "db"],
    criticality: 1 + (i % 5),
    window: { days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from: "22:00", to: "04:00" },
  }));
  const file = { start: "2026-03-02T12:00:00Z", endpoints, maxConcurrent: 20, errorBudget: 8, truth: { ...truth, applyMinutes: 5 } };
  return expectOk(readFleet(JSON.stringify(file)));
}

const fleets = Object.entries(TRUTHS).map(([name, truth]) => ({ name, fleet: fleetOf(truth) }));
const plans = new Map<string, SimulatedPlan>();
/** Plans know nothing of the truth, so one serves every truth. */
function planFor(policy: PolicyName, arm?: GrowthArm): SimulatedPlan {
  const key = `${policy} ${arm?.name}`;
  const known = plans.get(key) ?? expectOk(planOf((fleets[0] as (typeof fleets)[number]).fleet, policy, arm?.set));
  plans.set(key, known);
  return known;
}

const [train, test] = [Number(process.argv[2] ?? 16), Number(process.argv[3] ?? 12)];
const records = new Map<string, ArmRecord>();
const random = seededRandom("growth");
for (let seed = 1; seed <= train; seed += 1)
  for (const { fleet } of fleets) {
    const arm = chooseArm(records, random);
    const run = runSeed(fleet, planFor("adaptive", arm), { seed, faults: NO_FAULTS });
    const reward = rewardOf({ harmed: run.harmed, exposedDays: run.exposedEndpointDays, endpoints: SIZE, harmCost: HARM_COST });
    records.set(arm.name, learn(records.get(arm.name) ?? NO_RECORD, reward));
  }
process.stdout.write(`learned on seeds 1..${train} (reward per endpoint, higher is better):\n`);
for (const { name } of GROWTH_ARMS) {
  const r = records.get(name) ?? NO_RECORD;
  process.stdout.write(`  ${name.padEnd(14)} tried ${String(r.count).padStart(3)} times, mean ${r.count > 0 ? r.mean.toFixed(2) : "-"}\n`);
}
const tried = GROWTH_ARMS.filter((a) => (records.get(a.name)?.count ?? 0) > 0);
const best = tried.reduce((a, b) => ((records.get(b.name)?.mean ?? 0) > (records.get(a.name)?.mean ?? 0) ? b : a), tried[0] as GrowthArm);

interface Row {
  readonly name: string;
  readonly plan: SimulatedPlan;
}
const rows: Row[] = [
  { name: `learned: ${best.name}`, plan: planFor("adaptive", best) },
  ...["recommended", "by belief"].map((name) => ({
    name: `adaptive (${name})`,
    plan: planFor(
      "adaptive",
      GROWTH_ARMS.find((a) => a.name === name),
    ),
  })),
  { name: "rings 1/10/100 %", plan: planFor("rings") },
  { name: "rings, our judge", plan: { ...planFor("rings"), judged: true } },
  { name: "ten equal groups", plan: planFor("equal") },
  { name: "all at once", plan: planFor("all-at-once") },
  { name: "phased as Ubuntu", plan: planFor("phased") },
];
process.stdout.write(
  `\n${SIZE} endpoints, mean of ${test} seeds\n${"patch".padEnd(15)}${"policy".padEnd(24)}harmed  exposed endpoint-days  days to the end  asked\n`,
);
const sums = new Map<string, { harmed: number; days: number; asked: number }>();
for (const { name, fleet } of fleets)
  for (const row of rows) {
    let [harmed, exposed, days, asked] = [0, 0, 0, 0];
    for (let seed = FIRST_TEST_SEED; seed < FIRST_TEST_SEED + test; seed += 1) {
      const run = runSeed(fleet, row.plan, { seed, faults: NO_FAULTS });
      harmed += run.harmed / test;
      exposed += run.exposedEndpointDays / test;
      days += ((run.finishedAt ?? row.plan.expiresAt) - fleet.start) / DAY / test;
      asked += run.decisionsAsked / test;
    }
    const cells = [
      harmed.toFixed(1).padStart(6),
      exposed.toFixed(0).padStart(21),
      days.toFixed(2).padStart(15),
      asked.toFixed(1).padStart(5),
    ];
    process.stdout.write(`${name.padEnd(15)}${row.name.padEnd(24)}${cells.join("  ")}\n`);
    const sum = sums.get(row.name) ?? { harmed: 0, days: 0, asked: 0 };
    sums.set(row.name, { harmed: sum.harmed + harmed, days: sum.days + days, asked: sum.asked + asked });
  }
process.stdout.write("\nsummed over the five patches\n");
for (const [name, sum] of sums)
  process.stdout.write(
    `${name.padEnd(24)}harmed ${sum.harmed.toFixed(1).padStart(5)}  days ${sum.days.toFixed(2).padStart(6)}  asked ${sum.asked.toFixed(1).padStart(5)}\n`,
  );
