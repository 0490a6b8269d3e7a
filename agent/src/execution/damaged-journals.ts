import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fail } from "@breakwater/shared/core";
import type { Report } from "../executor/protocol.ts";
import { damagedCopyOf } from "./journal.ts";
import type { Standing } from "./standing.ts";

const copyIn = (directory: string): string => damagedCopyOf(join(directory, "journal"));

/** Whether a journal was found damaged, now or at an earlier start: what followed its sound records is not known. */
export const isDamaged = (directory: string): boolean => existsSync(copyIn(directory));

/**
 * The end of an execution whose journal was damaged on the disk. Going on by what is left of it could do a second time what was done
 * since, or undone. Whatever is half done is for the next execution to mend, and for a person to see.
 */
export const endOfDamaged = (s: Standing, records: number, directory: string): Partial<Report> & { state: string } => ({
  // Of a rollback that broke off, nobody knows which versions stand.
  state: s.origin.kind === "rollback-received" ? "rollback-failed" : "failed",
  failureClass: "internal",
  message: `This execution's journal is damaged on the disk after its record ${records}: what was done since then is not known, and nothing more is done by it. Look at the machine; the damaged file is kept as ${copyIn(directory)}.`,
  packageManagerHealth: "",
  terminal: true,
});

/** Journals of which nothing can be believed, so that nobody can say under which plan they ran and how far. */
export function lostJournals(directoryOf: (id: string) => string) {
  const ids = new Set<string>();
  const refused = (id: string) =>
    fail({
      code: "replayed",
      message: `The journal of ${id} is damaged on this machine's disk, so whether this plan ran here is not known.`,
      next: "Look at the machine, and make a new plan.",
    });
  return {
    add: (id: string): void => void ids.add(id),
    /**
     * Why an execution of this id, or another one under its plan, is not begun. The damaged bytes are asked for the plan's digest and for
     * nothing else.
     * @param partly An execution under that plan of whose journal a part can be believed.
     */
    refusal(executionId: string, planDigest: string, partly?: string) {
      if (ids.has(executionId)) return refused(executionId);
      if (partly !== undefined) return refused(partly);
      const under = [...ids].find((id) => readFileSync(copyIn(directoryOf(id))).includes(planDigest));
      return under === undefined ? undefined : refused(under);
    },
  };
}
