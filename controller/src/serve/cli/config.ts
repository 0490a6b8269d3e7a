import { mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { writeText } from "./files.ts";
import type { Io } from "./io.ts";
import { unwritableFile } from "./problems.ts";

const configSchema = z.object({ server: z.url(), token: z.string(), name: z.string().default("") });
export type Config = z.infer<typeof configSchema>;

/** The environment wins over what `breakwater login` stored. */
export function readConfig(io: Io): Partial<Config> {
  const stored = readStored(io.configFile);
  return {
    ...stored,
    ...(io.env.BREAKWATER_SERVER ? { server: io.env.BREAKWATER_SERVER } : {}),
    ...(io.env.BREAKWATER_TOKEN ? { token: io.env.BREAKWATER_TOKEN } : {}),
  };
}

function readStored(path: string): Partial<Config> {
  try {
    return configSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    // None yet, or not ours: as good as none; login writes it anew.
    return {};
  }
}

/** Only its owner may read it: it holds a token. @throws file-unwritable */
export function writeConfig(path: string, config: Config): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw unwritableFile(path, cause);
  }
  writeText(path, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
}
