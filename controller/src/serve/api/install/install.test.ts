import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { OpenAPIHono } from "@hono/zod-openapi";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Env } from "../bind.ts";
import { installCommand, openAgentPackage, serveInstall } from "./index.ts";

let directory = "";
let server: Server;
let base = "";
/** What the network does to an answer on its way. */
let spoil: (path: string, body: Buffer) => Buffer = (_, body) => body;
const PACKAGE = Buffer.from("the bytes of a package\n".repeat(50_000));

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "install-"));
  spoil = (_, body) => body;
  writeFileSync(join(directory, "breakwater-agent_0.1.0_amd64.deb"), PACKAGE);
  const app = new OpenAPIHono<Env>();
  serveInstall(app, await openAgentPackage(join(directory, "breakwater-agent_0.1.0_amd64.deb")));
  const real = createServer(getRequestListener(app.fetch));
  await new Promise<void>((done) => real.listen(0, "127.0.0.1", done));
  const address = `http://127.0.0.1:${(real.address() as AddressInfo).port}`;
  server = createServer(async (request, response) => {
    const answer = await fetch(`${address}${request.url}`);
    response.writeHead(answer.status).end(spoil(String(request.url), Buffer.from(await answer.arrayBuffer())));
  });
  server.once("close", () => real.close());
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // A machine whose tools only write down what they were asked.
  mkdirSync(join(directory, "bin"));
  const tool = (name: string, text: string) => {
    writeFileSync(join(directory, "bin", name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(directory, "bin", name), 0o755);
  };
  const log = join(directory, "log");
  tool("id", "echo 0");
  tool("sudo", 'exec "$@"');
  tool("dpkg", "echo amd64");
  tool("systemctl", `echo "systemctl $*" >>${log}`);
  tool("apt-get", `for last; do :; done; echo "apt-get $(sha256sum "$last" | cut -d' ' -f1)" >>${log}`);
  tool("breakwater-agent", `echo "breakwater-agent $* token=$BREAKWATER_JOIN_TOKEN" >>${log}`);
});
afterEach(() => {
  server.close();
  rmSync(directory, { recursive: true });
});

const line = async () =>
  installCommand({
    ...{ base, server: "10.0.0.1:8481", caFingerprint: "ab12", token: "bw_it's secret" },
    agentPackage: await openAgentPackage(join(directory, "breakwater-agent_0.1.0_amd64.deb")),
  });
const run = (command: string) =>
  new Promise<{ code: number; err: string; did: string }>((resolve) => {
    const env = { PATH: `${join(directory, "bin")}:${process.env.PATH}`, HOME: directory };
    execFile("sh", ["-c", command], { env }, (error, _, err) => {
      let did = "";
      try {
        did = readFileSync(join(directory, "log"), "utf8");
      } catch {
        // Nothing was asked of any tool.
      }
      resolve({ code: error ? Number(error.code) : 0, err, did });
    });
  });

describe("the line that installs an agent", () => {
  it("is one line, installs the very package, and enrols with the pinned authority", async () => {
    const command = await line();
    expect(command).not.toContain("\n");
    const { code, err, did } = await run(command);
    expect([code, err]).toEqual([0, ""]);
    expect(did.split("\n")).toEqual(
      expect.arrayContaining([
        `apt-get ${createHash("sha256").update(PACKAGE).digest("hex")}`,
        "breakwater-agent enroll --server 10.0.0.1:8481 --ca-fingerprint ab12 token=bw_it's secret",
      ]),
    );
  });

  it("runs nothing of a script that was changed on the way", async () => {
    spoil = (path, body) => (path.endsWith(".sh") ? Buffer.concat([body, Buffer.from("touch /tmp/owned\n")]) : body);
    const { code, err, did } = await run(await line());
    expect([code, did]).toEqual([1, ""]);
    expect(err).toContain("not the one that this line pins");
  });

  it("installs nothing when the package was changed on the way, or since the line was made", async () => {
    spoil = (path, body) => (path.endsWith(".deb") ? Buffer.concat([body, Buffer.from("x")]) : body);
    const changed = await run(await line());
    expect([changed.code, changed.did]).toEqual([1, ""]);
    expect(changed.err).toContain("nothing was installed");
    spoil = (_, body) => body;
    const command = await line();
    const other = Buffer.from(PACKAGE);
    other[7] = 1;
    writeFileSync(join(directory, "breakwater-agent_0.1.0_amd64.deb"), other);
    expect((await run(command)).err).toContain("nothing was installed");
  });

  it("says so when the controller is away", async () => {
    const command = await line();
    server.close();
    server.closeAllConnections();
    const { code, err, did } = await run(command);
    expect([code === 0, did]).toEqual([false, ""]);
    expect(err).toContain("127.0.0.1");
  });
});

describe("the package that is handed out", () => {
  it("has the name that the build gives it and can be read, or the controller does not start with it", async () => {
    await expect(openAgentPackage(join(directory, "log"))).rejects.toThrow("is not named");
    await expect(openAgentPackage(join(directory, "breakwater-agent_9_amd64.deb"))).rejects.toThrow("ENOENT");
  });
});
