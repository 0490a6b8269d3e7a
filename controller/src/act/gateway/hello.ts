import { type Clock, fail, ok, parseInstant, type Result } from "@breakwater/shared/core";
import { isZone } from "@breakwater/shared/window";
import { type ExecutionReport__Output, type Hello__Output, PROTOCOL } from "@breakwater/shared/wire";
import { type HelloFacts, helloFactsSchema } from "../../know/fleet/index.ts";
import { LIMITS } from "./limits.ts";
import { negotiate } from "./negotiation.ts";
import { gatewayProblem } from "./refusal.ts";

/** A Hello that can be worked with. */
export interface ReadHello {
  readonly protocol: number;
  readonly facts: HelloFacts;
  readonly incarnation: number;
  readonly inventoryDigest: string;
  readonly unfinished: readonly ExecutionReport__Output[];
  /** What the agent calls its zone is no zone: its windows are read in UTC. */
  readonly zoneUnknown: boolean;
}

/** Reads the first message of a session. Nothing in it says who the agent is: its certificate does. */
export function readHello(hello: Hello__Output, clock: Clock): Result<ReadHello> {
  const protocol = negotiate(PROTOCOL, hello.protocol);
  if (!protocol.ok) return protocol;
  const said = parseInstant(hello.clock);
  if (said === undefined) return fail(gatewayProblem.malformed("Hello.clock is not RFC 3339"));
  if (hello.unfinished.length > LIMITS.unfinishedReports)
    return fail(gatewayProblem.tooLarge(`Hello has at most ${LIMITS.unfinishedReports} unfinished executions`));
  const zoneUnknown = !isZone(hello.timezone);
  const facts = helloFactsSchema.safeParse({
    identity: hello.identity,
    bootId: hello.bootId,
    timezone: zoneUnknown ? "UTC" : hello.timezone,
    policyMode: hello.policyMode,
    capabilities: hello.capabilities,
    pinnedKeyIds: hello.pinnedKeyIds,
    clockOffsetMs: said - clock.now(),
  });
  if (!facts.success) {
    const issue = facts.error.issues[0];
    return fail(gatewayProblem.malformed(`Hello.${issue?.path.join(".")}: ${issue?.message}`));
  }
  return ok({
    protocol: protocol.value,
    facts: facts.data,
    incarnation: hello.incarnation,
    inventoryDigest: hello.inventoryDigest,
    unfinished: hello.unfinished,
    zoneUnknown,
  });
}
