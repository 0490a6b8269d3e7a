import type { Problem } from "@breakwater/shared/core";
import { MAX_SUPPRESSION_DAYS } from "./suppression.ts";

export const suppressionProblem = {
  unknown: (id: string): Problem => ({
    code: "suppression-unknown",
    message: `There is no suppression ${id}.`,
    next: "List them with `breakwater finding list --state suppressed`, or on the Exceptions page.",
  }),
  findingUnknown: (id: number): Problem => ({
    code: "finding-unknown",
    message: `There is no finding ${id}.`,
    next: "List findings with `breakwater finding list`.",
  }),
  nothing: (what: string): Problem => ({
    code: "suppression-concerns-nothing",
    message: `No open finding is of ${what}: there is nothing to suppress.`,
    next: "Check the vulnerability, the package's name and the scope; a source package is named by its own kind of target.",
  }),
  expiry: (): Problem => ({
    code: "bad-expiry",
    message: `A suppression ends in the future, and within ${MAX_SUPPRESSION_DAYS} days.`,
    next: "Choose an earlier day; it can be suppressed again when it comes back.",
  }),
  ended: (id: string, because: string): Problem => ({
    code: "suppression-ended",
    message: `The suppression ${id} has ended already: ${because}.`,
    next: "There is nothing to take back.",
  }),
  exists: (id: string): Problem => ({
    code: "suppression-exists",
    message: `The suppression ${id} holds for the same package, vulnerability and scope.`,
    next: "End that one first, then suppress it anew.",
  }),
  tooMany: (limit: number): Problem => ({
    code: "too-many-suppressions",
    message: `${limit} suppressions hold already.`,
    next: "End those that nobody needs; a wider scope takes the place of many.",
  }),
};
