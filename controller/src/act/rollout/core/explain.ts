import { formatInstant, type Instant, unreachable } from "@breakwater/shared/core";
import { treeOfWave } from "../../../decide/rollback/index.ts";
import { countPlaces, generalHold, type Hold, rollbackHold, startHold } from "./admission.ts";
import type { Facts } from "./facts.ts";
import { evaluateGate, hostnames, planned, successShare } from "./gate.ts";
import { isFinal, isInFlight } from "./phases.ts";
import { rollbackCandidates } from "./rollback.ts";
import { ALL_RULES, PATIENCE, type Patience } from "./rules.ts";
import { accepted, currentWave, needsHands, type RolloutState, rebootLimitOf, waveExecutions } from "./state.ts";
import { needsApproval, openedBy, remindsAt } from "./tick.ts";

/** One thing that is waited for. */
export interface Wait {
  /** What is waited for, as a sentence. */
  readonly what: string;
  /** When the wait ends by itself; absent only where a person has to answer. */
  readonly until?: Instant;
  /** What happens then, or what would make it go on. */
  readonly afterwards: string;
  readonly endpointIds?: readonly string[];
}

/** Why the deployment is where it is: every wait with its deadline and what follows. Empty when there is nothing to wait for. */
export function explain(state: RolloutState, facts: Facts, now: Instant, patience: Patience = PATIENCE): Wait[] {
  const waits: Wait[] = [...running(state)];
  for (const d of state.decisions)
    waits.push({
      what: `A person has to decide: ${d.question}`,
      until: remindsAt(d, patience),
      afterwards: `${answers(d.kind)} Without an answer it is told again then${isFinal(state.phase) ? "." : `, and the deployment expires at ${formatInstant(state.expiresAt)}.`}`,
    });
  if (isFinal(state.phase)) return waits;
  if (state.rollback) return [...waits, ...rollingBack(state, facts)];
  if (state.phase.kind === "paused")
    waits.push({
      what: `Paused by ${state.phase.by}: ${state.phase.reason}`,
      until: state.expiresAt,
      afterwards: `${howItGoesOn(state)} When the plan expires first, the deployment ends as expired.`,
    });
  const wave = currentWave(state);
  const name = state.plan.waves[wave]?.name ?? "";
  waits.push(...triggers(state, wave));
  switch (state.waves[wave]?.phase.kind) {
    case "pending":
    case "gated":
      waits.push(...beforeOpening(state, facts, wave, now));
      break;
    case "running":
      waits.push(...members(state, facts, wave, now));
      break;
    case "baking":
      waits.push(...baking(state, facts, wave, now));
      break;
    default:
      if (name === "") waits.push({ what: "Every wave has passed.", until: now, afterwards: "The deployment ends as succeeded." });
  }
  return waits;
}

/** Waits as sentences for people. */
export const sentences = (waits: readonly Wait[]): string[] =>
  waits.map((w) => `${w.what}${w.until === undefined ? "" : ` Until ${formatInstant(w.until)}.`} ${w.afterwards}`);

function answers(kind: RolloutState["decisions"][number]["kind"]): string {
  if (kind === "superseded" || kind === "stalled") return "Override to go on, leave the endpoints out, or end the deployment.";
  if (kind === "approval") return "It goes on when the wave is approved; or halt, or roll back.";
  if (needsHands(kind)) return "Look into the endpoint, then override to acknowledge it.";
  return "Override with a reason to go on; or roll back, halt or cancel.";
}

/** What would make a paused deployment go on. */
function howItGoesOn(state: RolloutState): string {
  if (state.phase.kind !== "paused") return "";
  const harmful = state.waves.findIndex((w) => w.verdict?.verdict === "harmful" && !accepted(w, "harmful"));
  switch (state.phase.cause) {
    case "harmful":
      return harmful >= 0
        ? `It goes on when a person overrides the verdict on wave ${harmful + 1} with a reason; or roll back.`
        : "It goes on when a person answers the open question, or resumes it once none is open.";
    case "not-restored":
      return "It goes on when a person has seen to the endpoint and overrides with a reason.";
    case "rollback":
      return "It does not go on: it ends when everything in the rollback's scope is restored.";
    case "operator":
      return "It goes on when a person resumes it.";
  }
}

