import { readdir, readFile } from "node:fs/promises";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { Check } from "@breakwater/shared/command";
import { unreachable } from "@breakwater/shared/core";
import type { Report } from "../executor/protocol.ts";
import type { Run } from "../packages/run.ts";
import { showUnits } from "./units.ts";

type CheckResult = Report["checks"][number];
/** Between two rounds while checks are given time to pass. */
const RETRY_MS = 1_000;

/** Runs one probe. Whatever goes wrong is a check that did not pass, with the reason. */
export async function runCheck(run: Run, check: Check): Promise<CheckResult> {
  const began = performance.now();
  const outcome = await probe(run, check).catch((error: Error) => error.message);
  return {
    name: check.name,
    passed: outcome === undefined,
    detail: (outcome ?? "").slice(0, 500),
    latencyMs: Math.round((performance.now() - began) * 10) / 10,
  };
}

/** @returns undefined when it passed, else why not. */
async function probe(run: Run, check: Check): Promise<string | undefined> {
  switch (check.kind) {
    case "unit": {
      const [state] = await showUnits(run, [check.unit]);
      return state?.active === "active" ? undefined : `${check.unit} is ${state?.active ?? "unknown"} (${state?.sub ?? "-"})`;
    }
    case "tcp":
      return new Promise((resolve) => {
        const socket = connect({ host: check.host, port: check.port, timeout: check.timeoutMs });
        const end = (why: string | undefined) => {
          socket.destroy();
          resolve(why);
        };
        socket.once("connect", () => end(undefined));
        socket.once("timeout", () => end(`no answer in ${check.timeoutMs} ms`));
        socket.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
      });
    case "http": {
      const response = await fetch(check.url, { redirect: "manual", signal: AbortSignal.timeout(check.timeoutMs) });
      await response.body?.cancel();
      const fine =
        check.expectStatus === undefined ? response.status >= 200 && response.status < 400 : response.status === check.expectStatus;
      return fine ? undefined : `HTTP ${response.status}`;
    }
    case "process": {
      for (const pid of (await readdir("/proc")).filter((p) => /^\d+$/.test(p))) {
        const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "");
        // The kernel keeps 15 bytes of a process's name (proc(5)).
        if (name.trim() === check.process.slice(0, 15)) return undefined;
      }
      return `no process is called ${check.process}`;
    }
    default:
      return unreachable(check);
  }
}

/** Repeats the checks that failed until all pass or the time is over. */
export async function runChecks(run: Run, checks: readonly Check[], graceMs: number, now: () => number): Promise<CheckResult[]> {
  const until = now() + graceMs;
  let results = await Promise.all(checks.map((c) => runCheck(run, c)));
  while (results.some((r) => !r.passed) && now() < until) {
    await wait(RETRY_MS);
    results = await Promise.all(checks.map(async (c, i) => (results[i]?.passed ? results[i] : runCheck(run, c)) as CheckResult));
  }
  return results;
}
