import type { WaveDocument } from "./document.ts";
import type { CalendarEvent, PlanningFleet } from "./fleet-view.ts";
import type { ScheduledWave } from "./schedule.ts";

type Test = WaveDocument["tests"][number];
type DocumentedTrigger = WaveDocument["rollback"]["triggers"][number];

/** Kinds of business systems by the words people use for them, with the transaction that proves that one works. */
const SYSTEMS: readonly { words: RegExp; transaction: string; passWhen: string; measure: string }[] = [
  {
    words: /e-?commerce|shop|store\b|retail|checkout|cart|order/i,
    transaction: "search, add to cart, pay with a test card, cancel the order",
    passWhen: "five runs in a row end in a confirmed and cancelled order, none slower than 1.2 x its median of the same hour a week before",
    measure: "completed orders per minute",
  },
  {
    words: /financ|report|ledger|accounting|month[- ]end|closing|close\b|billing|invoice/i,
    transaction: "run a report over a closed period in a read-only session",
    passWhen: "totals equal those of the run before the patch to the cent, and the run takes at most 1.2 x as long",
    measure: "finished report runs per hour",
  },
  {
    words: /payment|bank|trading|payroll|card/i,
    transaction: "a minimal payment between two test accounts, then its reversal",
    passWhen: "both postings appear on both accounts within the usual time",
    measure: "accepted transactions per minute",
  },
  {
    words: /login|auth|identity|sso|vpn/i,
    transaction: "sign in, refresh and sign out with a test identity",
    passWhen: "all three succeed ten times in a row",
    measure: "successful sign-ins per minute",
  },
  {
    words: /mail|e-mail|messag|chat/i,
    transaction: "send a test message from outside in, and from inside out",
    passWhen: "both arrive within their usual time",
    measure: "delivered messages per minute",
  },
  {
    words: /backup|batch|etl|night(ly)? (job|run)/i,
    transaction: "run the smallest job of the schedule by hand",
    passWhen: "it ends with exit status 0 and the same row counts as the last run",
    measure: "finished jobs per hour",
  },
];

const systemOf = (event: CalendarEvent) => SYSTEMS.find((s) => s.words.test(event.name));

/** Tests of a wave: the endpoint's own probes, one synthetic transaction for each business system, and a comparison. */
export function testsOf(wave: ScheduledWave, fleet: PlanningFleet): Test[] {
  const tests: Test[] = [
    {
      name: "installed version",
      kind: "regression",
      passWhen: `the endpoint's own package or file inventory shows the planned version (${fleet.change}) and no older copy that is still loaded by a process`,
    },
    {
      name: "services",
      kind: "health",
      passWhen: "every unit that was active before is active, none has restarted since, no new failed unit",
    },
    {
      name: "against unpatched endpoints",
      kind: "regression",
      passWhen:
        "check latency at most +25 %, CPU at most +30 % and memory at most +25 % over the change of endpoints not patched yet, over the whole bake",
    },
  ];
  for (const check of fleet.checks)
    tests.push({ name: check, kind: "health", passWhen: "passes within its grace time after the change, and in each minute of the bake" });
  if (wave.tier === "development") {
    tests.push({
      name: "application smoke tests",
      kind: "synthetic",
      passWhen: "the teams' own test suites or start pages pass on each patched development endpoint, with the same results as before",
    });
    return tests;
  }
  const seen = new Set<string>();
  for (const event of wave.avoids) {
    const system = systemOf(event);
    const name = `${event.name}: ${system?.transaction ?? "the shortest transaction that its users would miss"}`;
    if (seen.has(name)) continue;
    seen.add(name);
    tests.push({
      name,
      kind: "synthetic",
      passWhen: system?.passWhen ?? "it succeeds five times in a row, no slower than 1.2 x its median before the change",
    });
  }
  if (wave.avoids.length === 0)
    tests.push({
      name: "request through the front door",
      kind: "synthetic",
      passWhen: "a request as a user makes it is answered correctly, in at most 1.2 x its time before the change",
    });
  return tests;
}

/** What the business itself would notice, as triggers for people's monitoring: the engine does not measure these. */
export function businessTriggers(wave: ScheduledWave): DocumentedTrigger[] {
  if (wave.tier === "development") return [];
  const triggers: DocumentedTrigger[] = [];
  for (const event of wave.avoids) {
    const system = systemOf(event);
    if (!system || triggers.some((t) => t.metric.endsWith(system.measure))) continue;
    triggers.push({
      metric: `${event.name}: ${system.measure}`,
      threshold: 5,
      unit: "% below the same hour a week before",
      forMinutes: 10,
      action: "pause, and ask the owner; roll the wave back if it is confirmed on patched endpoints",
    });
  }
  triggers.push({
    metric: "answers with a server error, patched against unpatched endpoints",
    threshold: 0.5,
    unit: "percentage points more",
    forMinutes: 5,
    action: "pause, and roll the wave back",
  });
  return triggers;
}
