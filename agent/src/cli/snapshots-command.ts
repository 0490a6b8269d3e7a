import { existsSync } from "node:fs";
import { join } from "node:path";
import { formatInstant, ProblemError, systemClock } from "@breakwater/shared/core";
import type { Command } from "commander";
import { openJournal, standingOf } from "../execution/index.ts";
import { EXECUTOR_STATE_DIR } from "../executor/protocol.ts";
import { runTool } from "../packages/index.ts";
import { createSnapshots } from "../snapshots/index.ts";

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** `breakwater-agent snapshots`: the last resort, by a person at the machine alone. */
export function addSnapshotsCommand(command: (name: string, description: string) => Command): void {
  command("snapshots", "list what is kept of the root file system from before changes, or go back to it (as root)")
    .argument("[restore]", "go back at the next boot")
    .argument("[execution]", "to the state before this execution's change")
    .option("--discard-changes", "agree that all that was written to the root file system since is set aside")
    .action(async (action: string | undefined, id: string | undefined, flags: { discardChanges?: boolean }) => {
      if (process.getuid?.() !== 0)
        throw new ProblemError({ code: "not-root", message: "Snapshots are root's to see.", next: "Run it with sudo." });
      if (action === undefined) return say(await listed());
      if (action !== "restore" || id === undefined)
        throw new ProblemError({
          code: "arguments-malformed",
          message: "Write `breakwater-agent snapshots`, or `breakwater-agent snapshots restore EXECUTION`.",
        });
      if (!flags.discardChanges)
        throw new ProblemError({
          code: "not-agreed",
          message: `All that was written to the root file system since ${id} began would be set aside: logs, data and accounts that lie on it too.`,
          next: "Say so with --discard-changes.",
        });
      const aside = await createSnapshots(runTool).restore(id, (copy) => setAside(copy, id), say);
      say(
        `The next boot has the root file system of before ${id}. The present one stays as ${aside}; /boot and other file systems stay as they are.`,
      );
    });
}

async function listed(): Promise<string> {
  const all = await createSnapshots(runTool).list();
  if (all.length === 0)
    return "None. They are taken before changes where the root is btrfs or a thin logical volume, and `snapshots` in agent.yaml is not off.";
  return all.map(({ id, takenAt, path }) => `${id}  ${takenAt || "taken at an unknown time"}  ${path}`).join("\n");
}

/** In the copy the execution has only begun; it must not go on there and do again what was gone back from. */
export async function setAside(copy: string, id: string): Promise<void> {
  const path = join(copy, EXECUTOR_STATE_DIR, "executions", id, "journal");
  if (!existsSync(path)) return;
  const journal = openJournal(path);
  try {
    if (standingOf(journal.records)?.terminal === false)
      journal.append({
        kind: "cancel-asked",
        at: formatInstant(systemClock.now()),
        reason: "A person went back to the root file system of before it.",
      });
  } finally {
    journal.close();
  }
}
