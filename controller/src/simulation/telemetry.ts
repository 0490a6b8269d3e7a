import type { Instant, Random } from "@breakwater/shared/core";
import type { Sample } from "@breakwater/shared/health";
import { offsetAt } from "@breakwater/shared/window";
import type { SimulatedEndpoint } from "./fleet.ts";
import { normal } from "./random.ts";

const HOUR_MS = 3_600_000;

/** What ails a simulated endpoint at a moment. */
export interface Condition {
  /** Factor on the latency of its check. */
  readonly latency: number;
  /** Its service is being restarted. */
  readonly restarting: boolean;
}

/**
 * The samples that an endpoint's agent would take: a load that follows the local day, an own slow drift, noise, and what
 * ails it. The drift lives in the source, one for each endpoint.
 */
export function createSampler(endpoint: SimulatedEndpoint, random: Random) {
  let drift = 0;
  return (at: Instant, condition: Condition): Sample[] => {
    drift = 0.9 * drift + 0.01 * normal(random);
    const load = daily(at, endpoint.timezone) + drift;
    const noisy = (level: number, spread: number) => Math.max(0, level * (1 + spread * normal(random)));
    const { usual } = endpoint;
    const cpu = Math.min(100, noisy(usual.cpuPercent * (0.6 + 0.7 * load), 0.06));
    const check = endpoint.check.name;
    return [
      { metric: "cpu_percent", subject: "", value: cpu },
      { metric: "load1", subject: "", value: cpu / 25 },
      { metric: "memory_used_percent", subject: "", value: Math.min(100, noisy(usual.memoryPercent * (0.95 + 0.08 * load), 0.01)) },
      { metric: "disk_used_percent", subject: "/", value: usual.diskPercent },
      { metric: "unit_active", subject: endpoint.unit, value: condition.restarting ? 0 : 1 },
      { metric: "unit_restarts_total", subject: endpoint.unit, value: 0 },
      { metric: "units_failed", subject: "", value: 0 },
      { metric: "check_up", subject: check, value: condition.restarting ? 0 : 1 },
      ...(condition.restarting
        ? []
        : [
            {
              metric: "check_latency_ms" as const,
              subject: check,
              value: noisy(usual.latencyMs * (0.9 + 0.25 * load) * condition.latency, 0.05),
            },
          ]),
    ];
  };
}

/** 0 at night to 1 in the early afternoon, by the local clock. */
function daily(at: Instant, timezone: string): number {
  const local = ((at + offsetAt(timezone, at)) / HOUR_MS) % 24;
  return 0.5 - 0.5 * Math.cos(((local - 2) / 24) * 2 * Math.PI);
}
