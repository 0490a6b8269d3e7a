import type { Features } from "./features.ts";

/** A labelled text: the features of each name that it may be about, and which of them are right. */
export interface Choice {
  readonly source: string;
  readonly features: readonly Features[];
  readonly right: readonly boolean[];
  /** What the rules give each name. */
  readonly points: readonly number[];
}
export type Weights = Readonly<Record<string, number>>;

/** A feature that texts of fewer sources have is one source's manner. */
const MIN_SOURCES = 4;
const MIN_TEXTS = 20;
/** 1 / variance of a weight's normal prior, and steps of the descent; by the texts of sources left out. */
const PENALTY = 4;
const STEPS = 80;
const RATE = 0.2;
/** What a point of the rules is worth before anything is fitted: the weights say in what the rules err. */
const RULES = 0.5;
/** A source of many texts counts for no more than so many of a small one. */
const MOST_OF_A_SOURCE = 80;

/** @param points what the rules give the name */
export const scoreOf = (weights: Weights, features: Features, points: number): number =>
  features.reduce((sum, [name, value]) => sum + (weights[name] ?? 0) * value, RULES * points);

/** Shares of chance from scores (the softmax function). */
export function chancesOf(scores: readonly number[]): number[] {
  const most = Math.max(...scores);
  const parts = scores.map((s) => Math.exp(s - most));
  const all = parts.reduce((a, b) => a + b, 0);
  return parts.map((p) => p / all);
}

/**
 * Conditional logistic regression (McFadden, Conditional logit analysis of qualitative choice behavior, 1974) with a ridge penalty,
 * by adaptive gradient steps over all texts at once (Duchi et al., JMLR 12, 2011): the same choices give the same weights.
 * Several right names of one text share its likelihood.
 */
export function fitRanker(all: readonly Choice[]): Weights {
  const choices = all.filter((c) => c.right.some(Boolean) && !c.right.every(Boolean));
  const names = commonFeatures(choices);
  const index = new Map(names.map((name, j) => [name, j]));
  const rows = choices.map((c) =>
    c.features.map((of) => of.flatMap(([name, value]) => (index.has(name) ? [[index.get(name) ?? 0, value] as const] : []))),
  );
  const texts = new Map<string, number>();
  for (const { source } of choices) texts.set(source, (texts.get(source) ?? 0) + 1);
  const counts = choices.map((c) => Math.min(1, MOST_OF_A_SOURCE / (texts.get(c.source) ?? 1)));
  const weights = new Float64Array(names.length);
  const gathered = new Float64Array(names.length).fill(1e-8);
  for (let step = 0; step < STEPS; step++) {
    const gradient = weights.map((w) => w * PENALTY);
    for (const [i, row] of rows.entries()) {
      const chances = chancesOf(
        row.map((of, k) => of.reduce((sum, [j, value]) => sum + (weights[j] ?? 0) * value, RULES * (choices[i]?.points[k] ?? 0))),
      );
      const right = choices[i]?.right ?? [];
      const all = Math.max(
        1e-12,
        chances.reduce((sum, p, k) => sum + (right[k] ? p : 0), 0),
      );
      for (const [k, of] of row.entries()) {
        const p = chances[k] ?? 0;
        const error = (p - (right[k] ? p / all : 0)) * (counts[i] ?? 1);
        for (const [j, value] of of) gradient[j] = (gradient[j] ?? 0) + error * value;
      }
    }
    for (const [j, g] of gradient.entries()) {
      gathered[j] = (gathered[j] ?? 0) + g ** 2;
      weights[j] = (weights[j] ?? 0) - (RATE * g) / Math.sqrt(gathered[j] ?? 1);
    }
  }
  return Object.fromEntries(names.map((n, j): [string, number] => [n, Number((weights[j] ?? 0).toFixed(3))]).filter(([, w]) => w !== 0));
}

function commonFeatures(choices: readonly Choice[]): string[] {
  const seen = new Map<string, { sources: Set<string>; texts: number }>();
  for (const { source, features } of choices)
    for (const name of new Set(features.flatMap((of) => of.map(([n]) => n)))) {
      const of = seen.get(name) ?? { sources: new Set(), texts: 0 };
      of.sources.add(source);
      of.texts++;
      seen.set(name, of);
    }
  return [...seen].flatMap(([f, { sources, texts }]) => (sources.size >= MIN_SOURCES && texts >= MIN_TEXTS ? [f] : [])).sort();
}
