import type { Problem } from "@breakwater/shared/core";
import type { z } from "zod";

/** Everything an operator can run into with the fleet's own records, each with what to do next. */
export const fleetProblem = {
  endpointUnknown: (id: string): Problem => ({
    code: "endpoint-unknown",
    message: `There is no endpoint ${id}.`,
    next: "List the endpoints to see their ids; a removed endpoint has to enrol again.",
  }),
  siteUnknown: (id: string): Problem => ({
    code: "site-unknown",
    message: `There is no site "${id}".`,
    next: "Create the site with its largest number of simultaneous changes first, or use an existing one.",
  }),
  groupUnknown: (id: string): Problem => ({
    code: "redundancy-group-unknown",
    message: `There is no redundancy group "${id}".`,
    next: "Create the group with the number of members that must stay healthy first.",
  }),
  topology: (why: string): Problem => ({
    code: "bad-topology",
    message: `The zones and load balancers do not fit together: ${why}.`,
    next: "Correct it in the fleet file; nothing was changed.",
  }),
  inUse: (what: string, count: number): Problem => ({
    code: "in-use",
    message: `${what} is still used by ${count} endpoint${count === 1 ? "" : "s"}.`,
    next: "Move these endpoints elsewhere first.",
  }),
  calendarEventUnknown: (id: string): Problem => ({ code: "calendar-event-unknown", message: `There is no calendar event ${id}.` }),
  invalid: (what: string, error: z.ZodError): Problem => ({
    code: "invalid-input",
    message: `${what}: ${error.issues
      .slice(0, 5)
      .map((i) => `${i.path.join(".") || "value"}: ${i.message}`)
      .join("; ")}.`,
    next: "Correct the named fields and try again.",
  }),
  tokenUnknown: (): Problem => ({
    code: "token-unknown",
    message: "This join token is not one of this controller's.",
    next: "Copy the whole token as it was printed, check the controller's address, or create a new one with `breakwater join-token create`.",
  }),
  tokenExpired: (at: string): Problem => ({
    code: "token-expired",
    message: `This join token expired at ${at}.`,
    next: "Create a new one with `breakwater join-token create`.",
  }),
  tokenUsed: (): Problem => ({
    code: "token-used",
    message: "This join token has been used as often as it may be.",
    next: "Create a new one with `breakwater join-token create`; if no machine of yours used it, revoke the certificate it brought about.",
  }),
  tokenRevoked: (): Problem => ({
    code: "token-revoked",
    message: "This join token was revoked.",
    next: "Create a new one with `breakwater join-token create`.",
  }),
  tokenThrottled: (retryAfterMs: number): Problem => ({
    code: "join-throttled",
    message: "Too many failed attempts to join came from this address.",
    next: `Wait ${Math.max(1, Math.ceil(retryAfterMs / 1000))} s, then try again with a valid token.`,
  }),
  identityInvalid: (detail: string): Problem => ({
    code: "identity-invalid",
    message: `The machine's description of itself cannot be used: ${detail}.`,
    next: "Check /etc/machine-id and /etc/os-release on the machine.",
  }),
  certificateUnknown: (serial: string): Problem => ({ code: "certificate-unknown", message: `There is no certificate ${serial}.` }),
};
