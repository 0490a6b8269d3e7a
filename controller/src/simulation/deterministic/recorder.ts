import type { Instant } from "@breakwater/shared/core";
import { type RolloutEvent, type RolloutState, waveExecutions } from "../../act/rollout/core/index.ts";
import type { TraceLine } from "./trace.ts";

type End = "succeeded" | "failed" | "rolled-back" | "unreachable";

/**
 * Tells what the controller recorded as a trace. Each execution is told to end exactly once, when its place becomes free,
 * or as failed and then rolled back:
 * - refused counts as failed; cancelled as rolled back, for its endpoint has what it had before;
 * - what an endpoint says after it was given up as unreachable changes the controller's mind, and no line;
 * - an endpoint that succeeded and is taken back with its harmful wave is named in that wave's `wave-failed` line.
 */
export function createRecorder() {
  const lines: TraceLine[] = [];
  const ended = new Map<string, End>();
  const started = new Set<string>();
  const opened = new Set<number>();

  function end(at: Instant, endpoint: string, wave: number, kind: End, more?: TraceLine["more"]): void {
    if (!started.has(endpoint)) return;
    const before = ended.get(endpoint);
    if (before !== undefined && !(before === "failed" && kind === "rolled-back")) return;
    ended.set(endpoint, kind);
    lines.push({ at, kind, endpoint, wave, ...(more ? { more } : {}) });
  }

  function moved(event: Extract<RolloutEvent, { type: "execution-moved" }>): void {
    const { at, endpointId, wave, to, failureClass } = event;
    switch (to) {
      case "succeeded":
      case "unreachable":
      case "rolled-back":
        end(at, endpointId, wave, to);
        return;
      case "cancelled":
        end(at, endpointId, wave, "rolled-back", { why: "cancelled before anything was changed" });
        return;
      case "failed":
      case "refused":
      case "rollback-failed":
        end(at, endpointId, wave, "failed", { why: failureClass || to });
        return;
      default:
        return;
    }
  }

  return {
    lines,
    tell: (line: TraceLine): void => void lines.push(line),
    /**
     * @param after the state that these events led to
     * @param now when they were written
     */
    recorded(events: readonly RolloutEvent[], after: RolloutState, now: Instant): void {
      for (const event of events) {
        const { at } = event;
        switch (event.type) {
          case "started":
            lines.push({ at, kind: "deployment-started" });
            break;
          case "resumed":
            lines.push({ at, kind: "resumed" });
            break;
          case "paused":
            lines.push({ at, kind: "paused", more: { why: event.reason } });
            break;
          case "ended":
            if (event.as !== "succeeded") lines.push({ at, kind: "halted", more: { state: event.as, why: event.reason } });
            break;
          case "wave-sized":
            lines.push({ at, kind: "wave-sized", wave: event.wave, more: { endpoints: event.endpointIds } });
            break;
          case "wave-opened":
            if (!opened.has(event.wave)) lines.push({ at, kind: "wave-opened", wave: event.wave });
            opened.add(event.wave);
            break;
          case "wave-passed":
            lines.push({ at, kind: "wave-passed", wave: event.wave, more: { why: event.why } });
            break;
          case "wave-failed": {
            const takenBack = waveExecutions(after, event.wave).filter((e) => e.rollback && e.state === "rolled-back");
            const more = { why: event.why, takenBack: takenBack.map((e) => e.endpointId) };
            lines.push({ at, kind: "wave-failed", wave: event.wave, more });
            break;
          }
          case "execution-started":
            started.add(event.endpointId);
            ended.delete(event.endpointId);
            lines.push({ at, kind: "execution-started", endpoint: event.endpointId, wave: event.wave });
            break;
          case "execution-withdrawn":
            end(at, event.endpointId, waveOf(after, event.endpointId), "rolled-back", { why: "withdrawn before its command left" });
            started.delete(event.endpointId);
            break;
          case "execution-moved":
            if (isFit(event, ended.get(event.endpointId))) lines.push({ at, kind: "fit", endpoint: event.endpointId });
            moved(event);
            if (ended.has(event.endpointId)) lines.push({ at: now, kind: "closed", endpoint: event.endpointId });
            if (event.to === "rollback-failed") lines.push({ at, kind: "not-restored", endpoint: event.endpointId });
            break;
          case "overridden":
            if (event.kind === "undecided" || event.kind === "harmful") lines.push({ at, kind: "let-pass", wave: event.wave });
            if (event.kind === "superseded") lines.push({ at, kind: "insisted", wave: event.wave });
            if (event.kind === "rollback-failed") lines.push({ at, kind: "seen-to" });
            break;
          default:
            break;
        }
      }
    },
    /** All lines in the order of time. A decision bears the time at which it was made, which is a little before it was written. */
    inOrder: (): TraceLine[] => lines.toSorted((a, b) => a.at - b.at),
  };
}
export type Recorder = ReturnType<typeof createRecorder>;

const isFit = ({ to }: Extract<RolloutEvent, { type: "execution-moved" }>, before: End | undefined): boolean =>
  to === "refused" || (before === "unreachable" && (to === "succeeded" || to === "rolled-back" || to === "cancelled"));

const waveOf = (state: RolloutState, endpointId: string): number => state.plan.waves.findIndex((w) => w.endpointIds.includes(endpointId));
