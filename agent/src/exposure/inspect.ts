import { ok } from "@breakwater/shared/core";
import type { Inspection } from "../executor/protocol.ts";
import type { InspectMachine } from "./exposure.ts";
import { viewProc } from "./proc-view.ts";

/**
 * The executor's view where there is one: it sees every process. Else our own, which is whole when we are root and
 * says what is hidden when we are not.
 */
export function inspectMachine(askExecutor: () => Promise<Inspection | undefined>): InspectMachine {
  return async () => {
    if (process.getuid?.() === 0) return ok(await viewProc());
    return ok((await askExecutor()) ?? (await viewProc()));
  };
}
