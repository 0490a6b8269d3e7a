import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { execa } from "execa";
import { describe, expect } from "vitest";
import type { JournalRecord } from "../../../agent/src/execution/records.ts";
import { timesUpgraded } from "../endpoint.ts";
import { MINUTE } from "../fleet.ts";
import { type Host, until } from "../testbed.ts";
import { nameOf, rootOf, watchNext } from "./eyes.ts";
import { agree, began, dpkgIsSound, ENDED, ensuring, type Lab, said } from "./lab.ts";
import { fault } from "./record.ts";

/** Where this machine keeps what belongs to a host that runs, by the host's number. */
const RUN = `${process.env.TESTBED_ROOT ?? "/var/tmp/testbed"}/run`;

/** Stops the executor at the first record of this name, does something to its machine, and lets it go on. */
async function pausedAt(
  host: Host,
  name: string,
  during: () => Promise<unknown>,
  meanwhile: (executor: readonly number[]) => Promise<void>,
): Promise<void> {
  let done: Promise<void> | undefined;
  const watch = await watchNext(
    host,
    () => true,
    (records: readonly JournalRecord[], executor) => {
      if (!records.some((r) => nameOf(r) === name)) return false;
      for (const pid of executor) process.kill(pid, "SIGSTOP");
      done = meanwhile(executor).finally(() => {
        for (const pid of executor) goOn(pid);
      });
      return true;
    },
  );
  await during().finally(watch.stop);
  expect(done, `the record “${name}” was met`).toBeDefined();
  await done;
}

