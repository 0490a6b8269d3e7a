import { haltBody, haltsSchema, haltTakenSchema } from "../schemas/index.ts";
import { defineRoute } from "./route.ts";

const tag = "Halts";

/** Halts that operators signed elsewhere. */
export const haltRoutes = {
  halts: defineRoute({
    id: "listHalts",
    method: "get",
    path: "/halts",
    access: "viewer",
    tag,
    summary: "Signed halts, newest first, and on which endpoints they stand",
    response: haltsSchema,
  }),
  haltTake: defineRoute({
    id: "takeHalt",
    method: "post",
    path: "/halts",
    access: "operator",
    tag,
    body: haltBody,
    status: 201,
    summary: "Hand in a signed halt, or the signed lift of one, to be carried to endpoints",
    response: haltTakenSchema,
  }),
};
