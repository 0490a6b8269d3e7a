import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Instant } from "@breakwater/shared/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PackageManager } from "../packages/index.ts";
import type { Surroundings } from "./perform.ts";
import { deferStarts, startDeferred, startsPrecheck } from "./perform-starts.ts";
import type { JournalRecord } from "./records.ts";
import type { Standing } from "./standing.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "perform-starts-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A machine with these units, up or down, and what systemd was told to do with them. */
function machine(options: {
  units?: Record<string, "active" | "inactive">;
  services?: string[];
  drain?: boolean;
  requests?: string;
  output?: string;
  theirs?: readonly string[];
  excluded?: string[];
  refuses?: string;
  manager?: "apt" | "dnf";
}) {
  const done: string[] = [];
  const records: JournalRecord[] = [];
  writeFileSync(join(directory, "output.log"), options.output ?? "");
  const w = {
    clock: { now: () => Date.parse("2026-01-01T00:00:00Z") as Instant },
    journal: { append: (r: JournalRecord) => records.push(r), records },
    directory,
    configDir: directory,
    manager: { id: options.manager ?? "apt" } as PackageManager,
    deferStarts: async () => ({ services: options.services ?? ["db*", "web"], drain: options.drain ?? false }),
    excludedRestarts: async (units: readonly string[]) => units.filter((u) => options.excluded?.includes(u)),
    starts: {
      look: async () => (options.theirs ? "other" : "none"),
      lay: async (id: string, services: readonly string[]) => done.push(`lay ${id} ${services.join(",")}`) && "laid",
      release: async () => void done.push("release"),
      forbids: async (unit: string) => options.theirs?.includes(unit),
      requests: async () => options.requests ?? "",
      forget: async () => undefined,
    },
    run: async (argv: readonly string[]) => {
      const [, verb = "", ...rest] = argv;
      if (verb === "show") {
        const stdout = Object.entries(options.units ?? {})
          .map(([unit, state]) => `Id=${unit}\nActiveState=${state}\nSubState=running\nUnitFileState=enabled\nFragmentPath=/lib/x\n`)
          .join("\n");
        return { exitCode: 0, stdout, stderr: "", timedOut: false };
      }
      done.push(`${verb} ${rest.at(-1)}`);
      return { exitCode: rest.at(-1) === options.refuses ? 1 : 0, stdout: "", stderr: "it is unwell", timedOut: false };
    },
  } as unknown as Surroundings;
  return { w, done, records };
}
const standing = (deferred?: Partial<NonNullable<Standing["deferred"]>>) =>
  ({ executionId: "ex_1", deferred: deferred && { services: ["db*", "web"], up: [], others: [], logOffset: 0, ...deferred } }) as Standing;

describe("before a change", () => {
  it("what is up is on disk before scripts are kept from starting it", async () => {
    const { w, done, records } = machine({ units: { "web.service": "active", "db-a.service": "active", "cron.service": "active" } });
    await deferStarts(standing(), w);
    expect(records).toMatchObject([
      { kind: "starts-deferred", services: ["db*", "web"], up: ["db-a.service", "web.service"], others: ["cron.service"] },
    ]);
    expect(done).toEqual(["lay ex_1 db*,web"]);
    const none = machine({ services: [] });
    await deferStarts(standing(), none.w);
    expect([none.records, none.done]).toEqual([[], []]);
  });

  it("nothing begins where an owner's own policy-rc.d would let a named service be started, or no script heeds one", async () => {
    const units = { "web.service": "active", "db-a.service": "active" } as const;
    expect((await startsPrecheck(machine({ units, theirs: ["web.service"] }).w)).refused).toMatch(/lets db-a\.service be started/);
    expect(await startsPrecheck(machine({ units, theirs: ["web.service", "db-a.service"] }).w)).toEqual({ drain: false });
    expect((await startsPrecheck(machine({ units, manager: "dnf" }).w)).refused).toMatch(/heed/);
  });

  it("the machine is drained where the owner wants it and one of the services is up", async () => {
    expect((await startsPrecheck(machine({ drain: true, units: { "web.service": "active" } }).w)).drain).toBe(true);
    expect((await startsPrecheck(machine({ drain: true, units: { "cron.service": "active" } }).w)).drain).toBe(false);
    expect((await startsPrecheck(machine({ drain: true, services: [], units: { "web.service": "active" } }).w)).drain).toBe(false);
  });
});

describe("after a change", () => {
  const up = ["db-a.service", "db-b.service", "web.service"];
  it("what was up is started in the owner's order, restarted only where a script wanted that, and left stopped where it was", async () => {
    const units = { "web.service": "inactive", "db-b.service": "active", "db-a.service": "active", "cron.service": "active" } as const;
    const { w, done, records } = machine({ units, requests: "web.service start\ndb-b.service restart\ndb-c.service start\n" });
    await startDeferred(standing({ up, others: ["cron.service"] }), w);
    expect(done).toEqual(["release", "restart db-b.service", "start web.service"]);
    expect(records).toMatchObject([
      {
        kind: "deferred-started",
        units: ["db-b.service", "web.service"],
        notes: [
          "Started after the change, in this order: db-b.service, web.service.",
          "Left stopped, as before, though a package's script would have started it: db-c.service.",
        ],
      },
    ]);
  });

  it("what fell with a refused call is started as well, its socket first, by what was printed since the first transaction", async () => {
    const old = "policy-rc.d returned 101, not running 'restart web.service cron.service'\n";
    const output = `${old}policy-rc.d returned 101, not running 'start helper.socket web.service helper.service'\n`;
    const units = {
      "web.service": "inactive",
      "helper.service": "inactive",
      "helper.socket": "inactive",
      "cron.service": "active",
    } as const;
    const { w, done } = machine({ units, output });
    const others = ["cron.service", "helper.service", "helper.socket"];
    await startDeferred(standing({ up: ["web.service"], others, logOffset: old.length }), w);
    expect(done).toEqual(["release", "start helper.socket", "start web.service", "start helper.service"]);
  });

  it("an excluded service is not restarted but told, and one that does not come up is told", async () => {
    const units = { "web.service": "active", "db-a.service": "inactive" } as const;
    const { w, records } = machine({ units, requests: "web restart\n", excluded: ["web.service"], refuses: "db-a.service" });
    await startDeferred(standing({ up: ["db-a.service", "web.service"] }), w);
    expect(records).toMatchObject([
      { units: [], notes: ["db-a.service could not be started: it is unwell", expect.stringMatching(/^Restart needed: web\.service/)] },
    ]);
  });
});