/** One that is gone by now needs no signal. */
function goOn(pid: number): void {
  try {
    process.kill(pid, "SIGCONT");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** A moment of an execution, by the journal's record; a package whose change comes by there, and how that may end. */
interface Phase {
  readonly at: string;
  readonly package: string;
  readonly ends: readonly string[];
}
const PHASES: readonly Phase[] = [
  { at: "apply-received", package: "bw-conffile", ends: ["succeeded"] },
  { at: "prefetched", package: "bw-conffile", ends: ["succeeded"] },
  { at: "began apply", package: "bw-slow", ends: ["succeeded", "rolled-back"] },
  { at: "report verifying", package: "bw-conffile", ends: ["succeeded"] },
  { at: "began restore", package: "bw-badpostinst", ends: ["rolled-back"] },
  { at: "avoided", package: "bw-badpostinst", ends: ["rolled-back"] },
];
const PHASE_NAMES = PHASES.map((p) => p.at).join(", ");

/**
 * One execution for each phase: the executor is stopped there, `disturb` does something to its machine, it goes on, and `mend` has
 * the last word. Controller, journal and package manager must agree on the end, and nothing be half done.
 * @param besides ends that are right besides those of an execution that nothing disturbs for good
 */
async function atEachPhase(
  lab: Lab,
  host: Host,
  disturb: (executor: readonly number[]) => Promise<unknown>,
  mend: (deploymentId: string) => Promise<unknown>,
  besides: readonly string[] = [],
): Promise<string> {
  const told: string[] = [];
  for (const phase of PHASES) {
    const plan = await lab.approved(host, { [phase.package]: "1.1" });
    let ended: Awaited<ReturnType<Lab["deployed"]>> | undefined;
    let met = false;
    let disturbed: Promise<unknown> = Promise.resolve();
    await pausedAt(
      host,
      phase.at,
      async () => {
        ended = await lab.deployed(host, plan, async (id) => {
          await until(`${phase.at} to be met`, 5 * MINUTE, async () => met);
          await disturbed;
          await mend(id);
        });
      },
      async (executor) => {
        met = true;
        disturbed = disturb(executor);
        await disturbed;
      },
    );
    const { execution, executionId } = ended as NonNullable<typeof ended>;
    expect([...phase.ends, ...besides], `${phase.at}: ${said(execution)}`).toContain(execution.state);
    await agree(host, executionId, execution.state);
    expect(await host.package(phase.package), `after ${phase.at}`).toBe(`ii ${execution.state === "succeeded" ? "1.1" : "1.0"}`);
    await dpkgIsSound(host);
    told.push(`${phase.at}: ${execution.state} (${(await began(host, executionId)).join(", ") || "nothing begun"})`);
    await lab.reset(host, phase.package);
  }
  return `${told.join("; ")}. Controller, journal and dpkg agreed each time.`;
}

/** Takes all space of a host's disk, down to the last block. */
async function fill(root: string): Promise<void> {
  const filler = `${root}/var/lib/filler`;
  await execa("dd", ["if=/dev/zero", `of=${filler}`, "bs=1M"], { reject: false, stdio: "ignore" });
  await execa("dd", ["if=/dev/zero", `of=${filler}-2`, "bs=512"], { reject: false, stdio: "ignore" });
}
const empty = (host: Host) => host.sh("rm -f /var/lib/filler /var/lib/filler-2");
/** Whether nothing of a change is at work, and no journal grew, over five looks: the executor cannot go on. */
async function quiet(host: Host): Promise<true> {
  let last = "";
  let same = 0;
  return until("the executor to have come to a stop", 5 * MINUTE, async () => {
    const { out } = await host.try(
      "sh",
      "-c",
      "stat -c %s /var/lib/breakwater-executor/executions/*/journal; pgrep -l '^(apt|apt-get|dpkg)$'",
    );
    same = out === last && !/apt|dpkg/.test(out) ? same + 1 : 0;
    last = out;
    return same >= 5;
  });
}

/** The host's disk as ext4 sees it: an error makes it read-only, as on most servers, and what writes it is told so. */
async function breakDisk(host: Host): Promise<() => Promise<void>> {
  const directory = `${RUN}/${host.k}`;
  const inside = ["-t", readFileSync(`${directory}/pid`, "utf8").trim(), "-m"];
  await execa("nsenter", [...inside, "mount", "-o", "remount,errors=remount-ro", `${directory}/disk`]);
  const device = (await execa("nsenter", [...inside, "findmnt", "-n", "-o", "SOURCE", `${directory}/disk`])).stdout.trim();
  return async () => writeFileSync(`/sys/fs/ext4/${basename(device)}/trigger_fs_error`, "a test of the catalogue");
}

/**
 * Puts processes of a host into a control group that may have no memory. What they hold stays counted where it was, so they live
 * until they want their next page: then the kernel ends one, as it does when a host has none left.
 * @returns how many it ended so far, and what takes the group away once nothing is in it
 */
function starve(host: Host, pids: readonly number[]): { ended(): number; end(): void } {
  const groups = readFileSync(`${RUN}/${host.k}/groups`, "utf8").trim().split("\n");
  const versionOne = groups.find((g) => g.startsWith("/sys/fs/cgroup/memory/"));
  const group = `${versionOne ?? groups[0]}-starved`;
  if (!existsSync(group)) mkdirSync(group);
  writeFileSync(`${group}/${versionOne ? "memory.limit_in_bytes" : "memory.max"}`, "0");
  for (const pid of pids) writeFileSync(`${group}/cgroup.procs`, String(pid));
  return {
    ended: () =>
      Number(/^oom_kill (\d+)$/m.exec(readFileSync(`${group}/${versionOne ? "memory.oom_control" : "memory.events"}`, "utf8"))?.[1]),
    end: () => rmdirSync(group),
  };
}

/** What storage and want of memory do to an execution. @param hosts for power losses, for full disks, and for one that fails */
export function storageRows(lab: Lab, [h1, h2, h3]: readonly [Host, Host, Host]): void {
  describe.concurrent("a host whose power fails", () => {
    fault("P1", [h1], `All stops at once, what was not synced is gone, at: ${PHASE_NAMES}.`, async () => {
      const told: string[] = [];
      for (const phase of PHASES) {
        const plan = await lab.approved(h1, { [phase.package]: "1.1" });
        let power: Promise<string> | undefined;
        const watch = await watchNext(
          h1,
          () => true,
          (records) => {
            if (!records.some((r) => nameOf(r) === phase.at)) return false;
            power = h1.kill();
            return true;
          },
        );
        const { execution, executionId } = await lab.deployed(h1, plan, async () => {
          await watch.done;
          await power;
          await h1.start();
        });
        expect(phase.ends, `${phase.at}: ${said(execution)}`).toContain(execution.state);
        await agree(h1, executionId, execution.state);
        const wanted = execution.state === "succeeded" ? "1.1" : "1.0";
        expect(await h1.package(phase.package), `after ${phase.at}`).toBe(`ii ${wanted}`);
        await dpkgIsSound(h1);
        told.push(`${phase.at}: ${execution.state} (${(await began(h1, executionId)).join(", ") || "nothing begun"})`);
        await lab.reset(h1, phase.package);
      }
      return `${told.join("; ")}. Controller, journal and dpkg agreed each time.`;
    });

    fault(
      "P7",
      [h1],
      `The executor is stopped, may have no page of memory more, and goes on, so that the kernel ends it, at: ${PHASE_NAMES}.`,
      async () => {
        let starved: ReturnType<typeof starve> | undefined;
        return atEachPhase(
          lab,
          h1,
          async (executor) => {
            starved = starve(h1, executor);
          },
          async () => {
            await until("the kernel to end the executor", MINUTE, async () => (starved?.ended() ?? 0) > 0);
            await until("it to be gone", MINUTE, async () => {
              starved?.end();
              return true;
            });
          },
        );
      },
    );
  });

  describe.concurrent("a host whose disk is full", () => {
    fault(
      "P2",
      [h2],
      "The root file system is filled to the last block, then an approved plan is deployed; then there is room and a new one comes.",
      async () => {
        const plan = await lab.approved(h2, { "bw-conffile": "1.1" });
        await fill(await rootOf(h2));
        const full = await ensuring(
          () => lab.deployed(h2, plan),
          () => empty(h2),
        );
        expect(["refused", "failed"]).toContain(full.execution.state);
        expect(full.execution.message).toMatch(/no space left|free/i);
        expect(await h2.package("bw-conffile")).toBe("ii 1.0");
        await dpkgIsSound(h2);
        const next = await lab.run(h2, { "bw-conffile": "1.1" });
        expect(next.execution.state).toBe("succeeded");
        await lab.reset(h2, "bw-conffile");
        return `${said(full.execution)} With room again the next plan ${next.execution.state}.`;
      },
    );

    fault(
      "P3",
      [h2],
      "The executor is stopped (SIGSTOP) when the old and the new bytes are at hand, the disk is filled to the last block, and it goes on; room comes once it could not go on.",
      async () => {
        const plan = await lab.approved(h2, { "bw-conffile": "1.1" });
        const root = await rootOf(h2);
        const before = await timesUpgraded(h2, "bw-conffile", "1.1");
        let ended: Awaited<ReturnType<Lab["deployed"]>> | undefined;
        await pausedAt(
          h2,
          "kept",
          async () => {
            ended = await lab.deployed(h2, plan, async (id) => {
              await until("the executor to say that it cannot go on", 5 * MINUTE, async () => {
                const cell = lab.fleet.cellOf(await lab.controller.deployment(id), h2);
                const { out } = await h2.try("sh", "-c", "journalctl -q -u breakwater-executor --since -10min | tail -n 50");
                return ENDED.includes(cell?.state ?? "") || /an execution stopped|failed in an unforeseen way/.test(out);
              });
              await empty(h2);
            });
          },
          () => fill(root),
        );
        const { execution, executionId } = ended as NonNullable<typeof ended>;
        expect(["succeeded", "failed", "rolled-back"]).toContain(execution.state);
        await agree(h2, executionId, execution.state);
        expect(await h2.package("bw-conffile")).toBe(execution.state === "succeeded" ? "ii 1.1" : "ii 1.0");
        expect((await timesUpgraded(h2, "bw-conffile", "1.1")) - before).toBeLessThanOrEqual(2);
        await dpkgIsSound(h2);
        await lab.reset(h2, "bw-conffile");
        return `${(await began(h2, executionId)).join(", ") || "Nothing began"}. ${said(execution)}`;
      },
    );
  });

  describe.concurrent("a host whose disk fills or fails at any moment", () => {
    fault(
      "P3b",
      [h2],
      `The executor is stopped, the disk is filled to the last block, and it goes on, at: ${PHASE_NAMES}. Room comes once nothing moved any more.`,
      async () => {
        const root = await rootOf(h2);
        return ensuring(
          () =>
            atEachPhase(
              lab,
              h2,
              () => fill(root),
              async () => {
                await quiet(h2);
                await empty(h2);
              },
              ["failed", "rolled-back"],
            ),
          () => empty(h2),
        );
      },
    );

    fault(
      "P4b",
      [h3],
      `The executor is stopped, ext4 meets an error and makes the disk read-only, and it goes on, at: ${PHASE_NAMES}. The power is cycled once nothing moved any more.`,
      async () =>
        atEachPhase(
          lab,
          h3,
          async () => (await breakDisk(h3))(),
          async () => {
            await until("the disk to be read-only", 5 * MINUTE, async () => (await h3.try("touch", "/var/lib/probe")).exitCode !== 0);
            await quiet(h3);
            await h3.kill();
            await h3.start();
          },
          ["failed", "rolled-back"],
        ),
    );
  });

  describe.concurrent("a host whose disk fails", () => {
    fault(
      "P4",
      [h3],
      "The executor is stopped when old and new bytes are at hand, ext4 meets an error and makes the disk read-only, and the executor goes on; the power is cycled once it could not go on.",
      async () => {
        const plan = await lab.approved(h3, { "bw-conffile": "1.1" });
        const before = await timesUpgraded(h3, "bw-conffile", "1.1");
        const fail = await breakDisk(h3);
        let ended: Awaited<ReturnType<Lab["deployed"]>> | undefined;
        await pausedAt(
          h3,
          "kept",
          async () => {
            ended = await lab.deployed(h3, plan, async () => {
              await until("the disk to be read-only", 5 * MINUTE, async () => (await h3.try("touch", "/var/lib/probe")).exitCode !== 0);
              await quiet(h3);
              expect(await h3.package("bw-conffile")).toBe("ii 1.0");
              await h3.kill();
              await h3.start();
            });
          },
          fail,
        );
        const { execution, executionId } = ended as NonNullable<typeof ended>;
        expect(execution.state, said(execution)).toBe("succeeded");
        await agree(h3, executionId, "succeeded");
        expect(await h3.package("bw-conffile")).toBe("ii 1.1");
        expect((await timesUpgraded(h3, "bw-conffile", "1.1")) - before).toBe(1);
        await dpkgIsSound(h3);
        await lab.reset(h3, "bw-conffile");
        return `Nothing changed while the journal could not be written; taken up after the power came back: ${said(execution)}`;
      },
    );
  });
}
