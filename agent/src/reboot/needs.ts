import type { NeedRestart } from "./need-restart.ts";

/** Everything that may call for a reboot, read off the machine. */
export interface RebootSigns {
  /** From the flag file and the installed kernels. */
  readonly reasons: readonly string[];
  readonly needRestart?: NeedRestart | undefined;
  /** Services on replaced files that cannot be restarted under a running machine. */
  readonly waitingUnits: readonly string[];
}

/** Why the machine should be rebooted, each reason once; empty when nothing asks for it. */
export function rebootReasons({ reasons, needRestart, waitingUnits }: RebootSigns): string[] {
  const all = [...reasons];
  const kernel = needRestart?.kernel;
  if (kernel && kernel.expected !== kernel.running && !all.some((r) => r.startsWith("kernel ")))
    all.push(`kernel ${kernel.running} runs, ${kernel.expected} is installed`);
  if (needRestart?.microcodeObsolete) all.push("newer microcode is installed than the processor has loaded");
  if (waitingUnits.length > 0)
    all.push(
      `${waitingUnits.join(", ")} ${waitingUnits.length === 1 ? "runs" : "run"} replaced files and cannot be restarted under a running machine`,
    );
  return [...new Set(all)].slice(0, 20);
}
