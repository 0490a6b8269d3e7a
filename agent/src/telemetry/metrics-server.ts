import { createServer, type Server } from "node:http";
import { fail, ok, type Result } from "@breakwater/shared/core";

/** Answers GET /metrics on loopback and nothing else anywhere. @returns the server, or why there is none. */
export function serveMetrics(port: number, render: () => string): Promise<Result<Server>> {
  const server = createServer((request, response) => {
    if (request.method !== "GET" || request.url?.split("?")[0] !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(render());
  });
  server.maxConnections = 8;
  server.headersTimeout = 5_000;
  server.requestTimeout = 5_000;
  return new Promise((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      resolve(
        fail({
          code: "metrics-port",
          message: `127.0.0.1:${port} cannot be listened on (${error.code}), so there are no local metrics.`,
          next: "Set another metrics port in agent.yaml, or 0 to have none.",
        }),
      ),
    );
    server.listen(port, "127.0.0.1", () => resolve(ok(server)));
  });
}
