import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { tooManyAttempts } from "../problems.ts";

/** Failed attempts per address and name, and per address over all names. Kept in this process: each replica counts its own. */
const PER_NAME = { points: 5, duration: 5 * 60 };
const PER_ADDRESS = { points: 30, duration: 15 * 60 };

export interface Attempts {
  /** Counts an attempt before it is looked at, so that many at once do not slip through. @throws too-many-attempts */
  begin(address: string, name: string): Promise<void>;
  /** Takes the attempt back after it succeeded. */
  succeeded(address: string, name: string): Promise<void>;
}

export function createAttempts(): Attempts {
  const perName = new RateLimiterMemory({ ...PER_NAME, keyPrefix: "name" });
  const perAddress = new RateLimiterMemory({ ...PER_ADDRESS, keyPrefix: "address" });
  const key = (address: string, name: string) => `${address} ${name.slice(0, 64)}`;
  return {
    begin: async (address, name) => {
      try {
        await perAddress.consume(address);
        await perName.consume(key(address, name));
      } catch (refused) {
        if (refused instanceof RateLimiterRes) throw tooManyAttempts(Math.ceil(refused.msBeforeNext / 1000));
        throw refused;
      }
    },
    succeeded: async (address, name) => {
      await perName.delete(key(address, name));
      await perAddress.reward(address);
    },
  };
}
