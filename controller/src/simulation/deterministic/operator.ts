import type { OperatorCommand, RolloutEvent, RolloutState } from "../../act/rollout/core/index.ts";
import { isFinal, isInFlight, remainsChanged, successShare } from "../../act/rollout/core/index.ts";
import type { Chance } from "./chance.ts";
import type { Controller } from "./controller.ts";
import type { Timeline } from "./timeline.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** People answer within this time, and try again when nobody takes their word. */
const ANSWERS_FROM_MS = 10 * MINUTE;
const ANSWERS_TO_MS = 60 * MINUTE;
const AGAIN_AFTER_MS = MINUTE;
/** Mean time until the owner of one harmed endpoint has complained and is believed. */
const COMPLAINS_AFTER_MS = 12 * HOUR;
/** A rollback that its redundancy groups hold up for so long is forced. */
const FORCES_AFTER_MS = 2 * HOUR;
/** Below this share of successes a person takes everything back instead of going on. */
const ACCEPTED_SHARE_PERMILLE = 500;

/**
 * The person behind the console. Answers what is asked without knowing the truth, hears complaints about harmed endpoints
 * whatever the policy, and takes the rollout back then. With whims, also pauses and resumes for no reason.
 */
export function createOperator(p: {
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly controllers: readonly Controller[];
  readonly whims: boolean;
}) {
  const { timeline, chance } = p;
  let asked = 0;
  let said = 0;
  let complained = false;
  const by = (reason: string) => ({ actor: "user:operator", reason });

  /** Says it to a controller that answers, again and again until one takes it. */
  function say(choose: (state: RolloutState) => OperatorCommand | undefined): void {
    const alive = p.controllers.filter((c) => c.alive);
    const controller = alive[said++ % Math.max(1, alive.length)];
    if (!controller?.command(choose)) timeline.after(AGAIN_AFTER_MS, () => say(choose));
    else for (const c of p.controllers) c.wake();
  }

  function answer(state: RolloutState): OperatorCommand | undefined {
    const harmful = state.decisions.some((d) => d.kind === "harmful");
    const poor = state.decisions.some((d) => d.kind === "success-share" && successShare(state, d.wave).permille < ACCEPTED_SHARE_PERMILLE);
    const approval = state.decisions.find((d) => d.kind === "approval");
    if (isFinal(state.phase) || state.decisions.length === 0) return undefined;
    if (harmful || poor) return takeBack(state, harmful ? "the judge found it harmful" : "most executions of a wave failed");
    if (approval) return { type: "approve-wave", wave: approval.wave, ...by("looks good") };
    return { type: "override", ...by("looked at it: go on") };
  }

  /** A rollback of everything that was changed; where nothing was, or nothing can be restored, a halt. What is over is over: that needs a new plan. */
  function takeBack(state: RolloutState, reason: string): OperatorCommand | undefined {
    if (state.rollback || isFinal(state.phase)) return undefined;
    const reversible = [...state.executions.values()].some(
      (e) => !state.irreversible.has(e.endpointId) && (remainsChanged(state, e) || (isInFlight(e.state) && e.state !== "rolling-back")),
    );
    return reversible ? { type: "rollback", scope: "deployment", ...by(reason) } : { type: "halt", ...by(reason) };
  }

  function force(): void {
    timeline.after(FORCES_AFTER_MS, () =>
      say((state) => (state.rollback && !state.rollback.forced ? { type: "override", ...by("the group has to bear it") } : undefined)),
    );
  }

  return {
    get decisionsAsked(): number {
      return asked;
    },
    heard(events: readonly RolloutEvent[]): void {
      for (const event of events) {
        if (event.type === "rollback-started") force();
        if (event.type !== "decision-needed") continue;
        timeline.after(chance.between(`answer/${asked++}`, ANSWERS_FROM_MS, ANSWERS_TO_MS), () => say(answer));
      }
    },
    /** An endpoint has begun to suffer. */
    harmed(id: string): void {
      timeline.after(chance.exponential(`complaint/${id}`, COMPLAINS_AFTER_MS), () => {
        if (complained) return;
        complained = true;
        say((state) => takeBack(state, `${id} suffers since the patch`));
      });
    },
    start(): void {
      if (!p.whims) return;
      for (let i = 0; i < 4; i += 1) {
        const name = `whim/${i}`;
        if (!chance.strikes(name, 0.6)) continue;
        const from = chance.exponential(`${name}/at`, 6 * HOUR);
        timeline.after(from, () => say((s) => (s.phase.kind === "running" ? { type: "pause", ...by("a whim") } : undefined)));
        timeline.after(from + chance.between(`${name}/for`, MINUTE, 5 * HOUR), () =>
          say((s) => (s.phase.kind === "paused" && s.phase.cause === "operator" ? { type: "resume", ...by("over") } : undefined)),
        );
      }
    },
  };
}
