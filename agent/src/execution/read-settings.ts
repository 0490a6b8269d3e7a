import { join } from "node:path";
import type { Logger } from "@breakwater/shared/log";
import { parse } from "yaml";
import * as z from "zod";
import { readOwnersWord } from "../policy/index.ts";
import { type Retention, retentionSchema } from "./retention.ts";

/** `snapshots` of agent.yaml: whether the root file system is kept as it was before each change, where it can do that. */
export const snapshotsSchema = z.enum(["auto", "off"]).default("auto");

const MAX_SETTINGS_BYTES = 256 * 1024;

/** The rest of the file is the connection part's and is checked there. */
const fileSchema = z.object({ retention: retentionSchema.default(retentionSchema.parse({})), snapshots: snapshotsSchema });
export type ExecutorSettings = Readonly<{ retention: Retention; snapshots: z.infer<typeof snapshotsSchema> }>;

/**
 * What of agent.yaml is the executor's. What cannot be read must keep no execution from its end, so it is said, and the
 * defaults hold.
 */
export async function readExecutorSettings(configDir: string, log: Logger): Promise<ExecutorSettings> {
  const path = join(configDir, "agent.yaml");
  try {
    const text = await readOwnersWord(path, MAX_SETTINGS_BYTES);
    if (text && !text.ok) log.error({ path }, `its settings are not taken (${text.problem.message}); the defaults hold`);
    if (!text?.ok) return fileSchema.parse({});
    const read = fileSchema.safeParse((parse(text.value, { maxAliasCount: 0 }) as unknown) ?? {});
    if (read.success) return read.data;
    const [issue] = read.error.issues;
    log.error({ path }, `its settings cannot be used (${issue?.path.join(".")}: ${issue?.message}); the defaults hold`);
  } catch (error) {
    log.error({ path, error: (error as Error).message }, "agent.yaml cannot be read; the defaults hold");
  }
  return fileSchema.parse({});
}
