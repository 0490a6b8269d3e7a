import { z } from "@hono/zod-openapi";
import {
  cmdbImportBody,
  cmdbImportedSchema,
  cmdbSourceName,
  cmdbSourcesSchema,
  gapFileQuery,
  gapPage,
  gapQuery,
  ok,
  reasonBody,
} from "../schemas/index.ts";
import { defineRoute } from "./route.ts";

/** What configuration databases say is there, beside what is. */
export const cmdbRoutes = {
  cmdbSources: defineRoute({
    id: "listCmdbSources",
    method: "get",
    path: "/cmdb/sources",
    access: "viewer",
    tag: "Fleet",
    summary: "Configuration databases, and when each was imported last",
    response: cmdbSourcesSchema,
  }),
  cmdbImport: defineRoute({
    id: "importCmdb",
    method: "post",
    path: "/cmdb/imports",
    access: "operator",
    tag: "Fleet",
    body: cmdbImportBody,
    summary: "Take in an export of a configuration database (CSV, JSON), in place of what the same source brought before; at most 32 MiB",
    response: cmdbImportedSchema,
  }),
  cmdbRemove: defineRoute({
    id: "removeCmdbSource",
    method: "delete",
    path: "/cmdb/sources/{name}",
    access: "operator",
    tag: "Fleet",
    params: z.object({ name: cmdbSourceName.openapi({ param: { name: "name", in: "path" } }) }),
    body: reasonBody,
    summary: "Take out what a configuration database brought",
    response: ok,
  }),
  gaps: defineRoute({
    id: "listInventoryGaps",
    method: "get",
    path: "/cmdb/gaps",
    access: "viewer",
    tag: "Fleet",
    query: gapQuery,
    summary: "Where the fleet, its networks and configuration databases do not agree, in both directions",
    response: gapPage,
  }),
  /** Answers the file itself. */
  gapsFile: defineRoute({
    id: "exportInventoryGaps",
    method: "get",
    path: "/cmdb/gaps.csv",
    access: "viewer",
    tag: "Fleet",
    query: gapFileQuery,
    summary: "The same as CSV",
    response: z.unknown(),
  }),
};
