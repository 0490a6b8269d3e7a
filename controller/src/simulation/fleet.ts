import type { Check } from "@breakwater/shared/command";
import { seededRandom } from "@breakwater/shared/core";
import type { MaintenanceWindow } from "@breakwater/shared/window";
import type { Role } from "./packages.ts";

/** One simulated machine: what it is, and what it is like when nothing is wrong. */
export interface SimulatedEndpoint {
  readonly id: string;
  readonly hostname: string;
  readonly machineId: string;
  readonly role: Role;
  readonly site: string;
  readonly timezone: string;
  readonly tags: readonly string[];
  readonly criticality: number;
  readonly exposure: "public" | "private";
  readonly redundancyGroup: string | undefined;
  readonly window: MaintenanceWindow | undefined;
  readonly check: Check;
  readonly unit: string;
  readonly usual: { readonly latencyMs: number; readonly cpuPercent: number; readonly memoryPercent: number; readonly diskPercent: number };
}

export const SITES = [
  { id: "demo Frankfurt", short: "fra", timezone: "Europe/Berlin", maxConcurrent: 6 },
  { id: "demo New York", short: "nyc", timezone: "America/New_York", maxConcurrent: 6 },
  { id: "demo Tokyo", short: "tyo", timezone: "Asia/Tokyo", maxConcurrent: 6 },
] as const;

/** Endpoints of each role at each site, the first of them in development: 20 a site. */
const COUNTS: Readonly<Record<Role, number>> = { web: 8, db: 4, cache: 4, build: 4 };
/** Outside of office hours, every day: long enough that the three zones share some hours of the night. */
const NIGHT: MaintenanceWindow = { days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from: "17:00", to: "09:00" };

const SERVICE: Readonly<Record<Role, { unit: string; check: (host: string) => Check; latencyMs: number; cpu: number; memory: number }>> = {
  web: {
    unit: "shop-edge.service",
    check: (host) => ({ kind: "http", name: "shop", url: `http://${host}.demo.invalid/health`, timeoutMs: 5_000 }),
    latencyMs: 24,
    cpu: 28,
    memory: 46,
  },
  db: {
    unit: "postgresql.service",
    check: () => ({ kind: "tcp", name: "postgres", host: "127.0.0.1", port: 5432, timeoutMs: 3_000 }),
    latencyMs: 4,
    cpu: 35,
    memory: 68,
  },
  cache: {
    unit: "memcached.service",
    check: () => ({ kind: "tcp", name: "memcached", host: "127.0.0.1", port: 11211, timeoutMs: 3_000 }),
    latencyMs: 2,
    cpu: 12,
    memory: 74,
  },
  build: {
    unit: "build-runner.service",
    check: () => ({ kind: "process", name: "runner", process: "build-runner", timeoutMs: 3_000 }),
    latencyMs: 3,
    cpu: 44,
    memory: 38,
  },
};

/** Sixty machines at three sites; the same seed gives the same machines. */
export function simulatedFleet(seed: string): SimulatedEndpoint[] {
  return SITES.flatMap((site) =>
    (Object.keys(COUNTS) as Role[]).flatMap((role) =>
      Array.from({ length: COUNTS[role] }, (_, n) => machine(seed, site, role, n, n === 0 ? "development" : "production")),
    ),
  );
}

function machine(seed: string, site: (typeof SITES)[number], role: Role, n: number, tier: "development" | "production"): SimulatedEndpoint {
  const hostname = `demo-${site.short}-${role}-${String(n + 1).padStart(2, "0")}`;
  const random = seededRandom(`${seed}/${hostname}`);
  const around = (level: number, spread: number) => level * (1 + spread * (2 * random.next() - 1));
  const service = SERVICE[role];
  const production = tier === "production";
  const hex = () => Math.floor(random.next() * 16).toString(16);
  return {
    id: `ep_demo_${site.short}_${role}_${n + 1}`,
    hostname,
    machineId: Array.from({ length: 32 }, hex).join(""),
    role,
    site: site.id,
    timezone: site.timezone,
    tags: ["demo", role, tier, ...(role === "web" ? [] : ["backend"])].sort(),
    criticality: !production ? 1 : role === "db" ? 5 : role === "web" ? 4 : role === "cache" ? 3 : 2,
    exposure: role === "web" ? "public" : "private",
    redundancyGroup: production && (role === "web" || role === "cache") ? `demo-${site.short}-${role}` : undefined,
    window: production ? NIGHT : undefined,
    check: service.check(hostname),
    unit: service.unit,
    usual: {
      latencyMs: around(service.latencyMs, 0.25),
      cpuPercent: around(service.cpu, 0.3),
      memoryPercent: around(service.memory, 0.15),
      diskPercent: around(45, 0.4),
    },
  };
}
