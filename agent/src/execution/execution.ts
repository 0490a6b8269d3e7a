import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionStanding, Report } from "../executor/protocol.ts";
import { type Journal, openJournal, syncDirectory } from "./journal.ts";
import { currentStanding } from "./perform.ts";
import type { Standing } from "./standing.ts";

/** One execution as this machine remembers it: its journal, and up to which report the controller has it. */
export interface Execution {
  readonly id: string;
  readonly journal: Journal;
  acknowledged: number;
}

/** Where executions lie below a state directory: journals are root's own (0700), the packages kept for them are read by apt's own user. */
export function placesOf(stateDir: string) {
  const [executions, archives] = [join(stateDir, "executions"), join(stateDir, "archives")];
  return {
    prepare(): void {
      mkdirSync(executions, { recursive: true, mode: 0o700 });
      mkdirSync(archives, { recursive: true, mode: 0o755 });
    },
    ids: (): string[] => readdirSync(executions),
    directoryOf: (id: string) => join(executions, id),
    archivesOf: (id: string) => join(archives, id),
    /** Each directory that new packages were fetched to. */
    fetched: (): string[] => readdirSync(archives).map((id) => join(archives, id, "new")),
    open(id: string): Execution {
      const directory = join(executions, id);
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      syncDirectory(executions);
      return { id, journal: openJournal(join(directory, "journal")), acknowledged: readAcknowledged(directory) };
    },
    /** Not synced: an acknowledgement that is lost means a report sent twice, which the controller drops by its step. */
    writeAcknowledged: (e: Execution): void =>
      writeFileSync(join(executions, e.id, "acknowledged"), `${e.acknowledged}\n`, { mode: 0o600 }),
  };
}
export type Places = ReturnType<typeof placesOf>;

/** @param replay The command that asks is one that was heard before. */
export const standingFor = (e: Execution, replay: boolean): ExecutionStanding => {
  const s = currentStanding(e.journal);
  return { executionId: e.id, state: s.state, step: s.step, terminal: s.terminal, replay };
};

/** What the execution's packages were, are to be and are, by what was seen last. */
export function packagesOf(s: Standing): Report["packages"] {
  const before = s.prechecked?.before ?? (s.origin.kind === "rollback-received" ? s.origin.before : (s.observed?.packages ?? []));
  const key = (p: { name: string; architecture: string }) => `${p.name}:${p.architecture}`;
  const [then, now] = [new Map(before.map((p) => [key(p), p])), new Map((s.observed?.packages ?? []).map((p) => [key(p), p]))];
  return s.action.packages.map((p) => ({
    name: p.name,
    architecture: p.architecture,
    before: s.origin.kind === "rollback-received" ? p.to : (then.get(key(p))?.version ?? ""),
    wanted: s.origin.kind === "rollback-received" ? (then.get(key(p))?.version ?? "") : p.to,
    after: now.get(key(p))?.version ?? "",
    status: now.get(key(p))?.status ?? "",
  }));
}

function readAcknowledged(directory: string): number {
  try {
    return Number.parseInt(readFileSync(join(directory, "acknowledged"), "utf8"), 10) || 0;
  } catch {
    return 0;
  }
}
