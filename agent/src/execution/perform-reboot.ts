import { setTimeout as wait } from "node:timers/promises";
import { DEFAULT_REBOOT_LIMIT_MS, type EndpointAction } from "@breakwater/shared/command";
import { formatInstant } from "@breakwater/shared/core";
import {
  askForReboot,
  bootId,
  decideFallback,
  findHooks,
  HOOK_PHASES,
  type HookPhase,
  noFallback,
  PHASE_LIMIT_MS,
  runHooks,
  runningKernel,
  settledAfterBoot,
} from "../reboot/index.ts";
import type { Surroundings } from "./perform.ts";
import { kernels, whyReboot } from "./reboot-signs.ts";
import type { RecordOf } from "./records.ts";
import type { Direction, Standing } from "./standing.ts";
import { fail, judgeMachine, problemsOf } from "./verify.ts";

/** The controller should know before the machine falls silent; one that cannot be reached does not hold the reboot up. */
const TELL_MS = 10_000;
/** Between two looks whether systemd is taking the machine down. */
const LOOK_MS = 1_000;
/** Services have this long to start at boot before they are judged. */
const BOOT_SETTLE_MS = 180_000;

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
  const why = noFallback(await w.bootLoader.look(), runningKernel());
  return { kernelNote: why === undefined ? "" : `No kernel fallback here: ${why}.` };
}

/** Decides whether the machine has to go down for what was done, and whether it may. A machine that is not well is not rebooted, but restored. */
export async function weighReboot(after: Direction, s: Standing, w: Surroundings): Promise<void> {
  const note = (decision: RecordOf<"reboot-weighed">["decision"], reasons: string[], why = "") =>
    w.journal.append({ kind: "reboot-weighed", at: formatInstant(w.clock.now()), after, reasons, decision, why: why.slice(0, 1_000) });
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
  const now = runningKernel();
  return before !== undefined && before !== now ? [...reasons, `kernel ${now} runs, ${before} ran before the change`] : reasons;
}

export async function performHooks(phase: HookPhase, s: Standing, w: Surroundings): Promise<void> {
  const ran = await runHooks(w.run, w.configDir, phase, s.executionId);
  w.journal.append({ kind: "hooks-ran", at: formatInstant(w.clock.now()), phase, ...ran });
}

/**
 * Takes the machine down, or finds out that it has been. Whoever comes here in another boot than the one that was written
 * down before knows that it went down; in the same one it did not, and is asked again until its time is over.
 */
export async function performReboot(after: Direction, s: Standing, w: Surroundings): Promise<void> {
  const known = s.reboots.get(after)?.began;
  const began = known ?? (await beginReboot(after, s, w));
  if (!began) return;
  const ended = (booted: boolean, now: string, why: string) =>
    w.journal.append({ kind: "reboot-ended", at: formatInstant(w.clock.now()), after, booted, bootId: now, kernel: runningKernel(), why });
  if ((await bootId()) !== began.bootId) return cameBack(began, s, w, ended);
  const { keep, once } = began.kernel;
  if (once !== "") {
    const problem = (await w.bootLoader.setDefault(keep)) ?? (await w.bootLoader.bootOnce(once));
    if (problem) return ended(false, began.bootId, problem);
  }
  const problem = await askForReboot(w.run);
  if (problem) return ended(false, began.bootId, `systemd would not reboot: ${problem}`);
  const until = Date.parse(began.at) + began.limitMs;
  // systemd ends this process on its way down.
  while (w.clock.now() < until) await wait(LOOK_MS);
  ended(false, began.bootId, `systemd was asked and the machine was still up after ${Math.round(began.limitMs / 60_000)} min`);
}

async function beginReboot(after: Direction, s: Standing, w: Surroundings): Promise<RecordOf<"reboot-began"> | undefined> {
  const limitMs = limitOf(s.action);
  const reasons = s.reboots.get(after)?.weighed?.reasons ?? [];
  // Draining took its time, and the owner may have changed his mind meanwhile.
  const allowed = await w.mayReboot(s.action, limitMs);
  const at = formatInstant(w.clock.now());
  if (!allowed.ok) {
    w.journal.append({ kind: "reboot-weighed", at, after, reasons, decision: "not-allowed", why: allowed.problem.message });
    return undefined;
  }
  const kernel = after === "apply" ? await kernelPlan(s, w) : { running: runningKernel(), next: "", keep: "", once: "", why: "" };
  const how =
    kernel.once === ""
      ? kernel.why
        ? ` No kernel fallback: ${kernel.why}.`
        : ""
      : ` Kernel ${kernel.next} is booted once; ${kernel.running} stays the default until it proves well.`;
  w.report(after === "apply" ? "rebooting" : "rolling-back", { message: `Rebooting since ${at}: ${reasons.join("; ")}.${how}` });
  await w.delivered(TELL_MS);
  const record = { kind: "reboot-began" as const, at: formatInstant(w.clock.now()), after, bootId: await bootId(), limitMs, kernel };
  w.journal.append(record);
  return record;
}

async function kernelPlan(s: Standing, w: Surroundings): Promise<RecordOf<"reboot-began">["kernel"]> {
  const { running, newestInstalled: next, package: owner } = await kernels(w);
  // A container boots its host's kernel, and nothing of its own.
  if (owner === "") return { running, next: "", keep: "", once: "", why: "" };
  const replaced = s.prechecked?.changes.some((c) => c.name === owner) ?? false;
  const decided = decideFallback(await w.bootLoader.look(), running, next, replaced);
  if (decided.kind === "once") return { running, next, keep: decided.keep, once: decided.once, why: "" };
  return { running, next, keep: "", once: "", why: decided.kind === "none" ? decided.why : "" };
}

async function cameBack(
  { kernel }: RecordOf<"reboot-began">,
  s: Standing,
  w: Surroundings,
  ended: (booted: boolean, now: string, why: string) => void,
): Promise<void> {
  await settledAfterBoot(w.run, BOOT_SETTLE_MS, () => w.clock.now());
  ended(true, await bootId(), "");
  const now = runningKernel();
  if (kernel.once === "" || now === kernel.next || s.failing) return;
  const message = `The machine came back with kernel ${now}: ${kernel.next} did not come up, and the loader fell back.`;
  w.journal.append({ kind: "failing", at: formatInstant(w.clock.now()), failureClass: "kernel-fell-back", message, output: "" });
}
