import { type Grid, mean, type Row, windowMean } from "./grid.ts";

export interface TreatedRow {
  readonly endpoint: string;
  readonly row: Row;
  readonly patched: number;
  /** The control rows that this one is compared with. Endpoints that share them share the array. */
  readonly against: readonly Row[];
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
  readonly before: number;
}

export interface Change {
  /** Mean over the treated endpoints of their change minus the control's. */
  readonly effect: number;
  readonly each: readonly number[];
  /** Each control endpoint's change minus the mean of the other control endpoints'. */
  readonly controlResiduals: readonly number[];
}

/**
 * The difference in differences at a moment, or, with a negative shift, what it would have been had the patch come that
 * many positions earlier: a placebo.
 */
export function changeAt(c: Comparison, span: Span, shift = 0): Change | undefined {
  const each: number[] = [];
  const residuals: number[] = [];
  const controlAt = new Map<readonly Row[], Map<number, { mean: number; changes: number[] }>>();
  for (const t of c.treated) {
    const from = Math.max(span.now + 1 - span.after, t.patched + c.grace);
    if (from > span.now) continue;
    const own = difference(t.row, t.patched, from, span, shift);
    if (Number.isNaN(own)) continue;
    const ofGroup = controlAt.get(t.against) ?? new Map<number, { mean: number; changes: number[] }>();
    let control = ofGroup.get(t.patched);
    if (!control) {
      const changes = t.against.map((row) => difference(row, t.patched, from, span, shift)).filter((d) => !Number.isNaN(d));
      control = { mean: changes.length > 0 ? mean(changes) : 0, changes };
      // The same controls at other moments would be counted twice.
      if (ofGroup.size === 0) residuals.push(...leaveOneOut(changes));
      controlAt.set(t.against, ofGroup.set(t.patched, control));
    }
    if (t.against.length > 0 && control.changes.length === 0) continue;
    each.push(c.sign * (own - control.mean));
  }
  return each.length === 0 ? undefined : { effect: mean(each), each, controlResiduals: residuals };
}

function difference(row: Row, patched: number, from: number, span: Span, shift: number): number {
  return windowMean(row, from + shift, span.now + 1 + shift) - windowMean(row, patched + shift - span.before, patched + shift);
}

function leaveOneOut(changes: readonly number[]): number[] {
  const n = changes.length;
  if (n < 2) return [];
  const sum = changes.reduce((a, b) => a + b, 0);
  return changes.map((d) => d - (sum - d) / (n - 1));
}
