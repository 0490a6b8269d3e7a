import type { RebootMode } from "@breakwater/shared/command";
import type { BusinessRule, MaintenanceWindow } from "@breakwater/shared/window";
import type { PlanDocument } from "./document.ts";

export type Tier = "development" | "production";
export type PlannedExposure = "public" | "private" | "loopback" | "unknown";

/**
 * What the planner moves: one endpoint of the live fleet (`count` 1), or a number of alike ones that a scenario speaks of,
 * which may be split over waves.
 */
export interface PlanningUnit {
  readonly id: string;
  readonly count: number;
  /** Name under which the wave's members are summed up for people. */
  readonly group: string;
  /** Staging and test count as development: they come before production. */
  readonly tier: Tier;
  readonly exposure: PlannedExposure;
  readonly site: string;
  readonly zone: string;
  /** 1 (expendable) to 5 (the business stops). */
  readonly criticality: number;
  readonly redundancyGroup?: string | undefined;
  readonly window?: MaintenanceWindow | undefined;
  /** Calendar events with one of these tags apply to it. */
  readonly tags: readonly string[];
  /** What a canary must be alike to speak for it: OS, kernel, set of packages. */
  readonly configuration: string;
  /** Risk of each endpoint 0-100 now, and what remains when it is patched. */
  readonly risk: number;
  readonly residualRisk: number;
  readonly downloadBytes: number;
  /** Expected time of one endpoint from first check to verified. */
  readonly executionMs: number;
  /** Expected time in which its services do not answer. */
  readonly downtimeMs: number;
  /** Whether it would be rebooted and why; absent where nothing is to be said of that. */
  readonly reboot?: PlannedReboot | undefined;
}

/** What a plan says of one endpoint's reboot. */
export interface PlannedReboot {
  readonly endpoint: string;
  /** What its action says. */
  readonly mode: RebootMode;
  /** "yes": something known calls for it. "if-asked": only if the change asks for it once it is in place. */
  readonly expected: "yes" | "if-asked";
  readonly why: string;
  readonly wayBack: string;
}

export interface CalendarEvent {
  readonly name: string;
  readonly zone: string;
  readonly rule: BusinessRule;
  /** Empty: applies to all. */
  readonly tags: readonly string[];
}

/** What cannot be part of the plan, with the risk that therefore stays. */
export interface Excluded {
  readonly what: string;
  readonly why: string;
  readonly endpoints: number;
  readonly risk: number;
}

export interface RedundancyGroup {
  readonly minHealthy: number;
  readonly members: readonly string[];
}

/** All that the planner knows of the world: the same from a scenario and from the live fleet. */
export interface PlanningFleet {
  readonly units: readonly PlanningUnit[];
  readonly redundancyGroups: Readonly<Record<string, RedundancyGroup>>;
  readonly calendar: readonly CalendarEvent[];
  readonly excluded: readonly Excluded[];
  readonly vulnerabilities: PlanDocument["vulnerabilities"];
  readonly riskFactors: PlanDocument["risk"]["factors"];
  readonly assumptions: readonly string[];
  readonly contradictions: PlanDocument["contradictions"];
  readonly notes: readonly string[];
  /** What is rolled out, in words: "openssl 3.0.15-1~deb12u1". */
  readonly change: string;
  /** Probes that every endpoint runs, in words. */
  readonly checks: readonly string[];
}
