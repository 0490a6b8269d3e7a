import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { EXECUTOR_STATE_DIR } from "../../../agent/src/executor/protocol.ts";
import type { Execution } from "../client.ts";
import { timesUpgraded } from "../endpoint.ts";
import { MINUTE, refresh } from "../fleet.ts";
import { type Host, testbed, until } from "../testbed.ts";
import { askExecutor, journalOf, rootOf, watchNext } from "./eyes.ts";
import { agree, began, dpkgIsSound, type Ended, type Lab, said } from "./lab.ts";
import { fault } from "./record.ts";

/** Until the executor was stopped in time. */
const ROUNDS = 8;

/** Turns one bit of a file, as a failing disk does, without touching anything else of it. */
function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(path, bytes, { flag: "r+" });
}
const middleOf = (path: string): number => Math.floor(readFileSync(path).length / 2);
/** Where a line of a file begins, counted from the first; a negative number counts from the last. */
function lineAt(path: string, number: number): number {
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  const index = number < 0 ? lines.length + number : number;
  return Buffer.byteLength(
    lines
      .slice(0, index)
      .map((l) => `${l}\n`)
      .join(""),
  );
}

/** A disk that gives back other bytes than it was given. */
export function damageRows(lab: Lab, host: Host): void {
  const place = async (id: string, ...parts: string[]) =>
    join(await rootOf(host), EXECUTOR_STATE_DIR, ...parts.map((p) => p.replace("ID", id)));
  const debIn = (directory: string) => join(directory, readdirSync(directory).find((f) => f.endsWith(".deb")) ?? "");
  /**
   * Stops the executor when the old bytes are kept and before it looks at them again, damages something, and lets it go on. It may be
   * past that before the signal reaches it: then that round counts for nothing and is taken back.
   */
  const damagedOnceKept = async (damage: (id: string) => Promise<void>): Promise<Ended> => {
    for (let round = 0; round < ROUNDS; round++) {
      const plan = await plain();
      let stopped: readonly number[] = [];
      const known = new Set(readdirSync(await place("", "executions")));
      const watch = await watchNext(
        host,
        (id) => !known.has(id),
        (records, executor) => {
          if (!records.some((r) => r.kind === "kept")) return false;
          stopped = executor;
          for (const pid of executor) process.kill(pid, "SIGSTOP");
          return true;
        },
      );
      const ended = lab.deployed(host, plan);
      const { executionId } = await watch.done;
      const inTime = (await journalOf(host, executionId)).at(-1)?.kind === "kept";
      try {
        if (inTime) await damage(executionId);
      } finally {
        for (const pid of stopped) process.kill(pid, "SIGCONT");
      }
      const result = await ended;
      if (inTime) return result;
      await lab.reset(host, "bw-plain");
    }
    throw new Error(`the executor could not be stopped in time in ${ROUNDS} rounds`);
  };
  const plain = async () => lab.approved(host, { "bw-plain": "1.1" });
  /** Nobody has the old version any more: no repository, no cache. */
  const nowhere = async () => {
    await testbed.repo("withdraw", "bw-plain", "1.0");
    await refresh([host]);
    await host.sh("rm -f /var/cache/apt/archives/bw-plain_* /var/lib/breakwater-executor/archives/*/new/bw-plain_1.0*");
  };
  const offered = async () => {
    await testbed.repo("publish", "bw-plain", "1.0");
    await testbed.repo("publish", "bw-plain", "1.1");
    await refresh([host]);
  };

  describe.concurrent("on a host whose disk changes bytes", () => {
    fault(
      "P5a",
      [host],
      "One bit of a package in the executor's store is turned while the executor is stopped (SIGSTOP): of the new one and of the old one before dpkg begins, and of the old one before a rollback; the old version in the repository, and nowhere.",
      async () => {
        const told: string[] = [];
        const fetched = await damagedOnceKept(async (id) => {
          const deb = debIn(await place(id, "archives", "ID", "new"));
          flip(deb, middleOf(deb));
        });
        expect(fetched.execution).toMatchObject({ state: "failed", failureClass: "hash-mismatch" });
        expect(await began(host, fetched.executionId)).toEqual([]);
        told.push(`new bytes: ${said(fetched.execution)}`);

        const flipOld = async (id: string) => {
          const deb = debIn(await place(id, "archives", "ID", "old"));
          flip(deb, middleOf(deb));
        };
        const lost = await damagedOnceKept(async (id) => {
          await nowhere();
          await flipOld(id);
        });
        expect(lost.execution).toMatchObject({ state: "failed", failureClass: "hash-mismatch" });
        expect(lost.execution.message).toMatch(/no way back any more.*bw-plain 1\.0 changed on the disk.*Nothing was changed/);
        expect(await began(host, lost.executionId)).toEqual([]);
        expect(await host.package("bw-plain")).toBe("ii 1.0");
        told.push(`old bytes, to be had nowhere: ${said(lost.execution)}`);

        await offered();
        const mended = await damagedOnceKept(flipOld);
        expect(mended.execution.state, said(mended.execution)).toBe("succeeded");
        expect(mended.execution.reports.some((r) => /bw-plain 1\.0 had changed on the disk and were fetched again/.test(r.message))).toBe(
          true,
        );
        await flipOld(mended.executionId);
        const back = await lab.takenBack(host, mended.deployment.id);
        expect(back.state).toBe("rolled-back");
        expect(back.reports.some((r) => /fetched again, the same as before/.test(r.message))).toBe(true);
        expect(await host.package("bw-plain")).toBe("ii 1.0");
        told.push(`old bytes, still offered: fetched again before the change and before the way back, which was ${back.state}`);

        await lab.reset(host, "bw-plain");
        const stands = await lab.run(host, { "bw-plain": "1.1" });
        expect(stands.execution.state).toBe("succeeded");
        await nowhere();
        await flipOld(stands.executionId);
        await lab.controller.client.post(`/deployments/${stands.deployment.id}/rollback`, { reason: "to see it go back" });
        const failed = await until("the rollback to fail", 10 * MINUTE, async (): Promise<Execution | undefined> => {
          const e = await lab.fleet.executionOf(await lab.controller.deployment(stands.deployment.id), host);
          return e.state === "rollback-failed" ? e : undefined;
        });
        expect(failed.message).toMatch(
          /Going back is not possible: the kept bytes of bw-plain 1\.0 changed on the disk.*Nothing was undone/,
        );
        expect(await host.package("bw-plain")).toBe("ii 1.1");
        told.push(`before a rollback, to be had nowhere: ${said(failed)}`);
        await dpkgIsSound(host);
        return told.join("; ");
      },
      async () => {
        await offered();
        await lab.reset(host, "bw-plain");
      },
    );

    fault(
      "P5b",
      [host],
      "One bit of a journal is turned: of its last record while the postinst of bw-slow runs, and the executor killed; of a record in the middle, once that execution has ended, and the executor started anew.",
      async () => {
        const before = await timesUpgraded(host, "bw-slow", "1.1");
        const plan = await lab.approved(host, { "bw-slow": "1.1" });
        const { execution, executionId, deployment } = await lab.deployed(host, plan, async () => {
          await until("the script to run", 5 * MINUTE, async () => (await host.try("pgrep", "-f", "^sleep 20")).exitCode === 0, 200);
          await host.sh("systemctl kill -s STOP breakwater-executor.service");
          const [id] = (await host.sh("ls -t /var/lib/breakwater-executor/executions | head -1")).trim().split("\n");
          const journal = await place(id ?? "", "executions", "ID", "journal");
          flip(journal, lineAt(journal, -1) + 100);
          await host.sh("systemctl kill -s KILL breakwater-executor.service");
        });
        expect(execution.state, said(execution)).toBe("succeeded");
        await agree(host, executionId, "succeeded");
        expect((await timesUpgraded(host, "bw-slow", "1.1")) - before).toBe(1);
        const log = await host.sh("journalctl -q -u breakwater-executor --since -10min");
        expect(log).toContain("the end of a journal was unreadable and is cut off");

        const journal = await place(executionId, "executions", "ID", "journal");
        flip(journal, lineAt(journal, 2) + 100);
        const dpkgLog = await host.sh("cat /var/log/dpkg.log");
        await host.sh("systemctl restart breakwater-executor.service");
        const status = await until("the executor to tell of it", MINUTE, async () =>
          (await askExecutor(host, "status")).executions.find((e) => e.executionId === executionId),
        );
        expect(status).toMatchObject({ state: "failed", terminal: true });
        expect(await host.sh("cat /var/log/dpkg.log")).toBe(dpkgLog);
        expect((await host.sh(`ls /var/lib/breakwater-executor/executions/${executionId}`)).split(/\s+/)).toContain("journal.damaged");
        const { message } = (await askExecutor(host, "reports", { afterStep: {} })).find((r) => r.executionId === executionId) ?? {
          message: "",
        };
        const known = await lab.fleet.executionOf(await lab.controller.deployment(deployment.id), host);
        expect(known.state, "what the controller holds is not overwritten").toBe("succeeded");
        const next = await lab.run(host, { "bw-plain": "1.1" });
        expect(next.execution.state, said(next.execution)).toBe("succeeded");
        await dpkgIsSound(host);
        const words =
          message === ""
            ? await host.sh("journalctl -q -u breakwater-executor --since -5min | grep -o 'a journal is damaged: [a-z ]*' | tail -1")
            : message;
        return `Its end was cut off and not believed; the change was applied once: ${execution.state}. In the middle: nothing was run again: “${words.trim()}”; the next plan: ${next.execution.state}.`;
      },
      () => lab.reset(host, "bw-slow", "bw-plain"),
    );
  });
}
