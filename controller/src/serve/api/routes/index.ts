import type { z } from "@hono/zod-openapi";
import { accountRoutes } from "./account.ts";
import { assessmentRoutes } from "./assessment.ts";
import { authRoutes } from "./auth.ts";
import { cmdbRoutes } from "./cmdb.ts";
import { deploymentRoutes } from "./deployment.ts";
import { fleetRulesRoutes } from "./fleet-rules.ts";
import { haltRoutes } from "./halt.ts";
import { knowRoutes } from "./know.ts";
import { planRoutes } from "./plan.ts";
import type { Route } from "./route.ts";

export type { Access, Route } from "./route.ts";

/** Every operation there is. What is not in this table cannot be reached. */
export const routes = {
  ...authRoutes,
  ...knowRoutes,
  ...assessmentRoutes,
  ...fleetRulesRoutes,
  ...cmdbRoutes,
  ...haltRoutes,
  ...planRoutes,
  ...deploymentRoutes,
  ...accountRoutes,
};
export type AnyRoute = Route<z.ZodType, z.ZodType, z.ZodType, z.ZodType>;
export const allRoutes: readonly AnyRoute[] = Object.values(routes) as unknown as AnyRoute[];
