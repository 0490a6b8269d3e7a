import { type Grid, mean, type Row, windowMean } from "./grid.ts";

export interface TreatedRow {
  readonly endpoint: string;
  readonly row: Row;
  readonly patched: number;
  /** The control rows that this one is compared with. Endpoints that share them share the array. */
  readonly against: readonly Row[];
  /** Last position at which it is compared; absent where there is none. */
  readonly until?: number;
}

/** What is compared with what: positions on the grid. */
export interface Comparison {
  readonly grid: Grid;
  readonly treated: readonly TreatedRow[];
  /** All control rows. */
  readonly control: readonly Row[];
  /** +1 where a rise harms, -1 where a fall does, so that harm is always positive. */
  readonly sign: 1 | -1;
  /** Positions after the patch that the restart makes useless. */
  readonly grace: number;
}

/** Which window after the patch is set against which window before it. */
export interface Span {
  /** Last position looked at, inclusive. */
  readonly now: number;
  readonly after: number;
  /** Shortest first; the weights add up to 1. */
  readonly before: readonly Before[];
}

/** A window that ends at the patch, and how much of the level before the patch it says. */
export interface Before {
  readonly length: number;
  readonly weight: number;
}

export interface Change {
  /** Mean over the treated endpoints of their change minus the control's. */
  readonly effect: number;
  readonly each: readonly number[];
  /** Each control endpoint's change minus the mean of the other control endpoints'. */
  readonly controlResiduals: readonly number[];
}

/** How the control rows that one or several treated endpoints are compared with changed at the same positions. */
interface ControlChange {
  readonly against: readonly Row[];
  readonly patched: number;
  readonly changes: readonly number[];
  readonly mean: number;
}

/**
 * The difference in differences at a moment, or, with a negative shift, what it would have been had the patch come that
 * many positions earlier: a placebo. Hundreds of placebos are asked for at each look, so this allocates little.
 */
export function changeAt(c: Comparison, span: Span, shift = 0): Change | undefined {
  const each: number[] = [];
  const residuals: number[] = [];
  const controls: ControlChange[] = [];
  for (const t of c.treated) {
    const now = Math.min(span.now, t.until ?? span.now);
    const from = Math.max(now + 1 - span.after, t.patched + c.grace);
    if (from > now) continue;
    const own = difference(t.row, t.patched, from, { now, before: span.before }, shift);
    if (Number.isNaN(own)) continue;
    let control = controls.find((known) => known.patched === t.patched && known.against === t.against);
    if (!control) {
      control = controlChange(t, from, span, shift);
      // The same controls at other moments would be counted twice.
      if (!controls.some((known) => known.against === t.against)) leaveOneOut(control.changes, residuals);
      controls.push(control);
    }
    if (t.against.length > 0 && control.changes.length === 0) continue;
    each.push(c.sign * (own - control.mean));
  }
  return each.length === 0 ? undefined : { effect: mean(each), each, controlResiduals: residuals };
}

function controlChange({ against, patched }: TreatedRow, from: number, span: Span, shift: number): ControlChange {
  const changes: number[] = [];
  for (const row of against) {
    const change = difference(row, patched, from, span, shift);
    if (!Number.isNaN(change)) changes.push(change);
  }
  return { against, patched, changes, mean: changes.length > 0 ? mean(changes) : 0 };
}

function difference(row: Row, patched: number, from: number, span: Pick<Span, "now" | "before">, shift: number): number {
  return windowMean(row, from + shift, span.now + 1 + shift) - levelBefore(row, patched + shift, span.before);
}

/** Adds each change's distance from the mean of the others. */
function leaveOneOut(changes: readonly number[], to: number[]): void {
  const n = changes.length;
  if (n < 2) return;
  let sum = 0;
  for (const change of changes) sum += change;
  for (const change of changes) to.push(change - (sum - change) / (n - 1));
}

/** The weight of a window without enough samples goes to the next longer one. @returns NaN where the longest has too few */
function levelBefore(row: Row, patched: number, before: readonly Before[]): number {
  let level = 0;
  let carried = 0;
  for (const { length, weight } of before) {
    const mean = windowMean(row, patched - length, patched);
    if (Number.isNaN(mean)) carried += weight;
    else {
      level += (weight + carried) * mean;
      carried = 0;
    }
  }
  return carried === 0 ? level : Number.NaN;
}
