import type { Clock } from "@breakwater/shared/core";
import type { Store } from "../../store/index.ts";
import { calendarOperations } from "./calendar.ts";
import { certificateOperations } from "./certificates.ts";
import { connectionOperations } from "./connections.ts";
import { endpointOperations } from "./endpoints.ts";
import { enrolmentOperations } from "./enrolment.ts";
import { fleetFileOperations } from "./fleet-file.ts";
import { groupOperations } from "./groups.ts";
import { joinTokenOperations } from "./join-tokens.ts";

export type { CertificateRecord } from "./certificates.ts";
export { type HelloFacts, helloFactsSchema } from "./connections.ts";
export { UNCOVERED, uncovered } from "./coverage.ts";
export type { Endpoint } from "./endpoint.ts";
export { MAX_FLEET_FILE_BYTES } from "./fleet-file-text.ts";
export { type DeclaredPaths, pathsTo, readTopology } from "./topology.ts";

/** What is true about the machines themselves: who they are, what operators say of them, how they join and leave. */
export function createFleet({ store, clock }: { readonly store: Store; readonly clock: Clock }) {
  const { tokens, throttled } = joinTokenOperations(store, clock);
  const { enrol } = enrolmentOperations(store, clock, throttled);
  return {
    ...endpointOperations(store, clock),
    ...groupOperations(store, clock),
    ...calendarOperations(store, clock),
    ...certificateOperations(store, clock),
    ...connectionOperations(store, clock),
    ...fleetFileOperations(store, clock),
    enrol,
    ...tokens,
  };
}
export type Fleet = ReturnType<typeof createFleet>;
