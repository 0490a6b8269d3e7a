import { type Clock, fail, formatInstant, ok, type Result } from "@breakwater/shared/core";
import type { Logger } from "@breakwater/shared/log";
import { AgentService, EnrollmentService, FleetTelemetryService, MAX_MESSAGE_BYTES, SINCE } from "@breakwater/shared/wire";
import * as grpc from "@grpc/grpc-js";
import type { Fleet } from "../../know/fleet/index.ts";
import { createHalts } from "../../know/halts/index.ts";
import { EVENT_CHANNEL, type Store } from "../../store/index.ts";
import { createAdmission } from "./admission.ts";
import type { CertificateAuthority } from "./ca.ts";
import { ControllerCredentials } from "./credentials.ts";
import { createDelivery } from "./delivery.ts";
import { enrolHandlers, renewHandlers } from "./enrolment.ts";
import { createEventFollower } from "./event-follower.ts";
import { type Peer, peerOf } from "./identity.ts";
import type { HealthIntake, InventoryIntake, LiveOutput } from "./intakes.ts";
import { LIMITS, TIMES } from "./limits.ts";
import { gatewayProblem, refusal } from "./refusal.ts";
import { createRhythm } from "./rhythm.ts";
import { serveSession } from "./session.ts";
import { createSessions } from "./sessions.ts";
import { DEFAULT_RHYTHMS, type Rhythms, settingsFor } from "./settings.ts";
import { createStoreWatch } from "./store-watch.ts";
import { serveWatch } from "./watch.ts";

export interface GatewayOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly fleet: Fleet;
  readonly inventory: InventoryIntake;
  readonly health: HealthIntake;
  readonly ca: CertificateAuthority;
  /** host:port to listen on; port 0 takes any free one. */
  readonly listen: { readonly enrollment: string; readonly sessions: string };
  /** Host that agents reach the session listener by; the port is the bound one unless it is given. */
  readonly advertise: string;
  readonly version?: string;
  /** Lower or higher than the limits that stand in limits.ts. */
  readonly limits?: { readonly sessions?: number; readonly handshakes?: number };
  /** How often agents look at their health and at their packages. */
  readonly rhythms?: Rhythms;
  /** Live output of executions, for pages that look on. */
  readonly onLiveOutput?: (output: LiveOutput) => void;
}

/** What the gateway says of itself, for health pages and metrics. */
export interface GatewayStatus {
  readonly sessions: number;
  readonly watchers: number;
  readonly handshakes: number;
  /** Since when the database has not answered, RFC 3339. */
  readonly storeAwaySince?: string;
}

/** Room for headers on top of the message limit is grpc's own business; keepalive finds dead peers within 40 s. */
const CHANNEL_OPTIONS: grpc.ChannelOptions = {
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_concurrent_streams": LIMITS.streamsPerConnection,
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 10_000,
};
/** Nobody has reason to stay on the enrolment listener. */
const ENROLMENT_OPTIONS: grpc.ChannelOptions = {
  ...CHANNEL_OPTIONS,
  "grpc.max_receive_message_length": 64 * 1024,
  "grpc.max_connection_age_ms": 60_000,
  "grpc.max_connection_age_grace_ms": 10_000,
};

