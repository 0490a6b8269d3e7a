/**
 * What an operator can cause or fix: a stable code, one plain sentence, and what to do next.
 * Programming errors are thrown instead.
 */
export interface Problem {
  readonly code: string;
  readonly message: string;
  /** What the reader can do about it, as an instruction. */
  readonly next?: string;
}

export type Result<T, P = Problem> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: P };

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });
export const fail = <P>(problem: P): { readonly ok: false; readonly problem: P } => ({ ok: false, problem });

/** Carries a Problem through code that can only throw, to the door where it is told. */
export class ProblemError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.message);
    this.name = "ProblemError";
    this.problem = problem;
  }
}

/** Unwraps, or throws what only a programmer could have caused. */
export function expectOk<T>(result: Result<T>): T {
  if (!result.ok) throw new ProblemError(result.problem);
  return result.value;
}

/** Ends an exhaustive switch. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
