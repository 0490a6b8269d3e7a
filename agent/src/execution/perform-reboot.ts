import { setTimeout as wait } from "node:timers/promises";
import { DEFAULT_REBOOT_LIMIT_MS, type EndpointAction } from "@breakwater/shared/command";
import { formatInstant } from "@breakwater/shared/core";
import { decideFallback, findHooks, HOOK_PHASES, type HookPhase, noFallback, PHASE_LIMIT_MS, runHooks } from "../reboot/index.ts";
import type { Surroundings } from "./perform.ts";
import { kernels, whyReboot } from "./reboot-signs.ts";
import type { RecordOf } from "./records.ts";
import type { Direction, Standing } from "./standing.ts";
import { fail, judgeMachine, problemsOf } from "./verify.ts";

/** The controller should know before the machine falls silent; one that cannot be reached does not hold the reboot up. */
const TELL_MS = 10_000;
/** An executor that is started anew on the way down may ask again; more often than this is a loop. */
const MAX_ASKED = 3;
/** Between two looks whether systemd is taking the machine down. */
const LOOK_MS = 1_000;
/** Services have this long to start at boot before they are judged. */
const BOOT_SETTLE_MS = 180_000;

const nowOf = (w: Surroundings): string => formatInstant(w.clock.now());
const limitOf = (action: EndpointAction): number => action.rebootWithin?.limitMs ?? DEFAULT_REBOOT_LIMIT_MS;

/** What a reboot of this machine needs in time: its drain hooks, if it has some, and coming back. Unsound hooks are no word of the owner. */
async function needs(action: EndpointAction, w: Surroundings): Promise<{ ms: number; unsound?: string }> {
  const found = await Promise.all(HOOK_PHASES.map((phase) => findHooks(w.configDir, phase)));
  const bad = found.find((f) => !f.ok);
  if (bad && !bad.ok) return { ms: 0, unsound: bad.problem.message };
  const drains = found[0]?.ok === true && found[0].value.length > 0;
  return { ms: limitOf(action) + (drains ? PHASE_LIMIT_MS : 0) };
}

/** What can be known of a reboot before anything is changed: whether it could be had, and what a bad kernel would cost. */
export async function rebootPrecheck(action: EndpointAction, w: Surroundings): Promise<{ refused?: string; kernelNote: string }> {
  if (action.reboot === "never") return { kernelNote: "" };
  const { ms, unsound } = await needs(action, w);
  if (unsound) return { refused: `${unsound} Nothing was changed.`, kernelNote: "" };
  const allowed = await w.mayReboot(action, ms);
  if (!allowed.ok) return { refused: `${allowed.problem.message} Nothing was changed.`, kernelNote: "" };
  const why = noFallback(await w.bootLoader.look(), w.machine.kernel());
  return { kernelNote: why === undefined ? "" : `No kernel fallback here: ${why}.` };
}

/** Decides whether the machine has to go down for what was done, and whether it may. A machine that is not well is not rebooted, but restored. */
export async function weighReboot(after: Direction, s: Standing, w: Surroundings): Promise<void> {
  const bootId = await w.machine.bootId();
  const note = (decision: RecordOf<"reboot-weighed">["decision"], reasons: string[], why = "") =>
    w.journal.append({ kind: "reboot-weighed", at: nowOf(w), after, reasons, decision, why: why.slice(0, 1_000), bootId });
  const reasons = after === "apply" ? await whyReboot(w) : await whyRebootBack(s, w);
  if (reasons.length === 0) return note("not-needed", []);
  if (after === "apply") {
    const judged = await judgeMachine(after, s, w);
    if (problemsOf(judged).length > 0) return fail(judged, w, "");
  }
  const { ms, unsound } = await needs(s.action, w);
  if (unsound) return note("not-allowed", reasons, unsound);
  const allowed = await w.mayReboot(s.action, ms);
  return allowed.ok ? note("reboot", reasons) : note("not-allowed", reasons, allowed.problem.message);
}

/** After going back the kernel of before must run; that a newer one is installed is how it was. */
async function whyRebootBack(s: Standing, w: Surroundings): Promise<string[]> {
  const reasons = (await whyReboot(w)).filter((r) => !r.startsWith("kernel "));
  const before = s.reboots.get("apply")?.began?.kernel.running;
  const now = w.machine.kernel();
  return before !== undefined && before !== now ? [...reasons, `kernel ${now} runs, ${before} ran before the change`] : reasons;
}

export async function performHooks(phase: HookPhase, s: Standing, w: Surroundings): Promise<void> {
  const ran = await runHooks(w.run, w.configDir, phase, s.executionId);
  w.journal.append({ kind: "hooks-ran", at: nowOf(w), phase, ...ran });
}

/**
 * Takes the machine down, or finds out that it has been. Whoever comes here in another boot than the one that was written
 * down before knows that it went down; in the same one it did not, and is asked again until its time is over.
 */
