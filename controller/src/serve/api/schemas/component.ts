import { z } from "@hono/zod-openapi";
import { at, flag, page, pageQuery } from "./common.ts";

/** One look through an endpoint's files, and where it did not look. */
const componentScanSchema = z
  .object({
    startedAt: z.string(),
    endedAt: z.string(),
    roots: z.array(z.string()),
    directories: z.number(),
    files: z.number(),
    bytesRead: z.number(),
    /** What lies at and below these places is unknown. */
    notLooked: z.array(z.object({ path: z.string(), code: z.string(), reason: z.string() })),
    /** All of them; more than are named means that absence proves nothing anywhere. */
    notLookedTotal: z.number().int(),
  })
  .openapi("ComponentScan");

export const componentQuery = pageQuery.extend({
  q: z.string().trim().max(100).optional().openapi({ description: "Part of the name or the path." }),
  ecosystem: z.enum(["npm", "pypi", "maven", "gem", "go", "snap", "flatpak"]).optional(),
  used: flag.optional().openapi({ description: "Only those that a running process was seen to use, or only the others." }),
  withFindings: flag.default(false),
});

/** A package of a language that was found in files. It is told of and matched; Breakwater does not patch it. */
export const componentRowSchema = z
  .object({
    ecosystem: z.string(),
    name: z.string(),
    /** null: nothing tells it, so nothing is known of what is wrong with it. */
    version: z.string().nullable(),
    path: z.string(),
    evidence: z.string(),
    /** Of an archive; null of what is none. */
    sha1: z.string().nullable(),
    /** The operating system's package that the file came with; its findings are that package's. */
    owner: z.string().nullable(),
    uses: z.array(z.object({ pid: z.number().int(), process: z.string(), unit: z.string(), how: z.string() })),
    /** Widest reach of the processes that use it; null when none was seen to. */
    reach: z.string().nullable(),
    /** Since when the looks could not look there; null when it was seen at the last one. */
    unseenSince: at.nullable(),
    /** null: no feed speaks of packages of this kind, so that nothing found says nothing. */
    openFindings: z.number().int().nullable(),
  })
  .openapi("ComponentRow");

export const componentPage = page(componentRowSchema)
  .extend({
    /** null: nobody looked, so that nothing is listed means nothing. */
    scan: componentScanSchema.nullable(),
  })
  .openapi("ComponentPage");
