import { describe, expect } from "vitest";
import type { JournalRecord } from "../../../agent/src/execution/records.ts";
import { timesUpgraded } from "../endpoint.ts";
import type { Host } from "../testbed.ts";
import { AGENT, EXECUTOR, journalOf, nameOf, processesOf, watchNext } from "./eyes.ts";
import { agree, dpkgIsSound, type Ended, type Lab, said } from "./lab.ts";
import { fault } from "./record.ts";

interface Subject {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** What it brings that the host does not have. */
  readonly brings?: { readonly name: string; readonly version: string };
}
const PACKAGE: Subject = { name: "bw-conffile", from: "1.0", to: "1.1" };
const BRINGING: Subject = { name: "bw-meta", from: "1.0", to: "1.1", brings: { name: "bw-kernel-2", version: "1.0" } };
/** Rounds until each record was met: the executor may be past one before the signal reaches it. */
const ROUNDS = 8;
/** A unit that restarts three times after a patch is a crash loop to the judge, the executor no less than others: it would undo the patch. */
const KILLS_BELOW_A_LOOP = 2;

const isRollback = (id: string): boolean => id.endsWith("_rb");

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

/**
 * Kills a host's executor (SIGKILL) whenever the next execution's journal got to one of these records, until it has ended.
 * @returns the records at which an executor really ended: what the journal held when the process was gone, and before
 *   the next one, which systemd starts a second later, wrote anything.
 */
async function killAt(
  host: Host,
  wanted: (id: string) => boolean,
  records: ReadonlySet<string>,
  during: () => Promise<void>,
  most = Number.POSITIVE_INFINITY,
): Promise<{ met: Set<string>; kills: number }> {
  const ends: string[] = [];
  let target: number | undefined;
  const watch = await watchNext(host, wanted, (journal, executor) => {
    const last = named(journal).at(-1) ?? "";
    const [pid] = executor;
    if (pid === undefined || pid === target) {
      // The signal is on its way, and this record came before it arrived.
      if (target !== undefined) ends[ends.length - 1] = last;
    } else if (records.has(last) && ends.length < most) {
      process.kill(pid, "SIGKILL");
      target = pid;
      ends.push(last);
    }
    return false;
  });
  await during().finally(watch.stop);
  return { met: new Set(ends), kills: ends.length };
}

type Some = readonly [Host, ...Host[]];

/** The first round: one host gets all records; a second one each second record, so that no kills are neighbours. */
const firstRound = (records: readonly string[]): ReadonlySet<string>[] => [
  new Set(records),
  new Set(records.filter((_r, i) => i % 2 === 0)),
];

type Round = (host: Host, records: ReadonlySet<string>) => Promise<{ met: Set<string>; kills: number }>;

/**
 * What a killed executor leaves to the next one.
 * @param on hosts for an execution and its rollback, for one that undoes itself, and for one where all of the agent is killed
 */
