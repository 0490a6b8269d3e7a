import { addMs, type Clock, type Instant } from "@breakwater/shared/core";
import {
  type AgentMessage,
  AgentService,
  type ControllerMessage__Output,
  type Hello,
  PROTOCOL,
  type Welcome__Output,
} from "@breakwater/shared/wire";
import * as grpc from "@grpc/grpc-js";
import { channelCredentials, channelOptions } from "./channel.ts";
import type { EnrolledIdentity } from "./enrolled-identity.ts";

/** A controller that takes the stream and then says nothing is as good as none. */
const WELCOME_TIMEOUT_MS = 30_000;
/** So is one that gives no sign of life, which it does every 30 s, for this long: two did not come. */
export const SILENCE_MS = 75_000;

/** How a stream ended. `retryAfterMs` is what the server asked for. */
export interface StreamEnd {
  readonly kind: "closed" | "unreachable" | "refused" | "asked-to-leave" | "protocol";
  readonly reason: string;
  readonly retryAfterMs: number;
  /** Undefined when the controller never said Welcome. */
  readonly welcomedAt: Instant | undefined;
}

export interface StreamHandlers {
  /** The stream stands: the controller's Welcome. */
  welcome(welcome: Welcome__Output): void;
  message(message: ControllerMessage__Output): void;
  /** Room for more to write. */
  writable(): void;
}

/** One life of the session's stream, from Hello to its end. */
export interface Stream {
  /** @returns false when the stream wants no more for now; `writable` follows. What was given is sent all the same. */
  write(message: AgentMessage): boolean;
  /** Says goodbye and ends the stream. */
  close(reason: string): void;
  readonly ended: Promise<StreamEnd>;
}

export function openStream(
  identity: EnrolledIdentity,
  hello: Hello,
  handlers: StreamHandlers,
  clock: Clock,
  silenceMs = SILENCE_MS,
): Stream {
  const client = new AgentService(
    identity.sessionAddress,
    channelCredentials(identity.sessionAddress, identity.trustBundlePem, identity),
    channelOptions(identity.sessionAddress),
  );
  const call = client.session();
  let welcomedAt: Instant | undefined;
  let settled = false;
  let settle: (end: StreamEnd) => void = () => {};
  const ended = new Promise<StreamEnd>((resolve) => {
    settle = resolve;
  });
  const end = (kind: StreamEnd["kind"], reason: string, retryAfterMs: number): void => {
    if (settled) return;
    settled = true;
    clearTimeout(welcomeTimer);
    clearTimeout(silenceTimer);
    settle({ kind, reason, retryAfterMs, welcomedAt });
    call.end();
    // A half-closed stream that the other side keeps open would hold the socket for ever.
    setTimeout(() => {
      call.cancel();
      client.close();
    }, 500).unref();
  };
  const welcomeTimer = setTimeout(() => end("unreachable", "no Welcome from the controller", 0), WELCOME_TIMEOUT_MS);
  let silenceTimer: NodeJS.Timeout | undefined;
  let checked = false;
  /** After a machine has slept, or this process was held up, what came meanwhile is still to be read: it is looked at twice. */
  const noticeSilence = (): void => {
    if (checked) end("unreachable", `no sign of life from the controller for ${silenceMs / 1000} s`, 0);
    else silenceTimer = setTimeout(noticeSilence, Math.min(2_000, silenceMs));
    checked = true;
  };
  const heard = (): void => {
    clearTimeout(silenceTimer);
    checked = false;
    silenceTimer = setTimeout(noticeSilence, silenceMs);
  };

  call.on("data", (message: ControllerMessage__Output) => {
    if (settled) return;
    heard();
    if (message.welcome) {
      const { protocol } = message.welcome;
      if (protocol < PROTOCOL.lowest || protocol > PROTOCOL.highest)
        return end("protocol", `the controller speaks protocol ${protocol}, this agent ${PROTOCOL.lowest} to ${PROTOCOL.highest}`, 300_000);
      clearTimeout(welcomeTimer);
      welcomedAt = clock.now();
      handlers.welcome(message.welcome);
    } else if (message.disconnect) {
      end("asked-to-leave", message.disconnect.reason, message.disconnect.retryAfterSeconds * 1000);
    } else if (message.ping) {
      // 0 wants no answer. A controller that asks and does not read would fill our memory with answers: it gets those that it takes.
      if (message.ping.nonce !== 0 && !call.writableNeedDrain) call.write({ sequence: 0, pong: { nonce: message.ping.nonce } });
      handlers.message(message);
    } else if (welcomedAt === undefined) {
      end("protocol", `the controller sent ${message.body ?? "nothing"} before its Welcome`, 0);
    } else {
      handlers.message(message);
    }
  });
  call.on("drain", () => handlers.writable());
  call.on("error", () => {});
  call.on("status", (status: grpc.StatusObject) => end(kindOf(status), status.details, retryAfter(status)));
  call.write({ sequence: 0, hello });

  return {
    write: (message) => !settled && call.write(message),
    close: (reason) => {
      if (!settled) call.write({ sequence: 0, goodbye: { reason } });
      end("closed", reason, 0);
    },
    ended,
  };
}

function kindOf(status: grpc.StatusObject): StreamEnd["kind"] {
  switch (status.code) {
    case grpc.status.OK:
    case grpc.status.CANCELLED:
      return "closed";
    case grpc.status.UNAUTHENTICATED:
    case grpc.status.PERMISSION_DENIED:
    case grpc.status.FAILED_PRECONDITION:
    case grpc.status.ALREADY_EXISTS:
      return "refused";
    default:
      return "unreachable";
  }
}

/** Servers say it in trailers: whole seconds as HTTP does, or gRPC's own milliseconds. A refusal that says nothing means minutes. */
function retryAfter(status: grpc.StatusObject): number {
  const pushback = Number(status.metadata.get("grpc-retry-pushback-ms")[0]);
  const seconds = Number(status.metadata.get("retry-after")[0]);
  if (Number.isFinite(pushback) && pushback >= 0) return pushback;
  if (Number.isFinite(seconds) && seconds >= 0) return seconds * 1000;
  return kindOf(status) === "refused" ? 60_000 : 0;
}

/** How long a welcomed stream must have lived for its end to count as a new beginning rather than as one more failure. */
export const wasStable = (end: StreamEnd, now: Instant): boolean => end.welcomedAt !== undefined && now >= addMs(end.welcomedAt, 30_000);
