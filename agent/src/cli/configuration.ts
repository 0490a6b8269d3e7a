import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ProblemError } from "@breakwater/shared/core";
import { parse } from "yaml";
import * as z from "zod";
import { snapshotsSchema } from "../execution/read-settings.ts";
import { retentionSchema } from "../execution/retention.ts";
import { EXECUTOR_SOCKET } from "../executor/protocol.ts";
import { scanSettingsSchema } from "../inventory/index.ts";
import { managerChoice } from "../packages/index.ts";

export const DEFAULT_STATE_DIR = "/var/lib/breakwater-agent";

/** /etc/breakwater-agent/agent.yaml: how the agent runs. What it may do stands in policy.yaml. */
const fileSchema = z.strictObject({
  logLevel: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
  /** Port of the local Prometheus endpoint on 127.0.0.1; 0 for none. */
  metricsPort: z.number().int().min(0).max(65_535).default(9_465),
  executorSocket: z.string().default(EXECUTOR_SOCKET),
  componentScan: scanSettingsSchema.default(scanSettingsSchema.parse({})),
  /** What the machine is patched with; by itself apt where dpkg is, zypper where the system is a SUSE, else dnf. */
  packageManager: managerChoice,
  /** The executor's: how much of ended executions is kept. */
  retention: retentionSchema.default(retentionSchema.parse({})),
  /** The executor's: whether the root file system is kept as it was before each change, where it can do that. */
  snapshots: snapshotsSchema,
});

export interface Configuration extends z.infer<typeof fileSchema> {
  readonly stateDir: string;
  readonly configDir: string;
}

export interface ConfigurationFlags {
  readonly stateDir?: string | undefined;
  readonly configDir?: string | undefined;
  readonly metricsPort?: string | undefined;
  readonly logLevel?: string | undefined;
  readonly executorSocket?: string | undefined;
}

/** Flags win over the environment, that over the file, that over the defaults. */
export async function readConfiguration(flags: ConfigurationFlags, env: NodeJS.ProcessEnv = process.env): Promise<Configuration> {
  const stateDir = flags.stateDir ?? env.BREAKWATER_AGENT_STATE_DIR ?? DEFAULT_STATE_DIR;
  const configDir = flags.configDir ?? env.BREAKWATER_AGENT_CONFIG_DIR ?? "/etc/breakwater-agent";
  const path = join(configDir, "agent.yaml");
  const port = flags.metricsPort ?? env.BREAKWATER_AGENT_METRICS_PORT;
  const overrides = {
    logLevel: flags.logLevel ?? env.BREAKWATER_AGENT_LOG_LEVEL,
    metricsPort: port === undefined ? undefined : Number(port),
    executorSocket: flags.executorSocket ?? env.BREAKWATER_EXECUTOR_SOCKET,
  };
  const given = Object.fromEntries(Object.entries(overrides).filter(([, v]) => v !== undefined));
  const parsed = fileSchema.safeParse({ ...(await readYaml(path)), ...given });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ProblemError({
      code: "configuration-malformed",
      message: `${path} or a flag cannot be used: ${issue?.path.join(".")}: ${issue?.message}.`,
      next: "Correct it and start again.",
    });
  }
  return { ...parsed.data, stateDir, configDir };
}

async function readYaml(path: string): Promise<object> {
  try {
    return (parse(await readFile(path, "utf8"), { maxAliasCount: 0 }) as object | null) ?? {};
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new ProblemError({
      code: "configuration-unreadable",
      message: `${path}: ${(error as Error).message}`,
      next: "Correct the file.",
    });
  }
}
