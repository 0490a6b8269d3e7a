import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EndpointAction } from "@breakwater/shared/command";
import { fail, type Instant, ok } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ApplyRequest } from "../executor/protocol.ts";
import type { PackageManager } from "../packages/index.ts";
import { createGrub, createMachine } from "../reboot/index.ts";
import { noSnapshots } from "../snapshots/index.ts";
import { createExecutions } from "./executions.ts";
import { retentionSchema } from "./retention.ts";
import { createStarts } from "./starts.ts";
import type { Trust } from "./trust.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "executions-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const now = Date.parse("2026-01-01T00:00:00Z") as Instant;
const request = (executionId: string): ApplyRequest => ({
  id: 1,
  op: "apply",
  executionId,
  action: "",
  planHeader: "",
  proof: [],
  approvals: [],
  notAfter: "",
});
const action: EndpointAction = {
  ...{ version: 1, planId: "pl_1", endpointId: "ep_1", checks: [], restartServices: false, reboot: "never", rollback: true },
  packages: [{ manager: "apt", name: "shop", architecture: "all", from: "1.0", to: "1.1" }],
  limits: { commitConfirmMs: 0, lockWaitMs: 0, checkGraceMs: 0, downloadBytesPerSecond: 0 },
};

/** An executor without a package manager: whatever it begins fails at its first look, without a change. */
function machine(options: {
  trusts: boolean;
  clearing?: () => Promise<void>;
  header?: (planHeader: string) => object;
  /** The halt that stands now. */
  halt?: () => string | undefined;
  /** Counts what begins. */
  count?: () => void;
  manager?: Partial<PackageManager>;
}) {
  const cleared: string[] = [];
  const begun: string[] = [];
  const trust = {
    verify: async ({ planHeader }: ApplyRequest) =>
      options.trusts
        ? ok({ action, header: { expiresAt: "2027-01-01T00:00:00Z", ...options.header?.(planHeader) }, digest: planHeader || "d1" })
        : fail({ code: "signature-invalid", message: "Nobody whose key is pinned here signed this." }),
    mayReboot: async () => ok(undefined),
    deferStarts: async () => ({ services: [], drain: false }),
  } as unknown as Trust;
  const executions = createExecutions({
    stateDir: directory,
    manager: {
      repairRungs: [],
      expireAvoidances: async () => {},
      lockHolder: async () => undefined,
      ...options.manager,
    } as unknown as PackageManager,
    trust,
    brakes: {
      look: async () => {},
      haltOn: () => options.halt?.(),
      mayBegin: () => (options.halt?.() ? fail({ code: "halted", message: options.halt() ?? "" }) : ok(undefined)),
      begins: (_what, executionId) => {
        options.count?.();
        begun.push(executionId);
      },
    },
    run: () => Promise.reject(new Error("nothing may run here")),
    clock: { now: () => now },
    log: createLogger("test", "silent"),
    version: "test",
    stallMs: 1_000,
    configDir: directory,
    bootLoader: createGrub(() => Promise.reject(new Error("nothing may run here"))),
    machine: createMachine(() => Promise.reject(new Error("nothing may run here"))),
    snapshots: noSnapshots,
    starts: createStarts(() => Promise.reject(new Error("nothing may run here")), {
      policy: join(directory, "policy-rc.d"),
      requests: directory,
    }),
    retention: retentionSchema.parse({}),
    emit: () => undefined,
    async clearTheWay(why) {
      cleared.push(why);
      await options.clearing?.();
    },
  });
  return { cleared, begun, executions };
}

describe("a start", () => {
  it("comes about though nothing can be tidied up", async () => {
    const { executions } = machine({
      trusts: true,
      manager: { expireAvoidances: () => Promise.reject(Object.assign(new Error("read-only"), { code: "EROFS" })) },
    });
    await executions.recover();
    expect(await executions.apply(request("ex_1"))).toMatchObject({ ok: true });
  });
});