/** Triggers that hold now and fire when they have held for their time. */
function triggers(state: RolloutState, wave: number): Wait[] {
  const plannedWave = state.plan.waves[wave];
  const progress = state.waves[wave];
  if (!plannedWave || !progress) return [];
  return progress.holding.flatMap((h) => {
    const trigger = plannedWave.triggers[h.trigger];
    const branch = treeOfWave(plannedWave).findIndex((b) => b.when.kind === "trigger" && b.when.trigger === h.trigger);
    if (!trigger || progress.branches.some((b) => b.branch === branch)) return [];
    return [
      {
        what: `A trigger of wave "${plannedWave.name}" holds since ${formatInstant(h.since)}: ${h.sentence}`,
        until: (h.since + trigger.forMs) as Instant,
        afterwards: `If it still holds then: ${trigger.action.replace("-", " ")}.`,
        endpointIds: h.endpointIds,
      },
    ];
  });
}

function running(state: RolloutState): Wait[] {
  return [...inFlight(state), ...rebooting(state)];
}

function rebooting(state: RolloutState): Wait[] {
  return [...state.executions.values()].flatMap(({ endpointId, rebootingSince: since }) =>
    since === undefined
      ? []
      : [
          {
            what: `${hostnames(state, [endpointId])} is rebooting since ${formatInstant(since)}.`,
            until: (since + rebootLimitOf(state.plan)) as Instant,
            afterwards: "If it is not back by then, it counts as unreachable, and a person is told.",
            endpointIds: [endpointId],
          },
        ],
  );
}

function inFlight(state: RolloutState): Wait[] {
  const flying = [...state.executions.values()].filter((e) => isInFlight(e.state));
  if (flying.length === 0) return [];
  const first = Math.min(...flying.map((e) => e.rollback?.requestedAt ?? e.startedAt ?? e.changedAt));
  return [
    {
      what: flying.length === 1 ? "1 execution is in flight." : `${flying.length} executions are in flight.`,
      until: (first + state.plan.executionLimitMs) as Instant,
      afterwards: "Whichever has not ended by its limit counts as unreachable, and a person is told.",
      endpointIds: flying.map((e) => e.endpointId),
    },
  ];
}

function rollingBack(state: RolloutState, facts: Facts): Wait[] {
  const places = countPlaces(state, facts);
  const waits = rollbackCandidates(state).flatMap((e) => {
    const hold = rollbackHold(state, facts, places, e, ALL_RULES);
    return hold ? [{ endpointId: e.endpointId, hold }] : [];
  });
  return grouped(state, waits, "It is taken back as soon as that allows; override to go on with fewer healthy members.");
}

function beforeOpening(state: RolloutState, facts: Facts, wave: number, now: Instant): Wait[] {
  const plannedWave = state.plan.waves[wave];
  if (!plannedWave) return [];
  const overdue = "When it has not begun by then, a person is asked.";
  const notBefore = planned(plannedWave.notBefore);
  if (needsApproval(state, wave))
    return [
      {
        what: `Wave "${plannedWave.name}" waits for an approval.${openedBy(state, wave)}`,
        until: planned(plannedWave.notAfter),
        afterwards: overdue,
      },
    ];
  if (now < notBefore)
    return [
      {
        what: `Wave "${plannedWave.name}" begins at ${plannedWave.notBefore}.`,
        until: notBefore,
        afterwards: "Then its endpoints start as their windows open.",
      },
    ];
  return members(state, facts, wave, now).map((w) => ({ ...w, until: w.until ?? planned(plannedWave.notAfter) }));
}

function members(state: RolloutState, facts: Facts, wave: number, now: Instant): Wait[] {
  const waiting = (state.plan.waves[wave]?.endpointIds ?? []).filter((id) => !state.executions.has(id));
  if (waiting.length === 0) return [];
  const general = generalHold(state, facts, ALL_RULES);
  const expires = "When the plan expires first, the deployment ends as expired.";
  if (general)
    return grouped(
      state,
      waiting.map((endpointId) => ({ endpointId, hold: general })),
      expires,
    );
  const places = countPlaces(state, facts);
  return grouped(
    state,
    waiting.flatMap((endpointId) => {
      const hold = startHold(state, facts, places, endpointId, wave, now, ALL_RULES);
      return hold ? [{ endpointId, hold }] : [];
    }),
    expires,
  );
}

