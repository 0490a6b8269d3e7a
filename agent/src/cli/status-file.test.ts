import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AgentStatus, readStatus, writeStatus } from "./status-file.ts";

let [stateDir, runDir] = ["", ""];
beforeEach(() => {
  [stateDir, runDir] = [mkdtempSync(join(tmpdir(), "breakwater-state-")), mkdtempSync(join(tmpdir(), "breakwater-run-"))];
});
afterEach(() => {
  for (const dir of [stateDir, runDir]) rmSync(dir, { recursive: true });
});
const status = (at: string, pid: number): AgentStatus => ({
  ...{ at, pid, version: "1", endpointId: "ep_1", server: "c:1", sessionAddress: "c:2", lastContact: null, certificateValidUntil: at },
  connection: { kind: "connected", since: at, detail: "", clockOffsetMs: 0 },
  policy: { mode: "observe", problem: null },
  pinnedKeys: { source: "none", keys: [] },
  executor: { available: true, running: null },
  brakes: null,
  unfinishedExecutions: [],
  inventory: { collectedAt: null, packages: 0, pendingUpdates: 0, securityUpdates: 0, problems: [] },
  ...{ waitingMessages: 0, droppedHealthBatches: 0 },
});

describe("what the agent says of itself", () => {
  it("lies in memory where the unit gives a place there, and nothing of it on the disk", async () => {
    await writeStatus(stateDir, status("2026-01-01T00:00:00Z", 1), { RUNTIME_DIRECTORY: runDir });
    expect([readdirSync(runDir), readdirSync(stateDir)]).toEqual([["status.json"], []]);
    expect(await readStatus(stateDir, [runDir])).toMatchObject({ pid: 1 });
    // Another agent's directory says nothing of this one.
    expect(await readStatus(stateDir, [])).toBeUndefined();
  });

  it("lies beside its state otherwise; the newest word counts, and what cannot be read is none", async () => {
    await writeStatus(stateDir, status("2026-01-01T00:00:00Z", 1), {});
    expect(await readStatus(stateDir, [runDir])).toMatchObject({ pid: 1 });
    await writeStatus(stateDir, status("2026-01-01T00:01:00Z", 2), { RUNTIME_DIRECTORY: runDir });
    expect(await readStatus(stateDir, [runDir])).toMatchObject({ pid: 2 });
    await writeStatus(stateDir, status("2026-01-01T00:02:00Z", 3), {});
    expect(await readStatus(stateDir, [runDir])).toMatchObject({ pid: 3 });
    writeFileSync(join(stateDir, "status.json"), "{}");
    expect(await readStatus(stateDir, [runDir])).toMatchObject({ pid: 2 });
  });
});
