import { z } from "zod";
import { SUPPRESSION_JUSTIFICATIONS, scopeSchema } from "../suppression/index.ts";
import { VEX_FORMATS, VEX_STATUSES } from "../vex/index.ts";

const statementSchema = z.object({
  status: z.enum(VEX_STATUSES),
  justification: z.string().nullable(),
  note: z.string(),
  author: z.string(),
  /** 1 is believed first. */
  rank: z.number(),
  timestamp: z.string(),
  purl: z.string(),
  /** Our id of its document, and the document's own. */
  documentId: z.string(),
  document: z.string(),
  format: z.enum(VEX_FORMATS),
});
export type ToldStatement = z.infer<typeof statementSchema>;

/** What was decided about a finding, as it is stored beside it. */
export const assessmentSchema = z.object({
  /** The believed statement that counts. */
  statement: statementSchema.nullable(),
  /** Believed statements that say otherwise, and are older or less trusted. */
  overruled: z.array(statementSchema),
  suppression: z
    .object({
      id: z.string(),
      justification: z.enum(SUPPRESSION_JUSTIFICATIONS),
      reason: z.string(),
      by: z.string(),
      since: z.string(),
      until: z.string(),
      scope: scopeSchema,
    })
    .nullable(),
});
export type Assessment = z.infer<typeof assessmentSchema>;
