import type { PackageChange } from "@breakwater/shared/command";
import { fail, ok, type Result } from "@breakwater/shared/core";
import type * as z from "zod";
import type { ManagerFailure } from "../package-manager.ts";
import type { Run } from "../run.ts";
import { type answers, askDnf, failureOf } from "./ask.ts";

const TIMEOUT_MS = 10 * 60_000;

type All = z.infer<typeof answers.beforehand>;
export type Question = keyof All;
type Value<Q extends Question> = Extract<All[Q], { value: unknown }>["value"];

export type AskBeforehand = <Q extends Question>(
  question: Q,
  changes: readonly PackageChange[],
) => Promise<Result<Value<Q>, ManagerFailure>>;

/**
 * The questions that a plan is judged by, all answered in one run: dnf's library takes seconds on a small machine to start and to
 * read its lists. A question that comes again, or for other changes, is asked anew, and its fellows with it.
 */
export function askingBeforehand(run: Run, ask = askDnf): AskBeforehand {
  let last: { key: string; told: ReturnType<typeof askDnf<"beforehand">>; taken: Set<Question> } | undefined;
  return async <Q extends Question>(question: Q, changes: readonly PackageChange[]) => {
    const key = JSON.stringify(changes);
    if (last === undefined || last.key !== key || last.taken.has(question))
      last = { key, told: ask(run, "beforehand", { changes }, TIMEOUT_MS), taken: new Set() };
    last.taken.add(question);
    const told = await last.told;
    if (!told.ok) return told;
    const one: All[Question] = told.value[question];
    return "value" in one ? ok(one.value as Value<Q>) : fail(failureOf(one.problem));
  };
}