export function killRows(lab: Lab, on: { there: Some; undone: Some; together: Host }): void {
  const [h1] = on.there;
  const [h3] = on.undone;
  const h5 = on.together;
  /** Rounds on all of these hosts at once until every record was met. @returns how many kills there were */
  async function untilMet(hosts: Some, names: readonly string[], round: Round, rounds = ROUNDS): Promise<number> {
    expect(names.length).toBeGreaterThan(3);
    const met = new Set<string>();
    let kills = 0;
    for (let n = 0; n < rounds && met.size < names.length; n++) {
      const left = names.filter((name) => !met.has(name));
      const shares =
        n === 0 ? firstRound(left) : hosts.map((_, i) => new Set(left.filter((_name, j) => j % hosts.length === i || left.length === 1)));
      const found = await Promise.all(hosts.map((host, i) => round(host, shares[i] ?? new Set())));
      for (const one of found) {
        kills += one.kills;
        for (const name of one.met) met.add(name);
      }
    }
    expect(names.filter((name) => !met.has(name))).toEqual([]);
    return kills;
  }

  async function there(host: Host, records: ReadonlySet<string>, { name, from, to, brings }: Subject = PACKAGE) {
    const plan = await lab.approved(host, { [name]: to });
    const before = await timesUpgraded(host, name, to);
    const broughtBefore = brings ? await timesUpgraded(host, brings.name, brings.version) : 0;
    let ended: Ended | undefined;
    const found = await killAt(
      host,
      (id) => !isRollback(id),
      records,
      async () => {
        ended = await lab.deployed(host, plan);
      },
      KILLS_BELOW_A_LOOP,
    );
    if (!ended) throw new Error("the execution has no end");
    expect(ended.execution.state, said(ended.execution)).toBe("succeeded");
    await agree(host, ended.executionId, "succeeded");
    expect(await host.package(name)).toBe(`ii ${to}`);
    expect((await timesUpgraded(host, name, to)) - before, `upgrades from ${from} on ${host.name}`).toBe(1);
    if (brings) {
      expect(await host.package(brings.name)).toBe(`ii ${brings.version}`);
      expect((await timesUpgraded(host, brings.name, brings.version)) - broughtBefore, `times that ${brings.name} came`).toBe(1);
    }
    await dpkgIsSound(host);
    return { ...found, ended };
  }

  async function back(
    host: Host,
    { deployment, executionId }: Ended,
    records: ReadonlySet<string>,
    { name, from, brings }: Subject = PACKAGE,
  ) {
    const before = await timesUpgraded(host, name, from);
    const found = await killAt(host, isRollback, records, async () => {
      expect((await lab.takenBack(host, deployment.id)).state).toBe("rolled-back");
    });
    await agree(host, `${executionId}_rb`, "rolled-back");
    expect(await host.package(name)).toBe(`ii ${from}`);
    expect((await timesUpgraded(host, name, from)) - before, `ways back on ${host.name}`).toBe(1);
    if (brings) expect(await host.package(brings.name)).toBe("");
    await dpkgIsSound(host);
    await lab.reset(host, name);
    return found;
  }

  describe.concurrent("an executor that is killed", () => {
    const NONE: ReadonlySet<string> = new Set();
    const how =
      "A watcher outside of the host sees a record appear in the journal and kills the executor (SIGKILL), again and again, until every record was met";

    fault("K1", on.there, `${how}.`, async () => {
      const undisturbed = await there(h1, NONE);
      const names = named(await journalOf(h1, undisturbed.ended.executionId));
      await back(h1, undisturbed.ended, NONE);
      const kills = await untilMet(
        on.there,
        names,
        async (host, records) => {
          const { ended, ...found } = await there(host, records);
          await back(host, ended, NONE);
          return found;
        },
        2 * ROUNDS,
      );
      return `All ${names.length} records were met in ${kills} kills (${names.join(", ")}). Each execution succeeded; controller, journal and dpkg agreed; dpkg's log has the upgrade once.`;
    });

    fault("K2", on.there, `${how}; of the rollback that a person asked for.`, async () => {
      const first = await there(h1, NONE);
      await back(h1, first.ended, NONE);
      const names = named(await journalOf(h1, `${first.ended.executionId}_rb`));
      const kills = await untilMet(on.there, names, async (host, records) => back(host, (await there(host, NONE)).ended, records));
      return `All ${names.length} records were met in ${kills} kills (${names.join(", ")}). Each time the version of before was back, once.`;
    });

    fault("K3", on.undone, `${how}; of bw-badpostinst 1.1, whose execution fails and undoes itself.`, async () => {
      const once: Round = async (host, records) => {
        const plan = await lab.approved(host, { "bw-badpostinst": "1.1" });
        let ended: Ended | undefined;
        const found = await killAt(
          host,
          () => true,
          records,
          async () => {
            ended = await lab.deployed(host, plan);
          },
        );
        expect(ended?.execution).toMatchObject({ state: "rolled-back", failureClass: "maintainer-script" });
        await agree(host, ended?.executionId ?? "", "rolled-back");
        expect(await host.package("bw-badpostinst")).toBe("ii 1.0");
        await dpkgIsSound(host);
        last.set(host, ended?.executionId ?? "");
        await lab.reset(host, "bw-badpostinst");
        return found;
      };
      const last = new Map<Host, string>();
      await once(h3, NONE);
      const names = named(await journalOf(h3, last.get(h3) ?? ""));
      const kills = await untilMet(on.undone, names, once);
      return `All ${names.length} records were met in ${kills} kills (${names.join(", ")}). Each time 1.0 was back and the cause was told.`;
    });

    fault("K5", on.there, `${how}; of bw-meta 1.1, which brings bw-kernel-2, and of the rollback that a person asked for.`, async () => {
      const first = await there(h1, NONE, BRINGING);
      await back(h1, first.ended, NONE, BRINGING);
      const names = named(await journalOf(h1, first.ended.executionId));
      const namesBack = named(await journalOf(h1, `${first.ended.executionId}_rb`));
      const kills = await untilMet(
        on.there,
        names,
        async (host, records) => {
          const { ended, ...found } = await there(host, records, BRINGING);
          await back(host, ended, NONE, BRINGING);
          return found;
        },
        2 * ROUNDS,
      );
      const killsBack = await untilMet(on.there, namesBack, async (host, records) =>
        back(host, (await there(host, NONE, BRINGING)).ended, records, BRINGING),
      );
      return `All ${names.length} and ${namesBack.length} records were met in ${kills} and ${killsBack} kills. Each time both packages came once, and each time the new one alone was gone again and 1.0 was back, once.`;
    });

    fault("K4", [h5], "Executor and connection part are killed (SIGKILL) while the postinst of bw-slow runs.", async () => {
      const plan = await lab.approved(h5, { "bw-slow": "1.1" });
      let killed = 0;
      const watch = await watchNext(
        h5,
        () => true,
        (records) => records.some((r) => r.kind === "transaction-began"),
      );
      const { execution, executionId } = await lab.deployed(h5, plan, async () => {
        await watch.done;
        for (const part of [EXECUTOR, AGENT]) for (const pid of await processesOf(h5, part)) killed += process.kill(pid, "SIGKILL") ? 1 : 0;
      });
      expect(killed).toBe(2);
      expect(execution.state).toBe("succeeded");
      await agree(h5, executionId, "succeeded");
      expect(await timesUpgraded(h5, "bw-slow", "1.1")).toBe(1);
      await dpkgIsSound(h5);
      await lab.reset(h5, "bw-slow");
      return `Both came back, the transaction was re-attached to and applied once: ${said(execution)}`;
    });
  });
}
