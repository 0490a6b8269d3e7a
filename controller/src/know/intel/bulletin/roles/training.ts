/** A version that a labelled text has: its features, and whether it is a repaired one. */
export interface Sample {
  readonly source: string;
  readonly text: string;
  readonly features: readonly string[];
  readonly repaired: boolean;
}
export interface Weights {
  readonly intercept: number;
  readonly of: Readonly<Record<string, number>>;
}

/** A word that texts of fewer sources have is one source's manner. */
const MIN_SOURCES = 3;
const MIN_TEXTS = 10;
/** 1 / variance of a weight's normal prior, and steps of the descent; both by the texts of a source left out. */
const PENALTY = 2;
const STEPS = 300;
const RATE = 0.5;
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

export const chanceOf = ({ intercept, of }: Weights, features: readonly string[]): number =>
  sigmoid(features.reduce((sum, f) => sum + (of[f] ?? 0), intercept));

/**
 * Ridge logistic regression by adaptive gradient steps over all samples at once (Duchi et al., JMLR 12, 2011): the same samples
 * give the same weights. Each source counts alike, whatever number of texts it has.
 */
export function fitRoles(samples: readonly Sample[]): Weights {
  const names = commonFeatures(samples);
  const index = new Map(names.map((name, j) => [name, j]));
  const rows = samples.map((s) => s.features.flatMap((f) => index.get(f) ?? []));
  const ofSource = new Map<string, number>();
  for (const { source } of samples) ofSource.set(source, (ofSource.get(source) ?? 0) + 1);
  const counts = samples.map((s) => samples.length / ofSource.size / (ofSource.get(s.source) ?? 1));
  const weights = new Float64Array(names.length);
  const gathered = new Float64Array(names.length).fill(1e-8);
  let [intercept, gatheredIntercept] = [0, 1e-8];
  for (let step = 0; step < STEPS; step++) {
    const gradient = weights.map((w) => w * PENALTY);
    let gradientIntercept = 0;
    for (const [i, row] of rows.entries()) {
      const eta = row.reduce((sum, j) => sum + (weights[j] ?? 0), intercept);
      const error = (sigmoid(eta) - (samples[i]?.repaired ? 1 : 0)) * (counts[i] ?? 1);
      gradientIntercept += error;
      for (const j of row) gradient[j] = (gradient[j] ?? 0) + error;
    }
    gatheredIntercept += gradientIntercept ** 2;
    intercept -= (RATE * gradientIntercept) / Math.sqrt(gatheredIntercept);
    for (const [j, g] of gradient.entries()) {
      gathered[j] = (gathered[j] ?? 0) + g ** 2;
      weights[j] = (weights[j] ?? 0) - (RATE * g) / Math.sqrt(gathered[j] ?? 1);
    }
  }
  const short = (x: number) => Number(x.toFixed(3));
  return {
    intercept: short(intercept),
    of: Object.fromEntries(names.map((n, j): [string, number] => [n, short(weights[j] ?? 0)]).filter(([, w]) => w !== 0)),
  };
}

function commonFeatures(samples: readonly Sample[]): string[] {
  const seen = new Map<string, { sources: Set<string>; texts: Set<string> }>();
  for (const { source, text, features } of samples)
    for (const feature of features) {
      const of = seen.get(feature) ?? { sources: new Set(), texts: new Set() };
      of.sources.add(source);
      of.texts.add(text);
      seen.set(feature, of);
    }
  return [...seen].flatMap(([f, { sources, texts }]) => (sources.size >= MIN_SOURCES && texts.size >= MIN_TEXTS ? [f] : [])).sort();
}
