import { NEW_PACKAGES } from "@breakwater/shared/command";
import type { ExecutorStatus } from "../executor/protocol.ts";
import type { ManagerId } from "../packages/index.ts";
import type { Policy } from "../policy/index.ts";

/** Signed texts that this generation of agents can check, besides plain approvals. */
const VERIFIES = ["halt", "passkey", "approval-expiry"];

/**
 * What this endpoint could do, as Hello says it. Without an executor it can do nothing but look.
 * @param manager What it would patch with; undefined where its package manager cannot be driven.
 */
export function capabilitiesOf(status: ExecutorStatus | undefined, policy: Policy, manager: ManagerId | undefined): string[] {
  if (!status) return ["inventory", "describe", ...VERIFIES];
  const rehearses = policy.mode === "observe" || manager === undefined ? [] : ["rehearse"];
  // dnf and zypper are not driven to install what is not there.
  const brings = manager === "apt" && policy.maxNewPackages > 0 ? [NEW_PACKAGES] : [];
  const reboots = policy.reboots > 0 ? ["reboot"] : [];
  return ["inventory", "describe", ...(manager ? [manager] : []), ...VERIFIES, ...rehearses, ...brings, ...reboots];
}
