import { existsSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect } from "vitest";
import type { JournalRecord } from "../../../agent/src/execution/records.ts";
import { timesUpgraded } from "../endpoint.ts";
import type { Host } from "../testbed.ts";
import { AGENT, EXECUTOR, journalOf, nameOf, processesOf, watchNext } from "./eyes.ts";
import { agree, dpkgIsSound, type Ended, Lab } from "./lab.ts";
import { fault } from "./record.ts";

const lab = new Lab([1, 2, 3, 4]);
const [h1, h2, h3, h4] = lab.hosts as [Host, Host, Host, Host];
const all: [Host, ...Host[]] = [h1, h2, h3, h4];
/** How often a record is tried again when the executor was already past it at its end. */
const TRIES = 6;

beforeAll(() => lab.start({ "bw-conffile": "1.1", "bw-badpostinst": "1.1", "bw-slow": "1.1" }));
afterAll(() => lab.stop());

const isRollback = (id: string): boolean => id.endsWith("_rb");

/**
 * Kills a host's executor at the moment that the watched journal has so many records; without a number, never.
 * @returns how many it had when it was killed
 */
async function killAt(
  host: Host,
  wanted: (id: string) => boolean,
  count: number | undefined,
  during: () => Promise<void>,
): Promise<number> {
  if (count === undefined) return during().then(() => 0);
  let killed: readonly number[] = [];
  const watch = await watchNext(host, wanted, (records, executor) => {
    if (records.length < count) return false;
    for (const pid of executor) process.kill(pid, "SIGKILL");
    killed = executor;
    return true;
  });
  const met = watch.done.then(async ({ executionId }) => {
    // systemd starts the next one a second later: until then the journal is as the killed one left it.
    while (killed.some((pid) => existsSync(`/proc/${pid}`))) await wait(5);
    return (await journalOf(host, executionId)).length;
  });
  met.catch(() => undefined);
  await during().finally(watch.stop);
  expect(killed.length, `processes killed at record ${count}`).toBe(1);
  return met;
}

const PACKAGE = { name: "bw-conffile", from: "1.0", to: "1.1" } as const;

/** The names of an execution's records, each with its number among those of its name: "observed 2". */
function named(records: readonly JournalRecord[]): string[] {
  const seen = new Map<string, number>();
  return records.map((r) => {
    const name = nameOf(r);
    const n = (seen.get(name) ?? 0) + 1;
    seen.set(name, n);
    return n === 1 ? name : `${name} ${n}`;
  });
}

/** Works through numbers 1..count on all hosts at once; each host takes the next that is left. */
async function shared(
  count: number,
  hosts: readonly Host[],
  one: (host: Host, number: number) => Promise<number>,
): Promise<Map<number, number>> {
  const left = Array.from({ length: count }, (_, i) => ({ number: i + 1, tries: TRIES }));
  const met = new Map<number, number>();
  await Promise.all(
    hosts.map(async (host) => {
      for (let job = left.shift(); job; job = left.shift()) {
        if (met.has(job.number)) continue;
        const at = await one(host, job.number);
        met.set(at, (met.get(at) ?? 0) + 1);
        if (at !== job.number && job.tries > 1) left.push({ ...job, tries: job.tries - 1 });
      }
    }),
  );
  return met;
}

const everyRecord = (met: ReadonlyMap<number, number>, names: readonly string[]): string[] => names.filter((_, i) => !met.has(i + 1));

