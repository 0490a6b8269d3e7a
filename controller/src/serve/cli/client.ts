import { ProblemError } from "@breakwater/shared/core";
import { z } from "zod";
import { readConfig } from "./config.ts";
import { readEventStream, type StreamedEvent } from "./event-stream.ts";
import type { Io } from "./io.ts";
import { noServer, unreachableServer } from "./problems.ts";

const problemSchema = z.object({ code: z.string(), message: z.string(), next: z.string().default("") });
type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** The REST API as commands speak it. Every refusal becomes the problem that the controller tells. */
export interface Client {
  readonly server: string;
  get(path: string, query?: Query): Promise<unknown>;
  send(method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<unknown>;
  text(path: string): Promise<string>;
  /** The bytes of an answer as they come, however long it takes. */
  chunks(path: string): AsyncGenerator<Uint8Array>;
  /** Sends a file's bytes as they come. */
  upload(path: string, content: ReadableStream<Uint8Array>): Promise<unknown>;
  /** Live events after a position, or from now on; ends when the stream breaks off or the signal says so. */
  events(after: string | undefined, until: AbortSignal): AsyncGenerator<StreamedEvent>;
}

const TIMEOUT_MS = 60_000;
const FILE_TIMEOUT_MS = 3_600_000;

export function createClient(io: Io, over: { server?: string; token?: string } = {}): Client {
  const { server, token } = { ...readConfig(io), ...over };
  if (!server) throw noServer();
  const base = server.replace(/\/+$/, "");

  async function call(
    method: string,
    path: string,
    body?: unknown,
    stream?: { readonly after?: string | undefined; readonly until: AbortSignal; readonly content?: ReadableStream<Uint8Array> },
  ): Promise<Response> {
    const url = `${base}/api/v1${path}`;
    const response = await io
      .fetch(url, {
        method,
        headers: {
          "x-breakwater": "cli",
          ...(token ? { authorization: `Bearer ${token}` } : {}),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...(stream?.after === undefined ? {} : { "last-event-id": stream.after }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(stream?.content ? { body: stream.content, duplex: "half" as const } : {}),
        signal: stream?.until ?? AbortSignal.timeout(TIMEOUT_MS),
      })
      .catch((cause: unknown) => {
        throw unreachableServer(base, reasonOf(cause));
      });
    if (response.ok) return response;
    const told = problemSchema.safeParse(await response.json().catch(() => undefined));
    throw told.success ? new ProblemError(told.data) : unreachableServer(base, `it answered ${response.status} without saying why`);
  }

  return {
    server: base,
    get: async (path, query = {}) => {
      const given = Object.entries(query).filter(([, value]) => value !== undefined);
      const search = new URLSearchParams(given.map(([key, value]) => [key, String(value)] as [string, string])).toString();
      return (await call("GET", search === "" ? path : `${path}?${search}`)).json();
    },
    send: async (method, path, body) => (await call(method, path, body)).json(),
    async *chunks(path) {
      const { body } = await call("GET", path, undefined, { after: undefined, until: new AbortController().signal });
      if (body) yield* body;
    },
    text: async (path) => (await call("GET", path)).text(),
    upload: async (path, content) => (await call("POST", path, undefined, { content, until: AbortSignal.timeout(FILE_TIMEOUT_MS) })).json(),
    async *events(after, until) {
      const { body } = await call("GET", "/events", undefined, { after, until });
      if (body) yield* readEventStream(body);
    },
  };
}

/** fetch says "fetch failed" and keeps the reason in its cause. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const inner = cause.cause;
  if (inner instanceof Error) return "code" in inner && typeof inner.code === "string" ? `${inner.message || inner.code}` : inner.message;
  return cause.message;
}

/** All rows of a paged list, up to a limit. */
export async function allRows<T extends z.ZodType>(
  client: Client,
  path: string,
  row: T,
  query: Query,
  limit: number,
): Promise<z.output<T>[]> {
  const pageSchema = z.object({ rows: z.array(row), next: z.string().nullable() });
  const rows: z.output<T>[] = [];
  let cursor: string | undefined;
  while (rows.length < limit) {
    const page = pageSchema.parse(await client.get(path, { ...query, limit: Math.min(500, limit - rows.length), cursor }));
    rows.push(...page.rows);
    if (page.next === null) break;
    cursor = page.next;
  }
  return rows;
}
