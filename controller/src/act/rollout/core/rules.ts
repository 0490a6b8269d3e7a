/**
 * The rules that keep a deployment from harm, by name. In production all of them hold; tests take one away at a time to
 * prove that the properties would notice.
 */
export const RULE_NAMES = [
  "window",
  "wave-concurrency",
  "site-concurrency",
  "deployment-concurrency",
  "redundancy",
  "wave-order",
  "standstill",
  "once",
  "steps",
  "budget",
  "digest",
  "consent",
  "danger",
  "current",
  "growth",
  "elsewhere",
] as const;
export type RuleName = (typeof RULE_NAMES)[number];
export const isRule = (name: string): name is RuleName => (RULE_NAMES as readonly string[]).includes(name);
export type Rules = Readonly<Record<RuleName, boolean>>;

export const ALL_RULES: Rules = Object.fromEntries(RULE_NAMES.map((name) => [name, true])) as Rules;
export const without = (name: RuleName): Rules => ({ ...ALL_RULES, [name]: false });

/** Lengths that no plan sets, in milliseconds. */
export interface Patience {
  /** A disconnected endpoint whose turn it is, or whose command has not been taken on, is waited for this long. */
  readonly unreachableAfterMs: number;
  /** A wave that could run but is held by something that has no end of its own is waited for this long; then a person is asked. */
  readonly stalledAfterMs: number;
  /** A question is told again after this time without an answer, then after twice as long, and so on up to a day. */
  readonly remindAfterMs: number;
}
export const PATIENCE: Patience = { unreachableAfterMs: 10 * 60_000, stalledAfterMs: 2 * 3_600_000, remindAfterMs: 3_600_000 };
