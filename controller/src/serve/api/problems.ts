import { type Problem, ProblemError } from "@breakwater/shared/core";

/** HTTP status of each problem code that the API itself raises. Codes of lower floors not listed here are conflicts (409). */
const STATUS: Readonly<Record<string, 400 | 401 | 403 | 404 | 409 | 413 | 415 | 429 | 500 | 503>> = {
  "bad-request": 400,
  "bad-cursor": 400,
  "bad-key": 400,
  "invalid-input": 400,
  "not-signed-in": 401,
  "sign-in-failed": 401,
  "setup-token-wrong": 401,
  "role-too-low": 403,
  "cross-site": 403,
  "not-yours": 403,
  "not-found": 404,
  "no-such-route": 404,
  "too-large": 413,
  "not-json": 415,
  "too-many-attempts": 429,
  internal: 500,
  "store-unusable": 503,
  "store-unavailable": 503,
};

export const statusOf = (problem: Problem) =>
  STATUS[problem.code] ?? (/(^unknown-|-?not-found$|-unknown$)/.test(problem.code) ? 404 : problem.code.startsWith("bad-") ? 400 : 409);

const raise = (code: string, message: string, next: string) => new ProblemError({ code, message, next });

export const notSignedIn = () => raise("not-signed-in", "Nobody is signed in.", "Sign in, or send an API token as a bearer token.");
export const signInFailed = () =>
  raise("sign-in-failed", "The name or the password is wrong.", "Try again, or ask an administrator to set a new password.");
export const roleTooLow = (needed: string, has: string) =>
  raise(
    "role-too-low",
    `This needs the role ${needed}; yours is ${has}.`,
    "Ask an administrator for that role, or a colleague who has it.",
  );
export const crossSite = () =>
  raise("cross-site", "The request comes from another site.", "Use the console itself, or an API token instead of the cookie.");
export const tooManyAttempts = (seconds: number) =>
  raise("too-many-attempts", `Too many failed attempts to sign in.`, `Wait ${seconds} seconds, then try again.`);
export const notFound = (what: string, id: string) =>
  raise("not-found", `There is no ${what} ${id}.`, `Look at the list of ${what}s for its id.`);
export const noSuchRoute = (path: string) => raise("no-such-route", `There is nothing at ${path}.`, "See /openapi.json for all there is.");
export const badCursor = () => raise("bad-cursor", "The cursor is not one that this list gave.", "Start again without a cursor.");
export const tooLarge = (limit: number) => raise("too-large", `The body is larger than ${limit} bytes.`, "Send less at once.");
export const notJson = () => raise("not-json", "The body is not JSON.", "Send JSON with the header content-type: application/json.");
export const setupClosed = () =>
  raise("setup-closed", "The first administrator exists, so set-up is over for good.", "Sign in, or ask an administrator for an account.");
export const setupTokenWrong = () =>
  raise(
    "setup-token-wrong",
    "The set-up token is wrong or has expired.",
    "Restart the controller: it prints a new set-up link while there is no user.",
  );
export const nameTaken = (name: string) => raise("name-taken", `A user ${name} exists already.`, "Choose another name.");
export const lastAdmin = () =>
  raise("last-admin", "This is the last administrator who can sign in.", "Make another user an administrator first.");
export const notYours = (what: string) =>
  raise("not-yours", `This ${what} belongs to somebody else.`, "Ask its owner or an administrator.");
export const otherOrigin = (named: string, from: string) =>
  raise(
    "bad-passkey",
    `The passkey is for ${named}, and the request comes from ${from}.`,
    "Make it at the address where you use the console.",
  );
/** A problem that says where in the request it lies. */
export interface DetailedProblem extends Problem {
  readonly details?: unknown;
}
export function badRequest(message: string, next: string, details?: unknown): ProblemError {
  const problem: DetailedProblem = { code: "bad-request", message, next, ...(details === undefined ? {} : { details }) };
  return new ProblemError(problem);
}
export const planChanged = (id: string) =>
  raise(
    "plan-changed",
    `The plan ${id} is not the one that was looked at: its digest differs.`,
    "Read the plan again, then sign what it says now.",
  );
export const notFrozen = () => raise("not-frozen", "The fleet is not frozen.", "There is nothing to thaw.");
