import type { EndpointAction } from "@breakwater/shared/command";
import { fail, type Instant, ok } from "@breakwater/shared/core";
import { describe, expect, it } from "vitest";
import { nextStep } from "./next-step.ts";
import { perform, type Surroundings } from "./perform.ts";
import type { JournalRecord, RecordOf } from "./records.ts";
import { standingOf } from "./standing.ts";
import { tooLate } from "./too-late.ts";

const at = "2026-01-01T00:00:00.000Z";
const action: EndpointAction = {
  ...{ version: 1, planId: "pl_1", endpointId: "ep_1", checks: [], restartServices: false, reboot: "never", rollback: true },
  packages: [{ manager: "apt", name: "shop", architecture: "all", from: "1.0", to: "1.1" }],
  limits: { commitConfirmMs: 0, lockWaitMs: 0, checkGraceMs: 0, downloadBytesPerSecond: 0 },
};
const received: RecordOf<"apply-received"> = {
  ...{ kind: "apply-received", at, executionId: "ex_1", action, planDigest: "d", planExpiresAt: "2026-01-01T06:00:00.000Z" },
  request: { action: "", planHeader: "", proof: [], approvals: [], notAfter: at },
};
const old = { name: "shop", architecture: "all", version: "1.0", status: "installed" };
const ready: JournalRecord[] = [
  received,
  { kind: "observed", at, healthy: true, problems: [], packages: [old] },
  {
    ...{ kind: "prechecked", at, before: [old], changes: action.packages, unitsBefore: [], machineBefore: [], reviewsBefore: [] },
    ...{ kernelNote: "", linksBefore: [] },
  },
  { kind: "prefetched", at, files: [] },
  { kind: "kept", at, files: [], reversible: true, why: "" },
];
const began: JournalRecord = { kind: "transaction-began", at, purpose: "apply", number: 1, unit: "u", rung: 0, argv: [], logOffset: 0 };
const ended: JournalRecord = { kind: "transaction-ended", at, number: 1, exit: null };

function standing(...records: JournalRecord[]) {
  const s = standingOf(records);
  if (!s) throw new Error("no standing");
  return s;
}
/** A moment of that day, and whether the owner's window is still open then. */
const around = (time: string, open: boolean) => ({
  clock: { now: () => Date.parse(`2026-01-01T${time}:00Z`) as Instant },
  mayBegin: async () => (open ? ok(undefined) : fail({ code: "policy-window", message: "None of the policy's windows is open." })),
});

describe("a change that was let in and had to wait", () => {
  it("is not begun once the owner's window has closed, and ends cancelled with nothing changed", async () => {
    const records = [...ready];
    const w = { ...around("03:00", false), journal: { append: (r: JournalRecord) => void records.push(r) } } as unknown as Surroundings;
    const step = nextStep(standing(...records), 4);
    if (step.kind !== "transact") throw new Error(step.kind);
    await perform(step, standing(...records), w);
    expect(records.at(-1)).toMatchObject({ kind: "cancel-asked", reason: "None of the policy's windows is open." });
    expect(nextStep(standing(...records), 4)).toMatchObject({ kind: "conclude", state: "cancelled" });
  });

  it("is not begun once the plan has expired", async () => {
    expect(await tooLate(standing(...ready), around("05:59", true))).toBeUndefined();
    expect(await tooLate(standing(...ready), around("06:01", true))).toContain("expired at 2026-01-01T06:00:00.000Z");
  });

  it("goes on when it was interrupted in the middle: a machine between two versions is nobody's wish", async () => {
    expect(await tooLate(standing(...ready, began, ended), around("07:00", false))).toBeUndefined();
  });
});
