import { ProblemError } from "@breakwater/shared/core";
import { loadBase } from "../inventory/index.ts";
import { loadOperatorKeys, loadPolicy } from "../policy/index.ts";
import { certificateLife, createExecutorLink, readIdentity } from "../session/index.ts";
import type { Configuration } from "./configuration.ts";
import { AGENT_VERSION } from "./version.ts";

/**
 * What a new version shows before it is put into service: that it starts, and that it can read what the one before it wrote
 * and what the owner laid down. A policy that nobody could read is no fault of this version; the file is the same.
 * @throws with what it cannot do
 */
export async function selfTest(configuration: Configuration): Promise<string> {
  const { stateDir, configDir } = configuration;
  const identity = await readIdentity(stateDir);
  if (identity) certificateLife(identity.certificatePem);
  const { policy } = await loadPolicy(configDir);
  const { keys } = await loadOperatorKeys(configDir);
  await loadBase(stateDir);
  const executor = await askExecutor(configuration.executorSocket);
  return `${AGENT_VERSION}: ${identity ? identity.endpointId : "not enrolled"}, policy ${policy.mode}, ${keys.length} keys, executor ${executor}`;
}

/** Where nobody listens there is nothing to understand; an answer that cannot be read would leave the machine unpatchable. */
async function askExecutor(socketPath: string): Promise<string> {
  const link = createExecutorLink({ socketPath, onEvent: () => {}, onClosed: () => {} });
  const answer = await link.request("status", {});
  link.close();
  if (answer.ok) return answer.value.version;
  if (answer.problem.code === "executor-absent") return "absent";
  throw new ProblemError(answer.problem);
}

/** Whether nothing is under way on this machine: no execution, no rehearsal. */
export async function isIdle(socketPath: string): Promise<boolean> {
  const link = createExecutorLink({ socketPath, onEvent: () => {}, onClosed: () => {} });
  const answer = await link.request("status", {});
  link.close();
  if (!answer.ok) return answer.problem.code === "executor-absent";
  return answer.value.running === null && answer.value.executions.every((e) => e.terminal);
}
