import { printable } from "@breakwater/shared/core";
import type { Finding } from "./finding.ts";
import type { AgentStatus } from "./status-file.ts";

/** One line of what may be a controller's words, or a repository's: root reads it in a terminal. */
export const line = (text: string): string => printable(text).replaceAll("\n", " ");

export function printStatus(status: AgentStatus, running: boolean): string {
  const { inventory, pinnedKeys, connection, executor } = status;
  const rows: [string, string][] = [
    ["endpoint", `${status.endpointId} (agent ${status.version}${running ? `, pid ${status.pid}` : ", NOT RUNNING"})`],
    [
      "controller",
      `${status.sessionAddress}: ${running ? connection.kind : "stopped"}${connection.detail ? `, ${connection.detail}` : ""}`,
    ],
    ["last contact", status.lastContact ?? "never"],
    ["certificate", `valid until ${status.certificateValidUntil}`],
    ["policy", `${status.policy.mode}${status.policy.problem ? ` (${status.policy.problem.message})` : ""}`],
    ["approval keys", pinnedKeys.keys.map((k) => `${k.keyId} ${k.owner}`).join(", ") || "none: no patch will be accepted"],
    ["executor", executor.available ? (executor.running ?? "idle") : "absent: this machine can be looked at, not patched"],
    ...brakesRows(status.brakes),
    ["unfinished", status.unfinishedExecutions.map((e) => `${e.executionId} ${e.state}`).join(", ") || "none"],
    [
      "inventory",
      inventory.collectedAt === null
        ? "not taken yet"
        : `${inventory.packages} packages, ${inventory.pendingUpdates} updates (${inventory.securityUpdates} security) at ${inventory.collectedAt}`,
    ],
    ...inventory.problems.map((p): [string, string] => ["  unknown", `${p.collector}: ${p.message}`]),
    ["unsent", `${status.waitingMessages} messages waiting, ${status.droppedHealthBatches} health batches dropped`],
  ];
  return rows.map(([name, value]) => `${name.padEnd(14)} ${line(value)}`).join("\n");
}

/** What holds the executor back, a line each. */
export function brakesRows(brakes: AgentStatus["brakes"]): [string, string][] {
  if (!brakes) return [["halts", "unknown: the executor has not said"]];
  const { fuse } = brakes;
  const wait = fuse.opensInMs === 0 ? "" : `; BLOWN: the next change after ${Math.ceil(fuse.opensInMs / 60_000)} min of running time`;
  return [
    ...(brakes.problem ? [["halted", brakes.problem] as [string, string]] : []),
    ...brakes.halts.map((h): [string, string] => [
      "HALTED",
      `${h.scope} since ${h.issuedAt}${h.expiresAt ? ` until ${h.expiresAt}` : ""}, key ${h.keyId}, by ${h.via}, ${h.digest}${h.reason ? `: ${h.reason}` : ""}`,
    ]),
    ...(brakes.halts.length === 0 && !brakes.problem ? [["halts", "none"] as [string, string]] : []),
    ...brakes.refused.slice(-3).map((r): [string, string] => ["  refused", `${r.at} ${r.code}, by ${r.via}: ${r.message}`]),
    ["rate fuse", `${fuse.appliesHour} of ${fuse.perHour} changes in an hour, ${fuse.appliesDay} of ${fuse.perDay} in a day${wait}`],
  ];
}

const MARKS = { good: "ok  ", doubtful: "warn", broken: "FAIL", skipped: "skip" } as const;

export const printDiagnosis = (findings: readonly Finding[]): string =>
  findings
    .map((f) => `${MARKS[f.state]} ${f.hop.padEnd(18)} ${line(f.detail)}${f.next ? `\n     ${" ".repeat(18)} -> ${line(f.next)}` : ""}`)
    .join("\n");