function baking(state: RolloutState, facts: Facts, wave: number, now: Instant): Wait[] {
  const phase = state.waves[wave]?.phase;
  if (phase?.kind !== "baking") return [];
  const name = state.plan.waves[wave]?.name;
  const share = successShare(state, wave);
  const unreached = waveExecutions(state, wave)
    .filter((e) => e.state === "unreachable")
    .map((e) => e.endpointId);
  const seen: Wait[] =
    unreached.length === 0
      ? []
      : [
          {
            what: `${unreached.length} endpoints of wave "${name}" could not be reached (${hostnames(state, unreached)}) and count against its success share (${share.succeeded} of ${share.of}).`,
            until: state.expiresAt,
            afterwards: "One that comes back says what became of it; none begins on a command from before.",
            endpointIds: unreached,
          },
        ];
  const gate = evaluateGate(state, facts, wave, phase.since, now);
  if (gate.kind === "bake")
    seen.push({ what: `Wave "${name}" is being watched.`, until: gate.until, afterwards: "Then its gate decides." });
  if (gate.kind === "verdict")
    seen.push({
      what: `The judge says ${gate.said} of wave "${name}"; the watch is prolonged.`,
      until: gate.until,
      afterwards: "Then a person is asked.",
    });
  return seen;
}

function grouped(state: RolloutState, holds: readonly { endpointId: string; hold: Hold }[], afterwards: string): Wait[] {
  const byText = new Map<string, { what: string; until: Instant | undefined; endpointIds: string[] }>();
  for (const { endpointId, hold } of holds) {
    const { what, until } = said(hold, state.awaited.get(endpointId));
    const group = byText.get(what) ?? { what, until, endpointIds: [] };
    group.endpointIds.push(endpointId);
    byText.set(what, group);
  }
  return [...byText.values()].map(({ what, until, endpointIds }) => ({
    what: `${endpointIds.length === 1 ? "1 endpoint waits" : `${endpointIds.length} endpoints wait`}: ${what}`,
    until: until ?? state.expiresAt,
    afterwards,
    endpointIds,
  }));
}

function said(hold: Hold, awaitedUntil: Instant | undefined): { what: string; until: Instant | undefined } {
  const plain = (what: string) => ({ what, until: undefined });
  switch (hold.kind) {
    case "standstill":
      return plain(`the deployment is ${hold.phase}.`);
    case "frozen":
      return plain(`the fleet is frozen: ${hold.reason}`);
    case "digest":
      return plain("the stored plan is not the one that was approved; it needs a new approval.");
    case "budget":
      return plain(`the error budget is used up (${hold.failures} failures).`);
    case "window":
      return hold.opensAt === undefined
        ? plain("their window does not open any more.")
        : { what: `their window opens at ${formatInstant(hold.opensAt)}.`, until: hold.opensAt };
    case "elsewhere":
      return hold.until === undefined
        ? plain(`deployment ${hold.deploymentId} is changing them.`)
        : {
            what: `deployment ${hold.deploymentId} changed them and watches what comes of it, until ${formatInstant(hold.until)}.`,
            until: hold.until,
          };
    case "redundancy":
      return plain(`redundancy group ${hold.group} has ${hold.healthy} other healthy members and needs ${hold.needs}.`);
    case "concurrency":
      return plain(`the ${hold.of} has ${hold.limit} in flight, which is its limit.`);
    case "superseded":
      return plain(`what was approved is no longer current: ${hold.why}`);
    case "not-restored":
      return plain(
        `${hold.endpoints === 1 ? "an endpoint" : `${hold.endpoints} endpoints`} could not be restored, and nobody has seen to it.`,
      );
    case "unrestorable":
      return {
        what: `they have no way back, and ${hold.inDanger} such ${hold.inDanger === 1 ? "endpoint is" : "endpoints are"} in danger, as many as the plan allows.`,
        until: hold.until,
      };
    case "braked":
      return { what: hold.why, until: hold.until };
    case "disconnected":
      return { what: "they are not connected; the gate will count them as unreachable.", until: awaitedUntil };
    default:
      return unreachable(hold);
  }
}
