/** One thing that the boot loader can boot. */
export interface BootEntry {
  /** As the loader's own tools take it, e.g. "gnulinux-advanced-UUID>gnulinux-6.1.0-18-amd64-advanced-UUID". */
  readonly id: string;
  /** Release of its kernel, as uname(1) has it. */
  readonly release: string;
  readonly recovery: boolean;
}

/** What a boot loader says of itself. */
export type BootView =
  | { readonly kind: "none"; readonly why: string }
  | {
      readonly kind: "grub";
      readonly entries: readonly BootEntry[];
      /** It boots the saved entry when nothing else is said: GRUB_DEFAULT=saved. */
      readonly bootsSaved: boolean;
      /** It heeds an entry for the next boot alone. */
      readonly bootsOnce: boolean;
      /** Why it could not clear that entry at boot, so that it would stay; empty when it can. */
      readonly cannotForget: string;
      /** What it boots when nothing else is said; empty: the first of its menu. */
      readonly savedEntry: string;
    };

/** A boot loader, as far as a kernel is tried once. Each lives in its own file. */
export interface BootLoader {
  look(): Promise<BootView>;
  /** What is booted from now on when nothing else is said. @returns what went wrong */
  setDefault(entry: string): Promise<string | undefined>;
  /** What is booted next, and only then. @returns what went wrong */
  bootOnce(entry: string): Promise<string | undefined>;
  /** As if nothing had been said for the next boot. @returns what went wrong */
  forgetOnce(): Promise<string | undefined>;
}
