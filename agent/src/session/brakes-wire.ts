import type { BrakesReport } from "@breakwater/shared/wire";
import type { BrakesStatus } from "../executor/protocol.ts";

/** The wire's words for what holds the executor back. */
export function brakesReport({ halts, lifted, refused, problem, fuse }: BrakesStatus): BrakesReport {
  const { opensInMs, ...counts } = fuse;
  return {
    halts: halts.map(({ digest, order, via, receivedAt }) => ({ digest, order, via, receivedAt })),
    lifted,
    refused,
    problem,
    fuse: { ...counts, opensInSeconds: Math.ceil(opensInMs / 1000) },
  };
}
