import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import {
  type Approval,
  type EndpointAction,
  type OperatorKey,
  type PlanHeader,
  type TrustPolicy,
  verifyCommand,
} from "@breakwater/shared/command";
import { fail, type Instant, ok, type Result } from "@breakwater/shared/core";
import * as z from "zod";
import { inForeignDirectory } from "../brakes/foreign-file.ts";
import type { ApplyRequest } from "../executor/protocol.ts";
import {
  decideMode,
  decideOrigins,
  decideRehearsal,
  decideRehearsalMode,
  decisionsInTime,
  excludedRestarts,
  loadOperatorKeys,
  loadPolicy,
  type PackageOrigin,
  type Policy,
} from "../policy/index.ts";
import { syncDirectory } from "./journal.ts";

export interface VerifiedCommand {
  readonly action: EndpointAction;
  readonly header: PlanHeader;
  readonly digest: string;
}

/** What the machine's owner laid down, read anew for every command, so that a change of mind counts at once. */
export interface Trust {
  /** Empty while this machine is not enrolled. */
  endpointId(): Promise<string>;
  verify(request: Omit<ApplyRequest, "id" | "op" | "executionId">, now: Instant): Promise<Result<VerifiedCommand>>;
  /** The same for a rehearsal: one trusted signature that allows it, or the plan's own, is enough. */
  verifyRehearsal(request: Omit<ApplyRequest, "id" | "op" | "executionId">, now: Instant): Promise<Result<VerifiedCommand>>;
  /** Whether the owner lets packages come from these origins. */
  mayComeFrom(origins: readonly PackageOrigin[]): Promise<Result<void>>;
  /** Whether an action that was let in may still begin: its window may have closed while a lock was waited for, or the owner changed his mind. */
  mayBegin(action: EndpointAction, now: Instant): Promise<Result<void>>;
  /** Whether a change that this machine made itself may be undone now. */
  mayRestore(): Promise<Result<void>>;
  /**
   * Whether the machine may be rebooted by this action now.
   * @param recent Reboots by plans within 24 hours.
   * @param neededMs How long it may take.
   */
  mayReboot(action: EndpointAction, now: Instant, recent: number, neededMs: number): Promise<Result<void>>;
  /** Of these services those that the owner lets no plan restart. */
  excludedRestarts(units: readonly string[]): Promise<string[]>;
  /** Services that the owner lets no script start while a change runs, in the order in which they start after it. */
  deferStarts(): Promise<Policy["deferStarts"]>;
  describe(): Promise<{ policyMode: string; pinnedKeyIds: string[] }>;
}

/** How the owner's words about approvals are counted. */
export function trustOf(policy: Policy, keys: readonly OperatorKey[], purpose: "apply" | "rehearse"): TrustPolicy {
  const persons = Object.entries(policy.approvers).flatMap(([person, ids]) => ids.map((id) => [id, person] as const));
  return {
    keys,
    required: purpose === "apply" ? policy.requiredApprovals : 1,
    ...(persons.length > 0 ? { persons: new Map(persons) } : {}),
    ...(policy.approvalsValidForHours === undefined ? {} : { maxAgeMs: policy.approvalsValidForHours * 3_600_000 }),
  };
}

function readApproval({ signature, assertion, ...a }: ApplyRequest["approvals"][number]): Approval {
  const bytes = (text: string) => Buffer.from(text, "base64");
  return {
    ...a,
    signature: bytes(signature),
    assertion: assertion && {
      authenticatorData: bytes(assertion.authenticatorData),
      clientDataJson: bytes(assertion.clientDataJson),
    },
  };
}

const enrolledSchema = z.object({ endpointId: z.string().min(1).max(64) });
/** A key, a certificate and the authorities, each of some thousand bytes. */
const MAX_IDENTITY_BYTES = 256 * 1024;

/** The connection part's word for who this machine is. Empty when it has none, or none that can be read. */
async function enrolledId(agentStateDir: string): Promise<string> {
  const text = await inForeignDirectory(agentStateDir, (directory) => directory.read("identity.json", MAX_IDENTITY_BYTES));
  try {
    const read = enrolledSchema.safeParse(JSON.parse(text ?? ""));
    return read.success ? read.data.endpointId : "";
  } catch {
    return "";
  }
}

