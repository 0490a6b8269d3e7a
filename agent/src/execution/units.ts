import { WAITS_FOR_REBOOT } from "@breakwater/shared/command";
import { ProblemError } from "@breakwater/shared/core";
import type { Run } from "../packages/run.ts";

const ENV = { LC_ALL: "C.UTF-8", PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
export const SYSTEMCTL = "/usr/bin/systemctl";
const LOOK_TIMEOUT_MS = 30_000;

export interface UnitState {
  readonly unit: string;
  readonly active: string;
  readonly sub: string;
  readonly restarts: number;
  readonly enabled: boolean;
  readonly mainPid: number;
  readonly transient: boolean;
}

/** Reads `systemctl show` of several units: blocks of KEY=VALUE with an empty line between. */
export function parseUnits(output: string): UnitState[] {
  return output
    .split(/\n\n+/)
    .map((block) => new Map(block.split("\n").map((l) => [l.slice(0, l.indexOf("=")), l.slice(l.indexOf("=") + 1)])))
    .filter((m) => (m.get("Id") ?? "") !== "")
    .map((m) => ({
      unit: m.get("Id") ?? "",
      active: m.get("ActiveState") ?? "",
      sub: m.get("SubState") ?? "",
      restarts: Number(m.get("NRestarts") ?? 0),
      enabled: m.get("UnitFileState") === "enabled",
      mainPid: Number(m.get("MainPID") ?? 0),
      transient: (m.get("FragmentPath") ?? "").startsWith("/run/systemd/transient"),
    }));
}

const PROPERTIES = "--property=Id,ActiveState,SubState,NRestarts,UnitFileState,MainPID,FragmentPath";

export async function showUnits(run: Run, units: readonly string[]): Promise<UnitState[]> {
  const ran = await run([SYSTEMCTL, "show", PROPERTIES, "--", ...units], { env: ENV, timeoutMs: LOOK_TIMEOUT_MS });
  return parseUnits(ran.stdout);
}

/** The same where an answer that does not come must not read as that nothing is there. @throws ProblemError "systemd-silent" */
async function askUnits(run: Run, patterns: readonly string[]): Promise<UnitState[]> {
  const ran = await run([SYSTEMCTL, "show", PROPERTIES, "--", ...patterns], { env: ENV, timeoutMs: LOOK_TIMEOUT_MS });
  if (ran.exitCode === 0) return parseUnits(ran.stdout);
  const why = ran.timedOut ? "no answer in time" : ran.stderr.trim().slice(0, 300);
  throw new ProblemError({ code: "systemd-silent", message: `systemd does not say what runs: ${why}` });
}

/** Ours come and go while they work, and are judged by nobody but us. */
const OURS = /^breakwater-/;
/** They live with a login or a console, not with the packages. */
const PERSONAL = /^(?:user@|user-runtime-dir@|getty@|serial-getty@|console-getty|session-)/;

const ofTheMachine = (u: UnitState): boolean => !u.transient && !OURS.test(u.unit) && !PERSONAL.test(u.unit);

/** Services of the machine that run now. */
export async function runningServices(run: Run): Promise<UnitState[]> {
  const all = await askUnits(run, ["*.service"]);
  return all.filter((u) => u.active === "active" && u.sub === "running" && ofTheMachine(u));
}

/** What packages' scripts start, of the machine and up now: services, also those that ran to their end, and what waits to start some. */
export async function unitsUp(run: Run): Promise<UnitState[]> {
  const all = await askUnits(run, ["*.service", "*.socket", "*.timer", "*.path"]);
  return all.filter((u) => u.active === "active" && ofTheMachine(u));
}

/**
 * What became of services that ran before: failed, restarting over and over, or ended although enabled. A service that a bus
 * call starts and that goes by itself is not enabled, and its absence means nothing.
 */
export function brokenServices(before: readonly { unit: string; restarts: number }[], now: readonly UnitState[]): string[] {
  const found = new Map(now.map((u) => [u.unit, u]));
  // A unit that got another name is not there by its old one; that none is there means that nobody answered.
  if (before.length > 0 && now.length === 0) return ["systemd did not say what became of the services that ran before."];
  return before.flatMap(({ unit, restarts }) => {
    const u = found.get(unit);
    if (!u) return [];
    if (u.active === "failed") return [`${unit} has failed.`];
    if (u.sub === "auto-restart") return [`${unit} ended and is started again and again (${u.restarts} restarts).`];
    if (u.active === "inactive" && u.enabled) return [`${unit} does not run any more.`];
    if (u.restarts > restarts && u.active !== "active") return [`${unit} restarted ${u.restarts - restarts} times and is ${u.active}.`];
    return [];
  });
}

/** Services that became other processes between two looks, though nobody restarted them: they end and are started again. */
export function unsteadyServices(earlier: readonly UnitState[], later: readonly UnitState[]): string[] {
  const then = new Map(earlier.map((u) => [u.unit, u]));
  return later.flatMap((u) => {
    const e = then.get(u.unit);
    if (!e || e.active === "inactive" || (u.restarts === e.restarts && u.active === e.active)) return [];
    return u.restarts > e.restarts || (u.active !== "active" && u.active !== "inactive")
      ? [`${u.unit} does not stay up (${u.active}, ${u.restarts} restarts).`]
      : [];
  });
}

const START_MS = 180_000;
const ask = (verb: "start" | "restart") => async (run: Run, unit: string) => {
  const ran = await run([SYSTEMCTL, verb, "--", unit], { env: ENV, timeoutMs: START_MS });
  return ran.exitCode === 0 ? undefined : `${unit} could not be ${verb}ed: ${(ran.stderr || "no answer in time").trim().slice(0, 300)}`;
};
/** @returns why it does not run anew; undefined when it does */
export const restartUnit: (run: Run, unit: string) => Promise<string | undefined> = ask("restart");
/** @returns why it does not run; undefined when it does */
export const startUnit: (run: Run, unit: string) => Promise<string | undefined> = ask("start");

/** The connection part: restarted last, since it tells of the rest. The executor goes by itself when it is idle. */
const AGENT = "breakwater-agent.service";

/** Splits units that run replaced files into those to restart now, those that have to wait, and ourselves, who come last. */
export function restartOrder(stale: readonly string[]): { now: string[]; later: string[]; ourselves: string[] } {
  const services = [...new Set(stale)].filter((u) => u.endsWith(".service") && !PERSONAL.test(u)).sort();
  const units = services.filter((u) => !OURS.test(u));
  return {
    now: units.filter((u) => !WAITS_FOR_REBOOT.test(u)),
    later: units.filter((u) => WAITS_FOR_REBOOT.test(u)),
    ourselves: services.filter((u) => u === AGENT),
  };
}
