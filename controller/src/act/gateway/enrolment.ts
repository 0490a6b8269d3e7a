import { type Clock, fail, ok, type Problem, ProblemError, type Result } from "@breakwater/shared/core";
import type { Logger } from "@breakwater/shared/log";
import {
  type EnrollmentServiceHandlers,
  type EnrollRequest__Output,
  type EnrollResponse,
  PROTOCOL,
  type RenewResponse,
} from "@breakwater/shared/wire";
import type * as grpc from "@grpc/grpc-js";
import { isNull } from "drizzle-orm";
import { RateLimiterMemory } from "rate-limiter-flexible";
import type { Fleet } from "../../know/fleet/index.ts";
import { type Store, schema } from "../../store/index.ts";
import type { CertificateAuthority } from "./ca.ts";
import type { Peer } from "./identity.ts";
import { lateRenewal } from "./late-renewal.ts";
import { negotiate } from "./negotiation.ts";
import { gatewayProblem, refusal } from "./refusal.ts";
import type { StoreWatch } from "./store-watch.ts";

/** Requests a source may make in a minute: a site behind one address can bring in hundreds of machines, a flood cannot use up a core (10 ms each). */
const PER_SOURCE_PER_MINUTE = 240;
/** A token is 50 characters; anything much longer is not one and is not hashed. */
const MAX_TOKEN = 200;

export interface EnrolmentContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly fleet: Fleet;
  readonly ca: CertificateAuthority;
  readonly storeWatch: StoreWatch;
  /** host:port of the session listener, as agents reach it. */
  readonly sessionAddress: () => string;
}

/** For the listener without client certificates: Enroll, and Renew for an endpoint whose certificate ran out while it was away. */
export function enrolHandlers(context: EnrolmentContext): EnrollmentServiceHandlers {
  const limiter = new RateLimiterMemory({ points: PER_SOURCE_PER_MINUTE, duration: 60 });
  const allowed = (source: string): Promise<boolean> =>
    limiter.consume(source).then(
      () => true,
      () => false,
    );
  return {
    Enroll: (call, done) =>
      answer(context, done, async () => {
        const source = sourceOf(call.getPeer());
        return (await allowed(source)) ? enrol(context, call.request, source) : fail(tooMany());
      }),
    Renew: (call, done) =>
      answer(context, done, async () => {
        const source = sourceOf(call.getPeer());
        if (!(await allowed(source))) return fail(tooMany());
        const { clock, fleet, ca } = context;
        const late = await lateRenewal(call.request, { clock, fleet, authority: ca.trustBundle });
        if (!late.ok) return late;
        context.log.info({ endpoint: late.value, source }, "an endpoint came back after its certificate ran out");
        return renewed(context, call.request.csr, "endpoint", late.value);
      }),
  };
}

async function renewed({ fleet, ca }: EnrolmentContext, csr: Uint8Array, kind: Peer["kind"], name: string): Promise<Result<RenewResponse>> {
  const issued = kind === "endpoint" ? await ca.issueForEndpoint(csr, name) : await ca.issueForMonitor(csr, name);
  if (!issued.ok) return issued;
  await fleet.certificates.register(issued.value, `${kind}:${name}`);
  return ok({ certificate: issued.value.pem, trustBundle: ca.trustBundle });
}

/** Renew for the listener with client certificates; Enroll is refused there. `authenticate` says who calls. */
export function renewHandlers(
  context: EnrolmentContext,
  authenticate: (call: grpc.ServerUnaryCall<unknown, unknown>) => Promise<Result<Peer>>,
): EnrollmentServiceHandlers {
  return {
    Enroll: (_call, done) => done(refusal(gatewayProblem.wrongKind("no"))),
    Renew: (call, done) =>
      answer(context, done, async () => {
        const peer = await authenticate(call);
        if (!peer.ok) return peer;
        return renewed(context, call.request.csr, peer.value.kind, peer.value.name);
      }),
  };
}

async function enrol(context: EnrolmentContext, request: EnrollRequest__Output, source: string): Promise<Result<EnrollResponse>> {
  const { fleet, ca } = context;
  const protocol = negotiate(PROTOCOL, { lowest: 1, highest: request.protocol });
  if (!protocol.ok) return protocol;
  if (request.joinToken.length > MAX_TOKEN) return fail(gatewayProblem.malformed("the join token is longer than any token"));
  // A request that cannot be signed must not spend a token; its key is read again for the id that the endpoint gets.
  const enrolled = await fleet.enrol(request.identity, request.joinToken, {
    source,
    issue: async (endpointId) => {
      const issued = await ca.issueForEndpoint(request.csr, endpointId);
      if (!issued.ok) throw new ProblemError(issued.problem);
      return issued.value;
    },
  });
  if (!enrolled.ok) return enrolled;
  context.log.info({ endpoint: enrolled.value.endpointId, source, again: enrolled.value.again }, "an endpoint enrolled");
  const keys = await context.store.db.select().from(schema.approvalKey).where(isNull(schema.approvalKey.revokedAt));
  return ok({
    endpointId: enrolled.value.endpointId,
    certificate: enrolled.value.certificate.pem,
    trustBundle: ca.trustBundle,
    sessionAddress: context.sessionAddress(),
    operatorKeys: keys.filter((k) => !k.passkey).map((k) => ({ keyId: k.keyId, publicKey: k.publicKey, owner: k.owner })),
    passkeys: keys.flatMap(({ keyId, publicKey, owner, passkey }) =>
      passkey ? [{ keyId, publicKey, owner, rpId: passkey.rpId, origin: passkey.origin }] : [],
    ),
  });
}

async function answer<T>(context: EnrolmentContext, done: grpc.sendUnaryData<T>, work: () => Promise<Result<T>>): Promise<void> {
  const result = await work().catch(async (cause): Promise<Result<T>> => {
    if (cause instanceof ProblemError) return fail(cause.problem);
    if (!(await context.storeWatch.answers())) return fail(gatewayProblem.storeAway());
    context.log.error({ cause }, "a certificate could not be given out");
    return fail(gatewayProblem.internal());
  });
  if (result.ok) return done(null, result.value);
  context.log.info({ code: result.problem.code }, result.problem.message);
  done(refusal(result.problem));
}

/** The address of the peer without its port: "ipv4:1.2.3.4:56" in grpc's spelling, or a bare host and port. */
const sourceOf = (peer: string): string => peer.replace(/:\d+$/, "");
const tooMany = (): Problem => ({
  code: "join-throttled",
  message: "Too many requests to join came from this address.",
  next: "Wait a minute, then try again.",
});
