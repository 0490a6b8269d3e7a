import type { EndpointAction, RehearsalReport, RehearsalVerdict } from "@breakwater/shared/command";
import { packageKey } from "../packages/index.ts";
import type { Findings } from "./findings.ts";

/** How the clone ended, seen from the machine. */
export type CloneEnd =
  /** The driver said its last word. */
  | { readonly kind: "done" }
  /** Ended by us: time was over, or something more important came. */
  | { readonly kind: "deadline"; readonly afterMs: number }
  | { readonly kind: "aborted"; readonly why: string }
  /** It went away by itself, e.g. out of memory. */
  | { readonly kind: "lost"; readonly output: string };

export interface Judged {
  readonly verdict: RehearsalVerdict;
  readonly failureClass: string;
  readonly reason: string;
}

/** Pure: what the clone's findings and its end mean for the patch. What is no word on the patch is "not-rehearsable". */
export function judge(findings: Findings, end: CloneEnd): Judged {
  const [first] = findings.problems;
  if (first) {
    const more = findings.problems.length > 1 ? ` (and ${findings.problems.length - 1} more)` : "";
    return { verdict: "failed", failureClass: first.failureClass, reason: `${first.message}${more}` };
  }
  const open = findings.steps.find((s) => s.outcome === "unfinished")?.name ?? "";
  const cannot = (failureClass: string, reason: string): Judged => ({ verdict: "not-rehearsable", failureClass, reason });
  switch (end.kind) {
    case "done":
      return { verdict: "passed", failureClass: "", reason: "" };
    case "aborted":
      return cannot("interrupted", `The rehearsal was ended: ${end.why}`);
    case "deadline":
      // Before the change it is the copy that is slow; from then on it is the change.
      return ["apply", "watch", "rollback", "verify-rollback"].includes(open)
        ? {
            verdict: "failed",
            failureClass: "hung",
            reason: `The step "${open}" had not ended after ${Math.round(end.afterMs / 60_000)} min.`,
          }
        : cannot("internal", `The copy was not ready after ${Math.round(end.afterMs / 60_000)} min.`);
    case "lost":
      return open === "apply" || open === "watch"
        ? {
            verdict: "failed",
            failureClass: "no-space",
            reason: `The copy ended during the step "${open}", most likely out of memory or disk. ${end.output}`.trim(),
          }
        : cannot("internal", `The copy ended before its time. ${end.output}`.trim());
  }
}

const CHROOT_BLIND = [
  "Services are not started, so one that does not come up, crashes or gets slower is not seen.",
  "Checks are not run.",
  "Maintainer scripts find no running systemd and leave out what they do with it.",
];
const ALWAYS_BLIND = [
  "There is no network in the copy: what needs other machines is not seen.",
  "The kernel is the machine's own: a new kernel, its modules and boot loaders are not tried.",
  "Only the first minutes after the change are watched, without users.",
];
export const blindTo = (level: RehearsalReport["level"], missing: readonly string[]): string[] => [
  ...(level === "chroot" ? CHROOT_BLIND : []),
  ...(level === "" ? [] : ALWAYS_BLIND),
  ...(missing.length > 0 ? [`Not in the copy: ${missing.slice(0, 10).join(", ")}.`] : []),
];

/** The packages of the action, before, after, and after going back. */
export function packagesOf(action: EndpointAction, findings: Findings): RehearsalReport["packages"] {
  const at = (list: Findings["packagesAfter"], key: string): string => {
    const p = list.find((x) => packageKey(x) === key);
    return p ? (p.status === "installed" ? p.version : `${p.version} (${p.status})`) : "";
  };
  return action.packages.map((p) => ({
    name: p.name,
    architecture: p.architecture,
    before: p.from,
    wanted: p.to,
    after: at(findings.packagesAfter, packageKey(p)),
    afterRollback: at(findings.packagesAfterRollback, packageKey(p)),
  }));
}
