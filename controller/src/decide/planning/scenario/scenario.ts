import type { MaintenanceWindow } from "@breakwater/shared/window";
import type { PlanDocument } from "../document.ts";
import type { CalendarEvent, PlannedExposure, Tier } from "../fleet-view.ts";

export type ScenarioVulnerability = PlanDocument["vulnerabilities"][number];

/** A number of alike endpoints that a scenario speaks of. */
export interface ScenarioGroup {
  readonly name: string;
  readonly tier: Tier;
  readonly count: number;
  readonly exposure: PlannedExposure;
  readonly criticality: number;
  readonly zone: string;
  readonly window?: MaintenanceWindow | undefined;
  readonly tags: readonly string[];
}

/** A scenario as it was understood, with everything that had to be assumed or did not fit. */
export interface Scenario {
  readonly title?: string | undefined;
  readonly vulnerabilities: readonly ScenarioVulnerability[];
  readonly exploited: boolean;
  readonly groups: readonly ScenarioGroup[];
  readonly events: readonly CalendarEvent[];
  readonly bakeMinutes?: number | undefined;
  readonly assumptions: readonly string[];
  readonly contradictions: PlanDocument["contradictions"];
  readonly notes: readonly string[];
  /** Endpoints that the figures speak of and no group holds. */
  readonly unaccounted: number;
}
