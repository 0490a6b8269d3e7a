import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { parseJournal } from "../../../agent/src/execution/journal.ts";
import type { JournalRecord } from "../../../agent/src/execution/records.ts";
import { EXECUTOR_SOCKET, EXECUTOR_STATE_DIR, type ExecutorRequest, valueSchemas } from "../../../agent/src/executor/protocol.ts";
import type { Host } from "../testbed.ts";

/** The host's file system as seen from this machine. Another one after each boot. */
export const rootOf = async (host: Host): Promise<string> => `/proc/${await host.leader()}/root`;

/** Asks the executor over its socket, as the connection part does. @throws with its problem */
export async function askExecutor<Op extends ExecutorRequest["op"]>(
  host: Host,
  op: Op,
  body: Record<string, unknown> = {},
): Promise<ReturnType<(typeof valueSchemas)[Op]["parse"]>> {
  const socket = connect(`${await rootOf(host)}${EXECUTOR_SOCKET}`);
  try {
    socket.write(`${JSON.stringify({ id: 1, op, ...body })}\n`);
    for await (const line of createInterface({ input: socket })) {
      const answer = JSON.parse(line);
      if (answer.id !== 1) continue;
      if (!answer.ok) throw new Error(`${answer.problem.code}: ${answer.problem.message}`);
      return valueSchemas[op].parse(answer.value) as ReturnType<(typeof valueSchemas)[Op]["parse"]>;
    }
    throw new Error(`The executor of ${host.name} closed the connection before it answered ${op}.`);
  } finally {
    socket.destroy();
  }
}

const executionsOf = (root: string): string => `${root}${EXECUTOR_STATE_DIR}/executions`;

/** One execution's journal, as it is on the host's disk now. */
export async function journalOf(host: Host, executionId: string): Promise<readonly JournalRecord[]> {
  return read(`${executionsOf(await rootOf(host))}/${executionId}/journal`);
}
const read = (file: string): readonly JournalRecord[] => (existsSync(file) ? parseJournal(readFileSync(file)).records : []);

/** What a record is called here: its kind, of a report its state too. */
export const nameOf = (r: JournalRecord): string =>
  r.kind === "report"
    ? `report ${r.report.state}`
    : r.kind === "transaction-began"
      ? `began ${r.purpose}`
      : r.kind === "verified" || r.kind === "restarted"
        ? `${r.kind} ${r.kind === "verified" ? r.of : r.after}`
        : r.kind;

/** Numbers, on this machine, of a host's processes whose command line holds this text. */
export const processesOf = async (host: Host, text: string): Promise<number[]> => processesIn(await spaceOf(host), text);

/** The host's PID namespace, which tells its processes from other hosts'. */
const spaceOf = async (host: Host): Promise<string> => readlinkSync(`/proc/${await host.leader()}/ns/pid`);
function processesIn(space: string, text: string): number[] {
  const numbers = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
  return numbers.map(Number).filter((pid) => isIn(pid, space, text));
}
/** Of a process that ended and was not yet waited for, the command line is empty. */
function isIn(pid: number, space: string, text: string): boolean {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    return words.includes(text) && readlinkSync(`/proc/${pid}/ns/pid`) === space;
  } catch {
    return false; // It ended meanwhile.
  }
}
/** What their command lines end with, whichever version directory they run from. */
export const EXECUTOR = "/executor.mjs";
export const AGENT = "/agent.mjs run";

/** Between two looks at a journal: far below the time that a record's way to the disk takes. */
const LOOK_MS = 2;
/** Between two looks for the executor's process while nothing happens: shorter than it takes to start. */
const LOOK_FOR_PROCESS_MS = 100;

/** One execution that is watched from outside of its host. */
export interface Watch {
  /** Resolves once `act` returned true. */
  readonly done: Promise<{ readonly executionId: string; readonly records: readonly JournalRecord[] }>;
  stop(): void;
}

/**
 * Waits for the next execution that begins on a host, and tells of its journal each time that it grew.
 * @param wanted Whether the execution that just appeared is the one to watch.
 * @param act Called synchronously with all records so far and the executor's processes that live; true ends the watch.
 */
export async function watchNext(
  host: Host,
  wanted: (executionId: string) => boolean,
  act: (records: readonly JournalRecord[], executor: readonly number[]) => boolean,
): Promise<Watch> {
  const directory = executionsOf(await rootOf(host));
  const space = await spaceOf(host);
  const known = new Set(existsSync(directory) ? readdirSync(directory) : []);
  let stopped = false;
  const look = async () => {
    let id: string | undefined;
    let size = 0;
    let executor: number[] = [];
    let lookedAt = 0;
    const living = () => {
      const known = executor.filter((pid) => isIn(pid, space, EXECUTOR));
      return known.length > 0 ? known : processesIn(space, EXECUTOR);
    };
    while (!stopped) {
      if (Date.now() - lookedAt > LOOK_FOR_PROCESS_MS) {
        executor = living();
        lookedAt = Date.now();
      }
      id ??= readdirSync(directory, "utf8").find((e) => !known.has(e) && wanted(e));
      if (id !== undefined) {
        const file = `${directory}/${id}/journal`;
        const now = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
        if (now > size) {
          size = now;
          executor = living();
          const records = read(file);
          if (act(records, executor)) return { executionId: id, records };
        }
      }
      await new Promise((go) => setTimeout(go, LOOK_MS));
    }
    throw new Error(`Nothing more was waited for on ${host.name}.`);
  };
  const done = look();
  done.catch(() => undefined);
  return {
    done,
    stop() {
      stopped = true;
    },
  };
}
