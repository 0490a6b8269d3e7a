import { readdirSync, readFileSync, statfsSync } from "node:fs";
import type { Check } from "@breakwater/shared/command";
import { type Clock, formatInstant } from "@breakwater/shared/core";
import type { Sample } from "@breakwater/shared/health";
import type { HealthBatch } from "@breakwater/shared/wire";
import { runCheck } from "./checks.ts";
import * as figures from "./proc-figures.ts";
import { type UnitWatch, watchUnits } from "./unit-watch.ts";

export interface Sampler {
  /** All figures of this moment. Rates are against the look before, so the first one has none. */
  take(checks: readonly Check[]): Promise<HealthBatch & { samples: Sample[] }>;
}

interface Counters {
  readonly at: number;
  readonly cpu: { total: number; idle: number };
  readonly diskBytes: number;
  readonly network: ReturnType<typeof figures.parseNetwork>;
}

/** Virtual files are read in one go: a round through the thread pool would cost more than the reading. */
const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};

/** Reads /proc, asks systemd once and runs the checks. What cannot be read has no sample: absent is not zero. */
export function createSampler(clock: Clock, units: UnitWatch = watchUnits()): Sampler {
  let before: Counters | undefined;
  const disks = new Set(readdirOrNone("/sys/block"));

  const counters = (at: number): Counters => ({
    at,
    cpu: figures.parseCpu(read("/proc/stat")),
    diskBytes: figures.parseDiskBytes(read("/proc/diskstats"), disks),
    network: figures.parseNetwork(read("/proc/net/dev")),
  });

  return {
    async take(checks) {
      const at = clock.now();
      const samples: Sample[] = [];
      const add = (metric: Sample["metric"], value: number | undefined, subject = "") => {
        if (value !== undefined && Number.isFinite(value)) samples.push({ metric, subject, value });
      };
      // Rates are by time that passes: a clock that is set between two looks would make a quiet machine a busy one.
      const now = counters(performance.now());
      if (before) addRates(add, before, now);
      before = now;
      const memory = figures.parseMemory(read("/proc/meminfo"));
      add("memory_used_percent", memory.usedPercent);
      add("swap_used_percent", memory.swapUsedPercent);
      add("load1", figures.parseLoad(read("/proc/loadavg")));
      add("oom_kills_total", figures.parseOomKills(read("/proc/vmstat")));
      for (const mount of figures.parseMounts(read("/proc/self/mounts"))) add("disk_used_percent", diskUsed(mount), mount);
      const systemd = await units.look();
      if (systemd) samples.push(...systemd.samples);
      for (const outcome of await Promise.all(checks.map((c) => runCheck(c, systemd?.active)))) {
        add("check_up", outcome.passed ? 1 : 0, outcome.name);
        if (outcome.passed) add("check_latency_ms", outcome.latencyMs, outcome.name);
      }
      return { at: formatInstant(at), samples };
    },
  };
}

type Add = (metric: Sample["metric"], value: number | undefined, subject?: string) => void;

function addRates(add: Add, before: Counters, now: Counters): void {
  const seconds = (now.at - before.at) / 1000;
  if (seconds <= 0) return;
  const total = now.cpu.total - before.cpu.total;
  if (total > 0) add("cpu_percent", (100 * (total - (now.cpu.idle - before.cpu.idle))) / total);
  // A counter that went back belongs to a device that was replaced: no rate this time.
  const rate = (a: number | undefined, b: number) => (a === undefined || b < a ? undefined : (b - a) / seconds);
  add("disk_io_bytes_per_second", rate(before.diskBytes, now.diskBytes));
  for (const [name, bytes] of now.network) {
    add("network_receive_bytes_per_second", rate(before.network.get(name)?.received, bytes.received), name);
    add("network_transmit_bytes_per_second", rate(before.network.get(name)?.transmitted, bytes.transmitted), name);
  }
}

/** As df(1): of what others than root can use. */
function diskUsed(mount: string): number | undefined {
  try {
    const { blocks, bfree, bavail } = statfsSync(mount);
    const used = blocks - bfree;
    return used + bavail > 0 ? (100 * used) / (used + bavail) : undefined;
  } catch {
    return undefined;
  }
}

function readdirOrNone(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