/**
 * @param configDir Root's: policy.yaml and operators' keys.
 * @param agentStateDir The connection part's own directory, where enrolment lays the endpoint's id.
 * @param pinFile Root's copy of that id. The first one seen is kept, so that a connection part that was taken over cannot
 *   pass off another endpoint's commands as ours. Enrolling anew means removing this file.
 */
export function createTrust(configDir: string, agentStateDir: string, pinFile: string): Trust {
  const endpointId = async (): Promise<string> => {
    const pinnedId = (await readFile(pinFile, "utf8").catch(() => "")).trim();
    if (pinnedId !== "") return pinnedId;
    const id = await enrolledId(agentStateDir);
    if (id === "") return "";
    await mkdir(dirname(pinFile), { recursive: true, mode: 0o755 });
    const handle = await open(`${pinFile}.part`, "w", 0o644);
    try {
      await handle.writeFile(`${id}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(`${pinFile}.part`, pinFile);
    syncDirectory(dirname(pinFile));
    return id;
  };
  const judge = async (
    request: Omit<ApplyRequest, "id" | "op" | "executionId">,
    now: Instant,
    purpose: "apply" | "rehearse",
  ): Promise<Result<VerifiedCommand>> => {
    const { policy, problem } = await loadPolicy(configDir);
    const mode = purpose === "apply" ? decideMode(policy) : decideRehearsalMode(policy);
    if (!mode.ok)
      return problem ? fail({ ...mode.problem, message: problem.message, ...(problem.next ? { next: problem.next } : {}) }) : mode;
    const id = await endpointId();
    if (id === "") return fail({ code: "misaddressed", message: "This machine is not enrolled, so no command can be for it." });
    const { keys } = await loadOperatorKeys(configDir);
    const verified = verifyCommand(
      {
        actionBytes: Buffer.from(request.action, "base64"),
        headerBytes: Buffer.from(request.planHeader, "base64"),
        proof: request.proof.map((p) => ({ sibling: Buffer.from(p.sibling, "base64"), siblingIsLeft: p.siblingIsLeft })),
        approvals: request.approvals.map(readApproval),
        notAfter: request.notAfter,
      },
      id,
      trustOf(policy, keys, purpose),
      now,
      purpose,
    );
    if (!verified.ok) return verified;
    const { action } = verified.value;
    const allowed = purpose === "apply" ? (await decisionsInTime()).decidePolicy(policy, action, now) : decideRehearsal(policy, action);
    return allowed.ok ? ok(verified.value) : allowed;
  };
  return {
    endpointId,
    verify: (request, now) => judge(request, now, "apply"),
    verifyRehearsal: (request, now) => judge(request, now, "rehearse"),
    async mayComeFrom(origins) {
      return decideOrigins((await loadPolicy(configDir)).policy, origins);
    },
    async mayBegin(action, now) {
      const { policy, problem } = await loadPolicy(configDir);
      const allowed = (await decisionsInTime()).decidePolicy(policy, action, now);
      return !allowed.ok && problem ? fail(problem) : allowed;
    },
    async mayRestore() {
      return decideMode((await loadPolicy(configDir)).policy);
    },
    async mayReboot(action, now, recent, neededMs) {
      const { decideReboot } = await decisionsInTime();
      return decideReboot((await loadPolicy(configDir)).policy, action, now, recent, neededMs);
    },
    async excludedRestarts(units) {
      return excludedRestarts((await loadPolicy(configDir)).policy, units);
    },
    async deferStarts() {
      return (await loadPolicy(configDir)).policy.deferStarts;
    },
    async describe() {
      const { policy, problem } = await loadPolicy(configDir);
      const { keys } = await loadOperatorKeys(configDir);
      return { policyMode: problem ? "invalid" : policy.mode, pinnedKeyIds: keys.map((k) => k.keyId) };
    },
  };
}
