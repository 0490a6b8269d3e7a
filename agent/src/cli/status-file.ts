import { join } from "node:path";
import * as z from "zod";
import { brakesSchema } from "../executor/protocol.ts";
import { readJsonFile, writeFileAtomically } from "../session/index.ts";

const problem = z.object({ code: z.string(), message: z.string(), next: z.string().optional() });

const schema = z.object({
  at: z.string(),
  pid: z.number().int(),
  version: z.string(),
  endpointId: z.string(),
  server: z.string(),
  sessionAddress: z.string(),
  connection: z.object({ kind: z.string(), since: z.string(), detail: z.string(), clockOffsetMs: z.number().nullable() }),
  lastContact: z.string().nullable(),
  certificateValidUntil: z.string(),
  policy: z.object({ mode: z.string(), problem: problem.nullable() }),
  pinnedKeys: z.object({ source: z.string(), keys: z.array(z.object({ keyId: z.string(), owner: z.string() })) }),
  executor: z.object({ available: z.boolean(), running: z.string().nullable() }),
  /** null while no executor has said it. */
  brakes: brakesSchema.nullable().default(null),
  unfinishedExecutions: z.array(z.object({ executionId: z.string(), state: z.string(), step: z.number().int() })),
  inventory: z.object({
    collectedAt: z.string().nullable(),
    packages: z.number().int(),
    pendingUpdates: z.number().int(),
    securityUpdates: z.number().int(),
    problems: z.array(z.object({ collector: z.string(), code: z.string(), message: z.string() })),
  }),
  waitingMessages: z.number().int(),
  droppedHealthBatches: z.number().int(),
});

/** What the running agent says of itself, for `status` and `doctor`. */
export type AgentStatus = z.infer<typeof schema>;

const pathIn = (stateDir: string): string => join(stateDir, "status.json");

/** @returns undefined when no agent has run here, or an older one wrote what this one cannot read. */
export const readStatus = (stateDir: string): Promise<AgentStatus | undefined> =>
  readJsonFile(pathIn(stateDir), schema).catch(() => undefined);
export const writeStatus = (stateDir: string, status: AgentStatus): Promise<void> =>
  writeFileAtomically(pathIn(stateDir), `${JSON.stringify(status)}\n`, 0o644);

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
