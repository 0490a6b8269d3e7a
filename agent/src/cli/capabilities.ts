import type { ExecutorStatus } from "../executor/protocol.ts";
import type { Policy } from "../policy/index.ts";

/** Signed texts that this generation of agents can check, besides plain approvals. */
const VERIFIES = ["halt", "passkey", "approval-expiry"];

/** What this endpoint could do, as Hello says it. Without an executor it can do nothing but look. */
export function capabilitiesOf(status: ExecutorStatus | undefined, policy: Policy): string[] {
  if (!status) return ["inventory", "describe", ...VERIFIES];
  const rehearses = policy.mode === "observe" ? [] : ["rehearse"];
  return ["inventory", "describe", "apt", ...VERIFIES, ...rehearses, ...(policy.reboots > 0 ? ["reboot"] : [])];
}