describe("a command", () => {
  it("that nobody signed ends no rehearsal", async () => {
    const { cleared, executions } = machine({ trusts: false });
    expect(await executions.apply(request("ex_1"))).toMatchObject({ ok: false, problem: { code: "signature-invalid" } });
    expect(cleared).toEqual([]);
  });

  it("has the way cleared before it begins", async () => {
    let finish = () => {};
    const { cleared, executions } = machine({ trusts: true, clearing: () => new Promise((done) => (finish = done)) });
    await executions.recover();
    const begun = executions.apply(request("ex_1"));
    while (cleared.length === 0) await new Promise((next) => setImmediate(next));
    expect([executions.idle, cleared]).toEqual([true, ["execution ex_1 begins."]]);
    finish();
    expect(await begun).toMatchObject({ ok: true, value: { executionId: "ex_1", replay: false } });
  });

  it("begins once, also when it came again while the way was cleared, and another under the same plan not at all", async () => {
    let finish = () => {};
    const waiting = new Promise<void>((done) => (finish = done));
    const { executions } = machine({ trusts: true, clearing: () => waiting });
    await executions.recover();
    const all = Promise.all([executions.apply(request("ex_1")), executions.apply(request("ex_1")), executions.apply(request("ex_2"))]);
    await new Promise((next) => setTimeout(next, 20));
    finish();
    const [first, again, other] = await all;
    expect(first).toMatchObject({ ok: true, value: { replay: false } });
    expect(again).toMatchObject({ ok: true, value: { executionId: "ex_1", replay: true } });
    expect(other).toMatchObject({ ok: false, problem: { code: "replayed" } });
  });

  it("whose journal cannot be written is refused with the reason, and leaves nothing in the way of the next", async () => {
    const { executions } = machine({ trusts: true });
    await executions.recover();
    const place = join(directory, "executions");
    rmSync(place, { recursive: true });
    writeFileSync(place, "");
    await expect(executions.apply(request("ex_1"))).rejects.toThrow(/Nothing was begun: the journal in .* cannot be written/);
    expect(executions.idle).toBe(true);
    rmSync(place);
    mkdirSync(place);
    expect(await executions.apply(request("ex_1"))).toMatchObject({ ok: true, value: { executionId: "ex_1", replay: false } });
  });

  it("whose disk gets full before anything is changed fails for want of space, and is no fault of the executor", async () => {
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    const { executions } = machine({ trusts: true, manager: { health: () => Promise.reject(full) } });
    await executions.recover();
    await executions.apply(request("ex_1"));
    while (!executions.idle) await new Promise((next) => setTimeout(next, 5));
    const [last] = executions.reports({}).slice(-1);
    expect(last).toMatchObject({ state: "failed", failureClass: "no-space", message: expect.stringContaining("no space left on device") });
  });

  it("whose disk fails before anything is changed is not said to lack space", async () => {
    const broken = Object.assign(new Error("EROFS: read-only file system, open"), { code: "EROFS" });
    const { executions } = machine({ trusts: true, manager: { health: () => Promise.reject(broken) } });
    await executions.recover();
    await executions.apply(request("ex_1"));
    while (!executions.idle) await new Promise((next) => setTimeout(next, 5));
    const [last] = executions.reports({}).slice(-1);
    expect(last).toMatchObject({ state: "failed", failureClass: "internal", message: expect.stringContaining("read-only file system") });
  });

  it("that a full disk keeps from being counted is refused in the same words", async () => {
    const count = () => {
      throw new Error("ENOSPC: no space left on device, write");
    };
    const { executions } = machine({ trusts: true, count });
    await executions.recover();
    await expect(executions.apply(request("ex_1"))).rejects.toThrow(/Nothing was begun: .* no space left on device/);
    expect(executions.idle).toBe(true);
  });

  it("of an earlier revision of a plan is refused once a later one came, and a later one is not", async () => {
    const hash = "0".repeat(64);
    const header = (revision: number) =>
      Buffer.from(
        JSON.stringify({
          ...{ version: 1, planId: "pl_1", revision, actionsRoot: hash, scheduleDigest: hash },
          ...{ notBefore: "2025-12-31T00:00:00Z", expiresAt: "2027-01-01T00:00:00Z" },
        }),
      ).toString("base64");
    const { executions } = machine({ trusts: true, header: (text) => JSON.parse(Buffer.from(text, "base64").toString()) });
    await executions.recover();
    const of = async (id: string, revision: number) => {
      const answer = await executions.apply({ ...request(id), planHeader: header(revision) });
      while (!executions.idle) await new Promise((next) => setImmediate(next));
      return answer.ok ? "taken" : answer.problem.code;
    };
    expect([await of("ex_2", 2), await of("ex_1", 1), await of("ex_3", 3), await of("ex_4", 2)]).toEqual([
      "taken",
      "replayed",
      "taken",
      "replayed",
    ]);
  });
});

