import { randomBytes } from "node:crypto";

type Id<Name extends string> = string & { readonly __brand: Name };

export type EndpointId = Id<"EndpointId">;
export type PlanId = Id<"PlanId">;
export type DeploymentId = Id<"DeploymentId">;
export type ExecutionId = Id<"ExecutionId">;

/**
 * A new id: a short prefix that says what it names, then 80 random bits in Crockford base32, e.g. "ep_7k2m9q4x8v1c3n5t".
 * Not for pure code: pass ids in there.
 */
export function newId<T extends string>(prefix: "ep" | "pl" | "dp" | "ex" | "jt" | "us" | "wv" | "fd" | "rh" | "sp" | "vx" | "sv"): T {
  const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  let bits = 0;
  let held = 0;
  let text = "";
  for (const byte of randomBytes(10)) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(held >> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return `${prefix}_${text}` as unknown as T;
}
