import { suffices } from "./auth/roles.ts";
import type { Role } from "./schemas/index.ts";

/** Kinds of events that say something about people and their access: for administrators only. */
const PRIVATE = ["user.", "session.", "token.", "join-token."] as const;

/** Prefixes of event types that a role may not see. */
export const hiddenPrefixes = (role: Role): readonly string[] => (suffices(role, "admin") ? [] : PRIVATE);

export const mayView = (role: Role, eventType: string): boolean => !hiddenPrefixes(role).some((prefix) => eventType.startsWith(prefix));
