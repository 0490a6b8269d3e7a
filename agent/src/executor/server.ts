import { createServer, type Server, type Socket } from "node:net";
import { fail, ok, ProblemError, type Result, unreachable } from "@breakwater/shared/core";
import type { Logger } from "@breakwater/shared/log";
import type { Brakes } from "../brakes/index.ts";
import type { Executions } from "../execution/index.ts";
import type { ContainerRuntime } from "../inventory/containers/index.ts";
import type { Rehearsals } from "../rehearsal/index.ts";
import { createLineReader } from "./lines.ts";
import {
  type ExecutorEvent,
  type ExecutorRequest,
  type ExecutorResponse,
  type Inspection,
  MAX_ASKED,
  MAX_CLIENTS,
  MAX_REQUEST_BYTES,
  MAX_RESPONSE_BYTES,
  MAX_UNREAD_BYTES,
  type Refresh,
  requestSchema,
} from "./protocol.ts";

export interface ExecutorServer {
  readonly server: Server;
  readonly clients: number;
  /** By {@link Services.now}: the last request or the last answer, for the idle clock; now, while one is being answered. */
  readonly lastUsed: number;
  emit(event: ExecutorEvent): void;
}

export interface Services {
  executions(): Executions;
  rehearsals(): Rehearsals;
  brakes(): Brakes;
  inspect(): Promise<Inspection>;
  containers(): Promise<ContainerRuntime[]>;
  refresh(): Promise<Refresh>;
  /** Milliseconds that pass, from whenever: they are compared only. */
  now(): number;
}

/** Serves the socket. A client that breaks the rules loses its own connection and nothing else. */
export function createExecutorServer(services: Services, log: Logger): ExecutorServer {
  const clients = new Set<Socket>();
  let lastUsed = services.now();
  let answering = 0;
  let refreshing: Promise<Refresh> | undefined;

  const send = (socket: Socket, message: ExecutorResponse | ExecutorEvent): void => {
    if (socket.destroyed) return;
    socket.write(`${JSON.stringify(message)}\n`);
    if (socket.writableLength > MAX_UNREAD_BYTES) socket.destroy();
  };

  const handle = async (request: ExecutorRequest): Promise<Result<unknown>> => {
    const executions = services.executions();
    const rehearsals = services.rehearsals();
    switch (request.op) {
      case "apply":
        return executions.apply(request);
      case "rehearse":
        return rehearsals.rehearse(request);
      case "rollback":
        return executions.rollback(request.executionId, request.ofExecutionId, request.reason);
      case "cancel":
        return rehearsals.cancel(request.executionId, request.reason) ?? executions.cancel(request.executionId, request.reason);
      case "status": {
        const status = await executions.status();
        await services.brakes().look();
        return ok({ ...status, brakes: services.brakes().status(), executions: [...status.executions, ...rehearsals.list()] });
      }
      case "reports": {
        // An execution may be called what every object has, as "constructor".
        const afterStep = Object.assign(Object.create(null) as typeof request.afterStep, request.afterStep);
        return ok([...executions.reports(afterStep), ...rehearsals.reports(afterStep)]);
      }
      case "acknowledge":
        return rehearsals.acknowledge(request.executionId, request.step) ?? executions.acknowledge(request.executionId, request.step);
      case "inspect":
        return ok(await services.inspect());
      case "containers":
        return ok(await services.containers());
      case "refresh":
        // One at a time: a second asker gets the answer of the run that is under way.
        refreshing ??= services.refresh().finally(() => {
          refreshing = undefined;
        });
        return ok(await refreshing);
      case "halt":
        return services.brakes().take(request.order, request.via);
      case "brakes":
        await services.brakes().look();
        return ok(services.brakes().status());
      case "contact":
        executions.contact();
        return ok({ at: new Date().toISOString() });
      default:
        return unreachable(request);
    }
  };

  const answer = async (socket: Socket, line: string): Promise<void> => {
    lastUsed = services.now();
    const raw = parseJson(line);
    const request = requestSchema.safeParse(raw);
    if (!request.success) {
      const id = idOf(raw);
      if (id === undefined) return void socket.destroy();
      const [issue] = request.error.issues;
      const message = `The request cannot be read: ${issue?.path.join(".") || "op"}: ${issue?.message}.`;
      return send(socket, { id, ok: false, problem: { code: "malformed-request", message: message.slice(0, 1_000) } });
    }
    const { id } = request.data;
    const result = await handle(request.data).catch((error: unknown) => {
      if (error instanceof ProblemError) return fail(error.problem);
      log.error({ err: error, op: request.data.op }, "a request failed in an unforeseen way");
      return fail({ code: "internal", message: `The executor could not do it: ${(error as Error).message}`.slice(0, 1_000) });
    });
    const response: ExecutorResponse = result.ok
      ? { id, ok: true, value: result.value }
      : { id, ok: false, problem: plain(result.problem) };
    if (JSON.stringify(response).length > MAX_RESPONSE_BYTES)
      return send(socket, { id, ok: false, problem: { code: "too-large", message: "The answer is larger than one line may be." } });
    send(socket, response);
  };

  const server = createServer((socket) => {
    if (clients.size >= MAX_CLIENTS) return void socket.destroy();
    clients.add(socket);
    lastUsed = services.now();
    socket.on("error", () => socket.destroy());
    socket.once("close", () => clients.delete(socket));
    const waiting: string[] = [];
    let asked = 0;
    const take = (): void => {
      while (asked < MAX_ASKED && !socket.destroyed) {
        const line = waiting.shift();
        if (line === undefined) break;
        asked++;
        answering++;
        answer(socket, line)
          .catch((error: Error) => {
            log.error({ err: error }, "an answer could not be sent");
            socket.destroy();
          })
          .finally(() => {
            asked--;
            answering--;
            lastUsed = services.now();
            take();
          });
      }
      if (waiting.length > 0) socket.pause();
      else socket.resume();
    };
    const read = createLineReader(
      MAX_REQUEST_BYTES,
      (line) => void waiting.push(line),
      () => socket.destroy(),
    );
    socket.on("data", (chunk: Buffer) => {
      read(chunk);
      take();
    });
  });

  return {
    server,
    get clients() {
      return clients.size;
    },
    get lastUsed() {
      return answering > 0 ? services.now() : lastUsed;
    },
    emit: (event) => {
      for (const client of clients) send(client, event);
    },
  };
}

const plain = (p: { code: string; message: string; next?: string }) =>
  p.next === undefined ? { code: p.code, message: p.message } : { code: p.code, message: p.message, next: p.next };

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function idOf(raw: unknown): number | undefined {
  const id = typeof raw === "object" && raw !== null ? (raw as { id?: unknown }).id : undefined;
  return typeof id === "number" && Number.isSafeInteger(id) && id >= 0 ? id : undefined;
}
