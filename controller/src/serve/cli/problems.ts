import { type Problem, ProblemError, systemReason } from "@breakwater/shared/core";

/**
 * Exit codes: 0 done, 1 a problem that the message tells, 2 the command was written wrongly, 141 whoever read the output
 * stopped (128 + SIGPIPE, as a shell tells of a program that died by it).
 */
export const EXIT = { ok: 0, problem: 1, usage: 2, brokenPipe: 141 } as const;

/** Thrown for a command that was written wrongly. */
export class UsageError extends Error {}

const raise = (code: string, message: string, next: string): ProblemError => new ProblemError({ code, message, next });

export const noServer = () =>
  raise("no-server", "No controller is named.", "Run `breakwater login --server URL`, or set BREAKWATER_SERVER and BREAKWATER_TOKEN.");
export const unreachableServer = (server: string, why: string) =>
  raise(
    "server-unreachable",
    `The controller at ${server} does not answer: ${why}.`,
    "Check the address and that it runs; for its own certificate set NODE_EXTRA_CA_CERTS.",
  );
/** `path` is "-" for standard input. */
export const unreadableFile = (path: string, cause: unknown) =>
  path === "-"
    ? raise(
        "input-unreadable",
        `Standard input cannot be read: ${systemReason(cause)}.`,
        "Give it a file or a pipe, or name a file instead.",
      )
    : raise("file-unreadable", `${path} cannot be read: ${systemReason(cause)}.`, "Check the path and its permissions.");
export const unwritableFile = (path: string, cause: unknown) =>
  raise("file-unwritable", `${path} cannot be written: ${systemReason(cause)}.`, "Check the path and its permissions.");
export const fileExists = (path: string) =>
  raise("file-exists", `${path} exists already.`, "Choose another path: a key is never overwritten.");
export const notConfirmed = (what: string) =>
  raise("not-confirmed", `Nothing was done. ${what}`, "Say yes when asked, or give --yes where nobody can be asked.");
export const notAllowed = (sentence: string) =>
  raise("not-possible", sentence, "See `breakwater deployment explain` for what it waits for.");
export const badKeyFile = (path: string) =>
  raise("key-unreadable", `${path} holds no Ed25519 private key.`, "Make one with `breakwater key create FILE`.");
export const noAgentPackage = (command: string) =>
  raise(
    "no-agent-package",
    "The controller was given no package of the agent to hand out.",
    `Start it with --agent-package FILE.deb. Where the agent is installed already: ${command}`,
  );
export const chainBroken = (why: string) =>
  raise("audit-broken", why, "Keep this file and the controller's data as they are, and compare with an earlier export.");

export const tellProblem = (problem: Problem): string => `breakwater: ${problem.message}\n${problem.next ? `  ${problem.next}\n` : ""}`;
