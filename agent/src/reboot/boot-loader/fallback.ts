import type { BootEntry, BootView } from "./boot-loader.ts";

/** How a new kernel is tried so that the old one comes back by itself. */
export type KernelFallback =
  /** No other kernel than the running one would be booted. */
  | { readonly kind: "not-needed" }
  /** `keep` is the default meanwhile, in place of `before`; `once` is booted a single time, and is kept when the machine is well with it. */
  | { readonly kind: "once"; readonly keep: string; readonly once: string; readonly before: string }
  | { readonly kind: "none"; readonly why: string };

/** Whether this machine's loader could fall back to another kernel at all. @returns why not; undefined when it could */
export function noFallback(view: BootView, running: string): string | undefined {
  if (view.kind === "none") return view.why;
  if (!view.bootsSaved) return "grub does not boot a saved default: set GRUB_DEFAULT=saved in /etc/default/grub and run update-grub";
  if (!view.bootsOnce) return "grub's menu does not know an entry for the next boot alone";
  if (view.cannotForget) return view.cannotForget;
  if (!entryFor(view.entries, running)) return `grub's menu has no entry for the running kernel ${running}`;
  return undefined;
}

/**
 * @param running Release of the kernel that runs.
 * @param next Release of the kernel that a reboot would bring.
 * @param replaced The change replaced the files of the running kernel itself.
 */
export function decideFallback(view: BootView, running: string, next: string, replaced: boolean): KernelFallback {
  if (replaced) return { kind: "none", why: `the change replaces the files of the running kernel ${running} itself` };
  if (next === "" || next === running) return { kind: "not-needed" };
  const why = noFallback(view, running);
  if (why !== undefined || view.kind === "none") return { kind: "none", why: why ?? "there is no boot loader" };
  const [keep, once] = [entryFor(view.entries, running), entryFor(view.entries, next)];
  if (!keep || !once) return { kind: "none", why: `grub's menu has no entry for the new kernel ${next}` };
  return { kind: "once", keep: keep.id, once: once.id, before: view.savedEntry };
}

/** An entry whose name is bound to the release: one that means "the newest" would point elsewhere after the next update-grub. */
const entryFor = (entries: readonly BootEntry[], release: string): BootEntry | undefined =>
  entries.find((e) => e.release === release && !e.recovery && e.id.includes(release));
