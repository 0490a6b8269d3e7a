import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EndpointAction } from "@breakwater/shared/command";
import { formatInstant, type Instant, ok } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { emptyReport } from "../executor/protocol.ts";
import type { PackageManager } from "../packages/index.ts";
import { createGrub, createMachine } from "../reboot/index.ts";
import { noSnapshots } from "../snapshots/index.ts";
import { createExecutions } from "./executions.ts";
import { openJournal } from "./journal.ts";
import { readExecutorSettings } from "./read-settings.ts";
import type { JournalRecord } from "./records.ts";
import { type Retention, retentionSchema } from "./retention.ts";
import { createStarts } from "./starts.ts";
import type { Trust } from "./trust.ts";

const DAY = 86_400_000;
const T0 = Date.parse("2026-01-01T00:00:00Z");
const log = createLogger("test", "silent");
let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "prune-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const at = (days: number) => formatInstant((T0 + days * DAY) as Instant);
const headerOf = (planId: string, revision: number) => ({
  ...{ version: 1, planId, revision, actionsRoot: "0".repeat(64), scheduleDigest: "0".repeat(64) },
  ...{ notBefore: at(0), expiresAt: at(400) },
});
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64");
const actionOf = (planId: string, rollback: boolean): EndpointAction => ({
  ...{ version: 1, planId, endpointId: "ep_1", checks: [], restartServices: false, reboot: "never", rollback },
  packages: [{ manager: "apt", name: "shop", architecture: "all", from: "1.0", to: "1.1" }],
  limits: { commitConfirmMs: 0, lockWaitMs: 0, checkGraceMs: 0, downloadBytesPerSecond: 0 },
});

interface Past {
  readonly id: string;
  readonly day: number;
  readonly planExpires: number;
  readonly rollback?: boolean;
  readonly acknowledged?: boolean;
  readonly revision?: number;
  readonly takesBack?: string;
  /** State of its last report; "": it has no end yet. */
  readonly ends?: string;
}

/** Writes one execution as the executor leaves it behind: a journal with its records, its packages, what was acknowledged. */
function lived({ id, day, planExpires, rollback = true, acknowledged = true, revision = 1, takesBack, ends = "succeeded" }: Past): void {
  const place = join(directory, "executions", id);
  mkdirSync(place, { recursive: true });
  const [when, action] = [at(day), actionOf(`pl_${id}`, rollback)];
  const file = { name: "shop", architecture: "all", version: "1.0", file: join(directory, "archives", id, "old", "shop.deb"), sha256: "" };
  const planHeader = base64(headerOf(`pl_${id}`, revision));
  const request = { action: "", planHeader, proof: [], approvals: [], notAfter: "" };
  const common = { at: when, executionId: id, action };
  const records: JournalRecord[] = [
    takesBack
      ? {
          kind: "rollback-received",
          ...common,
          ofExecutionId: takesBack,
          reason: "harmful",
          kept: [file],
          before: [],
          brought: [],
          rebooted: false,
        }
      : { kind: "apply-received", ...common, request, planDigest: `d_${id}`, planExpiresAt: at(planExpires) },
    { kind: "kept", at: when, files: [{ ...file, source: "cache" }], reversible: true, why: "" },
    { kind: "transaction-began", at: when, purpose: "apply", number: 1, unit: "u", rung: 0, argv: [], logOffset: 0 },
    { kind: "transaction-ended", at: when, number: 1, exit: "exited 0" },
    ...(ends ? [{ kind: "report" as const, at: when, report: { ...emptyReport(id, 1, ends, when), terminal: true } }] : []),
  ];
  const journal = openJournal(join(place, "journal"));
  for (const record of records) journal.append(record);
  journal.close();
  if (acknowledged) writeFileSync(join(place, "acknowledged"), "1\n");
  mkdirSync(join(directory, "archives", id, "old"), { recursive: true });
  writeFileSync(file.file, Buffer.alloc(100_000, 1));
}

/** An executor that starts on a day, over what earlier ones left. What is unfinished waits for systemd's word for ever. */
async function startOn(day: number, retention: Partial<Retention> = {}, uptime = { bootId: `boot of day ${day}`, upMs: 60_000 }) {
  const executions = createExecutions({
    uptime: () => uptime,
    stateDir: directory,
    manager: { repairRungs: [], expireAvoidances: async () => {}, health: () => new Promise(() => {}) } as unknown as PackageManager,
    trust: {
      verify: async (r: { planHeader: string }) => {
        const header = JSON.parse(Buffer.from(r.planHeader, "base64").toString());
        return ok({ action: actionOf(header.planId, true), header, digest: "fresh" });
      },
      endpointId: async () => "ep_1",
      mayReboot: async () => ok(undefined),
      deferStarts: async () => ({ services: [], drain: false }),
      describe: async () => ({ policyMode: "patch", pinnedKeyIds: [] }),
    } as unknown as Trust,
    brakes: { look: async () => {}, haltOn: () => undefined, mayBegin: () => ok(undefined), begins: () => {} },
    run: () => new Promise(() => {}),
    configDir: directory,
    bootLoader: createGrub(() => new Promise(() => {})),
    machine: createMachine(() => new Promise(() => {})),
    snapshots: noSnapshots,
    starts: createStarts(() => Promise.reject(new Error("nothing may run here")), {
      policy: join(directory, "policy-rc.d"),
      requests: directory,
    }),
    clock: { now: () => (T0 + day * DAY) as Instant },
    log,
    version: "test",
    stallMs: 1_000,
    retention: { ...retentionSchema.parse({}), ...retention },
    emit: () => undefined,
    clearTheWay: async () => {},
  });
  await executions.recover();
  return executions;
}
const journals = () => readdirSync(join(directory, "executions")).sort();
const packages = () => readdirSync(join(directory, "archives")).sort();

