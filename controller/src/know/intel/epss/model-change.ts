import { epssMove } from "../../risk/index.ts";

/** What a change of EPSS's model did to the scores that were known before it. */
export interface EpssModelChange {
  readonly from: string;
  readonly to: string;
  /** YYYY-MM-DD */
  readonly by: string;
  /** Scores compared, and how many of them rose or fell by more than their rank among all explains. */
  readonly compared: number;
  readonly movedThemselves: number;
  readonly sentence: string;
}

/** Enough to tell a share to a percent; comparing all would hold up the process for seconds. */
const MAX_COMPARED = 20_000;
/** In log-odds: odds that doubled or halved. */
const MOVED = Math.LN2;

/**
 * Says that the yardstick changed, and how much of what moved is news. Scores are read by their rank under the model that gave them, so the
 * new scale alone moves no risk; due dates do not depend on EPSS.
 */
export function epssModelChange(
  from: string,
  to: string,
  by: string,
  scores: readonly { readonly before: number; readonly after: number }[],
): EpssModelChange {
  const every = Math.max(1, Math.ceil(scores.length / MAX_COMPARED));
  const compared = scores.filter((_, i) => i % every === 0);
  const moves = compared.map(({ before, after }) =>
    epssMove({ model: from, day: by, score: before }, { model: to, day: by, score: after }),
  );
  const movedThemselves = moves.filter((move) => Math.abs(move.byEvidence) > MOVED).length;
  const share =
    compared.length === 0
      ? ""
      : ` Of ${compared.length} scores compared, ${percent(movedThemselves / compared.length)} changed rank by more than a doubling of ` +
        "their odds: news of them, or the new model's other view.";
  return {
    from,
    to,
    by,
    compared: compared.length,
    movedThemselves,
    sentence:
      `EPSS changed its model from ${from} to ${to} by ${by}: every score has another scale. Scores are read by their rank, ` +
      `so a new scale alone raises or lowers no vulnerability.${share} No due date depends on EPSS.`,
  };
}

const percent = (share: number) => `${Number((share * 100).toPrecision(2))} %`;
