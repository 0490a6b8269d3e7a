import type { Problem } from "@breakwater/shared/core";

/** What an operator can run into with configuration databases. */
export const cmdbProblem = {
  unreadable: (why: string): Problem => ({
    code: "bad-cmdb-file",
    message: `The file cannot be taken in: ${why}.`,
    next: "Nothing was changed; what an earlier import brought still stands. Correct the file, or say with a mapping which column is what.",
  }),
  mapping: (why: string): Problem => ({
    code: "bad-cmdb-mapping",
    message: `The mapping cannot be used: ${why}.`,
    next: "Correct the named places; nothing was changed.",
  }),
  sourceUnknown: (name: string): Problem => ({
    code: "cmdb-source-unknown",
    message: `Nothing was imported from a source called "${name}".`,
    next: "List the sources with `breakwater cmdb list`.",
  }),
};
