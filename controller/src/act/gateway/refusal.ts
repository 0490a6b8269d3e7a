import type { Problem } from "@breakwater/shared/core";
import * as grpc from "@grpc/grpc-js";

const STATUS: Readonly<Record<string, grpc.status>> = {
  "token-unknown": grpc.status.UNAUTHENTICATED,
  "token-expired": grpc.status.UNAUTHENTICATED,
  "token-used": grpc.status.UNAUTHENTICATED,
  "token-revoked": grpc.status.UNAUTHENTICATED,
  "join-throttled": grpc.status.RESOURCE_EXHAUSTED,
  "queue-full": grpc.status.RESOURCE_EXHAUSTED,
  "too-large": grpc.status.RESOURCE_EXHAUSTED,
  "certificate-nameless": grpc.status.UNAUTHENTICATED,
  "certificate-unknown": grpc.status.PERMISSION_DENIED,
  "late-renewal-refused": grpc.status.PERMISSION_DENIED,
  "certificate-revoked": grpc.status.PERMISSION_DENIED,
  "wrong-kind": grpc.status.PERMISSION_DENIED,
  "foreign-execution": grpc.status.PERMISSION_DENIED,
  "foreign-machine": grpc.status.PERMISSION_DENIED,
  "endpoint-unknown": grpc.status.PERMISSION_DENIED,
  "agent-too-old": grpc.status.FAILED_PRECONDITION,
  "controller-too-old": grpc.status.FAILED_PRECONDITION,
  "protocol-unsaid": grpc.status.FAILED_PRECONDITION,
  "hello-missing": grpc.status.FAILED_PRECONDITION,
  "out-of-order": grpc.status.OUT_OF_RANGE,
  "hello-late": grpc.status.DEADLINE_EXCEEDED,
  "store-away": grpc.status.UNAVAILABLE,
  internal: grpc.status.INTERNAL,
};

/** Metadata key that carries a problem's code, for programs; the status text is for people. */
export const CODE_KEY = "breakwater-code";

/** A problem as the gRPC status that ends one call: what is wrong and what to do next. Unlisted codes are the caller's mistake. */
export function refusal(problem: Problem): grpc.ServiceError & { readonly code: grpc.status } {
  const metadata = new grpc.Metadata();
  metadata.set(CODE_KEY, problem.code);
  const details = problem.next ? `${problem.message} ${problem.next}` : problem.message;
  return Object.assign(new Error(details), { code: STATUS[problem.code] ?? grpc.status.INVALID_ARGUMENT, details, metadata });
}

export const gatewayProblem = {
  certificateRevoked: (): Problem => ({
    code: "certificate-revoked",
    message: "This certificate was revoked.",
    next: "If this machine should belong to the fleet, enrol it again with a new join token.",
  }),
  certificateUnknown: (): Problem => ({
    code: "certificate-unknown",
    message: "This controller has no record of this certificate.",
    next: "The controller may have been restored from an older backup: enrol again with a new join token.",
  }),
  wrongKind: (wanted: string): Problem => ({
    code: "wrong-kind",
    message: `This service is for ${wanted} certificates.`,
    next: "Use the certificate that was made for this purpose.",
  }),
  foreignMachine: (): Problem => ({
    code: "foreign-machine",
    message: "The machine that calls is not the machine that this certificate was given to.",
    next: "An identity was copied to another machine: enrol each machine by itself, and revoke the copied certificate.",
  }),
  malformed: (detail: string): Problem => ({
    code: "malformed",
    message: `The message cannot be used: ${detail}.`,
    next: "Install the agent package that this controller offers; if it is, report this text.",
  }),
  tooLarge: (detail: string): Problem => ({
    code: "too-large",
    message: `${detail}.`,
    next: "Report this text: the agent should have kept to the limit.",
  }),
  outOfOrder: (expected: number, got: number): Problem => ({
    code: "out-of-order",
    message: `Message ${got} came where ${expected} was due: one in between was lost.`,
    next: "The agent reconnects and sends again what was not acknowledged.",
  }),
  helloMissing: (): Problem => ({ code: "hello-missing", message: "The first message of a session, and only it, is Hello." }),
  helloLate: (): Problem => ({ code: "hello-late", message: "No Hello came in time." }),
  unread: (): Problem => ({
    code: "queue-full",
    message: "The agent does not read what is sent to it.",
    next: "It may reconnect at once.",
  }),
  storeAway: (): Problem => ({
    code: "store-away",
    message: "The controller's database does not answer.",
    next: "Nothing is lost: agents keep what was not acknowledged and come back. Check the database.",
  }),
  internal: (): Problem => ({ code: "internal", message: "The controller failed on this message.", next: "Its log names the reason." }),
};
