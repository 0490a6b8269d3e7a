/**
 * States in which vulnerable code is on an endpoint, or runs there, and nobody decided otherwise. "restart-needed": the fixed version
 * is installed, and a process still runs the old file, or the old kernel does, or nobody could look whether one does.
 */
export const UNRESOLVED_STATES = ["open", "no-fix", "restart-needed"] as const;

export const isUnresolved = (state: string): boolean => (UNRESOLVED_STATES as readonly string[]).includes(state);
