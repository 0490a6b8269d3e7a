import { readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { ProblemError } from "@breakwater/shared/core";
import type { ManagerCommand } from "../packages/package-manager.ts";
import type { Run } from "../packages/run.ts";
import { readSlice, sizeOf } from "./output.ts";
import { showUnits } from "./units.ts";

/** Run by systemd after the main process, with its end in the environment (systemd.exec(5)). */
const NOTE_SCRIPT = 'echo "$EXIT_CODE $EXIT_STATUS" > "$1.part" && mv "$1.part" "$1"\n';
const SYSTEMD_RUN = "/usr/bin/systemd-run";
const ENV = { LC_ALL: "C.UTF-8", PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
const inhibitorOf = (unit: string): string => `breakwater-inhibit@${unit.replace(/\.service$/, "").replaceAll("-", ".")}.service`;
/** How often the log and the exit note are looked at. */
const POLL_MS = 250;
/** What is streamed of one transaction; all of it is in the log, whose end goes with the reports. */
export const STREAMED_BYTES = 8 * 1024 * 1024;
const SLICE_BYTES = 256 * 1024;
/** How often systemd is asked whether the unit is still there, for the case that its exit note was never written. */
const ASK_EVERY = 20;

/**
 * Starts a package manager as a unit of its own, outside of our control group: stopping, killing or upgrading the agent
 * cannot reach it, and nothing ends it by the clock. It writes to a file, because dpkg dies with the reader of a pipe.
 */
export async function startTransaction(run: Run, unit: string, command: ManagerCommand, log: string, exitNote: string): Promise<void> {
  await rm(exitNote, { force: true });
  // A file, because a variable in the property itself is quoted anew when a package's script makes systemd reload its units.
  const noteScript = join(dirname(exitNote), "note-exit.sh");
  await writeFile(noteScript, NOTE_SCRIPT, { mode: 0o600 });
  const property = (text: string) => `--property=${text}`;
  const argv = [
    SYSTEMD_RUN,
    `--unit=${unit}`,
    "--collect",
    "--quiet",
    "--description=Package transaction of Breakwater",
    // Where logind runs, a shutdown has to wait. The lock is held by a unit of its own, since it must outlive the executor and
    // nothing may stand between systemd and the package manager.
    property(`Wants=${inhibitorOf(unit)}`),
    property(`After=${inhibitorOf(unit)}`),
    property("Type=exec"),
    property("KillMode=process"),
    // A machine that shuts down stops units. apt-get takes SIGINT for "end after dpkg's present step"; dpkg has no such
    // signal, so its own runs get one that says nothing, and the shutdown waits for them.
    property(`KillSignal=${command.argv[0].endsWith("/apt-get") ? "SIGINT" : "SIGCONT"}`),
    property("SendSIGKILL=no"),
    property("TimeoutStopSec=infinity"),
    property("OOMScoreAdjust=-500"),
    property("StandardInput=null"),
    property(`StandardOutput=append:${log}`),
    property(`StandardError=append:${log}`),
    // systemd tells how the main process ended; --collect forgets it right after.
    property(`ExecStopPost=/bin/sh ${noteScript} ${exitNote}`),
    ...Object.entries(command.env).map(([k, v]) => `--setenv=${k}=${v}`),
    "--",
    ...command.argv,
  ] as const;
  const ran = await run(argv, { env: ENV, timeoutMs: 60_000 });
  if (ran.exitCode !== 0)
    throw new ProblemError({
      code: "transaction-not-started",
      message: `systemd-run could not start ${unit}: ${ran.stderr.trim().slice(0, 500)}`,
    });
}

export interface Watching {
  readonly run: Run;
  readonly unit: string;
  readonly log: string;
  readonly exitNote: string;
  readonly from: number;
  readonly stallMs: number;
  now(): number;
  output(offset: number, text: Buffer): void;
  /** Nothing was printed for a while. Called again after each further such while. */
  stalled(forMs: number): void;
}

/**
 * Waits for the end of a transaction, also of one that an earlier executor started.
 * @returns "exited 0", "killed KILL", ..., or null when nobody saw how it ended (power cut, unit lost).
 */
export async function watchTransaction(w: Watching): Promise<string | null> {
  let offset = w.from;
  let grewAt = w.now();
  let alarms = 0;
  const drain = (): void => {
    const size = sizeOf(w.log);
    if (size <= offset) return;
    while (offset < size && offset - w.from < STREAMED_BYTES) {
      const fresh = readSlice(w.log, offset, Math.min(size, offset + SLICE_BYTES));
      // Somebody cut the log meanwhile.
      if (fresh.length === 0) break;
      w.output(offset, fresh);
      offset += fresh.length;
    }
    if (offset < size) offset = size;
    grewAt = w.now();
    alarms = 0;
  };
  for (let turn = 0; ; turn++) {
    drain();
    const note = noteAt(w.exitNote);
    if (note !== undefined) {
      drain();
      return note;
    }
    if (turn % ASK_EVERY === 0) {
      const [state] = await showUnits(w.run, [w.unit]);
      if (state && !["active", "activating", "deactivating", "reloading"].includes(state.active)) {
        // The note is written before the unit goes: looked at once more, its absence means that nobody saw the end.
        drain();
        return noteAt(w.exitNote) ?? null;
      }
    }
    if (w.now() - grewAt > w.stallMs * (alarms + 1)) w.stalled(w.stallMs * ++alarms);
    await wait(POLL_MS);
  }
}

function noteAt(path: string): string | undefined {
  if (sizeOf(path) === 0) return undefined;
  return readFileSync(path, "utf8").trim();
}

/**
 * Asks a running transaction to end after dpkg's present step: SIGINT to the package manager's process alone. Its group,
 * SIGTERM and SIGKILL would leave packages half configured.
 * @returns false when the unit's process is no apt-get (nothing is sent then: dpkg has no such stop).
 */
export async function interruptTransaction(run: Run, unit: string): Promise<boolean> {
  const [state] = await showUnits(run, [unit]);
  if (!state || state.mainPid <= 1) return false;
  const name = readFileSync(`/proc/${state.mainPid}/comm`, "utf8").trim();
  if (name !== "apt-get") return false;
  process.kill(state.mainPid, "SIGINT");
  return true;
}
