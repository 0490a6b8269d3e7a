import type { Clock, Instant, Random } from "@breakwater/shared/core";
import type { Logger } from "@breakwater/shared/log";
import {
  type AgentMessage,
  type ControllerMessage__Output,
  type HealthBatch,
  type Hello,
  healthSteps,
  type Welcome__Output,
} from "@breakwater/shared/wire";
import { reconnectDelay } from "./backoff.ts";
import { createDroppableQueue } from "./droppable-queue.ts";
import type { EnrolledIdentity } from "./enrolled-identity.ts";
import { type Body, createOutbox } from "./outbox.ts";
import { openStream, type Stream, type StreamEnd, wasStable } from "./stream.ts";

/** An hour of health at the usual 15 s. A longer silence leaves the newest hour. */
const HEALTH_QUEUE_LIMIT = 240;

export type SessionState =
  | { readonly kind: "connecting"; readonly since: Instant }
  | {
      readonly kind: "connected";
      readonly since: Instant;
      readonly controllerVersion: string;
      readonly protocol: number;
      readonly clockOffsetMs: number;
    }
  | { readonly kind: "waiting"; readonly since: Instant; readonly until: Instant; readonly last: StreamEnd }
  | { readonly kind: "stopped" };

export interface SessionOptions {
  /** Read anew for each stream, so that a renewed certificate is used. */
  identity(): EnrolledIdentity;
  hello(): Promise<Hello>;
  welcome(welcome: Welcome__Output): void;
  /** Everything the controller sends but Welcome, Ack, Ping and Disconnect, which the session answers by itself. */
  message(message: ControllerMessage__Output): void;
  /** Any sign of life of the controller within the stream. */
  contact(): void;
  stateChanged(state: SessionState): void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** How a stream is opened; by gRPC unless said otherwise. */
  readonly open?: typeof openStream;
}

export interface Session {
  start(): void;
  stop(): Promise<void>;
  /** Ends the present stream and comes back at once, e.g. with a new certificate. */
  reconnect(reason: string): void;
  /** Queues what must not be lost; see {@link createOutbox}. */
  send(key: string, body: Body, onAcknowledged?: () => void): boolean;
  discard(matches: (key: string) => boolean): void;
  /** Queues what may be lost. */
  offerHealth(batch: HealthBatch): void;
  /** Sends now or never. */
  offer(body: Body): void;
  readonly state: SessionState;
  readonly lastContact: Instant | undefined;
  readonly waiting: number;
  readonly droppedHealth: number;
}

/** Keeps one stream to the controller alive, and what must not be lost in order and resent. */
export function createSession(options: SessionOptions): Session {
  const { clock, log } = options;
  const outbox = createOutbox();
  const health = createDroppableQueue<HealthBatch>(HEALTH_QUEUE_LIMIT);
  let state: SessionState = { kind: "stopped" };
  let stream: Stream | undefined;
  let welcomed = false;
  let blocked = false;
  let stopping = false;
  /** We ended the present stream to open another at once. Nothing that the other side says of its end does that. */
  let again = false;
  /** Of the present stream, where its controller takes health by the steps that figures moved. */
  let steps: ReturnType<typeof healthSteps> | undefined;
  let lastContact: Instant | undefined;
  let wake: () => void = () => {};
  let running: Promise<void> | undefined;

  const become = (next: SessionState): void => {
    state = next;
    options.stateChanged(next);
  };
  const touch = (): void => {
    lastContact = clock.now();
    options.contact();
  };
  const next = (): AgentMessage | undefined => {
    const durable = outbox.next();
    if (durable) return durable;
    const batch = health.shift();
    if (!batch) return undefined;
    return { sequence: 0, ...(steps ? steps.next(batch) : { health: batch }) };
  };
  const pump = (): void => {
    while (stream && welcomed && !blocked) {
      const message = next();
      if (!message) return;
      blocked = !stream.write(message);
    }
  };

  const live = async (): Promise<StreamEnd> => {
    const hello = await options.hello();
    become({ kind: "connecting", since: clock.now() });
    const startedAt = clock.now();
    welcomed = false;
    blocked = false;
    again = false;
    outbox.restart();
    stream = (options.open ?? openStream)(
      options.identity(),
      hello,
      {
        welcome(welcome) {
          welcomed = true;
          steps = welcome.settings?.healthSteps ? healthSteps() : undefined;
          const roundTripMs = clock.now() - startedAt;
          const clockOffsetMs = Math.round(Date.parse(welcome.clock) - clock.now() + roundTripMs / 2) || 0;
          const { controllerVersion, protocol } = welcome;
          become({ kind: "connected", since: clock.now(), controllerVersion, protocol, clockOffsetMs });
          touch();
          options.welcome(welcome);
          pump();
        },
        message(message) {
          touch();
          if (message.ack) outbox.acknowledge(message.ack.sequence);
          else if (!message.ping) options.message(message);
        },
        writable() {
          blocked = false;
          pump();
        },
      },
      clock,
    );
    if (stopping) stream.close("stopping");
    const end = await stream.ended;
    stream = undefined;
    welcomed = false;
    return end;
  };

  const run = async (): Promise<void> => {
    for (let attempt = 0; !stopping; ) {
      const end = await live().catch(
        (error: Error): StreamEnd => ({ kind: "unreachable", reason: error.message, retryAfterMs: 0, welcomedAt: undefined }),
      );
      if (stopping) return;
      if (again) continue;
      if (wasStable(end, clock.now())) attempt = 0;
      const delayMs = reconnectDelay(attempt++, end.retryAfterMs, options.random);
      log.warn({ end: end.kind, reason: end.reason, delayMs }, "session ended");
      become({ kind: "waiting", since: clock.now(), until: (clock.now() + delayMs) as Instant, last: end });
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, delayMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };

  return {
    start() {
      running ??= run();
    },
    async stop() {
      stopping = true;
      stream?.close("stopping");
      wake();
      await running;
      become({ kind: "stopped" });
    },
    reconnect(reason) {
      again = stream !== undefined;
      stream?.close(`reconnecting: ${reason}`);
    },
    send(key, body, onAcknowledged) {
      const taken = outbox.add(key, body, onAcknowledged);
      pump();
      return taken;
    },
    discard: (matches) => outbox.discard(matches),
    offerHealth(batch) {
      health.push(batch);
      pump();
    },
    offer(body) {
      if (stream && welcomed && !blocked) blocked = !stream.write({ ...body, sequence: 0 });
    },
    get state() {
      return state;
    },
    get lastContact() {
      return lastContact;
    },
    get waiting() {
      return outbox.waiting;
    },
    get droppedHealth() {
      return health.dropped;
    },
  };
}
