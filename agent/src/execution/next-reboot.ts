import type { Step } from "./next-step.ts";
import type { Direction, Standing } from "./standing.ts";

export type RebootStep =
  | { readonly kind: "weigh-reboot"; readonly after: Direction }
  | { readonly kind: "hooks"; readonly phase: "drain" | "undrain" }
  | { readonly kind: "reboot"; readonly after: Direction }
  | { readonly kind: "keep-kernel"; readonly entry: string };

/** Whether a reboot after this direction is thought of at all: going back reboots only where the change had. */
const considered = (s: Standing, after: Direction): boolean => {
  if (s.action.reboot === "never") return false;
  if (after === "apply") return true;
  return s.reboots.get("apply")?.ended?.booted === true || (s.origin.kind === "rollback-received" && s.origin.rebooted);
};

/**
 * What is left to do for a reboot once the packages and services stand as they should, and before they are verified. At most
 * one reboot in each direction, however often the executor starts anew.
 * @returns undefined when nothing is left, also when a needed reboot could not be had: `lastly` tells that
 */
export function rebootStep(s: Standing, after: Direction): RebootStep | undefined {
  if (!considered(s, after)) return undefined;
  const { weighed, drained, began, ended } = s.reboots.get(after) ?? {};
  if (!weighed) return { kind: "weigh-reboot", after };
  if (weighed.decision !== "reboot" || ended) return undefined;
  if (began) return { kind: "reboot", after };
  if (s.cancel && after === "apply") return undefined;
  // Drained for the change and not taken back: still so for the way back.
  if (!drained && !s.drained) return { kind: "hooks", phase: "drain" };
  if (drained && !drained.passed) return undefined;
  return { kind: "reboot", after };
}

/** Why the machine still needs a reboot that the plan provides for; undefined when it does not. */
function outstanding(s: Standing, after: Direction): string | undefined {
  const { weighed, drained, began, ended } = s.reboots.get(after) ?? {};
  if (!weighed || weighed.decision === "not-needed") return undefined;
  if (weighed.decision === "not-allowed") return weighed.why;
  if (!began && s.cancel && after === "apply") return `it was called off: ${s.cancel.reason}`;
  if (drained && !drained.passed && !began) return `the drain hooks failed: ${drained.problem}`;
  return ended?.why || undefined;
}

/** What follows on a verified state: the new kernel becomes the default, the machine serves again, and it is said how it ended. */
export function lastly(s: Standing, after: Direction, message: string): Step {
  const reboot = s.reboots.get(after);
  const once = reboot?.began?.kernel.once ?? "";
  if (once !== "" && reboot?.ended?.booted && !s.kernelKept) return { kind: "keep-kernel", entry: once };
  if (s.drained) return { kind: "hooks", phase: "undrain" };
  const wrong: { readonly failureClass: "reboot-not-done" | "hook-failed"; readonly message: string }[] = [];
  const open = outstanding(s, after);
  if (open)
    wrong.push({
      failureClass: "reboot-not-done",
      message: `A reboot is needed (${reboot?.weighed?.reasons.join("; ")}) and is still open: ${open}.`,
    });
  if (s.undrained && !s.undrained.passed)
    wrong.push({ failureClass: "hook-failed", message: `The machine may still be drained: ${s.undrained.problem}.` });
  if (s.kernelKept?.problem)
    wrong.push({ failureClass: "reboot-not-done", message: `The new kernel runs and is not the default: ${s.kernelKept.problem}.` });
  const [first] = wrong;
  if (!first) return { kind: "conclude", state: after === "apply" ? "succeeded" : "rolled-back", message };
  const told = `${wrong.map((w) => w.message).join(" ")} ${message}`;
  if (after === "restore") return { kind: "conclude", state: "rollback-failed", message: told };
  const stands = "The new versions are in place and passed their checks.";
  return { kind: "conclude", state: "failed", failureClass: first.failureClass, message: `${told} ${stands}` };
}
