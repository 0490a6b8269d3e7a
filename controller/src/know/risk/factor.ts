/** One addend of the logarithm of the risk. */
export interface RiskFactor {
  readonly name: string;
  /** Natural logarithm; the effects of all factors add up to ln(risk). */
  readonly effect: number;
  readonly why: string;
  /** What the risk would be with this one fact otherwise, by the same score. */
  readonly otherwise?: { readonly if: string; readonly risk: number };
  /** The class that the input fell into, where there are classes: "public", "private" ... for exposure. */
  readonly value?: string;
}

/** The logarithm of the risk that the factors add up to. */
export const sumOf = (factors: readonly RiskFactor[]) => factors.reduce((sum, f) => sum + f.effect, 0);
