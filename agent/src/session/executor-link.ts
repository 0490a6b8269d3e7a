import { createConnection, type Socket } from "node:net";
import { fail, ok, type Problem, type Result, systemReason } from "@breakwater/shared/core";
import type * as z from "zod";
import { createLineReader } from "../executor/lines.ts";
import {
  type ExecutorEvent,
  type ExecutorRequest,
  eventSchema,
  MAX_REQUEST_BYTES,
  MAX_RESPONSE_BYTES,
  responseSchema,
  valueSchemas,
} from "../executor/protocol.ts";

type Operation = keyof typeof valueSchemas;
type Arguments<O extends Operation> = Omit<Extract<ExecutorRequest, { op: O }>, "id" | "op">;
type Value<O extends Operation> = z.infer<(typeof valueSchemas)[O]>;

/** Fetching package lists takes minutes on a slow line; everything else is a matter of seconds. */
const TIMEOUT_MS: Partial<Record<Operation, number>> = { refresh: 600_000, inspect: 60_000, containers: 60_000 };
const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * Codes of a failed request: `executor-absent` was certainly not taken (nobody listens there), `executor-lost` may have
 * been. Others are the executor's own refusals.
 */
export const EXECUTOR_ABSENT = "executor-absent";
export const EXECUTOR_LOST = "executor-lost";

/** The way to the root process. Connects on demand, since that process is gone when idle. */
export interface ExecutorLink {
  request<O extends Operation>(op: O, args: Arguments<O>): Promise<Result<Value<O>>>;
  readonly connected: boolean;
  close(): void;
}

interface Waiting {
  resolve(result: Result<unknown>): void;
  timer: NodeJS.Timeout;
}

export function createExecutorLink(options: { socketPath: string; onEvent(event: ExecutorEvent): void; onClosed(): void }): ExecutorLink {
  const waiting = new Map<number, Waiting>();
  let socket: Socket | undefined;
  let connecting: Promise<Result<Socket>> | undefined;
  let lastId = 0;

  const settle = (id: number, result: Result<unknown>): void => {
    const entry = waiting.get(id);
    if (!entry) return;
    waiting.delete(id);
    clearTimeout(entry.timer);
    entry.resolve(result);
  };
  const loseAll = (message: string): void => {
    for (const id of [...waiting.keys()]) settle(id, fail(problem(EXECUTOR_LOST, message)));
  };
  const take = (line: string): void => {
    let raw: unknown;
    try {
      raw = JSON.parse(line);
    } catch {
      return void socket?.destroy(new Error("the executor sent something that is no JSON"));
    }
    const event = eventSchema.safeParse(raw);
    if (event.success) {
      options.onEvent(event.data);
      return;
    }
    const response = responseSchema.safeParse(raw);
    if (!response.success) return void socket?.destroy(new Error("the executor sent something unknown"));
    const answer = response.data;
    settle(answer.id, answer.ok ? ok(answer.value) : fail(tidy(answer.problem)));
  };

  const connect = (): Promise<Result<Socket>> => {
    if (socket && !socket.destroyed) return Promise.resolve(ok(socket));
    connecting ??= new Promise<Result<Socket>>((resolve) => {
      const fresh = createConnection(options.socketPath);
      fresh.once("connect", () => {
        socket = fresh;
        resolve(ok(fresh));
      });
      fresh.once("error", (error: NodeJS.ErrnoException) =>
        resolve(fail(problem(EXECUTOR_ABSENT, `${options.socketPath}: ${reasonOf(error)}`))),
      );
      fresh.on(
        "data",
        createLineReader(MAX_RESPONSE_BYTES, take, () => fresh.destroy()),
      );
      fresh.on("error", () => fresh.destroy());
      fresh.once("close", () => {
        if (socket !== fresh) return;
        socket = undefined;
        loseAll("the executor closed the connection");
        options.onClosed();
      });
    }).finally(() => {
      connecting = undefined;
    });
    return connecting;
  };

  return {
    async request(op, args) {
      const id = ++lastId;
      const line = Buffer.from(`${JSON.stringify({ id, op, ...args })}\n`, "utf8");
      // The executor would hang up on it, and everybody else's requests on this connection would be lost with it.
      if (line.length > MAX_REQUEST_BYTES)
        return fail({
          code: "malformed-action",
          message: `The command has ${line.length} bytes; the executor reads ${MAX_REQUEST_BYTES} at most.`,
        });
      const connection = await connect();
      if (!connection.ok) return connection;
      const answer = await new Promise<Result<unknown>>((resolve) => {
        const timer = setTimeout(
          () => settle(id, fail(problem(EXECUTOR_LOST, `no answer to ${op}`))),
          TIMEOUT_MS[op] ?? DEFAULT_TIMEOUT_MS,
        );
        waiting.set(id, { resolve, timer });
        connection.value.write(line);
      });
      if (!answer.ok) return answer;
      const value = valueSchemas[op].safeParse(answer.value);
      return value.success ? ok(value.data as never) : fail(problem(EXECUTOR_LOST, `the executor's answer to ${op} cannot be read`));
    },
    get connected() {
      return socket !== undefined;
    },
    close: () => socket?.destroy(),
  };
}

const problem = (code: string, message: string): Problem => ({
  code,
  message: `The executor cannot be asked (${message}).`,
  next: "Where the machine is to be patched: systemctl status breakwater-executor.socket",
});

const tidy = (p: { code: string; message: string; next?: string | undefined }): Problem =>
  p.next === undefined ? { code: p.code, message: p.message } : { code: p.code, message: p.message, next: p.next };

const reasonOf = (error: NodeJS.ErrnoException): string =>
  error.code === "ECONNREFUSED" ? "nobody listens there (ECONNREFUSED)" : systemReason(error);
