import { type Approval, type EndpointAction, type SealedPlan, sealPlan, signApproval } from "@breakwater/shared/command";
import { addMs, formatInstant, systemClock } from "@breakwater/shared/core";
import type { Apply } from "@breakwater/shared/wire";

const HOUR = 3_600_000;
/** A moment so many hours from now. */
export const hours = (n: number): string => formatInstant(addMs(systemClock.now(), n * HOUR));
let plans = 0;

export const shop = (from: string, to: string) => ({ manager: "apt" as const, name: "shop", architecture: "all", from, to });
function actionFor(endpointId: string, change: Partial<EndpointAction> = {}): EndpointAction {
  return {
    ...{ version: 1, planId: "", endpointId, checks: [], restartServices: false, reboot: "never", rollback: true },
    packages: [shop("1.0", "1.1")],
    limits: { commitConfirmMs: 0, lockWaitMs: 0, checkGraceMs: 0, downloadBytesPerSecond: 0 },
    ...change,
  };
}
/** A plan for the victim and two others, as people would approve it. It is good unless a test makes it bad. */
export function plan(change: Partial<EndpointAction> = {}, header: Partial<Parameters<typeof sealPlan>[2]> = {}): SealedPlan {
  const planId = header.planId ?? `pl_${++plans}`;
  const actions = ["ep_a", "ep_test", "ep_z"].map((id) => actionFor(id, { ...change, planId }));
  return sealPlan(actions, {}, { revision: 1, notBefore: hours(-1), expiresAt: hours(1), ...header, planId });
}
/** Signatures of these keys over a plan's digest. */
export const approvedBy = (digest: string, ...keys: { privateKeyPem: string }[]): Approval[] =>
  keys.map((k) => signApproval(digest, k.privateKeyPem, "x", systemClock.now()));
/** The command that brings a plan to an endpoint, approved by a key unless a test says otherwise. */
export function commandOf(p: SealedPlan, by: { privateKeyPem: string }, change: Partial<Apply> = {}, endpointId = "ep_test"): Apply {
  const leaf = p.actions.get(endpointId);
  const proof = [...(leaf?.proof ?? [])].map((s) => ({ sibling: Buffer.from(s.sibling), siblingIsLeft: s.siblingIsLeft }));
  const approvals = wire(approvedBy(p.digest, by));
  return { action: leaf?.bytes ?? Buffer.alloc(0), planHeader: p.headerBytes, proof, approvals, notAfter: hours(1), ...change };
}
/** Approvals as the controller sends them. */
export const wire = (approvals: readonly Approval[]) =>
  approvals.map(({ assertion, signature, expiresAt, ...a }) => ({
    ...{ ...a, signature: Buffer.from(signature), expiresAt: expiresAt ?? "" },
    authenticatorData: Buffer.from(assertion?.authenticatorData ?? []),
    clientDataJson: Buffer.from(assertion?.clientDataJson ?? []),
  }));
export const altered = (bytes: Buffer, from: string, to: string): Buffer => Buffer.from(bytes.toString("utf8").replace(from, to));
