import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext, type SecureVersion } from "node:tls";
import { type Clock, expectOk, type Instant } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import {
  type AgentMessage,
  AgentService,
  type ControllerMessage__Output,
  EnrollmentService,
  type EnrollResponse__Output,
  FleetTelemetryService,
} from "@breakwater/shared/wire";
import * as grpc from "@grpc/grpc-js";
import { Pkcs10CertificateRequestGenerator } from "@peculiar/x509";
import { createFleet } from "../../know/fleet/index.ts";
import { createInventory } from "../../know/inventory/index.ts";
import type { Store } from "../../store/index.ts";
import { createHealth } from "../health/index.ts";
import { openAuthority } from "./ca.ts";
import { createGateway, type GatewayOptions } from "./gateway.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** Real time that a test may move forward. */
export function movableClock(): Clock & { advance(ms: number): void } {
  let ahead = 0;
  return {
    now: () => (Date.now() + ahead) as Instant,
    advance: (ms) => {
      ahead += ms;
    },
  };
}

/** A gateway with its own authority on free loopback ports. */
export async function openTestGateway(store: Store, overrides: Partial<GatewayOptions> = {}) {
  const directory = await mkdtemp(join(tmpdir(), "breakwater-gateway-"));
  const clock = overrides.clock ?? movableClock();
  const ca = overrides.ca ?? (await openAuthority({ directory, clock, names: ["controller.example"] }));
  const fleet = overrides.fleet ?? createFleet({ store, clock });
  const log = createLogger("gateway-test", "silent");
  const inventory = createInventory({ store, clock });
  const health = createHealth({ store, clock, log });
  const gateway = createGateway({
    store,
    clock,
    log,
    fleet,
    inventory,
    health,
    ca,
    listen: { enrollment: "127.0.0.1:0", sessions: "127.0.0.1:0" },
    advertise: "127.0.0.1",
    ...overrides,
  });
  await gateway.start();
  return {
    gateway,
    ca,
    fleet,
    inventory,
    health,
    clock,
    directory,
    async close() {
      await gateway.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
export type TestGateway = Awaited<ReturnType<typeof openTestGateway>>;

export async function newRequest(): Promise<{ privateKeyPem: string; csr: Buffer }> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const request = await Pkcs10CertificateRequestGenerator.create(
    { name: "CN=whatever", keys, signingAlgorithm: ALGORITHM },
    webcrypto as unknown as Crypto,
  );
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  return { privateKeyPem: `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`, csr: Buffer.from(request.rawData) };
}

/** The id that an agent of that machine would send. */
export const testIdentity = (machine: string) => ({
  hostname: `host-${machine}`,
  machineId: Buffer.from(machine.padEnd(16, "-")).toString("hex").slice(0, 32),
  agentVersion: "0.1.0",
  os: {
    id: "debian",
    versionId: "12",
    prettyName: "Debian 12",
    codename: "bookworm",
    architecture: "amd64",
    kernelRelease: "6.1",
    virtualization: "kvm",
  },
});

export interface TestIdentity {
  readonly machine: string;
  readonly endpointId: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  readonly trustBundle: string;
  readonly sessionAddress: string;
}

export function clientCredentials(
  trust: string,
  client?: { certificatePem: string; privateKeyPem: string },
  versions: { minVersion?: SecureVersion; maxVersion?: SecureVersion } = {},
): grpc.ChannelCredentials {
  const context = createSecureContext({
    ca: trust,
    ...versions,
    ...(client ? { cert: client.certificatePem, key: client.privateKeyPem } : {}),
  });
  return grpc.credentials.createFromSecureContext(context);
}

const CLIENT_OPTIONS: grpc.ChannelOptions = {
  "grpc.use_local_subchannel_pool": 1,
  "grpc.enable_retries": 0,
  "grpc.max_send_message_length": 16 * 1024 * 1024,
};

/** As much of a gateway as an agent has to know to enrol. */
export interface EnrolmentDoor {
  readonly ca: { readonly trustBundle: string };
  readonly gateway: { addresses(): { readonly enrollmentPort: number } };
}

export function callEnroll(
  test: EnrolmentDoor,
  request: { joinToken: string; csr: Buffer; machine: string },
  credentials: grpc.ChannelCredentials = clientCredentials(test.ca.trustBundle),
): Promise<EnrollResponse__Output> {
  const client = new EnrollmentService(`127.0.0.1:${test.gateway.addresses().enrollmentPort}`, credentials, CLIENT_OPTIONS);
  return new Promise((done, refuse) => {
    const { joinToken, csr, machine } = request;
    client.enroll({ protocol: 1, joinToken, csr, identity: testIdentity(machine) }, { deadline: Date.now() + 5_000 }, (error, response) => {
      client.close();
      if (response) done(response);
      else refuse(error);
    });
  });
}

export async function enrolMachine(test: TestGateway, machine: string): Promise<TestIdentity> {
  const { secret } = expectOk(await test.fleet.createJoinToken({ actor: "user:ada" }));
  const { privateKeyPem, csr } = await newRequest();
  const response = await callEnroll(test, { joinToken: secret, csr, machine });
  return {
    machine,
    endpointId: response.endpointId,
    certificatePem: response.certificate,
    privateKeyPem,
    trustBundle: response.trustBundle,
    sessionAddress: response.sessionAddress,
  };
}

export const hello = (machine: string, overrides: Record<string, unknown> = {}): AgentMessage => ({
  hello: {
    protocol: { lowest: 1, highest: 1 },
    identity: testIdentity(machine),
    bootId: "boot-1",
    clock: new Date().toISOString(),
    timezone: "Europe/Berlin",
    policyMode: "patch",
    capabilities: ["apt"],
    inventoryDigest: "",
    incarnation: 1,
    ...overrides,
  },
});

/** One stream, as an agent has it; what came is kept until it is looked at. */
export function openStream(identity: TestIdentity, address = identity.sessionAddress) {
  const client = new AgentService(address, clientCredentials(identity.trustBundle, identity), CLIENT_OPTIONS);
  const call = client.session();
  const received: ControllerMessage__Output[] = [];
  const waiting = new Set<() => void>();
  let ended: grpc.StatusObject | undefined;
  const wake = () => {
    for (const look of waiting) look();
  };
  call.on("data", (message: ControllerMessage__Output) => {
    received.push(message);
    wake();
  });
  call.on("error", () => {});
  call.on("status", (status: grpc.StatusObject) => {
    ended = status;
    client.close();
    wake();
  });
  const until = <T>(look: () => T | undefined): Promise<T> =>
    new Promise((done) => {
      const check = () => {
        const found = look();
        if (found === undefined) return;
        waiting.delete(check);
        done(found);
      };
      waiting.add(check);
      check();
    });
  return {
    call,
    received,
    send: (message: AgentMessage) => call.write(message),
    /** Takes the first message of that kind out of what came. */
    async next<K extends NonNullable<ControllerMessage__Output["body"]>>(kind: K): Promise<NonNullable<ControllerMessage__Output[K]>> {
      const index = await until(() => {
        const at = received.findIndex((m) => m.body === kind);
        if (at < 0 && ended) throw new Error(`the stream ended before a ${kind}: ${ended.code} ${ended.details}`);
        return at < 0 ? undefined : at;
      });
      const [message] = received.splice(index, 1);
      return message?.[kind] as NonNullable<ControllerMessage__Output[K]>;
    },
    status: () => until(() => ended),
    isOpen: () => ended === undefined,
    close() {
      call.cancel();
      client.close();
    },
  };
}

export function openWatch(
  test: TestGateway,
  monitor: { certificatePem: string; privateKeyPem: string },
  request: Record<string, string[]>,
) {
  const credentials = clientCredentials(test.ca.trustBundle, monitor);
  const client = new FleetTelemetryService(`127.0.0.1:${test.gateway.addresses().sessionPort}`, credentials, CLIENT_OPTIONS);
  return { client, call: client.watch(request) };
}
