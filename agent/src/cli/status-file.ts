import { join } from "node:path";
import * as z from "zod";
import { brakesSchema } from "../executor/protocol.ts";
import { readJsonFile, writeFileAtomically } from "../session/index.ts";
import { DEFAULT_STATE_DIR } from "./configuration.ts";

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

const FILE = "status.json";
/** What breakwater-agent.service has systemd make in memory. */
const RUN_DIR = "/run/breakwater-agent";

/**
 * What the agents of this machine said last. @returns undefined when none has run here, or an older one wrote what this one cannot read.
 * @param runDirs where a unit has it in memory; the newest word counts
 */
export async function readStatus(stateDir: string, runDirs = runDirsFor(stateDir)): Promise<AgentStatus | undefined> {
  const read = await Promise.all([...runDirs, stateDir].map((dir) => readJsonFile(join(dir, FILE), schema).catch(() => undefined)));
  return read.filter((status) => status !== undefined).toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))[0];
}

/** Written each minute and of no use after a reboot: on a disk it would be 25 MB a day. Where nobody gives a place in memory it is that. */
export const writeStatus = (stateDir: string, status: AgentStatus, env: NodeJS.ProcessEnv = process.env): Promise<void> =>
  writeFileAtomically(join(env.RUNTIME_DIRECTORY ?? stateDir, FILE), `${JSON.stringify(status)}\n`, 0o644);

/** Another state directory is another agent's, which has nothing to do with this machine's unit. */
function runDirsFor(stateDir: string, env: NodeJS.ProcessEnv = process.env): readonly string[] {
  if (env.RUNTIME_DIRECTORY) return [env.RUNTIME_DIRECTORY];
  return stateDir === DEFAULT_STATE_DIR ? [RUN_DIR] : [];
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