export async function performReboot(after: Direction, s: Standing, w: Surroundings): Promise<void> {
  const began = s.reboots.get(after)?.began ?? (await beginReboot(after, s, w));
  if (!began) return;
  if ((await w.machine.bootId()) !== began.bootId) return cameBack(began, s, w);
  const asked = s.reboots.get(after)?.asked ?? 0;
  const why =
    asked < MAX_ASKED ? await goDown(began, w) : `systemd was asked ${asked} times, and this boot cannot be told from the one before`;
  if (began.kernel.once !== "") {
    await w.bootLoader.forgetOnce();
    // "0" is the first of the menu, which an empty default means as well.
    await w.bootLoader.setDefault(began.kernel.before || "0");
  }
  await ended(began, false, why, w);
}

/** @returns why the machine is still up after its time */
async function goDown({ after, limitMs, kernel }: RecordOf<"reboot-began">, w: Surroundings): Promise<string> {
  if (kernel.once !== "") {
    const problem = (await w.bootLoader.setDefault(kernel.keep)) ?? (await w.bootLoader.bootOnce(kernel.once));
    if (problem) return problem;
  }
  w.journal.append({ kind: "reboot-asked", at: nowOf(w), after });
  const problem = await w.machine.reboot();
  if (problem) return `systemd would not reboot: ${problem}`;
  // systemd ends this process on its way down. By no clock that can be set: one that jumps would call a machine that goes down one
  // that stayed up, or wait for a year.
  const until = performance.now() + limitMs;
  while (performance.now() < until) await wait(LOOK_MS);
  return `systemd was asked and the machine was still up after ${Math.round(limitMs / 60_000)} min`;
}

async function beginReboot(after: Direction, s: Standing, w: Surroundings): Promise<RecordOf<"reboot-began"> | undefined> {
  const { reasons = [], bootId } = s.reboots.get(after)?.weighed ?? {};
  // A power cut, or an administrator, was faster: what was weighed may be no more.
  if (bootId !== (await w.machine.bootId())) {
    await weighReboot(after, s, w);
    return undefined;
  }
  const limitMs = limitOf(s.action);
  // Draining took its time, and the owner may have changed his mind meanwhile.
  const allowed = await w.mayReboot(s.action, limitMs);
  if (!allowed.ok) {
    const why = allowed.problem.message;
    w.journal.append({ kind: "reboot-weighed", at: nowOf(w), after, reasons, decision: "not-allowed", why, bootId });
    return undefined;
  }
  const kernel = after === "apply" ? await kernelPlan(s, w) : { ...NO_FALLBACK, running: w.machine.kernel() };
  w.report(after === "apply" ? "rebooting" : "rolling-back", {
    message: `Rebooting since ${nowOf(w)}: ${reasons.join("; ")}.${kernelWords(kernel)}`,
  });
  await w.delivered(TELL_MS);
  const record = { kind: "reboot-began" as const, at: nowOf(w), after, bootId, limitMs, kernel };
  w.journal.append(record);
  return record;
}

const NO_FALLBACK = { running: "", next: "", keep: "", once: "", before: "", why: "" };

async function kernelPlan(s: Standing, w: Surroundings): Promise<RecordOf<"reboot-began">["kernel"]> {
  const { running, newestInstalled: next, package: owner } = await kernels(w);
  // A container boots its host's kernel, and nothing of its own.
  if (owner === "") return { ...NO_FALLBACK, running };
  const replaced = s.prechecked?.changes.some((c) => c.name === owner) ?? false;
  const decided = decideFallback(await w.bootLoader.look(), running, next, replaced);
  const { keep, once, before } = decided.kind === "once" ? decided : NO_FALLBACK;
  return { running, next, keep, once, before, why: decided.kind === "none" ? decided.why : "" };
}

function kernelWords({ once, next, running, why }: RecordOf<"reboot-began">["kernel"]): string {
  if (once !== "") return ` Kernel ${next} is booted once; ${running} stays the default until it proves well.`;
  return why === "" ? "" : ` No kernel fallback: ${why}.`;
}

async function cameBack(began: RecordOf<"reboot-began">, s: Standing, w: Surroundings): Promise<void> {
  await w.machine.settled(BOOT_SETTLE_MS);
  const { next, once } = began.kernel;
  const now = w.machine.kernel();
  const other = next !== "" && now !== next;
  await ended(began, true, other && once === "" ? `it came back with kernel ${now}, and its boot loader does not boot ${next}` : "", w);
  if (!other || once === "" || s.failing) return;
  const message = `The machine came back with kernel ${now}: ${next} did not come up, and the loader fell back.`;
  w.journal.append({ kind: "failing", at: nowOf(w), failureClass: "kernel-fell-back", message, output: "" });
}

async function ended({ after }: RecordOf<"reboot-began">, booted: boolean, why: string, w: Surroundings): Promise<void> {
  const bootId = await w.machine.bootId();
  w.journal.append({ kind: "reboot-ended", at: nowOf(w), after, booted, bootId, kernel: w.machine.kernel(), why });
}