describe("a halt", () => {
  const ended = async (executions: ReturnType<typeof machine>["executions"]) => {
    while (!executions.idle) await new Promise((next) => setImmediate(next));
    return executions.reports({}).at(-1);
  };

  it("lets nothing begin, and nothing is counted or cleared away for it", async () => {
    const { cleared, begun, executions } = machine({ trusts: true, halt: () => "Halted." });
    await executions.recover();
    expect(await executions.apply(request("ex_1"))).toMatchObject({ ok: false, problem: { code: "halted" } });
    expect([cleared, begun, executions.idle]).toEqual([[], [], true]);
  });

  it("that comes in the middle ends the execution at its next safe point, and its report says so", async () => {
    let halt: string | undefined;
    let seen = () => {};
    let go = () => {};
    const looking = new Promise<void>((done) => (seen = done));
    const held = new Promise<void>((done) => (go = done));
    const health = async () => {
      seen();
      await held;
      return { healthy: true, problems: [] };
    };
    const { begun, executions } = machine({ trusts: true, halt: () => halt, manager: { health, installed: async () => [] } });
    await executions.recover();
    await executions.apply(request("ex_1"));
    await looking;
    halt = "Halted by a signed order.";
    await executions.heedHalts();
    go();
    expect(await ended(executions)).toMatchObject({ state: "cancelled", message: expect.stringContaining("Halted by a signed order") });
    expect(begun).toEqual(["ex_1"]);
  });

  it("that came while the executor was away ends what it takes up again", async () => {
    const health = async () => ({ healthy: true, problems: [] });
    const first = machine({ trusts: true, manager: { health: () => new Promise(() => {}) } });
    await first.executions.recover();
    await first.executions.apply(request("ex_1"));
    const second = machine({ trusts: true, halt: () => "Halted.", manager: { health, installed: async () => [] } });
    await second.executions.recover();
    expect(await ended(second.executions)).toMatchObject({ executionId: "ex_1", state: "cancelled", terminal: true });
  });
});

describe("a journal that the disk damaged", () => {
  /** Turns one bit in the line of this number, as a failing disk does. */
  const damage = (id: string, line: number) => {
    const path = join(directory, "executions", id, "journal");
    const bytes = readFileSync(path);
    let at = 0;
    for (let n = 0; n < line; n++) at = bytes.indexOf(10, at) + 1;
    bytes.writeUInt8(bytes.readUInt8(at + 100) ^ 1, at + 100);
    writeFileSync(path, bytes);
  };
  const settled = async (executions: ReturnType<typeof machine>["executions"]) => {
    while (!executions.idle) await new Promise((next) => setImmediate(next));
    return executions.reports({}).filter((r) => r.terminal);
  };
  const first = async () => {
    const { executions } = machine({ trusts: true });
    await executions.recover();
    await executions.apply(request("ex_1"));
    return settled(executions);
  };

  it("in the middle is not gone on with, whatever the records before say, and that is told with a number that is still heard", async () => {
    const [end] = await first();
    expect(end).toMatchObject({ state: "failed", terminal: true });
    writeFileSync(join(directory, "executions", "ex_1", "acknowledged"), `${end?.step}\n`);
    damage("ex_1", 1);
    for (const start of ["found", "known"]) {
      const { executions, begun } = machine({ trusts: true });
      await executions.recover();
      const ended = await settled(executions);
      expect(ended, start).toMatchObject([
        { executionId: "ex_1", state: "failed", failureClass: "internal", step: (end?.step ?? 0) + 1, packageManagerHealth: "" },
      ]);
      expect(ended[0]?.message).toMatch(/journal is damaged on the disk after its record 1: what was done since then is not known/);
      expect(begun).toEqual([]);
      expect(await executions.apply(request("ex_2")), start).toMatchObject({ ok: false, problem: { code: "replayed" } });
    }
  });

  it("at its very beginning lets nothing run under its plan any more, and is kept for a person to see", async () => {
    await first();
    damage("ex_1", 0);
    for (const start of ["AAAA", "BBBB"]) {
      const { executions } = machine({ trusts: true });
      await executions.recover();
      const damaged = { ok: false, problem: { code: "replayed", message: expect.stringContaining("journal of ex_1 is damaged") } };
      expect(await executions.apply(request("ex_1")), start).toMatchObject(damaged);
      expect(await executions.apply(request("ex_2")), start).toMatchObject(damaged);
      expect(existsSync(join(directory, "executions", "ex_1", "journal.damaged"))).toBe(true);
      expect(await executions.apply({ ...request(`ex_3_${start}`), planHeader: start })).toMatchObject({ ok: true });
      await settled(executions);
    }
  });

  it("at its end is gone on with from the record before", async () => {
    const [end] = await first();
    const lines = readFileSync(join(directory, "executions", "ex_1", "journal"), "utf8")
      .trimEnd()
      .split("\n").length;
    damage("ex_1", lines - 1);
    const { executions } = machine({ trusts: true });
    await executions.recover();
    expect(await settled(executions)).toMatchObject([{ executionId: "ex_1", state: "failed", failureClass: end?.failureClass }]);
  });
});
