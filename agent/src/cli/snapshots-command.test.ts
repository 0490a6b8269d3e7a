import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EndpointAction } from "@breakwater/shared/command";
import { expect, it } from "vitest";
import { nextStep, openJournal, standingOf } from "../execution/index.ts";
import { EXECUTOR_STATE_DIR } from "../executor/protocol.ts";
import { setAside } from "./snapshots-command.ts";

const at = "2026-01-01T00:00:00.000Z";
const action: EndpointAction = {
  ...{ version: 1, planId: "pl_1", endpointId: "ep_1", checks: [], restartServices: false, reboot: "never", rollback: true },
  packages: [{ manager: "apt", name: "shop", architecture: "all", from: "1.0", to: "1.1" }],
  limits: { commitConfirmMs: 0, lockWaitMs: 0, checkGraceMs: 0, downloadBytesPerSecond: 0 },
};

it("an execution that a person went back from is not begun again in the file system of before", async () => {
  const copy = mkdtempSync(join(tmpdir(), "copy-"));
  const directory = join(copy, EXECUTOR_STATE_DIR, "executions", "ex_1");
  mkdirSync(directory, { recursive: true });
  const path = join(directory, "journal");
  try {
    const written = openJournal(path);
    written.append({
      ...{ kind: "apply-received", at, executionId: "ex_1", action, planDigest: "d", planExpiresAt: at },
      request: { action: "", planHeader: "", proof: [], approvals: [], notAfter: at },
    });
    const old = { name: "shop", architecture: "all", version: "1.0", status: "installed" };
    written.append({ kind: "observed", at, healthy: true, problems: [], packages: [old] });
    expect(nextStep(standingOf(written.records) as never, 4).kind).toBe("precheck");
    written.close();
    await setAside(copy, "ex_1");
    const journal = openJournal(path);
    expect(nextStep(standingOf(journal.records) as never, 4)).toMatchObject({ kind: "conclude", state: "cancelled" });
    journal.close();
    // What lies on another file system is not in the copy.
    await setAside(copy, "ex_2");
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});
