import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";

export const RESULTS_FILE = `${import.meta.dirname}/results.json`;

const resultSchema = z.strictObject({
  id: z.string(),
  passed: z.boolean(),
  /** How the fault was brought about, as one sentence. */
  provoked: z.string(),
  /** What agent, controller and dpkg said and did; of a failed row, why it failed. */
  happened: z.string(),
  at: z.string(),
  versions: z.string(),
});
export type Result = z.infer<typeof resultSchema>;

export const readResults = (file: string = RESULTS_FILE): Result[] =>
  existsSync(file) ? z.array(resultSchema).parse(JSON.parse(readFileSync(file, "utf8"))) : [];
