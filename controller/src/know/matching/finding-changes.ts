import { closer, type End } from "./closing.ts";
import { type DecidedFinding, isSetAside } from "./decision.ts";
import { findingKey } from "./entry-findings.ts";
import { isUnresolved } from "./finding-states.ts";
import type { KeptFinding } from "./still-running.ts";
import type { EndpointView } from "./wanted-findings.ts";

/** A finding as it is stored. */
export interface StoredFinding extends KeptFinding {
  readonly id: number;
  readonly state: string;
  readonly closedBy: string | null;
  readonly updateId: number | null;
  readonly noFixBecause: string | null;
  /** Key of the decision that was made about it, null where there is none. */
  readonly decision: string | null;
  readonly setAside: boolean;
  readonly risk: number;
  /** Records of its proofs, in their order. */
  readonly records: readonly string[];
}

export interface ClosedFinding extends End {
  readonly id: number;
  readonly vulnerabilityId: string;
}

/** What must be written so that the stored findings of an endpoint are what they should be. */
export interface FindingChanges {
  /** New, or found again after it was closed. */
  readonly opened: readonly DecidedFinding[];
  /** Alive as before, with another version, update, proof, risk or decision. */
  readonly changed: readonly DecidedFinding[];
  /** Of the opened and changed: what a decision now keeps out of what is open, and what came back into it. */
  readonly setAside: readonly DecidedFinding[];
  readonly returned: readonly DecidedFinding[];
  /** Of the opened and changed: what waits for a restart since now. */
  readonly waiting: readonly DecidedFinding[];
  readonly closed: readonly ClosedFinding[];
}

/** Risk falls a little every day as a vulnerability ages. What moved by less than this share is not written again, for a whole fleet, every day. */
const RISK_MOVED = 0.01;

const keyOf = (f: StoredFinding) => findingKey(f.ecosystem, f.packageName, f.vulnerabilityId);
/** Open, or kept out of what is open by a decision alone: what is seen on the endpoint may still close it. */
export const isAlive = (f: StoredFinding) => isUnresolved(f.state) || f.setAside;

/**
 * Compares what is stored with what is found. A finding closes only because of what was seen on the endpoint, or because its
 * advisory was taken back; that nothing speaks of it any more (a feed that failed, lost a record, or was removed) closes nothing.
 */
export function findingChanges(
  view: EndpointView,
  wanted: ReadonlyMap<string, DecidedFinding>,
  stored: readonly StoredFinding[],
): FindingChanges {
  const opened: DecidedFinding[] = [];
  const changed: DecidedFinding[] = [];
  const setAside: DecidedFinding[] = [];
  const returned: DecidedFinding[] = [];
  const waiting: DecidedFinding[] = [];
  const byKey = new Map(stored.map((f) => [keyOf(f), f] as const));
  for (const [key, finding] of wanted) {
    const before = byKey.get(key);
    if (!before) opened.push(finding);
    // What a person decided stands until a person decides otherwise.
    else if (before.state === "ignored" && before.closedBy?.startsWith("user:")) continue;
    else if (!isAlive(before)) opened.push(finding);
    else if (differs(before, finding)) changed.push(finding);
    if (isSetAside(finding) && !(before?.setAside && before.decision === finding.decision?.key)) setAside.push(finding);
    else if (before?.setAside && !isSetAside(finding)) returned.push(finding);
    if (finding.state === "restart-needed" && before?.state !== "restart-needed") waiting.push(finding);
  }
  const closing = closer(view);
  const closed: ClosedFinding[] = [];
  for (const [key, f] of byKey) {
    if (!isAlive(f) || wanted.has(key)) continue;
    const end = closing(f);
    if (end) closed.push({ id: f.id, vulnerabilityId: f.vulnerabilityId, ...end });
  }
  return { opened, changed, setAside, returned, waiting, closed };
}

function differs(before: StoredFinding, now: DecidedFinding): boolean {
  return (
    before.state !== now.state ||
    before.decision !== (now.decision?.key ?? null) ||
    before.packageId !== now.packageId ||
    before.installedVersion !== now.installedVersion ||
    before.fixedVersion !== now.fixedVersion ||
    before.noFixBecause !== now.noFixBecause ||
    before.updateId !== now.updateId ||
    Math.abs(before.risk - now.risk) > RISK_MOVED * Math.max(before.risk, now.risk) ||
    before.records.length !== now.proofs.length ||
    now.proofs.some((p, i) => p.record !== before.records[i])
  );
}