describe("what ended executions leave", () => {
  it("goes by age: packages after 30 days, the journal after a year", async () => {
    lived({ id: "ex_1", day: 0, planExpires: 9 });
    lived({ id: "ex_2", day: 340, planExpires: 349 });
    await startOn(360);
    expect([journals(), packages()]).toEqual([["ex_1", "ex_2"], ["ex_2"]]);
    await startOn(366);
    expect([journals(), packages()]).toEqual([["ex_2"], ["ex_2"]]);
  });

  it("stays while its plan is in force, which may need the way back and says that the approval is used up", async () => {
    lived({ id: "ex_1", day: 0, planExpires: 500 });
    lived({ id: "ex_2", day: 0, planExpires: 500, rollback: false });
    const executions = await startOn(499, { maxExecutions: 1, maxDays: 1, packageDays: 0, maxMegabytes: 16 });
    expect([journals(), packages()]).toEqual([["ex_1", "ex_2"], ["ex_1"]]);
    expect((await executions.status()).executions).toHaveLength(2);
    await startOn(501, { maxExecutions: 1, maxDays: 1, packageDays: 0 });
    expect([journals(), packages()]).toEqual([[], []]);
  });

  it("lets no age or count take the way back of a plan that ended a short while ago", async () => {
    lived({ id: "ex_1", day: 10, planExpires: 11 });
    await startOn(16, { maxExecutions: 1, packageDays: 0 });
    expect(packages()).toEqual(["ex_1"]);
    await startOn(18, { maxExecutions: 1, packageDays: 0 });
    expect([journals(), packages()]).toEqual([["ex_1"], []]);
  });

  it("gives packages free once the change was taken back, and not while that is under way", async () => {
    lived({ id: "ex_1", day: 0, planExpires: 100 });
    lived({ id: "ex_2", day: 1, planExpires: 0, takesBack: "ex_1", ends: "rolled-back" });
    lived({ id: "ex_3", day: 0, planExpires: 5 });
    lived({ id: "ex_4", day: 40, planExpires: 0, takesBack: "ex_3", ends: "" });
    await startOn(40, { packageDays: 0 });
    expect(packages()).toEqual(["ex_3", "ex_4"]);
  });

  it("keeps a report until the controller has acknowledged it, however old", async () => {
    lived({ id: "ex_1", day: 0, planExpires: 9, acknowledged: false });
    const executions = await startOn(3_000, { maxDays: 1 });
    expect(executions.reports({}).map((r) => r.executionId)).toEqual(["ex_1"]);
    expect(packages()).toEqual([]);
    executions.acknowledge("ex_1", 1);
    await startOn(3_000, { maxDays: 1 });
    expect(journals()).toEqual([]);
  });

  it("still refuses an earlier revision of a plan whose later one is forgotten", async () => {
    lived({ id: "ex_1", day: 0, planExpires: 9, revision: 3 });
    await startOn(10, { maxDays: 1, packageDays: 0 });
    const executions = await startOn(20, { maxDays: 1, packageDays: 0 });
    expect(existsSync(join(directory, "executions", "ex_1"))).toBe(false);
    const again = (revision: number) =>
      executions.apply({
        ...{ id: 1, op: "apply", executionId: `ex_r${revision}`, action: "", proof: [], approvals: [], notAfter: "" },
        planHeader: base64(headerOf("pl_ex_1", revision)),
      });
    expect(await again(2)).toMatchObject({ ok: false, problem: { code: "replayed" } });
    expect(await again(4)).toMatchObject({ ok: true });
  });

  it("is not forgotten by the word of a clock that was set forward while the machine ran", async () => {
    await startOn(1, {}, { bootId: "one", upMs: 60_000 });
    lived({ id: "ex_1", day: 0, planExpires: 9 });
    await startOn(800, {}, { bootId: "one", upMs: 120_000 });
    expect([journals(), packages()]).toEqual([["ex_1"], ["ex_1"]]);
    await startOn(808, {}, { bootId: "one", upMs: 120_000 + 8 * 86_400_000 });
    expect([journals(), packages()]).toEqual([[], []]);
  });

  it("comes to an end in bytes and in number, however many executions there were", async () => {
    for (let i = 0; i < 60; i++) {
      lived({ id: `ex_${i}`, day: i * 10, planExpires: i * 10 + 3 });
      await startOn(i * 10, { maxExecutions: 8, maxMegabytes: 16 });
      expect(journals().length).toBeLessThanOrEqual(8);
      expect(packages().length).toBeLessThanOrEqual(4);
    }
  });
});

describe("the owner's settings", () => {
  it("are read from agent.yaml, and what cannot be read leaves the defaults in force", async () => {
    const write = (text: string) => writeFileSync(join(directory, "agent.yaml"), text);
    expect((await readExecutorSettings(directory, log)).retention).toMatchObject({ maxExecutions: 200, packageDays: 30 });
    write("metricsPort: 0\nretention:\n  maxExecutions: 5\n");
    expect((await readExecutorSettings(directory, log)).retention).toMatchObject({ maxExecutions: 5, maxDays: 365 });
    for (const wrong of ["retention: [", "retention: { maxExecutions: 0 }", "retention: { maxDay: 3 }"]) {
      write(wrong);
      expect((await readExecutorSettings(directory, log)).retention).toEqual(retentionSchema.parse({}));
    }
  });
});
