import { closeSync, constants, fstatSync, mkdirSync, openSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { ProblemError } from "@breakwater/shared/core";
import { SYSTEMCTL, showUnits } from "../execution/index.ts";
import type { Run } from "../packages/index.ts";
import { CLONE_SCRIPT, ENTER_SCRIPT } from "./clone-script.ts";
import { type Findings, findingsSchema, noFindings, type Order } from "./findings.ts";
import type { CloneEnd } from "./judge.ts";
import type { Limits } from "./limits.ts";

export const UNIT_PREFIX = "breakwater-rehearsal-";
const ENV = { LC_ALL: "C.UTF-8", PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
const POLL_MS = 500;
/** The driver speaks as soon as the clone runs, on an overloaded machine after minutes. A clone that fails to start is seen to end, long before this. */
const SILENT_START_MS = 240_000;

export const unitOf = (id: string): string => `${UNIT_PREFIX}${id}.service`;

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Lays out what the clone needs in its own directory. */
export async function prepareClone(run: Run, directory: string, order: Order, submounts: readonly string[], limits: Limits): Promise<void> {
  const exchange = join(directory, "exchange");
  mkdirSync(exchange, { recursive: true, mode: 0o700 });
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text, { mode: 0o600 });
  write("clone.sh", CLONE_SCRIPT);
  write("enter.sh", ENTER_SCRIPT);
  const mounts = submounts.map((m) => `${m}\n`).join("");
  write("mounts", mounts);
  write("exchange/mounts", mounts);
  write("exchange/order.json", JSON.stringify(order));
  // The very program that runs here, which the clone has at the same place.
  const argv = [process.execPath, ...process.execArgv, ...process.argv.slice(1, 2), "rehearse-inside"];
  write(
    "exchange/driver.sh",
    `#!/bin/sh\ncd ${quoted(process.cwd())}\nexec ${argv.map(quoted).join(" ")} >>/run/breakwater-rehearsal/driver.log 2>&1 </dev/null\n`,
  );
  if (limits.layer.kind === "loop") {
    write("layer.img", "");
    truncateSync(join(directory, "layer.img"), limits.layer.bytes);
    const made = await run(["/sbin/mkfs.ext4", "-q", "-m0", "-E", "nodiscard", join(directory, "layer.img")], {
      env: ENV,
      timeoutMs: 60_000,
    });
    if (made.exitCode !== 0)
      throw new ProblemError({ code: "no-layer", message: `The copy's layer could not be made: ${made.stderr.slice(0, 300)}` });
  }
}

/** Starts the clone as a unit of its own: bounded in memory, processor, processes and time, the first to go when memory is short. */
export async function startClone(run: Run, id: string, directory: string, level: Order["level"], limits: Limits): Promise<void> {
  const log = join(directory, "clone.log");
  const property = (text: string) => `--property=${text}`;
  const argv: [string, ...string[]] = [
    "/usr/bin/systemd-run",
    `--unit=${unitOf(id)}`,
    "--collect",
    "--quiet",
    "--description=Rehearsal of Breakwater on a copy of this machine",
    ...[
      "Type=exec",
      "Delegate=yes",
      "KillMode=control-group",
      "TimeoutStopSec=5",
      `MemoryMax=${limits.memoryBytes}`,
      "MemorySwapMax=0",
      `CPUQuota=${limits.cpuPercent}%`,
      "CPUWeight=20",
      `TasksMax=${limits.tasks}`,
      `RuntimeMaxSec=${Math.ceil(limits.deadlineMs / 1000) + 60}`,
      "Nice=10",
      "IOSchedulingClass=idle",
      "OOMScoreAdjust=800",
      "OOMPolicy=continue",
      "LimitCORE=0",
      "StandardInput=null",
      `StandardOutput=append:${log}`,
      `StandardError=append:${log}`,
    ].map(property),
    "--",
    ...[
      "/usr/bin/unshare",
      "--mount",
      "/bin/sh",
      join(directory, "clone.sh"),
      directory,
      level,
      limits.layer.kind,
      String(limits.layer.bytes),
    ],
  ];
  const ran = await run(argv, { env: ENV, timeoutMs: 60_000 });
  if (ran.exitCode !== 0)
    throw new ProblemError({
      code: "clone-not-started",
      message: `systemd-run could not start the copy: ${ran.stderr.trim().slice(0, 500)}`,
    });
}

/** Ends a clone with all that is in it. Its mounts are taken back by the kernel with its last process. */
export async function endClone(run: Run, unit: string): Promise<void> {
  await run([SYSTEMCTL, "kill", "--signal=KILL", "--", unit], { env: ENV, timeoutMs: 30_000 });
  await run([SYSTEMCTL, "stop", "--", unit], { env: ENV, timeoutMs: 60_000 });
  await run([SYSTEMCTL, "reset-failed", "--", unit], { env: ENV, timeoutMs: 30_000 });
}

export interface WatchedClone {
  readonly findings: Findings;
  readonly end: CloneEnd;
  /** The driver never spoke: the clone did not get as far. */
  readonly silent: boolean;
}

/** Waits until the driver is done, the time is over, the clone is gone, or `aborted` says why it has to end. */
export async function watchClone(
  run: Run,
  id: string,
  directory: string,
  deadlineMs: number,
  aborted: () => string | undefined,
  progress: (findings: Findings) => void,
): Promise<WatchedClone> {
  const from = performance.now();
  let findings = noFindings();
  let told = "";
  for (let turn = 0; ; turn++) {
    await wait(POLL_MS);
    const text = readLeft(join(directory, "exchange", "findings.json"));
    if (text !== "" && text !== told) {
      told = text;
      findings = findingsSchema.parse(JSON.parse(text));
      progress(findings);
    }
    const end = (kind: CloneEnd): WatchedClone => ({ findings, end: kind, silent: told === "" });
    if (findings.done) return end({ kind: "done" });
    const why = aborted();
    if (why !== undefined) return end({ kind: "aborted", why });
    const afterMs = performance.now() - from;
    if (afterMs > deadlineMs) return end({ kind: "deadline", afterMs });
    const [unit] = turn % 4 === 0 ? await showUnits(run, [unitOf(id)]) : [];
    const gone = unit !== undefined && !["active", "activating"].includes(unit.active);
    const silent = told === "" && afterMs > SILENT_START_MS;
    if (gone || silent) return end({ kind: "lost", output: logTail(directory) });
    if (told !== "" && turn % 4 === 0 && driverEnded(directory)) return end({ kind: "lost", output: logTail(directory) });
  }
}

/** The driver prints only what it dies of. */
const driverEnded = (directory: string): boolean => readLeft(join(directory, "exchange", "driver.log")).includes("fatal");
const logTail = (directory: string): string =>
  `${readLeft(join(directory, "clone.log")).slice(-600)} ${readLeft(join(directory, "exchange", "driver.log")).slice(-600)}`.trim();

/** Findings are some hundred kilobytes. */
const MAX_LEFT_BYTES = 16 * 1024 * 1024;

/**
 * What the clone left in a file, where any script of a package may have laid something else: nothing is followed, waited for or taken
 * without a limit, since all of the executor would stand still with it. "" for what is no such file, or too large.
 */
export function readLeft(path: string): string {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return "";
  }
  try {
    const seen = fstatSync(fd);
    return seen.isFile() && seen.size <= MAX_LEFT_BYTES ? readFileSync(fd, "utf8") : "";
  } finally {
    closeSync(fd);
  }
}
