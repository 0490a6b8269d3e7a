import { renameSync, writeFileSync } from "node:fs";
import { it } from "vitest";
import type { Host } from "../testbed.ts";
import { RESULTS_FILE, type Result, readResults } from "./record-format.ts";
import { ROWS } from "./rows.ts";

/** A row's last result takes the place of the one before. */
function keep(result: Result): void {
  const order = new Map(ROWS.map((row, i) => [row.id, i]));
  const all = [...readResults().filter((r) => r.id !== result.id), result].sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0));
  writeFileSync(`${RESULTS_FILE}.part`, `${JSON.stringify(all, null, 2)}\n`);
  renameSync(`${RESULTS_FILE}.part`, RESULTS_FILE);
}

/** What a row is provoked on: a number that no other machine has, and a shell for what it has installed. */
export type Provoked = Pick<Host, "k" | "try">;

const versionsOf = async (host: Provoked): Promise<string> => {
  const names = ["breakwater-agent", "apt", "dnf", "dpkg", "rpm", "systemd", "zypper"];
  const shown = await host.try("dpkg-query", "-W", "-f=${Package} ${Version}\\n", ...names);
  const debian = await host.try("cat", "/etc/debian_version");
  // Of what a host does not have dpkg prints a sentence.
  const installed = shown.out.split("\n").filter((line) => /^\S+ \S+$/.test(line));
  return [`Debian ${debian.out.trim()}`, ...installed.sort()].join(", ");
};

/** What runs on a host waits until what ran there before has ended. */
const busy = new Map<number, Promise<unknown>>();
async function alone<T>(hosts: readonly Provoked[], work: () => Promise<T>): Promise<T> {
  const before = hosts.map((h) => busy.get(h.k));
  let free = () => {};
  const mine = new Promise<void>((done) => (free = done));
  for (const host of hosts) busy.set(host.k, mine);
  await Promise.all(before);
  try {
    return await work();
  } finally {
    free();
  }
}

const HOURS = 3_600_000;

/**
 * A test of one row. Rows of different hosts run side by side, those of one host one after another.
 * @param work Provokes the fault, asserts, and says what happened, for the table.
 * @param afterwards Puts away what was provoked, also when an assertion failed, so that the rows after it start clean.
 */
export function fault(
  id: string,
  on: readonly [Provoked, ...Provoked[]],
  provoked: string,
  work: () => Promise<string>,
  afterwards?: () => Promise<unknown>,
): void {
  const row = ROWS.find((r) => r.id === id);
  if (!row || row.notRun !== undefined) throw new Error(`${id} is no row of the catalogue that runs.`);
  it.concurrent(`${id}: ${row.fault}`, { timeout: 2 * HOURS }, () =>
    alone(on, async () => {
      let result: Pick<Result, "passed" | "happened"> = { passed: false, happened: "" };
      try {
        result = { passed: true, happened: (await work()).replace(/\s+/g, " ").trim() };
      } catch (error) {
        result = {
          passed: false,
          happened: String((error as Error).message)
            .replace(/\s+/g, " ")
            .slice(0, 600),
        };
        throw error;
      } finally {
        // What failed first is what is told; a mess that is left shows in the rows after it too.
        await afterwards?.().catch((error: Error) => {
          if (result.passed) throw error;
          console.error(`Putting away what ${id} provoked: ${error.message}`);
        });
        keep({ id, ...result, provoked, at: new Date().toISOString().slice(0, 10), versions: await versionsOf(on[0]) });
      }
    }),
  );
}
