import { createServer as createTlsServer } from "node:https";
import { ProblemError } from "@breakwater/shared/core";
import { type ServerType, serve } from "@hono/node-server";
import type { ApiServer } from "./app.ts";

const KEEP_ALIVE_MS = 75_000;

export interface ListenOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** Listens for HTTP(S). @returns the port and what stops it: live streams end at once, other requests have two seconds. */
export async function serveApi(api: ApiServer, options: ListenOptions): Promise<{ port: number; close(): Promise<void> }> {
  const tls = options.tls ? { createServer: createTlsServer, serverOptions: { ...options.tls, minVersion: "TLSv1.2" as const } } : {};
  const { server, port } = await new Promise<{ server: ServerType; port: number }>((listening, refused) => {
    const server = serve({ fetch: api.app.fetch, hostname: options.host, port: options.port, ...tls }, (info) =>
      listening({ server, port: info.port }),
    );
    // Longer than any client or proxy keeps an idle connection, so that it is never we who close one as a request is on its way.
    if ("keepAliveTimeout" in server) server.keepAliveTimeout = KEEP_ALIVE_MS;
    server.once("error", (cause: NodeJS.ErrnoException) => refused(cannotListen(options, cause)));
  });
  return {
    port,
    close: async () => {
      const closed = new Promise<void>((done) => server.close(() => done()));
      await api.close();
      if ("closeIdleConnections" in server) server.closeIdleConnections();
      const timer = setTimeout(() => "closeAllConnections" in server && server.closeAllConnections(), 2_000);
      await closed;
      clearTimeout(timer);
    },
  };
}

function cannotListen({ host, port }: ListenOptions, cause: NodeJS.ErrnoException): ProblemError {
  const taken = cause.code === "EADDRINUSE";
  return new ProblemError({
    code: "cannot-listen",
    message: taken ? `Port ${port} on ${host} is taken.` : `Cannot listen on ${host}:${port}: ${cause.message}`,
    next: "Stop what uses it, or choose another port.",
  });
}
