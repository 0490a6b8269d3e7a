import { type Check, checkSchema } from "@breakwater/shared/command";
import { unreachable } from "@breakwater/shared/core";
import type { WireCheck } from "@breakwater/shared/wire";
import { z } from "zod";
import type { Endpoint } from "../../know/fleet/index.ts";

/** How often agents look. The judge needs four samples a minute; inventories change with packages. */
export interface Rhythms {
  readonly healthIntervalSeconds: number;
  readonly inventoryIntervalSeconds: number;
}
export const DEFAULT_RHYTHMS: Rhythms = { healthIntervalSeconds: 15, inventoryIntervalSeconds: 3_600 };

/** What an endpoint is to sample and how often. */
export const settingsFor = (endpoint: Endpoint, rhythms: Rhythms) => ({
  ...rhythms,
  healthSteps: true,
  checks: z.array(checkSchema).parse(endpoint.checks).map(wireCheck),
});

function wireCheck(check: Check): WireCheck {
  const { name, timeoutMs } = check;
  switch (check.kind) {
    case "unit":
      return { name, timeoutMs, unit: { unit: check.unit } };
    case "tcp":
      return { name, timeoutMs, tcp: { host: check.host, port: check.port } };
    case "http":
      return { name, timeoutMs, http: { url: check.url, expectStatus: check.expectStatus ?? 0 } };
    case "process":
      return { name, timeoutMs, process: { name: check.process } };
    default:
      return unreachable(check);
  }
}
