import { formatInstant, type Instant } from "@breakwater/shared/core";
import type { WireInventory } from "@breakwater/shared/wire";
import type { ExecutorStatus } from "../executor/protocol.ts";
import type { LoadedPolicy, PinnedKeys } from "../policy/index.ts";
import { certificateLife, type EnrolledIdentity, type Session, type SessionState } from "../session/index.ts";
import type { AgentStatus } from "./status-file.ts";
import { AGENT_VERSION } from "./version.ts";

export interface StatusFacts {
  readonly now: Instant;
  readonly identity: EnrolledIdentity;
  readonly state: SessionState;
  readonly session: Pick<Session, "lastContact" | "waiting" | "droppedHealth">;
  readonly policy: LoadedPolicy;
  readonly pinned: PinnedKeys;
  readonly executor: ExecutorStatus | undefined;
  readonly inventory: WireInventory | undefined;
}

export function describeStatus(facts: StatusFacts): AgentStatus {
  const { now, identity, state, session, policy, pinned, executor, inventory } = facts;
  return {
    at: formatInstant(now),
    pid: process.pid,
    version: AGENT_VERSION,
    endpointId: identity.endpointId,
    server: identity.server,
    sessionAddress: identity.sessionAddress,
    connection: {
      kind: state.kind,
      since: formatInstant(state.kind === "stopped" ? now : state.since),
      detail: detailOf(state),
      clockOffsetMs: state.kind === "connected" ? state.clockOffsetMs : null,
    },
    lastContact: session.lastContact === undefined ? null : formatInstant(session.lastContact),
    certificateValidUntil: formatInstant(certificateLife(identity.certificatePem).notAfter),
    policy: { mode: policy.policy.mode, problem: policy.problem ?? null },
    pinnedKeys: { source: pinned.source, keys: pinned.keys.map(({ keyId, owner }) => ({ keyId, owner })) },
    executor: { available: executor !== undefined, running: executor?.running ?? null },
    brakes: executor?.brakes ?? null,
    unfinishedExecutions: (executor?.executions ?? [])
      .filter((e) => !e.terminal)
      .map(({ executionId, state: s, step }) => ({ executionId, state: s, step })),
    inventory: {
      collectedAt: inventory?.collectedAt ?? null,
      packages: inventory?.packages?.length ?? 0,
      pendingUpdates: inventory?.pendingUpdates?.length ?? 0,
      securityUpdates: inventory?.pendingUpdates?.filter((u) => u.security).length ?? 0,
      problems: (inventory?.problems ?? []).map(({ collector = "", code = "", message = "" }) => ({ collector, code, message })),
    },
    waitingMessages: session.waiting,
    droppedHealthBatches: session.droppedHealth,
  };
}

function detailOf(state: SessionState): string {
  switch (state.kind) {
    case "connected":
      return `controller ${state.controllerVersion}, protocol ${state.protocol}`;
    case "waiting":
      return `${state.last.kind}: ${state.last.reason}; tries again at ${formatInstant(state.until)}`;
    default:
      return "";
  }
}
