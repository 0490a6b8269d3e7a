import { type Clock, type EndpointId, fail, formatInstant, newId, ok, type Result } from "@breakwater/shared/core";
import { and, eq, isNull, sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, recordEvents, type Store, schema } from "../../store/index.ts";
import { type CertificateRecord, registerCertificate, revokeCertificatesOf } from "./certificates.ts";
import { type JoinToken, spendToken } from "./join-tokens.ts";
import { fleetProblem } from "./problems.ts";

const { endpoint } = schema;
const short = z.string().max(255);

/** What a machine says of itself when it joins. The token, not this, is what lets it in. */
export const identitySchema = z.object({
  hostname: z.string().min(1).max(253),
  /** machine-id(5) */
  machineId: z.string().regex(/^[0-9a-f]{32}$/, "not 32 hex digits as machine-id(5) has them"),
  agentVersion: short,
  os: z.object({
    id: short.min(1),
    versionId: short,
    prettyName: short,
    codename: short,
    architecture: short,
    kernelRelease: short,
    virtualization: short,
  }),
});
export type Identity = z.infer<typeof identitySchema>;

/** Makes the certificate for the id that the endpoint gets; runs inside the transaction, so a failure spends no token. */
export type IssueCertificate<C extends CertificateRecord> = (endpointId: EndpointId) => Promise<C>;

export interface Enrolled<C> {
  readonly endpointId: EndpointId;
  readonly certificate: C;
  /** The machine was known: it kept its id and its old certificates were revoked. */
  readonly again: boolean;
}

export function enrolmentOperations(
  store: Store,
  clock: Clock,
  throttled: <T>(source: string, attempt: () => Promise<Result<T>>) => Promise<Result<T>>,
) {
  return {
    /** Spends a use of the token and brings the machine into the fleet, with its certificate: all of it or nothing. */
    async enrol<C extends CertificateRecord>(
      identity: unknown,
      secret: string,
      options: { readonly source?: string; readonly issue: IssueCertificate<C> },
    ): Promise<Result<Enrolled<C>>> {
      const parsed = identitySchema.safeParse(identity);
      if (!parsed.success) {
        const issue = parsed.error.issues[0];
        return fail(fleetProblem.identityInvalid(`${issue?.path.join(".")}: ${issue?.message}`));
      }
      return throttled(options.source ?? "local", () =>
        store.db.transaction(async (tx): Promise<Result<Enrolled<C>>> => {
          const token = await spendToken(tx as Db, clock.now(), secret);
          if (!token.ok) return token;
          return ok(await admit(tx as Db, clock, parsed.data, token.value, options.issue));
        }),
      );
    },
  };
}

async function admit<C extends CertificateRecord>(
  tx: Db,
  clock: Clock,
  identity: Identity,
  token: JoinToken,
  issue: IssueCertificate<C>,
): Promise<Enrolled<C>> {
  // Two requests of one machine at once must not become two endpoints.
  await tx.execute(sql`select pg_advisory_xact_lock(7264002, hashtext(${identity.machineId}))`);
  const [known] = await tx
    .select({ id: endpoint.id })
    .from(endpoint)
    .where(and(eq(endpoint.machineId, identity.machineId), isNull(endpoint.revokedAt), eq(endpoint.simulated, false)));
  const at = clock.now();
  const id = (known?.id ?? newId<EndpointId>("ep")) as EndpointId;
  const facts = identityColumns(identity);
  if (known)
    await tx
      .update(endpoint)
      .set({ ...facts, enrolledAt: formatInstant(at) })
      .where(eq(endpoint.id, id));
  else await tx.insert(endpoint).values({ id, ...facts, site: token.site, tags: [...token.tags], enrolledAt: formatInstant(at) });
  const revoked = known ? await revokeCertificatesOf(tx, at, id, "gateway", "the machine enrolled again") : 0;
  const certificate = await issue(id);
  await registerCertificate(tx, at, certificate, "gateway");
  await recordEvents(tx, [
    {
      at,
      type: "endpoint.enrolled",
      actor: `endpoint:${id}`,
      subject: `endpoint:${id}`,
      data: { hostname: identity.hostname, joinToken: token.id, again: known !== undefined, revokedCertificates: revoked },
    },
  ]);
  return { endpointId: id, certificate, again: known !== undefined };
}

/** What an identity says, as columns of the endpoint's row. */
export function identityColumns(identity: Identity) {
  return {
    hostname: identity.hostname,
    machineId: identity.machineId,
    osId: identity.os.id,
    osVersion: identity.os.versionId,
    osName: identity.os.prettyName,
    osCodename: identity.os.codename,
    architecture: identity.os.architecture,
    kernelRelease: identity.os.kernelRelease,
    virtualization: identity.os.virtualization,
    agentVersion: identity.agentVersion,
  };
}
