import { z } from "@hono/zod-openapi";
import { auditPage, auditQuery, auditVerifySchema, eventSchema, healthzSchema, readyzSchema, systemSchema } from "../schemas/index.ts";
import { defineRoute } from "./route.ts";

export const accountRoutes = {
  audit: defineRoute({
    id: "listAudit",
    method: "get",
    path: "/audit",
    access: "viewer",
    tag: "Audit",
    query: auditQuery,
    summary: "The audit chain, newest first",
    response: auditPage,
  }),
  auditVerify: defineRoute({
    id: "verifyAudit",
    method: "get",
    path: "/audit/verify",
    access: "viewer",
    tag: "Audit",
    summary: "Check every link of the chain",
    response: auditVerifySchema,
  }),
  /** Answers JSON lines, one record a line, oldest first. */
  auditExport: defineRoute({
    id: "exportAudit",
    method: "get",
    path: "/audit/export",
    access: "approver",
    tag: "Audit",
    summary: "The whole chain as JSON lines, to be verified elsewhere",
    response: z.string(),
  }),
  /**
   * Server-sent events: `id` is the position, `data` an Event. They carry no `event` name, so that a browser hears types
   * that it does not know yet. Starts after `Last-Event-ID` (or `?after=`), at the present without one. An event named
   * `heartbeat` comes every 15 s in which nothing happens; events that a role may not see are left out.
   */
  events: defineRoute({
    id: "streamEvents",
    method: "get",
    path: "/events",
    access: "viewer",
    tag: "Now",
    query: z.object({ after: z.coerce.number().int().min(0).optional() }),
    summary: "Live events (text/event-stream)",
    response: eventSchema,
  }),
  system: defineRoute({
    id: "getSystem",
    method: "get",
    path: "/system",
    access: "viewer",
    tag: "System",
    summary: "Version, store, addresses",
    response: systemSchema,
  }),
  healthz: defineRoute({
    id: "healthz",
    method: "get",
    path: "/healthz",
    access: "public",
    tag: "System",
    summary: "The process answers",
    response: healthzSchema,
  }),
  readyz: defineRoute({
    id: "readyz",
    method: "get",
    path: "/readyz",
    access: "public",
    tag: "System",
    summary: "The store answers",
    response: readyzSchema,
  }),
};
