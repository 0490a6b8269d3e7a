import { mkdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { keyIdOf, type OperatorKey } from "@breakwater/shared/command";
import { type Clock, fail, formatInstant, ok, type Result } from "@breakwater/shared/core";
import { type EndpointIdentity, EnrollmentService, type EnrollResponse__Output, PROTOCOL } from "@breakwater/shared/wire";
import * as grpc from "@grpc/grpc-js";
import { ENROLLED_KEYS_DIR, formatOperatorKey, OWNER_KEYS_DIR, parseOperatorKey } from "../policy/index.ts";
import { channelCredentials, channelOptions } from "./channel.ts";
import { type EnrolledIdentity, writeIdentity } from "./enrolled-identity.ts";
import { writeFileAtomically } from "./files.ts";
import { type PinnedAuthority, pinAuthority } from "./trust.ts";

const CALL_DEADLINE_MS = 20_000;

export interface EnrolOptions {
  readonly server: string;
  readonly joinToken: string;
  readonly caFingerprint?: string | undefined;
  /** Keys that the owner lays down; the controller's are then not pinned. */
  readonly operatorKeys: readonly OperatorKey[];
  readonly name?: string | undefined;
  readonly stateDir: string;
  readonly configDir: string;
  readonly identity: EndpointIdentity;
  readonly clock: Clock;
}

export interface Enrolment {
  readonly identity: EnrolledIdentity;
  readonly authority: PinnedAuthority;
  readonly pinned: { readonly keys: readonly OperatorKey[]; readonly source: "owner" | "enrolment" };
}

/** Joins a fleet: key, request, one-time token, certificate; then keys and trust are written down. */
export async function enrol(options: EnrolOptions): Promise<Result<Enrolment>> {
  const authority = await pinAuthority(options.server, options.caFingerprint);
  if (!authority.ok) return authority;
  const name = options.name ?? hostname();
  // Loaded on use: X.509 costs memory that the agent needs once in many hours.
  const { newKeyAndRequest } = await import("./keys.ts");
  const { privateKeyPem, csr } = await newKeyAndRequest(name);
  const answer = await callEnroll(options.server, authority.value.pem, {
    protocol: PROTOCOL.highest,
    joinToken: options.joinToken,
    csr,
    identity: { ...options.identity, hostname: name },
  });
  if (!answer.ok) return answer;
  const identity: EnrolledIdentity = {
    endpointId: answer.value.endpointId,
    sessionAddress: answer.value.sessionAddress,
    server: options.server,
    privateKeyPem,
    certificatePem: answer.value.certificate,
    trustBundlePem: answer.value.trustBundle || authority.value.pem,
    name,
    enrolledAt: formatInstant(options.clock.now()),
  };
  const offered = offeredKeys(answer.value);
  const own = options.operatorKeys.length > 0;
  const keys = own ? options.operatorKeys : offered;
  const keysDir = join(options.configDir, own ? OWNER_KEYS_DIR : ENROLLED_KEYS_DIR);
  await mkdir(options.stateDir, { recursive: true, mode: 0o700 });
  for (const key of keys) await writeFileAtomically(join(keysDir, `${key.keyId}.pub`), formatOperatorKey(key), 0o644);
  await writeIdentity(options.stateDir, identity);
  return ok({ identity, authority: authority.value, pinned: { keys, source: own ? "owner" : "enrolment" } });
}

/** Keys that the controller names. A passkey that this agent could not check is none that it would count. */
function offeredKeys({ operatorKeys, passkeys }: EnrollResponse__Output): OperatorKey[] {
  return [
    ...operatorKeys.map((k) => ({ keyId: keyIdOf(k.publicKey), publicKey: k.publicKey, owner: k.owner })),
    ...passkeys
      .map(({ publicKey, owner, rpId, origin }) => ({ keyId: keyIdOf(publicKey), publicKey, owner, passkey: { rpId, origin } }))
      .filter((k) => parseOperatorKey(formatOperatorKey(k), "") !== undefined),
  ];
}

function callEnroll(
  server: string,
  trustPem: string,
  request: Parameters<InstanceType<typeof EnrollmentService>["enroll"]>[0],
): Promise<Result<EnrollResponse__Output>> {
  const client = new EnrollmentService(server, channelCredentials(server, trustPem), channelOptions(server));
  return new Promise((resolve) => {
    client.enroll(request, { deadline: Date.now() + CALL_DEADLINE_MS }, (error, response) => {
      client.close();
      if (response) resolve(ok(response));
      else resolve(fail(enrolProblem(server, error)));
    });
  });
}

function enrolProblem(server: string, error: grpc.ServiceError | null) {
  const detail = error?.details ?? "no answer";
  switch (error?.code) {
    case grpc.status.UNAUTHENTICATED:
    case grpc.status.PERMISSION_DENIED:
      return {
        code: "join-token-refused",
        message: `The controller refused the join token: ${detail}`,
        next: "Create a new one: breakwater join-token create",
      };
    case grpc.status.UNAVAILABLE:
    case grpc.status.DEADLINE_EXCEEDED:
      return {
        code: "controller-unreachable",
        message: `${server} does not answer: ${detail}`,
        next: "Run breakwater-agent doctor: it names the hop that fails.",
      };
    case grpc.status.RESOURCE_EXHAUSTED:
      return { code: "controller-busy", message: `The controller asks to wait: ${detail}`, next: "Try again in a minute." };
    default:
      return { code: "enrolment-failed", message: `Enrolment failed: ${detail}`, next: "Read the controller's log for the reason." };
  }
}
