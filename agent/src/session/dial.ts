import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { fail, ok, type Problem, type Result } from "@breakwater/shared/core";
import type { ProxyChoice } from "./proxy.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Why no bytes get there. `code` is the system's (ECONNREFUSED, ENOTFOUND), TIMEOUT, or the proxy's HTTP status. */
export interface DialFailure extends Problem {
  readonly hop: "tcp" | "proxy";
}

const failure = (hop: DialFailure["hop"], code: string, message: string) => fail<DialFailure>({ hop, code, message });

/** A plain connection to an address, through the proxy where there is one. The caller owns the socket. */
export function dial(to: Address, proxy: ProxyChoice, timeoutMs: number): Promise<Result<Socket, DialFailure>> {
  return proxy.kind === "proxy" ? dialThrough(to, proxy, timeoutMs) : dialDirectly(to, timeoutMs);
}

function dialDirectly(to: Address, timeoutMs: number): Promise<Result<Socket, DialFailure>> {
  return new Promise((resolve) => {
    const socket = connect({ host: to.host, port: to.port, timeout: timeoutMs });
    const end = (code: string, message: string) => {
      socket.destroy();
      resolve(failure("tcp", code, message));
    };
    socket.once("connect", () => {
      socket.removeAllListeners();
      socket.setTimeout(0);
      resolve(ok(socket));
    });
    socket.once("timeout", () => end("TIMEOUT", `no answer within ${timeoutMs / 1000} s`));
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? "", error.message));
  });
}

function dialThrough(to: Address, proxy: Extract<ProxyChoice, { kind: "proxy" }>, timeoutMs: number): Promise<Result<Socket, DialFailure>> {
  const target = `${to.host.includes(":") ? `[${to.host}]` : to.host}:${to.port}`;
  return new Promise((resolve) => {
    const asked = request({
      ...{ host: proxy.host, port: proxy.port, method: "CONNECT", path: target, timeout: timeoutMs, agent: false },
      headers: { host: target, ...(proxy.authorization ? { "proxy-authorization": proxy.authorization } : {}) },
    });
    const end = (code: string, message: string) => {
      asked.destroy();
      resolve(failure("proxy", code, message));
    };
    asked.once("connect", (response, socket, head) => {
      if (response.statusCode !== 200) {
        socket.destroy();
        return end(String(response.statusCode), `it answers ${response.statusCode} ${response.statusMessage} to CONNECT ${target}`);
      }
      if (head.length > 0) socket.unshift(head);
      resolve(ok(socket as Socket));
    });
    asked.once("response", (response) => end(String(response.statusCode), "it does not know CONNECT"));
    asked.once("timeout", () => end("TIMEOUT", `no answer within ${timeoutMs / 1000} s`));
    asked.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? "", error.message));
    asked.end();
  });
}
