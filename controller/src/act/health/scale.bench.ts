/**
 * Whether intake, storing and judging of a large fleet's telemetry keep up with its pace on one core, in bounded memory:
 * every endpoint sends 30 series each 15 s. Processor time of this process (PGlite's included) per 15 s of fleet time; more
 * than 15 s would be falling behind. `npm run bench -- health/scale`; ENDPOINTS and TREATED change the size.
 */
import type { Instant } from "@breakwater/shared/core";
import type { Sample } from "@breakwater/shared/health";
import { createLogger } from "@breakwater/shared/log";
import Table from "cli-table3";
import { openTestStore } from "../../store/testing.ts";
import { createHealth } from "./health.ts";
import { normal, seeded } from "./judge/sample-fleet.ts";
import { createWaveJudge } from "./wave/wave-judge.ts";

const ENDPOINTS = Number(process.env.ENDPOINTS ?? 10_000);
const TREATED = Number(process.env.TREATED ?? 1_000);
const STEP_MS = 15_000;
const MINUTE = 60_000;
const BEFORE_MS = 6 * MINUTE;
const AFTER_MS = 6 * MINUTE;
const START = Date.UTC(2026, 2, 4, 3, 0);
const PATCHED = (START + BEFORE_MS) as Instant;

const random = seeded(7);
const noise = Array.from({ length: 4_096 }, () => normal(random));
let drawn = 0;
const next = () => noise[drawn++ & 4_095] as number;

/** 30 series: processor, memory, load and such, four checks with latency, twelve units. */
function samplesOf(endpoint: number, patched: boolean): Sample[] {
  const slower = patched && endpoint < TREATED ? 2 : 1;
  return [
    { metric: "cpu_percent", subject: "", value: 20 + 3 * next() },
    { metric: "memory_used_percent", subject: "", value: 40 + next() },
    { metric: "load1", subject: "", value: 1 + 0.1 * next() },
    { metric: "swap_used_percent", subject: "", value: 0 },
    { metric: "units_failed", subject: "", value: 0 },
    { metric: "oom_kills_total", subject: "", value: 0 },
    ...["/", "/var", "/home", "/srv"].map((subject) => ({ metric: "disk_used_percent" as const, subject, value: 40 })),
    ...["shop", "db", "ssh", "web"].flatMap((subject) => [
      { metric: "check_latency_ms" as const, subject, value: 20 * slower * Math.exp(0.05 * next()) },
      { metric: "check_up" as const, subject, value: 1 },
    ]),
    ...Array.from({ length: 12 }, (_, i) => ({ metric: "unit_active" as const, subject: `service-${i}.service`, value: 1 })),
  ];
}

const cpuSeconds = () => process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6;
async function costOf<T>(work: () => T | Promise<T>): Promise<{ seconds: number; result: T }> {
  const before = cpuSeconds();
  const result = await work();
  return { seconds: cpuSeconds() - before, result };
}

let now = START as Instant;
const store = await openTestStore();
const health = createHealth({ store, clock: { now: () => now }, log: createLogger("bench", "silent") });
const ids = Array.from({ length: ENDPOINTS }, (_, i) => `e${i}`);
const treated = ids.slice(0, TREATED).map((endpointId) => ({ endpointId, patchedAt: PATCHED }));
const judge = createWaveJudge({ health, store, clock: { now: () => now } });

let intake = 0;
let flush = 0;
let rounds = 0;
const judged: number[] = [];
let verdict = "none";
let peak = 0;
for (; now <= PATCHED + AFTER_MS; now = (now + STEP_MS) as Instant) {
  rounds++;
  const take = () => {
    for (const [i, id] of ids.entries()) health.take(id, now, samplesOf(i, now >= PATCHED));
  };
  intake += (await costOf(take)).seconds;
  flush += (await costOf(() => health.flush())).seconds;
  if (now > PATCHED) {
    const { seconds, result } = await costOf(() =>
      judge.judge({
        deploymentId: "dp_1",
        wave: 0,
        treated,
        control: ids.slice(TREATED),
        now,
        rules: { gate: { bakeMs: 15 * MINUTE, bakeLimitMs: 30 * MINUTE } },
      }),
    );
    judged.push(seconds);
    verdict = `${result.verdict} after ${((now - PATCHED) / MINUTE).toFixed(1)} min`;
  }
  peak = Math.max(peak, process.memoryUsage().rss);
  if (verdict.startsWith("harmful")) break;
}
await store.close();

const samples = ENDPOINTS * 30 * rounds;
const per = (seconds: number) => (seconds / rounds).toFixed(2);
const judging = judged.reduce((a, b) => a + b, 0) / Math.max(1, judged.length);
const table = new Table({ head: ["per 15 s of fleet time", "s of one core", "samples/s"] });
table.push(
  ["intake (the making of the samples included)", per(intake), (samples / intake).toFixed(0)],
  ["one-minute rows into the database", per(flush), (samples / flush).toFixed(0)],
  [`one judgement of ${TREATED} patched`, `${judging.toFixed(2)} (most: ${Math.max(0, ...judged).toFixed(2)})`, ""],
  ["all", ((intake + flush) / rounds + judging).toFixed(2), ""],
);
console.log(`${ENDPOINTS} endpoints x 30 series x 15 s, ${rounds} rounds; verdict: ${verdict}\n${table.toString()}`);
if (health.counters().droppedMinutes > 0 || health.counters().pendingMinutes > 2 * ENDPOINTS * 30) process.exitCode = 1;
console.log(
  `Resident memory at most (an embedded database included): ${Math.round(peak / 1e6)} MB; minutes dropped: ${health.counters().droppedMinutes}.`,
);
