/** The only source of chance in pure code. Passed in, seeded in simulations and tests. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}

export const systemRandom: Random = { next: () => Math.random() };
