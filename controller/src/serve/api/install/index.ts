import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Env } from "../bind.ts";
import type { AgentPackage } from "./agent-package.ts";
import { INSTALL_SCRIPT, PACKAGE_PATH, SCRIPT_PATH } from "./install-command.ts";

export { type AgentPackage, openAgentPackage } from "./agent-package.ts";
export { installCommand } from "./install-command.ts";

/** What a machine without an agent fetches. For everybody: neither holds a secret, and who asks has nothing to show yet. */
export function serveInstall(app: OpenAPIHono<Env>, agentPackage: AgentPackage | null): void {
  app.get(SCRIPT_PATH, (c) =>
    c.body(INSTALL_SCRIPT, 200, { "content-type": "text/x-shellscript; charset=utf-8", "cache-control": "no-cache" }),
  );
  app.get(PACKAGE_PATH, (c) => {
    if (!agentPackage) return c.text("This controller was given no package of the agent (agentPackage).\n", 404);
    const stream = Readable.toWeb(createReadStream(agentPackage.path)) as ReadableStream<Uint8Array>;
    return c.body(stream, 200, {
      "content-type": "application/vnd.debian.binary-package",
      "content-length": String(agentPackage.sizeBytes),
      "cache-control": "no-cache",
    });
  });
}
