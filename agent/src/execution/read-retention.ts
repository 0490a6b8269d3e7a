import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "@breakwater/shared/log";
import { parse } from "yaml";
import * as z from "zod";
import { type Retention, retentionSchema } from "./retention.ts";

/** The rest of the file is the connection part's and is checked there. */
const fileSchema = z.object({ retention: retentionSchema.default(retentionSchema.parse({})) });

/**
 * `retention` of agent.yaml, for the executor. What cannot be read must keep no execution from its end, so it is said, and
 * the defaults hold.
 */
export async function readRetention(configDir: string, log: Logger): Promise<Retention> {
  const path = join(configDir, "agent.yaml");
  try {
    const read = fileSchema.safeParse((parse(await readFile(path, "utf8"), { maxAliasCount: 0 }) as unknown) ?? {});
    if (read.success) return read.data.retention;
    const [issue] = read.error.issues;
    log.error({ path }, `retention cannot be used (${issue?.path.join(".")}: ${issue?.message}); the defaults hold`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT")
      log.error({ path, error: (error as Error).message }, "agent.yaml cannot be read; the defaults of retention hold");
  }
  return retentionSchema.parse({});
}
