/** What the judge may hold against a patch: the direction that hurts and the relative change that is still accepted. */
export interface MetricRule {
  readonly harmfulWhen: "up" | "down";
  /** 0.1 accepts a change of 10 %. 0 accepts none. */
  readonly tolerance: number;
}

/**
 * Every metric an agent samples. Names are snake case with the unit at the end. `judge` is absent where a change says
 * nothing about harm. Metrics with a subject (mount point, interface, unit, check) repeat for each. `decimals` are those that travel:
 * a hundredth at most of what the judge would call a change, so that what moved less need not be told.
 */
export const METRICS = {
  cpu_percent: { subject: false, decimals: 3, help: "CPU in use, percent of all cores", judge: { harmfulWhen: "up", tolerance: 0.25 } },
  load1: { subject: false, decimals: 2, help: "Load average over one minute" },
  memory_used_percent: {
    subject: false,
    decimals: 3,
    help: "Memory in use without caches, percent",
    judge: { harmfulWhen: "up", tolerance: 0.2 },
  },
  swap_used_percent: { subject: false, decimals: 3, help: "Swap in use, percent" },
  disk_used_percent: { subject: true, decimals: 3, help: "File system in use, percent" },
  disk_io_bytes_per_second: { subject: false, decimals: 0, help: "Bytes read and written on all disks" },
  network_receive_bytes_per_second: { subject: true, decimals: 0, help: "Bytes received on an interface" },
  network_transmit_bytes_per_second: { subject: true, decimals: 0, help: "Bytes sent on an interface" },
  unit_active: {
    subject: true,
    decimals: 0,
    help: "1 when a unit is active, 0 when it is not",
    judge: { harmfulWhen: "down", tolerance: 0 },
  },
  unit_restarts_total: {
    subject: true,
    decimals: 0,
    help: "Restarts of a unit since it was loaded",
    judge: { harmfulWhen: "up", tolerance: 0 },
  },
  units_failed: { subject: false, decimals: 0, help: "Failed units", judge: { harmfulWhen: "up", tolerance: 0 } },
  check_up: { subject: true, decimals: 0, help: "1 when a check passed, 0 when it failed", judge: { harmfulWhen: "down", tolerance: 0 } },
  check_latency_ms: { subject: true, decimals: 3, help: "Time a passed check took", judge: { harmfulWhen: "up", tolerance: 0.1 } },
  oom_kills_total: {
    subject: false,
    decimals: 0,
    help: "Processes killed for lack of memory since boot",
    judge: { harmfulWhen: "up", tolerance: 0 },
  },
} as const satisfies Record<string, { subject: boolean; decimals: number; help: string; judge?: MetricRule }>;

export type MetricName = keyof typeof METRICS;

/** One figure of one endpoint at one moment. */
export interface Sample {
  readonly metric: MetricName;
  /** Empty where the metric has none. */
  readonly subject: string;
  readonly value: number;
}
