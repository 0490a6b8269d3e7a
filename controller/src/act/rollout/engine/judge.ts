import type { Instant } from "@breakwater/shared/core";
import type { PlannedWave } from "../../../decide/planning/index.ts";
import type { Treated, TriggerHolds, Verdict } from "../core/index.ts";

/** What the judge is asked about one wave. */
export interface JudgeInput {
  readonly deploymentId: string;
  readonly wave: number;
  readonly treated: readonly Treated[];
  /** Connected endpoints of the plan that have not been touched. Empty: the judge compares with the treated ones' own past. */
  readonly control: readonly string[];
  readonly now: Instant;
  /** What the plan says of this wave's watch: its triggers and how long it bakes. */
  readonly rules: Pick<PlannedWave, "triggers" | "gate">;
}

export interface Judgement {
  readonly verdict: Verdict;
  /** Metrics that lean to harm without proof: undecided with a suspect opens no gate by itself. */
  readonly suspects?: readonly string[];
  /** Why the judge cannot have seen the wave as a whole. */
  readonly blind?: string;
  /** Triggers of the plan whose condition holds at this look. */
  readonly holding?: readonly TriggerHolds[];
  /** Endpoints on which harm was seen. */
  readonly harmed?: readonly string[];
  /** The first moment at which the samples up to then sufficed. */
  readonly decidedAt?: Instant;
  readonly evidence: unknown;
  /** One plain sentence. */
  readonly summary: string;
}

/** Who says whether a wave hurts. Given by act/health. */
export interface WaveJudge {
  judge(input: JudgeInput): Promise<Judgement>;
}