/** The only door for agents: enrolment on one listener, sessions and telemetry over mTLS on the other. */
export function createGateway(options: GatewayOptions) {
  const { store, clock, log, fleet, inventory, health, ca } = options;
  const sessions = createSessions();
  const halts = createHalts({ store, clock });
  const admission = createAdmission(options.limits?.handshakes ?? LIMITS.handshakes);
  const delivery = createDelivery(store, clock);
  const storeWatch = createStoreWatch(store, clock, log);
  let ports: { enrollment: number; sessions: number } | undefined;
  let watchers = 0;
  let stopping = false;
  let open: { servers: grpc.Server[]; rhythms: ReturnType<typeof createRhythm>[]; unlisten: () => Promise<void> } | undefined;

  const advertised = () => {
    const { host, port } = splitAddress(options.advertise);
    return joinAddress(host, port ?? ports?.sessions ?? 0);
  };
  const enrolment = { store, clock, log, fleet, ca, storeWatch, sessionAddress: advertised };
  const failed = async (cause: unknown) => {
    if (await storeWatch.answers()) log.error({ cause }, "the gateway failed at a recurring task; it is tried again");
  };

  /** Who calls, by the certificate, as long as it is a good one. */
  async function authenticate(call: Pick<grpc.ServerUnaryCall<unknown, unknown>, "getAuthContext">): Promise<Result<Peer>> {
    const peer = peerOf(call.getAuthContext().sslPeerCertificate);
    if (!peer.ok) return peer;
    const state = await fleet.certificates.state(peer.value.serial);
    if (state === "valid") return peer;
    return fail(state === "revoked" ? gatewayProblem.certificateRevoked() : gatewayProblem.certificateUnknown());
  }

  const deliver = createRhythm(
    TIMES.deliveryPoll,
    async () => {
      await delivery.deliver(sessions.ids(), (endpointId, command) => {
        const session = sessions.get(endpointId);
        if (command.rehearse && session && session.protocol < SINCE.rehearse) return "too-old";
        return session?.send({ command }) ? "sent" : "gone";
      });
    },
    failed,
  );
  const context = {
    store,
    clock,
    log,
    fleet,
    halts,
    inventory,
    health,
    sessions,
    admission,
    delivery,
    storeWatch,
    version: options.version ?? "0.1.0",
    rhythms: options.rhythms ?? DEFAULT_RHYTHMS,
    onLiveOutput: options.onLiveOutput ?? (() => {}),
    wakeDelivery: () => deliver.wake(),
  };

  async function followEvents(): Promise<ReturnType<typeof createRhythm>> {
    const follower = await createEventFollower(store, [
      "certificate.revoked",
      "endpoint.removed",
      "endpoint.updated",
      "halt.taken",
      "halt.lifted",
    ]);
    return createRhythm(
      TIMES.revocationPoll,
      async () => {
        for (const event of await follower.read()) {
          if (event.subject.startsWith("halt:")) {
            const order = await halts.latestOrder(event.subject.slice(5));
            if (order !== undefined) for (const session of sessions.all()) session.carry(order);
            continue;
          }
          const session = sessions.get(
            event.subject.startsWith("endpoint:") ? event.subject.slice(9) : String(event.data.endpointId ?? ""),
          );
          if (!session) continue;
          if (event.type === "endpoint.removed") session.refuse(gatewayProblem.certificateRevoked());
          else if (event.type === "certificate.revoked" && event.data.serial === session.serial)
            session.refuse(gatewayProblem.certificateRevoked());
          else if (event.type === "endpoint.updated") {
            const endpoint = await fleet.get(session.endpointId);
            if (endpoint.ok) session.send({ settings: settingsFor(endpoint.value, context.rhythms) });
          }
        }
      },
      failed,
    );
  }

  const housekeeping = (credentials: ControllerCredentials[]) => [
    createRhythm(
      TIMES.expiryPoll,
      async () => {
        if (storeWatch.awaySince !== undefined) await storeWatch.answers();
        await delivery.expire();
      },
      failed,
    ),
    createRhythm(
      TIMES.touch,
      async () => {
        await fleet.touch(sessions.ids());
        await fleet.sweepSilent(TIMES.silent);
      },
      failed,
    ),
    createRhythm(
      TIMES.signOfLife,
      async () => {
        for (const session of sessions.all()) session.ping();
      },
      failed,
    ),
    createRhythm(
      TIMES.renewalCheck,
      async () => {
        const identity = await ca.serverIdentity();
        for (const credential of credentials) credential.exchange(identity);
      },
      failed,
    ),
  ];

  const agentHandlers = {
    Session: (call: Parameters<typeof serveSession>[0]) => {
      const peer = peerOf(call.getAuthContext().sslPeerCertificate);
      if (!peer.ok) return void call.emit("error", refusal(peer.problem));
      if (peer.value.kind !== "endpoint") return void call.emit("error", refusal(gatewayProblem.wrongKind("endpoint")));
      if (stopping || sessions.size >= (options.limits?.sessions ?? LIMITS.sessions)) {
        call.write({
          disconnect: {
            reason: stopping ? "the controller is stopping" : "the controller has all the agents it can hold",
            retryAfterSeconds: retryAfter(),
          },
        });
        return void call.end();
      }
      serveSession(call, peer.value, context);
    },
  };
  const telemetryHandlers = {
    Watch: (call: Parameters<typeof serveWatch>[0]) => {
      void watch(call).catch(async (cause) => {
        if (await storeWatch.answers()) log.error({ cause }, "a watch failed");
        call.emit("error", refusal(storeWatch.awaySince === undefined ? gatewayProblem.internal() : gatewayProblem.storeAway()));
      });
    },
  };
  async function watch(call: Parameters<typeof serveWatch>[0]): Promise<void> {
    const peer = await authenticate(call);
    if (!peer.ok) return void call.emit("error", refusal(peer.problem));
    if (peer.value.kind !== "monitor") return void call.emit("error", refusal(gatewayProblem.wrongKind("monitor")));
    if (watchers >= LIMITS.watchers)
      return void call.emit("error", refusal(gatewayProblem.tooLarge(`There are ${LIMITS.watchers} watchers already`)));
    watchers++;
    try {
      await serveWatch(call, health);
    } finally {
      watchers--;
    }
  }

  return {
    /** Opens both listeners. Fails with the address when one is taken. */
    async start(): Promise<void> {
      const identity = await ca.serverIdentity();
      const credentials = [new ControllerCredentials(identity), new ControllerCredentials(identity, ca.trustBundle)] as const;
      const enrolmentServer = new grpc.Server(ENROLMENT_OPTIONS);
      enrolmentServer.addService(EnrollmentService.service, enrolHandlers(enrolment));
      const sessionServer = new grpc.Server(CHANNEL_OPTIONS);
      sessionServer.addService(EnrollmentService.service, renewHandlers(enrolment, authenticate));
      sessionServer.addService(AgentService.service, agentHandlers);
      sessionServer.addService(FleetTelemetryService.service, telemetryHandlers);
      const follow = await followEvents();
      ports = {
        enrollment: await bind(enrolmentServer, options.listen.enrollment, credentials[0]),
        sessions: await bind(sessionServer, options.listen.sessions, credentials[1]),
      };
      const rhythms = [deliver, follow, ...housekeeping([...credentials])];
      const unlisten = await store.listen(EVENT_CHANNEL, () => {
        deliver.wake();
        follow.wake();
      });
      open = { servers: [enrolmentServer, sessionServer], rhythms, unlisten };
      for (const rhythm of rhythms) rhythm.start();
      log.info({ ...ports, caFingerprint: ca.caFingerprint() }, "the gateway listens");
    },

    /** Tells agents to come back, spread over ten seconds; all is closed within 3 s. */
    async stop(): Promise<void> {
      if (!open) return;
      stopping = true;
      const { servers, rhythms, unlisten } = open;
      open = undefined;
      await unlisten();
      const live = sessions.all();
      for (const session of live) session.disconnect("the controller is stopping", retryAfter());
      const drained = Promise.all([...live.map((s) => s.closed), ...rhythms.map((r) => r.stop()), ...servers.map(shutDown)]);
      await Promise.race([drained, new Promise((done) => setTimeout(done, TIMES.stop).unref())]);
      for (const server of servers) server.forceShutdown();
    },

    /** Where the listeners are, as bound, and where agents are told to come. */
    addresses: () => ({ enrollmentPort: ports?.enrollment ?? 0, sessionPort: ports?.sessions ?? 0, sessions: advertised() }),

    status: (): GatewayStatus => ({
      sessions: sessions.size,
      watchers,
      handshakes: admission.taken,
      ...(storeWatch.awaySince === undefined ? {} : { storeAwaySince: formatInstant(storeWatch.awaySince) }),
    }),

    /** Makes a monitor's certificate and registers it. The private key is returned once and kept nowhere. */
    async createMonitor(
      name: string,
      actor: string,
    ): Promise<Result<{ certificatePem: string; privateKeyPem: string; trustBundle: string; serial: string }>> {
      if (!/^[\w.-]{1,64}$/.test(name)) return fail(gatewayProblem.malformed("a monitor's name is 1-64 letters, digits, or . _ -"));
      const { certificate, privateKeyPem } = await ca.newMonitor(name);
      await fleet.certificates.register(certificate, actor);
      return ok({ certificatePem: certificate.pem, privateKeyPem, trustBundle: ca.trustBundle, serial: certificate.serial });
    },
  };
}

const retryAfter = (): number => 1 + Math.floor(Math.random() * 10);

const bind = (server: grpc.Server, address: string, credentials: grpc.ServerCredentials): Promise<number> =>
  new Promise((done, refuse) => {
    server.bindAsync(address, credentials, (error, port) => (error ? refuse(new Error(`${address}: ${error.message}`)) : done(port)));
  });

const shutDown = (server: grpc.Server): Promise<void> => new Promise((done) => server.tryShutdown(() => done()));

/** "host", "host:port", "[v6]:port", "v6". */
function splitAddress(address: string): { host: string; port?: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(address);
  if (!match) return { host: address };
  return { host: match[1] ?? match[2] ?? "", ...(match[3] ? { port: Number(match[3]) } : {}) };
}
const joinAddress = (host: string, port: number): string => (host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`);
