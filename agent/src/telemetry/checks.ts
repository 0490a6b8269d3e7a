import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { basename } from "node:path";
import { performance } from "node:perf_hooks";
import { type Check, checkSchema } from "@breakwater/shared/command";
import { unreachable } from "@breakwater/shared/core";
import type { WireCheck__Output } from "@breakwater/shared/wire";

export interface CheckOutcome {
  readonly name: string;
  readonly passed: boolean;
  readonly detail: string;
  readonly latencyMs: number;
}

/** The wire's check as ours. @returns undefined when it is none. */
export function checkFromWire(wire: WireCheck__Output): Check | undefined {
  const { name, timeoutMs, unit, tcp, http, process } = wire;
  const common = { name, timeoutMs: timeoutMs || 5_000 };
  const raw = unit
    ? { ...common, kind: "unit", unit: unit.unit }
    : tcp
      ? { ...common, kind: "tcp", host: tcp.host, port: tcp.port }
      : http
        ? { ...common, kind: "http", url: http.url, ...(http.expectStatus ? { expectStatus: http.expectStatus } : {}) }
        : { ...common, kind: "process", process: process?.name };
  const parsed = checkSchema.safeParse(raw);
  return parsed.success ? parsed.data : undefined;
}

/** Probes once. Never throws: what goes wrong is a check that did not pass. */
export async function runCheck(check: Check, activeUnits: ReadonlyMap<string, boolean> | undefined): Promise<CheckOutcome> {
  const startedAt = performance.now();
  const failure = await probe(check, activeUnits).catch((error: Error) => error.message || "failed");
  return { name: check.name, passed: failure === undefined, detail: failure ?? "", latencyMs: performance.now() - startedAt };
}

/** @returns why it does not pass; undefined when it does. */
async function probe(check: Check, activeUnits: ReadonlyMap<string, boolean> | undefined): Promise<string | undefined> {
  switch (check.kind) {
    case "unit": {
      if (!activeUnits) return "systemd cannot be asked";
      const unit = check.unit.includes(".") ? check.unit : `${check.unit}.service`;
      return activeUnits.get(unit) ? undefined : `${unit} is not active`;
    }
    default:
      return probeDirectly(check);
  }
}

/** Probes that ask nobody but the thing itself; before, during and after a change alike. @returns why it does not pass; undefined when it does */
export async function probeDirectly(check: Exclude<Check, { kind: "unit" }>): Promise<string | undefined> {
  switch (check.kind) {
    case "tcp":
      return probeTcp(check.host, check.port, check.timeoutMs);
    case "http":
      return probeHttp(check.url, check.expectStatus, check.timeoutMs);
    case "process":
      return isRunning(check.process) ? undefined : `no process is called ${check.process}`;
    default:
      return unreachable(check);
  }
}

function probeTcp(host: string, port: number, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (failure: string | undefined) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(failure);
    };
    const timer = setTimeout(() => end(`no connection within ${timeoutMs} ms`), timeoutMs);
    socket.once("connect", () => end(undefined));
    socket.once("error", (error) => end(error.message));
  });
}

function probeHttp(url: string, expectStatus: number | undefined, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const target = new URL(url);
    const make = target.protocol === "https:" ? httpsRequest : httpRequest;
    // The check asks whether the service answers; services on loopback rarely have a certificate for that name.
    const loopback = ["localhost", "127.0.0.1", "[::1]"].includes(target.hostname);
    const request = make(target, { agent: false, rejectUnauthorized: !loopback, headers: { "user-agent": "breakwater-agent" } });
    const end = (failure: string | undefined) => {
      clearTimeout(timer);
      request.destroy();
      resolve(failure);
    };
    const timer = setTimeout(() => end(`no answer within ${timeoutMs} ms`), timeoutMs);
    request.once("response", (response) => {
      const status = response.statusCode ?? 0;
      const good = expectStatus === undefined ? status >= 200 && status < 400 : status === expectStatus;
      end(good ? undefined : `status ${status}`);
    });
    request.once("error", (error) => end(error.message));
    request.end();
  });
}

/** By the kernel's name (15 characters at most) or by the executable's file name. */
function isRunning(name: string): boolean {
  return readdirSync("/proc").some((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      if (readFileSync(`/proc/${pid}/comm`, "utf8").trim() === name.slice(0, 15)) return true;
      return basename(readlinkSync(`/proc/${pid}/exe`)) === name;
    } catch {
      return false;
    }
  });
}
