import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { ProblemError } from "@breakwater/shared/core";

/** The agent's package that this controller hands out. */
export interface AgentPackage {
  readonly path: string;
  readonly version: string;
  readonly sizeBytes: number;
  /** Hex. What an install command pins; a file that was exchanged since is refused by whoever fetches it. */
  readonly sha256: string;
}

/** @throws ProblemError when the file is no package of the agent */
export async function openAgentPackage(path: string): Promise<AgentPackage> {
  const version = /^breakwater-agent_([A-Za-z0-9.+~-]+)_amd64\.deb$/.exec(basename(path))?.[1];
  const unusable = (why: string) =>
    new ProblemError({
      code: "bad-configuration",
      message: `The agent's package ${path} cannot be handed out: ${why}.`,
      next: "Give agentPackage the file that `npm run package` makes, under the name that it has.",
    });
  if (!version) throw unusable("it is not named breakwater-agent_VERSION_amd64.deb");
  try {
    const { size } = await stat(path);
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
    return { path, version, sizeBytes: size, sha256: hash.digest("hex") };
  } catch (cause) {
    throw unusable((cause as Error).message);
  }
}
