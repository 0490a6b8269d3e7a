import type { Instant } from "@breakwater/shared/core";
import type { Trigger } from "../../../decide/planning/index.ts";
import type { JudgedMetric, MetricVerdict, Verdict } from "../judge/index.ts";

export interface WaveRules {
  /** A wave is not called healthy before `bakeMs` after its last patch; alpha is shared among the looks up to `bakeLimitMs`. */
  readonly gate: { readonly bakeMs: number; readonly bakeLimitMs: number };
  /** The plan's triggers for this wave; none when absent. */
  readonly triggers?: readonly Trigger[];
  /** Chance of a false alarm that is accepted for the whole watch. Default 0.01. */
  readonly alpha?: number;
  /** Time after a patch in which the restart it causes is normal. Default 3 min. */
  readonly graceMs?: number;
  /** By metric name, in place of the catalogue's rule; null leaves the metric out. */
  readonly metrics?: Readonly<Record<string, JudgedMetric | null>>;
}

export interface WaveQuestion {
  readonly deploymentId: string;
  readonly wave: number;
  /** Endpoints whose execution ended, when it did, and from when on what they show speaks of another change too. */
  readonly treated: readonly { readonly endpointId: string; readonly patchedAt: Instant; readonly until?: Instant }[];
  /** Endpoints that have not got the patch. */
  readonly control: readonly string[];
  readonly now: Instant;
  readonly rules: WaveRules;
}

/** What needs no statistics. */
export interface HardFinding {
  readonly rule: "check-down" | "unit-down" | "units-failed" | "crash-loop" | "out-of-memory" | "endpoint-gone";
  readonly endpointId: string;
  /** The check or unit; empty where there is none. */
  readonly subject: string;
  readonly at: Instant;
  readonly sentence: string;
}

/** How a metric went on both groups: 10th, 50th and 90th percentile over the endpoints at each time. */
export interface Band {
  readonly metric: string;
  readonly points: readonly { readonly at: string; readonly treated: BandValues | null; readonly control: BandValues | null }[];
}
export type BandValues = readonly [low: number, middle: number, high: number];

export interface WaveEvidence {
  readonly metrics: readonly MetricVerdict[];
  readonly hard: readonly (Omit<HardFinding, "at"> & { readonly at: string })[];
  readonly bands: readonly Band[];
  /** Moments to draw: when each endpoint had been patched. */
  readonly patchedAt: Readonly<Record<string, string>>;
  readonly basis: {
    readonly resolutionMs: number;
    readonly historyMs: number;
    readonly treated: number;
    /** Of the treated, those whose levels were compared; the states of all were watched. */
    readonly compared: number;
    readonly control: number;
    readonly alpha: number;
  };
}

/** A trigger of the plan whose condition holds at this look. */
export interface HoldingTrigger {
  /** Index among the wave's triggers. */
  readonly trigger: number;
  readonly since: Instant;
  readonly sentence: string;
  /** Where it was seen; empty where it is seen on the group only. */
  readonly endpointIds: readonly string[];
}

export interface WaveVerdict {
  readonly verdict: Verdict;
  /** Metrics that lean to harm without proof. */
  readonly suspects: readonly string[];
  /** Why the wave as a whole cannot have been seen; absent when it was. */
  readonly blind?: string;
  readonly holding: readonly HoldingTrigger[];
  /** Endpoints on which harm was seen. */
  readonly harmed: readonly string[];
  readonly decidedAt?: Instant;
  /** Plain JSON, fit for the `verdict` table and the console. */
  readonly evidence: WaveEvidence;
  readonly summary: string;
}

/** How the rollout engine asks about a wave. */
export interface WaveJudge {
  judge(question: WaveQuestion): Promise<WaveVerdict>;
}