describe("an executor that is killed", () => {
  let undisturbed: { apply: string[]; back: string[] };
  beforeAll(async () => {
    const { deployment, executionId } = await lab.run(h1, { "bw-conffile": "1.1" });
    await lab.takenBack(h1, deployment.id);
    undisturbed = { apply: named(await journalOf(h1, executionId)), back: named(await journalOf(h1, `${executionId}_rb`)) };
    await lab.reset(h1, "bw-conffile");
  });

  /** One execution with a kill, taken back with another kill; what must hold after each. */
  async function thereAndBack(host: Host, there: number | undefined, back: number | undefined): Promise<{ there: number; back: number }> {
    const { name, from, to } = PACKAGE;
    const plan = await lab.approved(host, { [name]: to });
    const times = [await timesUpgraded(host, name, to), await timesUpgraded(host, name, from)] as const;
    let ended: Ended | undefined;
    const go = async () => {
      ended = await lab.deployed(host, plan);
    };
    const metThere = await killAt(host, (id) => !isRollback(id), there, go);
    if (!ended) throw new Error("the execution has no end");
    expect(ended.execution.state, ended.execution.message).toBe("succeeded");
    await agree(host, ended.executionId, "succeeded");
    expect(await host.package(name)).toBe(`ii ${to}`);
    expect(await timesUpgraded(host, name, to)).toBe(times[0] + 1);
    await dpkgIsSound(host);

    const { deployment, executionId } = ended;
    const undo = async () => {
      expect((await lab.takenBack(host, deployment.id)).state).toBe("rolled-back");
    };
    const metBack = await killAt(host, isRollback, back, undo);
    await agree(host, `${executionId}_rb`, "rolled-back");
    expect(await host.package(name)).toBe(`ii ${from}`);
    expect(await timesUpgraded(host, name, from)).toBe(times[1] + 1);
    await dpkgIsSound(host);
    await host.sh("rm -f /etc/apt/preferences.d/breakwater-hold-*");
    return { there: metThere, back: metBack };
  }

  fault(
    "K1",
    all,
    "A watcher outside of the host sees a record appear and kills the executor (SIGKILL), once for each record.",
    async () => {
      const names = undisturbed.apply;
      const met = await shared(names.length, all, async (host, number) => (await thereAndBack(host, number, undefined)).there);
      expect(everyRecord(met, names)).toEqual([]);
      return `All ${names.length} records were met (${names.join(", ")}). Each execution succeeded, controller, journal and dpkg agreed, and dpkg's log has the package once.`;
    },
  );

  fault("K2", all, "The same for a rollback that a person asked for.", async () => {
    const names = undisturbed.back;
    const met = await shared(names.length, all, async (host, number) => (await thereAndBack(host, undefined, number)).back);
    expect(everyRecord(met, names)).toEqual([]);
    return `All ${names.length} records were met (${names.join(", ")}). Each time the version of before was back, once.`;
  });

  fault("K3", all, "The same for bw-badpostinst 1.1, whose execution fails and undoes itself.", async () => {
    const first = await lab.run(h1, { "bw-badpostinst": "1.1" });
    const names = named(await journalOf(h1, first.executionId));
    await lab.reset(h1, "bw-badpostinst");
    const met = await shared(names.length, all, async (host, number) => {
      const plan = await lab.approved(host, { "bw-badpostinst": "1.1" });
      let ended: Ended | undefined;
      const at = await killAt(
        host,
        () => true,
        number,
        async () => {
          ended = await lab.deployed(host, plan);
        },
      );
      expect(ended?.execution).toMatchObject({ state: "rolled-back", failureClass: "maintainer-script" });
      await agree(host, ended?.executionId ?? "", "rolled-back");
      expect(await host.package("bw-badpostinst")).toBe("ii 1.0");
      await dpkgIsSound(host);
      await lab.reset(host, "bw-badpostinst");
      return at;
    });
    expect(everyRecord(met, names)).toEqual([]);
    return `All ${names.length} records were met (${names.join(", ")}). Each time 1.0 was back and the cause was told.`;
  });

  fault("K4", [h4], "Executor and connection part are killed (SIGKILL) while the postinst of bw-slow runs.", async () => {
    const plan = await lab.approved(h4, { "bw-slow": "1.1" });
    let killed = 0;
    const watch = await watchNext(
      h4,
      () => true,
      (records) => records.some((r) => r.kind === "transaction-began"),
    );
    const { execution, executionId } = await lab.deployed(h4, plan, async () => {
      await watch.done;
      for (const part of [EXECUTOR, AGENT]) for (const pid of await processesOf(h4, part)) killed += process.kill(pid, "SIGKILL") ? 1 : 0;
    });
    expect(killed).toBe(2);
    expect(execution.state).toBe("succeeded");
    await agree(h4, executionId, "succeeded");
    expect(await timesUpgraded(h4, "bw-slow", "1.1")).toBe(1);
    await dpkgIsSound(h4);
    return `Both came back, the transaction was re-attached to and applied once: ${execution.state}`;
  });
});
