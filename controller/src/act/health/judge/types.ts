import type { Instant } from "@breakwater/shared/core";

/** What one metric is held to. */
export interface JudgedMetric {
  readonly harmfulWhen: "up" | "down";
  /** Relative change from the level without the patch that is still accepted: 0.1 accepts 10 %. */
  readonly tolerance: number;
  /**
   * Absolute change that is still accepted, in the metric's own unit. A relative limit alone makes much of little: a CPU
   * that goes from 1 % to 2 % has doubled and harms nobody.
   */
  readonly toleranceAbsolute?: number;
}

/** The samples of one endpoint and metric in order of time. A sample stands for the interval that begins at its time. */
export interface JudgedSeries {
  readonly endpoint: string;
  readonly metric: string;
  readonly at: readonly number[];
  readonly value: readonly number[];
}

export interface TreatedEndpoint {
  readonly endpoint: string;
  readonly patchedAt: Instant;
}

/** All that the judge knows. It has no clock: the last sample is its present, unless it is told a later one. */
export interface JudgeInput {
  readonly treated: readonly TreatedEndpoint[];
  readonly control: readonly string[];
  /**
   * What endpoints have in common (site, role): where a treated one has at least three alike in the control, it may be compared with
   * them alone, if such comparisons strayed less before the patch. Sites in other time zones have their rush at other hours.
   */
  readonly alike?: Readonly<Record<string, string>>;
  /** Length of the watch, counted from the last endpoint's patch. */
  readonly bakeMs: number;
  /** From here on, counted alike, the treated may be called healthy. Default: `bakeMs`. */
  readonly healthyFromMs?: number;
  readonly now?: Instant;
  /** Looks up to here were taken by an earlier call with the same samples, and convicted nobody; they are not taken again. */
  readonly lookedUpTo?: Instant;
  /** Chance of a false alarm that is accepted for the whole bake: all looks and all metrics together. */
  readonly alpha: number;
  /** Time after the patch in which the restart it causes is normal. Default 3 min. */
  readonly graceMs?: number;
  readonly metrics: Readonly<Record<string, JudgedMetric>>;
  readonly series: readonly JudgedSeries[];
}

export type Verdict = "healthy" | "undecided" | "harmful";

/** Which argument carried the verdict on a metric. */
export type EvidenceKind =
  /** Treated endpoints' change against the control's at the same minutes, scaled by what such changes were before the patch. */
  | "against-control"
  /** The same without control endpoints: only the endpoint's own past speaks. */
  | "own-past"
  /** Events counted against the rate at which they came before and elsewhere. */
  | "event-count"
  /** No statistics: work stopped where it never stopped for so long. */
  | "hard-rule"
  | "not-enough-samples";

export interface MetricEvidence {
  readonly kind: EvidenceKind;
  /** One plain sentence for a person. */
  readonly sentence: string;
  /** Chance of such evidence, or more, if the patch did no harm beyond the tolerance; after all corrections for looks and metrics. */
  readonly chance?: number;
  /** Bounds of the effect that hold with 95 %. */
  readonly interval?: readonly [number, number];
  readonly windowMs?: number;
  readonly treated: number;
  readonly control: number;
}

export interface MetricVerdict {
  readonly metric: string;
  readonly verdict: Verdict;
  /** Not convicted, yet by this look alone harm is likelier than the tolerated: nobody should take the silence for consent. */
  readonly suspected?: true;
  /** Not convicted, yet what is seen lies beyond the tolerance, be it by luck: more is to be seen before anybody goes on. */
  readonly leans?: true;
  /** Relative change that is put down to the patch (0.2 = 20 % more); events per endpoint and hour where events are counted. */
  readonly effect: number | null;
  readonly evidence: MetricEvidence;
}

export interface Judgement {
  readonly verdict: Verdict;
  /** First moment at which the samples up to then sufficed for this verdict. */
  readonly decidedAt: Instant;
  readonly metrics: readonly MetricVerdict[];
}
