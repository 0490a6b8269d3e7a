import type { Access } from "../routes/index.ts";
import type { Role } from "../schemas/index.ts";

/** Each role may do all that the ones before it may. */
export const ROLES: readonly Role[] = ["viewer", "operator", "approver", "admin"];

/** Default deny: what is neither public nor a known role suffices for nobody. */
export function suffices(role: Role | undefined, access: Access): boolean {
  if (access === "public") return true;
  const needed = ROLES.indexOf(access);
  return role !== undefined && needed >= 0 && ROLES.indexOf(role) >= needed;
}
